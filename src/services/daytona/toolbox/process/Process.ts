/**
 * Runs commands and programs in a sandbox, each independent of the others. `ProcessSessions` runs those that build on
 * each other.
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { hasProperty } from "effect/Predicate"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ApiError, NotFound } from "../../../../errors/ApiError.js"
import {
  CommandFailed,
  type CommandKeyConflict,
  type CommandLost,
  type CommandTimeout,
  type InputRefused,
  type LogNotSeen,
  type ShellExited
} from "../../../../errors/daytona/process.js"
import * as Arguments from "../../../../internal/arguments.js"
import { invalidRequest } from "../../../../internal/failure.js"
import { withMethodSpans } from "../../../../internal/methodSpans.js"
import { shownAs } from "../../../../internal/shown.js"
import type { CommandHandle } from "../../../../schema/daytona/Handles.js"
import type * as CommandResult from "../../../../schema/daytona/toolbox/CommandResult.js"
import type { CommandId, ProcessSessionId } from "../../../../schema/daytona/toolbox/Session.js"
import { pattern } from "../arguments.js"
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
import * as KeyedCommand from "./keyedCommand.js"
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
     * The command has a session of its own. When the effect completes, also when it is interrupted or times out,
     * nothing of the command runs any more: what it left running is killed, also in the background and in sessions of
     * its own (`setsid`); use `start` for what should stay. It is found by its process group, its parents and the
     * variable `EFFECT_SANDBOXES_SESSION`: what has left the group and dropped its environment survives, and so does
     * what runs as another user. The command runs exactly once: when the connection breaks it is waited for, not sent
     * again, and a request that a proxy retries has no effect. The session, by then an idle shell, is deleted behind
     * the result, which takes the daemon a tenth of a second; the layer of the client does not close before.
     *
     * Fails with `CommandTimeout`, which has the output so far, when the command takes longer than `timeout`, with
     * `ShellExited` within about five seconds when a signal ends the shell that runs it (`kill -9 $$`, often `kill 0`),
     * and with `SessionEnded` when the sandbox stops. `POST /process/session`, `POST …/exec`, `DELETE …`
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
    readonly execute: {
      /**
       * Runs a command at most once, from however many processes it is asked for. Whoever asks with the same `key`
       * waits for the same command and gets its output and exit code, also after it has ended, until the sandbox is
       * stopped or `forget` is called. An interruption does not kill it; `timeout` does, for all who wait.
       *
       * The session of the command, with an idle shell, and a directory `~/.effect-sandboxes/<id>` of two small files
       * stay in the sandbox until `forget` removes them. The text of the command, with the values of `env`, stays
       * readable in the sandbox as long. The directory survives a restart of the sandbox, and is part of its snapshots
       * and forks.
       *
       * Fails with `CommandKeyConflict` when the key has another command, directory, environment or input, and with
       * `CommandLost` when the command has run, or may have, but its session is gone: it is not run again. Otherwise
       * fails like `execute` without a key. `GET /process/session/{sessionId}`, `POST /process/execute`,
       * `POST /process/session`, `POST …/exec`
       */
      (
        command: Command,
        options: KeyedExecuteOptions
      ): Effect.Effect<ExecuteResult, RunError | CommandTimeout | CommandKeyConflict | CommandLost>
      (command: Command, options?: ExecuteOptions): Effect.Effect<ExecuteResult, RunError | CommandTimeout>
    }
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
     * `timeout`, and with `InvalidResponse` when it prints more than `maxResponseSize`. The timeout kills the process
     * group: what has left it (`setsid`) lives on, and while that holds the output open the daemon does not answer, so
     * that the call fails with `Timeout`, five seconds later.
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
    readonly start: {
      /**
       * Starts a command in the background at most once, from however many processes it is asked for, or finds the one
       * that was started before. It outlives the scope; `kill` ends it. What its key means, what stays in the sandbox
       * and what it fails with: see `execute`.
       */
      (
        command: Command,
        options: KeyedCommandOptions
      ): Effect.Effect<RunningProcess, RunError | CommandKeyConflict | CommandLost>
      (command: Command, options?: CommandOptions): Effect.Effect<RunningProcess, RunError, Scope.Scope>
    }
    /**
     * Connects to a command that was started before, in this process or another one, by its handle. It keeps its own
     * lifetime: without a key, it is killed when the scope that it was started in closes. What it prints is not
     * redacted, since its `env` is not known here. Fails with `InvalidRequest` for a command of another sandbox, and
     * with `NotFound` when its session no longer exists. `GET /process/session/{sessionId}/command/{commandId}`
     */
    readonly connect: (command: CommandHandle) => Effect.Effect<RunningProcess, ApiError | NotFound>
    /**
     * Kills the command with this key, and what it started, as far as `execute` finds it. Its key stays in use: who
     * asks for it gets `CommandLost`. Does nothing when it has ended. `POST /process/execute`, `DELETE …`
     */
    readonly kill: (key: string) => Effect.Effect<void, ApiError>
    /**
     * Makes a key free: kills its command if it still runs, and removes its session and its record.
     * `DELETE …`, `POST /process/execute`
     */
    readonly forget: (key: string) => Effect.Effect<void, ApiError>
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

  /** A command that runs at most once in its sandbox. */
  interface KeyedCommandOptions extends CommandOptions {
    /** 1 to 1,024 bytes. */
    readonly key: string
  }

  /** A command that runs at most once in its sandbox, its input and its time limit. */
  interface KeyedExecuteOptions extends ExecuteOptions {
    /** 1 to 1,024 bytes. */
    readonly key: string
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

const { effect } = Arguments.methodsOf("daytona", "Process")

export const make: Effect.Effect<Process.Service, never, Toolbox> = Effect.map(Toolbox, (toolbox) => {
  const runs = SessionRuns.make(toolbox)
  const runToCompletion = Execution.make(toolbox, runs)
  const background = BackgroundCommand.make(toolbox, runs)
  const runCode = CodeRun.make(toolbox)
  const withKey = KeyedCommand.make(toolbox, runs, background)

  const executeAs = <E>(
    operation: string,
    command: Command,
    { timeout, stdin = "", ...options }: Process.ExecuteOptions,
    run: (text: string, limit: Duration.Duration) => Effect.Effect<CommandResult.SessionResult, E>
  ) =>
    Effect.flatMap(isolated(operation, command, { ...options, stdin }), (text) =>
      Effect.map(run(text, limitOf(timeout)), ({ commandId: _, ...result }): Process.ExecuteResult => result)
    ).pipe(withRedaction(options.env))

  const executeOnce = (command: Command, { key, ...options }: Process.KeyedExecuteOptions) => {
    const name = "Process.execute"
    return executeAs(name, command, options, (text, limit) =>
      withKey.execute(name, key, text, (sessionId) => swept(sessionId, text), limit)
    )
  }

  const executeAnew = (operation: string, command: Command, options: Process.ExecuteOptions = {}) =>
    executeAs(operation, command, options, (text, limit) => runToCompletion(operation, text, limit))

  const executeWithoutKey = (command: Command, options?: Process.ExecuteOptions) =>
    executeAnew("Process.execute", command, options)

  function execute(command: Command, options: Process.KeyedExecuteOptions): ReturnType<typeof executeOnce>
  function execute(command: Command, options?: Process.ExecuteOptions): ReturnType<typeof executeWithoutKey>
  function execute(
    command: Command,
    options: Process.KeyedExecuteOptions | Process.ExecuteOptions = {}
  ): ReturnType<typeof executeOnce> | ReturnType<typeof executeWithoutKey> {
    return hasProperty(options, "key") ? executeOnce(command, options) : executeWithoutKey(command, options)
  }

  const running = (
    name: string,
    { onExit, original, ...ref }: BackgroundCommand.Started,
    env: Process.CommandOptions["env"],
    kill: Effect.Effect<void, ApiError>
  ): Process.RunningProcess => {
    const redacted = withRedaction(env)
    let exitCode: number | undefined
    const output = streamWithRedaction(env)(
      background.output(name, { ...ref, onExit, original }, (code) => {
        exitCode = code
      })
    )
    const methods: Process.RunningProcess = {
      ...ref,
      handle: { sandboxId: toolbox.sandboxId, ...ref },
      output: SessionLogs.chunks(output),
      outputText: SessionLogs.texts(output),
      sendInput: effect("start", { text: Arguments.text }, (text: string) =>
        redacted(background.sendInput(name, ref, text))
      ),
      exitCode: Effect.flatMap(
        Effect.suspend(() => (exitCode === undefined ? Stream.runDrain(output) : Effect.void)),
        () => (exitCode === undefined ? Effect.fail(runs.failures.sessionEnded(name, ref)) : Effect.succeed(exitCode))
      ),
      // Its failures name the operation that started it.
      awaitLog: effect(
        "start",
        { pattern, options: Arguments.options({ timeout: Arguments.duration }) },
        (logPattern: SessionLogs.LogPattern, limits?: SessionLogs.AwaitLogOptions) =>
          redacted(
            SessionLogs.awaitLog({ ...runs.commands, follow: background.follow }, ref, logPattern, limits, {
              known: true,
              operation: name,
              original
            })
          )
      ),
      kill: redacted(kill)
    }
    const names = ["output", "outputText", "sendInput", "exitCode", "awaitLog", "kill"] as const
    return shownAs(withMethodSpans("Daytona.RunningProcess", methods, names), ({ handle }) => ({
      _id: "RunningProcess",
      ...handle
    }))
  }

  const startOnce = (command: Command, { key, ...options }: Process.KeyedCommandOptions) => {
    const name = "Process.start"
    return Effect.flatMap(isolated(name, command, options), (text) =>
      Effect.map(
        withKey.start(name, key, text, (sessionId) => noted(sessionId, text)),
        (started) => running(name, started, options.env, withKey.kill(name, key))
      )
    ).pipe(withRedaction(options.env))
  }

  const startAnew = (command: Command, options: Process.CommandOptions = {}) => {
    const name = "Process.start"
    return Effect.flatMap(isolated(name, command, options), (text) =>
      Effect.map(
        background.start(name, (sessionId) => noted(sessionId, text), "ended"),
        (started) => running(name, started, options.env, background.kill(started))
      )
    ).pipe(withRedaction(options.env))
  }

  function start(command: Command, options: Process.KeyedCommandOptions): ReturnType<typeof startOnce>
  function start(command: Command, options?: Process.CommandOptions): ReturnType<typeof startAnew>
  function start(
    command: Command,
    options: Process.KeyedCommandOptions | Process.CommandOptions = {}
  ): ReturnType<typeof startOnce> | ReturnType<typeof startAnew> {
    return hasProperty(options, "key") ? startOnce(command, options) : startAnew(command, options)
  }

  const connect: Process.Service["connect"] = ({ commandId, sandboxId, sessionId }) => {
    const name = "Process.connect"
    if (sandboxId !== toolbox.sandboxId) {
      const problem = `must be that of this sandbox, ${toolbox.sandboxId}: connect to ${sandboxId} first`
      return Effect.fail(invalidRequest({ system: "daytona", operation: name }, "command.sandboxId", problem))
    }
    const ref = { sessionId, commandId }
    return Effect.as(
      runs.commands.command(ref),
      running(name, background.of(name, ref), undefined, background.kill(ref))
    )
  }

  return checked<Process.Service>({
    execute,
    connect,
    kill: (key) => withKey.kill("Process.kill", key),
    forget: (key) => withKey.forget("Process.forget", key),
    executeOrFail: (command, options) =>
      Effect.filterOrFail(
        executeAnew("Process.executeOrFail", command, options),
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
        const started = yield* background.start(name, (sessionId) => swept(sessionId, text), "swept")
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
    start,
    codeRun: (code, options = {}) =>
      limited(toolbox, operations.codeRun.name, options.timeout, (seconds) => runCode(code, options, seconds))
  })
})
