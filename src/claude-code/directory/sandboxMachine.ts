/** The directory in a sandbox of Daytona. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { finalizerRequest } from "../../internal/finalizerRequest.js"
import { Files } from "../../services/daytona/toolbox/files/Files.js"
import { Process } from "../../services/daytona/toolbox/process/Process.js"
import { owedOfContext } from "../../services/daytona/toolbox/scopedCreation.js"
import type { Workspace } from "../../services/daytona/toolbox/Workspace.js"
import { ClaudePlaceFailed } from "../errors.js"
import { worded } from "../failures.js"
import { name as place, start, storeIn } from "../sandbox/sandboxPlace.js"
import { notWritten } from "./errors.js"
import type { Machine, NewFile, Printed, Script } from "./Machine.js"

interface SandboxFailure {
  readonly message: string
  readonly retryable: boolean
  readonly admitted?: ClaudePlaceFailed["admitted"]
}

const failed =
  (operation: string) =>
  (cause: SandboxFailure): ClaudePlaceFailed =>
    new ClaudePlaceFailed({
      place,
      operation,
      message: worded({ place, operation }, `the sandbox did not do it: ${cause.message}`),
      cause,
      retryable: cause.retryable,
      admitted: cause.admitted ?? "unknown"
    })

export const sandboxMachine: Effect.Effect<Machine, never, Files | Process | Workspace> = Effect.gen(function* () {
  const files = yield* Files
  const process = yield* Process
  const store = yield* storeIn
  const { pendingReleases, resource } = yield* owedOfContext

  const executed = ({ args, operation, script }: Script): Effect.Effect<Printed, ClaudePlaceFailed> =>
    Effect.mapError(process.execute(["sh", "-c", script, "sh", ...args]), failed(operation))

  /** The text of a command has its variables, so secrets go another way. */
  const started = ({ args, environment = {}, operation, script }: Script) =>
    Effect.scoped(
      Effect.gen(function* () {
        const running = yield* start(process, store, ["sh"], {
          operation,
          args: ["-c", script, "sh", ...args],
          environment,
          workingDirectory: undefined
        })
        const lines = yield* Stream.runCollect(running.lines)
        const { exitCode = -1, stderr } = yield* running.exit
        return { exitCode, stdout: Chunk.join(lines, "\n"), stderr }
      })
    ).pipe(
      Effect.catchTags({
        InvalidRequest: (error) => Effect.fail(failed(operation)(error)),
        ClaudeNotInstalled: (error) => Effect.fail(failed(operation)(error))
      })
    )

  const write = (operation: string, all: ReadonlyArray<NewFile>) =>
    Effect.gen(function* () {
      yield* Effect.mapError(files.uploadMany(all), failed(operation))
      const executables = all.filter(({ executable }) => executable).map(({ path }) => path)
      if (executables.length === 0) return
      const { exitCode, stderr } = yield* executed({ operation, script: 'chmod +x -- "$@"', args: executables })
      if (exitCode !== 0) return yield* notWritten(place, operation, stderr)
    })

  return {
    place,
    run: (script) => (script.environment === undefined ? executed(script) : started(script)),
    write,
    hold: (what, release) => pendingReleases.hold(resource(what), Effect.ignore(finalizerRequest(release)))
  }
})
