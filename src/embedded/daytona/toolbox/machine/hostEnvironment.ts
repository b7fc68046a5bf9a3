/** What a sandbox inherits from this computer: a few variables, and the shell. */
import { access, constants, readFile } from "node:fs/promises"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/**
 * The variables that processes in a sandbox inherit: paths, language and time zone. No others, because a developer's
 * environment often contains keys.
 */
const shared = [
  "PATH",
  "TZ",
  "LANG",
  "LANGUAGE",
  "LC_ALL",
  "LC_COLLATE",
  "LC_CTYPE",
  "LC_MESSAGES",
  "LC_MONETARY",
  "LC_NUMERIC",
  "LC_TIME"
]

const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/** A variable of this process, independent of the application's config provider. */
const variable = (name: string): Effect.Effect<string | undefined> =>
  Config.option(Config.string(name)).pipe(
    Effect.map(Option.getOrUndefined),
    Effect.orElseSucceed(() => undefined),
    Effect.withConfigProvider(ConfigProvider.fromEnv())
  )

/** The inherited variables of every process in a sandbox. */
export const variables: Effect.Effect<Readonly<Record<string, string>>> = Effect.map(
  Effect.forEach(shared, (name) => Effect.map(variable(name), (value) => [name, value] as const)),
  (found) => ({
    PATH: defaultPath,
    ...Object.fromEntries(found.filter(([, value]) => value !== undefined))
  })
)

const preferred = ["/usr/bin/zsh", "/bin/zsh", "/usr/bin/bash", "/bin/bash"]

/**
 * The shell that the daemon would choose among those that exist: zsh or bash if listed in `/etc/shells`, `$SHELL`,
 * `/bin/sh`.
 */
export const shell: Effect.Effect<string> = Effect.gen(function* () {
  const listed = yield* Effect.orElseSucceed(
    Effect.tryPromise(() => readFile("/etc/shells", "utf8")),
    () => ""
  )
  const own = yield* variable("SHELL")
  // Like the daemon, this searches for the path anywhere in the file.
  const candidates = [...preferred.filter((path) => listed.includes(path)), ...(own?.startsWith("/") ? [own] : [])]
  const existing = candidates.map((path) => Effect.as(executable(path), path))
  return yield* Effect.firstSuccessOf([...existing, Effect.succeed("/bin/sh")])
}).pipe(Effect.orElseSucceed(() => "/bin/sh"))

const executable = (path: string) => Effect.tryPromise(() => access(path, constants.X_OK))
