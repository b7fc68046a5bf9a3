/** Commands and programs in a sandbox that stand alone. `ProcessSessions` is for those that build on each other. */
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
import type { CommandId, ProcessSessionId } from "../../../../schema/daytona/toolbox/Session.js"
import type { FollowError } from "../sessions/followLog.js"
import * as SessionLogs from "../sessions/logs.js"
import type { RunError } from "../sessions/runs.js"
import type * as ShellText from "../shellText.js"
import { type Command, directoryOf, isolated, textOf, variablesOf } from "../shellText.js"
import { Toolbox } from "../Toolbox.js"
import { withRedaction } from "../withRedaction.js"
import * as ProcessCodeRun from "./codeRun.js"
import * as ProcessExecution from "./execution.js"
import { limited, limitOf } from "./limits.js"
import { operations } from "./operations.js"

/**
 * Commands and programs in a sandbox that stand alone.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Process } from "effect-sandboxes/daytona"
 *
 * const program = Effect.gen(function* () {
 *   const process = yield* Process
 *   const { exitCode, stderr, stdout } = yield* process.execute("npm ci && npm test", { cwd: "app", timeout: "10 minutes" })
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
   * A command is a script for the sandbox's shell, or a list of words: a program and its arguments, which nothing interprets. All
   * methods refuse what cannot be one with `InvalidRequest`.
   */
  interface Service {
    /**
     * Runs a command to its end, and returns what it printed. Any exit code is a success.
     *
     * The command has a session of its own, which is deleted before this completes, and everything that it left running is killed:
     * also when this is interrupted, or its time is up. Whatever is to stay needs `start`. The command runs once: when its
     * connection breaks, it is waited for and not sent again, and a request that a proxy repeats does nothing.
     *
     * Fails with `CommandTimeout`, which has the output so far, when it takes longer than `timeout`, and with `SessionEnded` when
     * the sandbox stops meanwhile. `POST /process/session`, `POST …/exec`, `DELETE …`
     *
     * @example
     * ```ts
     * import * as Effect from "effect/Effect"
     * import { Process } from "effect-sandboxes/daytona"
     *
     * const tests = Effect.gen(function* () {
     *   const process = yield* Process
     *   const { exitCode, stderr } = yield* process.execute("npm ci && npm test", { cwd: "app", timeout: "10 minutes" })
     *   return exitCode === 0 ? "passed" : stderr
     * })
     * ```
     */
    readonly execute: (
      command: Command,
      options?: ExecuteOptions
    ) => Effect.Effect<ExecuteResult, RunError | CommandTimeout>
    /** As `execute`; fails with `CommandFailed` when the exit code is not 0. */
    readonly executeOrFail: (
      command: Command,
      options?: ExecuteOptions
    ) => Effect.Effect<ExecuteResult, RunError | CommandTimeout | CommandFailed>
    /**
     * Runs a command with a single request, which is the fastest way. In exchange both outputs come as one text, in the order in
     * which they were written, nothing can be killed but by `timeout`, and a proxy that repeats the request runs it twice.
     *
     * The shell reads a script from its standard input: a program in it that reads its own gets the following lines, so append
     * `< /dev/null` to such. A background child that keeps the output open holds the answer up. Interruption leaves the command
     * running. Fails with `CommandTimeout` when it takes longer than `timeout`, and with `InvalidResponse` when it prints more than
     * about 10 MiB. `POST /process/execute`
     */
    readonly executeMerged: (
      command: Command,
      options?: MergedOptions
    ) => Effect.Effect<MergedResult, ApiError | CommandTimeout>
    /**
     * Runs a command and gives what it prints as it does, whole lines at a time; the last element is `Exit`. The command is killed
     * when the stream is not read to its end. Fails as `ProcessSessions.follow` does, and with `CommandTimeout`.
     */
    readonly stream: (
      command: Command,
      options?: ExecuteOptions
    ) => Stream.Stream<ProcessEvent, RunError | FollowError | CommandTimeout>
    /**
     * Starts a command in the background, and kills it, with all that it has started, when the scope closes. It can be given input.
     */
    readonly start: (command: Command, options?: CommandOptions) => Effect.Effect<RunningProcess, RunError, Scope.Scope>
    /**
     * Runs a program that is given as text, from the work directory, and returns what it printed and the charts that it has shown
     * with matplotlib. TypeScript that is run for the first time may have to fetch its compiler. Interruption leaves the program
     * running. Fails with `CommandTimeout`. `POST /process/code-run`
     *
     * Before the first argument that is more than letters, digits and `@%+=:,./-`, a small program finds out whether the daemon
     * quotes arguments.
     */
    readonly codeRun: (
      code: string,
      options?: CodeRunOptions
    ) => Effect.Effect<CodeRunResult, ApiError | CommandTimeout>
  }

  /** What a command is run with. */
  type CommandOptions = ShellText.CommandOptions
  /** How a program that is given as text is run. */
  type CodeRunOptions = ProcessCodeRun.CodeRunOptions
  /** What became of a program that was given as text. */
  type CodeRunResult = ProcessCodeRun.CodeRunResult

  /** How a command is run, and how long it may take. */
  interface ExecuteOptions extends CommandOptions {
    /** How long it may take; it is killed then. Default: as long as it takes. */
    readonly timeout?: Duration.DurationInput | undefined
    /** What it reads from its standard input; default: nothing. */
    readonly stdin?: string | Uint8Array | undefined
  }

  /** How a command of `executeMerged` is run. */
  interface MergedOptions extends CommandOptions {
    /** How long it may take; it is killed then, and its output is lost. Rounded up to whole seconds. Default: as long as it takes. */
    readonly timeout?: Duration.DurationInput | undefined
  }

  /** How a command ended, and what it printed, as text. What was not UTF-8 is U+FFFD; NUL bytes are missing; a newline ends it in any case. */
  interface ExecuteResult {
    /** 128 and more: ended by a signal. 125: its directory cannot be entered, as `stderr` says. */
    readonly exitCode: number
    readonly stdout: string
    readonly stderr: string
    /** Whether `stdout` or `stderr` is only the beginning of what was printed: more than 16 Mi characters are not kept. */
    readonly truncated: boolean
  }

  /** How a command of `executeMerged` ended, and what it printed, both streams in one text. */
  interface MergedResult {
    /** −1: it was killed by a signal, or could not be started; then `output` says why. */
    readonly exitCode: number
    readonly output: string
  }

  /** What a command printed, and how it ended: `Exit` is always the last event. */
  type ProcessEvent = SessionLogs.LogChunk | { readonly _tag: "Exit"; readonly exitCode: number }

  /** A command in the background. */
  interface RunningProcess {
    readonly sessionId: ProcessSessionId
    readonly commandId: CommandId
    /** What it prints, from its beginning and until it ends, for each reader by itself; as `ProcessSessions.follow`. */
    readonly output: Stream.Stream<SessionLogs.LogChunk, FollowError>
    readonly outputText: Stream.Stream<SessionLogs.LogText, FollowError>
    /** Gives it a line; the newline is added where there is none. Its input has no end. Fails with `InputRefused` when it has ended. */
    readonly sendInput: (text: string) => Effect.Effect<void, RunError | InputRefused | ShellExited>
    /** Waits for its end. Fails with `SessionEnded` when it was killed. */
    readonly exitCode: Effect.Effect<number, RunError>
    /** Waits until it has printed a line that matches, and returns that line; as `ProcessSessions.awaitLog`. */
    readonly awaitLog: (
      pattern: SessionLogs.LogPattern,
      options?: SessionLogs.AwaitLogOptions
    ) => Effect.Effect<string, FollowError | LogNotSeen>
    /** Ends it, and all that it has started: with SIGTERM, and SIGKILL five seconds later if need be. */
    readonly kill: Effect.Effect<void, ApiError>
  }
}

