/** Runs and agents as subprocesses of the `claude` CLI. */
import { constants } from "node:fs"
import { access, mkdir, mkdtemp, rm, symlink } from "node:fs/promises"
import { homedir, tmpdir } from "node:os"
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
import * as Transcripts from "./Transcripts.js"

const command = "claude"

/** Whether the `claude` CLI is on the PATH. */
export const isOnPath: Effect.Effect<boolean> = Effect.gen(function* () {
  const path = yield* Config.option(Config.string("PATH"))
  const folders = Option.getOrElse(path, () => "").split(delimiter)
  const found = folders.map((folder) => Effect.tryPromise(() => access(join(folder, command), constants.X_OK)))
  return yield* Effect.isSuccess(Effect.firstSuccessOf([Effect.fail("no folder"), ...found]))
}).pipe(Effect.orElseSucceed(() => false))

/** The file in the CLI's configuration directory that holds the login. */
const login = ".credentials.json"

/** A temporary directory, which is removed with the scope. */
const temporaryDirectory = Effect.acquireRelease(
  Effect.orElseSucceed(
    Effect.tryPromise(() => mkdtemp(join(tmpdir(), "embedded-stromboli-"))),
    () => join(tmpdir(), "embedded-stromboli")
  ),
  (folder) => Effect.ignore(Effect.tryPromise(() => rm(folder, { recursive: true, force: true, maxRetries: 3 })))
)

/**
 * An empty configuration directory, so that no session outlives the server or is mixed with the user's own. It has a
 * link to the user's login, because the CLI has to be able to renew it.
 */
const configure = (folder: string) =>
  Effect.gen(function* () {
    const ownDirectory = yield* Config.option(Config.nonEmptyString("CLAUDE_CONFIG_DIR"))
    const own = Option.getOrElse(ownDirectory, () => join(homedir(), ".claude"))
    yield* Effect.tryPromise(() => mkdir(folder, { recursive: true }))
    yield* Effect.tryPromise(() => access(join(own, login)))
    yield* Effect.tryPromise(() => symlink(join(own, login), join(folder, login)))
  }).pipe(Effect.ignore)

/**
 * Runs and agents as subprocesses of the CLI. There is no container, so the paths of a request (workdir, volumes) are
 * ignored: all processes run in one temporary directory, and have a configuration directory of their own. Both are
 * removed with the scope.
 */
export const make: Effect.Effect<
  { readonly run: Run; readonly startAgent: StartAgent; readonly transcripts: Transcripts.Transcripts },
  never,
  Scope.Scope
> = Effect.gen(function* () {
  const folder = yield* temporaryDirectory
  const configDirectory = join(folder, "config")
  const cwd = join(folder, "workspace")
  yield* configure(configDirectory)
  yield* Effect.ignore(Effect.tryPromise(() => mkdir(cwd, { recursive: true })))
  const options = { cwd, environment: { CLAUDE_CONFIG_DIR: configDirectory } }
  return {
    transcripts: Transcripts.inDirectory(configDirectory),
    run: (input) =>
      Stream.unwrapScoped(
        Effect.gen(function* () {
          const child = yield* spawn(command, commandLine(input.claude, input), options)
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
        options
      )
  }
})
