import { access, constants, readFile } from "node:fs/promises"
import * as Effect from "effect/Effect"
import { variable } from "./hostEnvironment.js"

const preferred = ["/usr/bin/zsh", "/bin/zsh", "/usr/bin/bash", "/bin/bash"]

/** The shell that the daemon would choose, among those that exist: zsh or bash if listed, `$SHELL`, `/bin/sh`. */
export const choose: Effect.Effect<string> = Effect.gen(function* () {
  const listed = yield* Effect.orElseSucceed(
    Effect.tryPromise(() => readFile("/etc/shells", "utf8")),
    () => ""
  )
  const own = yield* variable("SHELL")
  // Like the daemon it looks for the name anywhere in the file.
  const candidates = [...preferred.filter((shell) => listed.includes(shell)), ...(own?.startsWith("/") ? [own] : [])]
  const existing = candidates.map((shell) => Effect.as(executable(shell), shell))
  return yield* Effect.firstSuccessOf([...existing, Effect.succeed("/bin/sh")])
}).pipe(Effect.orElseSucceed(() => "/bin/sh"))

const executable = (path: string) => Effect.tryPromise(() => access(path, constants.X_OK))
