/** The directory on this machine. */
import * as Command from "@effect/platform/Command"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { runInDaemon } from "../../internal/finalizerRequest.js"
import { ClaudePlaceFailed } from "../errors.js"
import { worded } from "../failures.js"
import { notWritten } from "./errors.js"
import type { Machine, Printed, Script } from "./Machine.js"

const place = "command"

const text = <E>(bytes: Stream.Stream<Uint8Array, E>) => Stream.mkString(Stream.decodeText(bytes))

const valuesOf = (environment: Script["environment"] = {}): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      Redacted.isRedacted(value) ? Redacted.value(value) : value
    ])
  )

export const commandMachine = (executor: CommandExecutor.CommandExecutor): Machine => {
  const run = (
    { args, environment, operation, script }: Script,
    input: Stream.Stream<Uint8Array> = Stream.empty
  ): Effect.Effect<Printed, ClaudePlaceFailed> =>
    Effect.scoped(
      Effect.gen(function* () {
        const running = yield* executor.start(
          Command.make("sh", "-c", script, "sh", ...args).pipe(Command.env(valuesOf(environment)), Command.stdin(input))
        )
        const [stdout, stderr, exitCode] = yield* Effect.all(
          [text(running.stdout), text(running.stderr), running.exitCode],
          { concurrency: "unbounded" }
        )
        return { exitCode, stdout, stderr }
      })
    ).pipe(
      Effect.mapError(
        (error) =>
          new ClaudePlaceFailed({
            place,
            operation,
            message: worded({ place, operation }, `\`sh\` could not be run: ${error.message}`),
            retryable: false,
            admitted: "unknown"
          })
      )
    )

  return {
    place,
    run,
    write: (operation, files) =>
      Effect.forEach(
        files,
        ({ content, executable, path }) =>
          Effect.flatMap(
            run(
              {
                operation,
                script: `mkdir -p -- "\${1%/*}" && cat > "$1"${executable ? ' && chmod +x -- "$1"' : ""}`,
                args: [path]
              },
              Stream.succeed(typeof content === "string" ? new TextEncoder().encode(content) : content)
            ),
            ({ exitCode, stderr }) => (exitCode === 0 ? Effect.void : notWritten(place, operation, stderr))
          ),
        { discard: true }
      ),
    hold: (_, release) => Effect.addFinalizer(() => Effect.ignore(runInDaemon(release)))
  }
}
