import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/**
 * The variables of this process that processes in a sandbox see as well: where programs are, and language and time. No others,
 * because the environment of a developer holds keys.
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

/** One variable of this process, whatever the application's own provider of configuration is. */
export const variable = (name: string): Effect.Effect<string | undefined> =>
  Config.option(Config.string(name)).pipe(
    Effect.map(Option.getOrUndefined),
    Effect.orElseSucceed(() => undefined),
    Effect.withConfigProvider(ConfigProvider.fromEnv())
  )

/** What every process in a sandbox inherits from this one. */
export const read: Effect.Effect<Readonly<Record<string, string>>> = Effect.map(
  Effect.forEach(shared, (name) => Effect.map(variable(name), (value) => [name, value] as const)),
  (variables) => ({
    PATH: defaultPath,
    ...Object.fromEntries(variables.filter(([, value]) => value !== undefined))
  })
)
