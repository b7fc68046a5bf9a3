/** Runs and agents as subprocesses of the `claude` CLI. */
import { constants } from "node:fs"
import { access, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Run, StartAgent } from "./ClaudeProcess.js"
import { commandLine } from "./cliArguments.js"
import { exited } from "./ProcessFailed.js"
import { spawn } from "./subprocess.js"

const command = "claude"

/** Whether the `claude` CLI is on the PATH. */
export const isOnPath: Effect.Effect<boolean> = Effect.gen(function* () {
  const path = yield* Config.option(Config.string("PATH"))
  const folders = Option.getOrElse(path, () => "").split(delimiter)
  const found = folders.map((folder) => Effect.tryPromise(() => access(join(folder, command), constants.X_OK)))
  return yield* Effect.isSuccess(Effect.firstSuccessOf([Effect.fail("no folder"), ...found]))
}).pipe(Effect.orElseSucceed(() => false))

/**
 * Runs and agents as subprocesses of the CLI. There is no container, so the paths of a request (workdir, volumes) are
 * ignored: all processes run in one temporary directory, which is removed with the scope.
 */
export const make: Effect.Effect<{ readonly run: Run; readonly startAgent: StartAgent }, never, Scope.Scope> =
  Effect.gen(function* () {
    const cwd = yield* Effect.acquireRelease(
      Effect.orElseSucceed(
        Effect.tryPromise(() => mkdtemp(join(tmpdir(), "embedded-stromboli-"))),
        tmpdir
      ),
      (folder) =>
        folder === tmpdir()
          ? Effect.void
          : Effect.ignore(Effect.tryPromise(() => rm(folder, { recursive: true, force: true })))
    )
    return {
      run: (input) =>
        Stream.unwrapScoped(
          Effect.gen(function* () {
            const child = yield* spawn(command, commandLine(input.claude, input), { cwd })
            // On stdin rather than as an argument: arguments are limited in length and visible to every process.
            yield* Effect.ignore(child.write(input.prompt))
            yield* child.closeInput
            return Stream.concat(
              Stream.map(child.output, ({ line }) => line),
              Stream.drain(Stream.fromEffect(child.exit))
            )
          }).pipe(Effect.catchTag("SpawnFailed", () => Effect.succeed(Stream.fail(exited(127)))))
        ),
      startAgent: (agent) =>
        spawn(
          command,
          commandLine(
            {
              ...agent.claude,
              input_format: "stream-json",
              output_format: "stream-json",
              include_partial_messages: true,
              verbose: true
            },
            { sessionId: agent.sessionId, resume: false }
          ),
          { cwd }
        )
    }
  })