/** The last words of a command that failed, for the message. */
const lastWords = (text: string): string => {
  const words = text.trimEnd().slice(-500)
  return words === "" ? "" : `: ${words}`
}

export const make: Effect.Effect<Process.Service, never, Toolbox> = Effect.map(Toolbox, (toolbox) => {
  const executing = ({ env }: Process.CommandOptions) => ProcessExecution.make(withRedaction(toolbox, env))
  const runCode = ProcessCodeRun.make(toolbox)

  const execute =
    (operation: string): Process.Service["execute"] =>
    (command, { timeout, stdin = "", ...options } = {}) =>
      Effect.flatMap(isolated(operation, command, { ...options, stdin }), (text) =>
        Effect.map(
          executing(options).execute(operation, text, limitOf(timeout)),
          ({ commandId: _, ...result }) => result
        )
      )

  return Process.of({
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
            message: `The command in sandbox ${toolbox.sandboxId} ended with exit code ${result.exitCode}${lastWords(result.stderr || result.stdout)}`
          })
      ),
    executeMerged: (command, { cwd, env, timeout } = {}) => {
      const { name } = operations.executeMerged
      return Effect.gen(function* () {
        const text = yield* textOf(name, command)
        const body = {
          // Words are no script: the program must not read what is left of it.
          command: typeof command === "string" ? text : `${text} < /dev/null`,
          cwd: yield* directoryOf(name, cwd),
          env: yield* variablesOf(name, env)
        }
        const { exitCode, result } = yield* limited(toolbox, name, timeout, (seconds) =>
          withRedaction(toolbox, env).call(operations.executeMerged, { body: { ...body, timeout: seconds } })
        )
        return { exitCode, output: result }
      })
    },
    stream: (command, { timeout, stdin = "", ...options } = {}) => {
      const name = "Process.stream"
      const limit = limitOf(timeout)
      const execution = executing(options)
      const events = Effect.gen(function* () {
        const text = yield* isolated(name, command, { ...options, stdin })
        const started = yield* execution.start(name, text)
        let exitCode: number | undefined
        const output = execution.output(name, started, (code) => {
          exitCode = code
        })
        const exit = Stream.suspend(() =>
          exitCode === undefined ? Stream.empty : Stream.succeed({ _tag: "Exit" as const, exitCode })
        )
        const events = Stream.concat(SessionLogs.chunks(output), exit)
        // A command that has ended in time is read at whatever pace.
        return Duration.isFinite(limit)
          ? Stream.interruptWhen(events, Effect.delay(execution.overdue(name, started, limit), limit))
          : events
      })
      return Stream.unwrapScoped(events)
    },
    start: (command, options = {}) => {
      const name = "Process.start"
      const execution = executing(options)
      return Effect.gen(function* () {
        const text = yield* isolated(name, command, options)
        const { original, ...ref } = yield* execution.start(name, text)
        const started = { ...ref, original }
        const output = execution.output(name, started)
        return {
          ...ref,
          output: SessionLogs.chunks(output),
          outputText: SessionLogs.texts(output),
          sendInput: (input: string) => execution.sendInput(name, ref, input),
          exitCode: execution.exit(name, started),
          awaitLog: (pattern: SessionLogs.LogPattern, limits?: SessionLogs.AwaitLogOptions) =>
            SessionLogs.awaitLog(withRedaction(toolbox, options.env), ref, pattern, limits, {
              known: true,
              operation: name,
              original
            }),
          kill: execution.kill(ref)
        }
      })
    },
    codeRun: (code, options = {}) =>
      limited(toolbox, operations.codeRun.name, options.timeout, (seconds) => runCode(code, options, seconds))
  })
})
