/**
 * Runs commands and programs in a sandbox, each independent of the others. `ProcessSessions` runs those that build on
 * each other.
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ApiError } from "../../../../errors/ApiError.js"
import {
  CommandFailed,
  type CommandTimeout,
  type InputRefused,
  type LogNotSeen,
  type ShellExited
} from "../../../../errors/daytona/process.js"
import { shownAs } from "../../../../internal/shown.js"
import type { CommandHandle } from "../../../../schema/daytona/Handles.js"
import type * as CommandResult from "../../../../schema/daytona/toolbox/CommandResult.js"
import type { CommandId, ProcessSessionId } from "../../../../schema/daytona/toolbox/Session.js"
import type { FollowError } from "../sessions/followLog.js"
import * as SessionLogs from "../sessions/logs.js"
import type { RunError } from "../sessions/runs.js"
import * as SessionRuns from "../sessions/runs.js"
import type * as ShellText from "../shellText.js"
import { type Command, directoryOf, isolated, textOf, variablesOf } from "../shellText.js"
import { Toolbox } from "../Toolbox.js"
import { streamWithRedaction, withRedaction } from "../withRedaction.js"
import { checked } from "./arguments.js"
import * as BackgroundCommand from "./backgroundCommand.js"
import * as CodeRun from "./codeRun.js"
import * as Execution from "./execution.js"
import { limited, limitOf } from "./limits.js"
import { operations } from "./operations.js"
import { noted, swept } from "./termination.js"

/**
 * Runs commands and programs in a sandbox, each independent of the others.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Process } from "effect-sandboxes/daytona"
 *
 * const program = Effect.gen(function* () {
 *   const process = yield* Process
 *   const { exitCode, stderr, stdout } = yield* process.execute("npm test", { cwd: "app", timeout: "10 minutes" })
 *   return exitCode === 0 ? stdout : stderr
 * })
 * ```
 */
export class Process extends Context.Tag("effect-sandboxes/daytona/Process")<Process, Process.Service>() {
  /** The service on top of the connection to one sandbox. Building it sends nothing. */
  static readonly layer: Layer.Layer<Process, never, Toolbox> = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

export declare namespace Process {
  /**
   * A command is a script for the sandbox's shell, or a list of words: a program and its arguments, which are passed
   * through literally. All methods fail with `InvalidRequest` for a command that cannot be run.
   */
  interface Service {
    /**
     * Runs a command to completion and returns its output. A non-zero exit code is not a failure: it is a value.
     *
     * The command has a session of its own, which is deleted before the effect completes, also when it is interrupted
     * or times out. What the command left running is killed, also in the background and in sessions of its own
     * (`setsid`); use `start` for what should stay. It is found by its process group, its parents and the variable
     * `EFFECT_SANDBOXES_SESSION`: what has left the group and dropped its environment survives, and so does what runs
     * as another user. The command runs exactly once: when the connection breaks it is waited for, not sent again, and
     * a request that a proxy retries has no effect.
     *
     * Fails with `CommandTimeout`, which has the output so far, when the command takes longer than `timeout`, with
     * `ShellExited` within about five seconds when a signal ends the shell that runs it (`kill 0`, `kill $$`), and with
     * `SessionEnded` when the sandbox stops. `POST /process/session`, `POST …/exec`, `DELETE …`
     *
     * @example
     * ```ts
     * import * as Effect from "effect/Effect"
     * import { Process } from "effect-sandboxes/daytona"
     *
     * const tests = Effect.gen(function* () {
     *   const process = yield* Process
     *   const { exitCode, stderr } = yield* process.execute("npm test", { cwd: "app", timeout: "10 minutes" })
     *   return exitCode === 0 ? "passed" : stderr
     * })
     * ```
     */
    readonly execute: (
      command: Command,
      options?: ExecuteOptions
    ) => Effect.Effect<ExecuteResult, RunError | CommandTimeout>
    /** Like `execute`, but fails with `CommandFailed` when the exit code is not 0. */
    readonly executeOrFail: (
      command: Command,
      options?: ExecuteOptions
    ) => Effect.Effect<ExecuteResult, RunError | CommandTimeout | CommandFailed>
    /**
     * Runs a command with a single request, which is the fastest way. In exchange, standard output and standard error
     * come interleaved in one text, only `timeout` kills the command, and a proxy that retries the request runs it
     * twice.
     *
     * The shell reads a script from its standard input, so a program in the script that reads standard input consumes
     * the lines after it: append `< /dev/null`. The response waits for background children that keep the output open.
     * Interruption leaves the command running. Fails with `CommandTimeout` when the command takes longer than
     * `timeout`, and with `InvalidResponse` when it prints more than `maxResponseSize`.
     * `POST /process/execute`
     */
    readonly executeMerged: (
      command: Command,
      options?: MergedOptions
    ) => Effect.Effect<MergedResult, ApiError | CommandTimeout>
    /**
     * Runs a command and emits its output as it is printed, in whole lines; the last element is `Exit`. The command is
     * killed when the stream is not consumed to the end. Fails like `ProcessSessions.follow`, and with
     * `CommandTimeout`.
     */
    readonly stream: (
      command: Command,
      options?: ExecuteOptions
    ) => Stream.Stream<ProcessEvent, RunError | FollowError | CommandTimeout>
    /**
     * Starts a command in the background. It is killed when the scope closes, with what it started, as far as `execute`
     * finds it.
     */
    readonly start: (command: Command, options?: CommandOptions) => Effect.Effect<RunningProcess, RunError, Scope.Scope>
    /**
     * Runs source code in the work directory, and returns its output and the charts that it showed with matplotlib. The
     * first TypeScript program may have to fetch the compiler. Interruption leaves the program running. Fails with
     * `CommandTimeout`. `POST /process/code-run`
     *
     * Before the first argument with other characters than letters, digits and `_@%+=:,./-`, a small program detects
     * whether the daemon quotes arguments.
     */
    readonly codeRun: (
      code: string,
      options?: CodeRunOptions
    ) => Effect.Effect<CodeRunResult, ApiError | CommandTimeout>
  }

  /** How a command is run. */
  type CommandOptions = ShellText.CommandOptions
  /** How source code is run. */
  type CodeRunOptions = CodeRun.CodeRunOptions
  /** The result of source code. */
  type CodeRunResult = CommandResult.CodeRunResult

  /** How a command is run, its input and its time limit. */
  interface ExecuteOptions extends CommandOptions {
    /** The command is killed after this time. Default: no limit. */
    readonly timeout?: Duration.DurationInput | undefined
    /** Standard input; default: empty. */
    readonly stdin?: string | Uint8Array | undefined
  }

  /** How a command of `executeMerged` is run. */
  interface MergedOptions extends CommandOptions {
    /**
     * The command is killed after this time, rounded up to whole seconds, and its output is lost. Default: no limit.
     */
    readonly timeout?: Duration.DurationInput | undefined
  }

  /** How a command ended, and its output. */
  type ExecuteResult = CommandResult.ExecuteResult
  /** How a command of `executeMerged` ended, and its interleaved output. */
  type MergedResult = CommandResult.MergedResult
  /** Output of a command, and how it ended. */
  type ProcessEvent = CommandResult.ProcessEvent

  /** A command in the background. */
  interface RunningProcess {
    readonly sessionId: ProcessSessionId
    readonly commandId: CommandId
    /** Finds it again from another process, while it runs: its ids are those that `ProcessSessions` takes. */
    readonly handle: CommandHandle
    /**
     * All output until the command ends, for each consumer from the beginning; like `ProcessSessions.follow`. What
     * something that it started prints later is not part of it.
     */
    readonly output: Stream.Stream<CommandResult.LogChunk, FollowError>
    /** Like `output`, as text. */
    readonly outputText: Stream.Stream<CommandResult.LogText, FollowError>
    /**
     * Sends a line to standard input; the newline is added if missing. The input cannot be closed. Fails with
     * `InputRefused` when the command has ended.
     */
    readonly sendInput: (text: string) => Effect.Effect<void, RunError | InputRefused | ShellExited>
    /**
     * Waits until the command has ended, also when something that it started keeps running; reads the output meanwhile.
     * Fails with `SessionEnded` when it was killed, and with `ShellExited` when a signal ended its shell.
     */
    readonly exitCode: Effect.Effect<number, RunError | FollowError>
    /** Waits for a line that matches, and returns it; like `ProcessSessions.awaitLog`. */
    readonly awaitLog: (
      pattern: SessionLogs.LogPattern,
      options?: SessionLogs.AwaitLogOptions
    ) => Effect.Effect<string, FollowError | LogNotSeen>
    /**
     * Kills the command and what it started, as far as `execute` finds it: with SIGTERM, and five seconds later with
     * SIGKILL.
     */
    readonly kill: Effect.Effect<void, ApiError>
  }
}

/** The end of the output, for the message of a failure. */
const outputExcerpt = (text: string): string => {
  const end = text.trimEnd().slice(-500)
  return end === "" ? "" : `: ${end}`
}

export const make: Effect.Effect<Process.Service, never, Toolbox> = Effect.map(Toolbox, (toolbox) => {
  const runs = SessionRuns.make(toolbox)
  const runToCompletion = Execution.make(toolbox, runs)
  const background = BackgroundCommand.make(toolbox, runs)
  const runCode = CodeRun.make(toolbox)

  const execute =
    (operation: string): Process.Service["execute"] =>
    (command, { timeout, stdin = "", ...options } = {}) =>
      Effect.flatMap(isolated(operation, command, { ...options, stdin }), (text) =>
        Effect.map(runToCompletion(operation, text, limitOf(timeout)), ({ commandId: _, ...result }) => result)
      ).pipe(withRedaction(options.env))

  return checked({
    execute: execute("Process.execute"),
    executeOrFail: (command, options) =>
      Effect.filterOrFail(
        execute("Process.executeOrFail")(command, options),
        ({ exitCode }) => exitCode === 0,
        (result) =>
          new CommandFailed({
            system: "daytona",
            operation: "Process.executeOrFail",
            sandboxId: toolbox.sandboxId,
            ...result,
            message: `The command in sandbox ${toolbox.sandboxId} ended with exit code ${result.exitCode}${outputExcerpt(result.stderr || result.stdout)}`
          })
      ),
    executeMerged: (command, { cwd, env, timeout } = {}) => {
      const { name } = operations.executeMerged
      return Effect.gen(function* () {
        const text = yield* textOf(name, command)
        const body = {
          // Otherwise the program would read the rest of the script, which the shell reads from standard input.
          command: typeof command === "string" ? text : `${text} < /dev/null`,
          cwd: yield* directoryOf(name, cwd),
          env: yield* variablesOf(name, env)
        }
        const { exitCode, result } = yield* limited(toolbox, name, timeout, (seconds) =>
          toolbox.call(operations.executeMerged, { body: { ...body, timeout: seconds } })
        )
        return { exitCode, output: result }
      }).pipe(withRedaction(env))
    },
    stream: (command, { timeout, stdin = "", ...options } = {}) => {
      const name = "Process.stream"
      const limit = limitOf(timeout)
      const events = Effect.gen(function* () {
        const text = yield* isolated(name, command, { ...options, stdin })
        let exitCode: number | undefined
        const started = yield* background.start(
          name,
          (sessionId) => swept(sessionId, text),
          () => exitCode !== undefined
        )
        const output = background.output(name, started, (code) => {
          exitCode = code
        })
        const exit = Stream.suspend(() =>
          exitCode === undefined ? Stream.empty : Stream.succeed({ _tag: "Exit" as const, exitCode })
        )
        const events = Stream.concat(SessionLogs.chunks(output), exit)
        // Once the command has ended in time, its output may be read at any pace.
        return Duration.isFinite(limit)
          ? Stream.interruptWhen(events, Effect.delay(background.overdue(name, started, limit), limit))
          : events
      })
      return Stream.unwrapScoped(events).pipe(streamWithRedaction(options.env))
    },
    start: (command, options = {}) => {
      const name = "Process.start"
      const redacted = withRedaction(options.env)
      const redactedStream = streamWithRedaction(options.env)
      return Effect.gen(function* () {
        const text = yield* isolated(name, command, options)
        const { original, ...ref } = yield* background.start(name, (sessionId) => noted(sessionId, text))
        const started = { ...ref, original }
        let exitCode: number | undefined
        const output = redactedStream(
          background.output(name, started, (code) => {
            exitCode = code
          })
        )
        return shownAs<Process.RunningProcess>(
          {
            ...ref,
            handle: { sandboxId: toolbox.sandboxId, ...ref },
            output: SessionLogs.chunks(output),
            outputText: SessionLogs.texts(output),
            sendInput: (input: string) => redacted(background.sendInput(name, ref, input)),
            exitCode: Effect.flatMap(
              Effect.suspend(() => (exitCode === undefined ? Stream.runDrain(output) : Effect.void)),
              () =>
                exitCode === undefined ? Effect.fail(runs.failures.sessionEnded(name, ref)) : Effect.succeed(exitCode)
            ),
            awaitLog: (pattern: SessionLogs.LogPattern, limits?: SessionLogs.AwaitLogOptions) =>
              redacted(
                SessionLogs.awaitLog({ ...runs.commands, follow: background.follow }, ref, pattern, limits, {
                  known: true,
                  operation: name,
                  original
                })
              ),
            kill: redacted(background.kill(ref))
          },
          ({ handle }) => ({ _id: "RunningProcess", ...handle })
        )
      }).pipe(redacted)
    },
    codeRun: (code, options = {}) =>
      limited(toolbox, operations.codeRun.name, options.timeout, (seconds) => runCode(code, options, seconds))
  })
})
