/**
 * Long-lived shells: each command sees the directory, variables and functions of those before it. `Process` runs
 * independent commands.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { ApiError, Conflict, NotFound } from "../../../../errors/ApiError.js"
import type { InputRefused, LogNotSeen, ShellExited } from "../../../../errors/daytona/process.js"
import type * as CommandResult from "../../../../schema/daytona/toolbox/CommandResult.js"
import type {
  CommandId,
  CommandLogs,
  ProcessSession,
  ProcessSessionId,
  SessionCommand
} from "../../../../schema/daytona/toolbox/Session.js"
import * as shellLiveness from "../process/shellLiveness.js"
import type { Command } from "../shellText.js"
import { Toolbox } from "../Toolbox.js"
import { checked } from "./arguments.js"
import type * as SessionCommands from "./commands.js"
import type { FollowError } from "./followLog.js"
import * as SessionLogs from "./logs.js"
import { operations, settled } from "./operations.js"
import * as SessionRuns from "./runs.js"

/**
 * Long-lived shells: each command sees the directory, variables and functions of those before it.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { ProcessSessions } from "effect-sandboxes/daytona"
 *
 * const program = Effect.gen(function* () {
 *   const sessions = yield* ProcessSessions
 *   const session = yield* sessions.scoped()
 *   yield* sessions.run(session, "cd app && export NODE_ENV=test")
 *   return yield* sessions.run(session, "npm test")
 * }).pipe(Effect.scoped)
 * ```
 */
export class ProcessSessions extends Context.Tag("effect-sandboxes/daytona/ProcessSessions")<
  ProcessSessions,
  ProcessSessions.Service
>() {
  /** The service on top of the connection to one sandbox. Building it sends nothing. */
  static readonly layer: Layer.Layer<ProcessSessions, never, Toolbox> = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

export declare namespace ProcessSessions {
  /**
   * A session runs its commands one at a time, also those that were started. Commands that should run concurrently need
   * a session each.
   *
   * The daemon uses the same shell around every command, and the two meet: it overwrites the variables `dir`, `log`,
   * `sp`, `ep`, `ip`, `ip_pid`, `r1`, `r2` and `_ec`, the function `cleanup` and traps for `EXIT`, `HUP`, `INT` and
   * `TERM`, and has jobs of its own, so that a bare `wait` never returns: wait for the ids of your own jobs. `set -e`,
   * a `PATH` without `mkfifo` and read-only variables of these names end the shell, or every later command. A command
   * with `isolated` is kept out of this.
   */
  interface Service {
    /**
     * Creates a session and returns its id. It exists until it is deleted or the sandbox stops; `scoped` deletes it
     * with a scope. Fails with `Conflict` when the name is taken, and with `InvalidRequest` when it is not a valid
     * name. `POST /process/session`
     *
     * A second request makes the shell write its process id to a temporary file, by which waits detect that the shell
     * has exited (`ShellExited`). That command is not listed here.
     */
    readonly create: (options?: CreateOptions) => Effect.Effect<ProcessSessionId, ApiError | Conflict>
    /**
     * Like `create`; the session is deleted, and its commands are killed, when the scope closes, also when it closes
     * during the creation.
     */
    readonly scoped: (options?: CreateOptions) => Effect.Effect<ProcessSessionId, ApiError | Conflict, Scope.Scope>
    /** All sessions except the entrypoint's, with their commands, in no particular order. `GET /process/session` */
    readonly list: Effect.Effect<ReadonlyArray<ProcessSession>, ApiError>
    /** One session and its commands. Fails with `NotFound`. `GET /process/session/{sessionId}` */
    readonly get: (session: ProcessSessionId) => Effect.Effect<ProcessSession, ApiError | NotFound>
    /**
     * Deletes a session. Its shell is stopped first and starts nothing more; its commands get SIGTERM, and five seconds
     * later SIGKILL. What has left the process group and has no parent in it (`setsid … &`) survives. Fails with
     * `NotFound`. `POST /process/execute`, `DELETE /process/session/{sessionId}`
     *
     * The daemon alone, when another client deletes the session, may run the next command of a script before it ends
     * the shell.
     */
    readonly delete: (session: ProcessSessionId) => Effect.Effect<void, ApiError | NotFound>
    /**
     * Runs a command after those before it, to completion, and returns its output. Its standard input is empty. A
     * non-zero exit code is not a failure: it is a value.
     *
     * Interruption and deadlines (`Effect.timeout`) end the wait but not the command, unless `onInterrupt` says
     * otherwise. A command counts as running while a background child keeps its output open: redirect the output of
     * such children.
     *
     * Fails with `NotFound` when the session does not exist, with `SessionEnded` when it is deleted (when another
     * client does that, it may be a success with exit code 143: SIGTERM), and with
     * `ShellExited` when the command, or one before it, ended the shell. After a broken connection, or a response
     * larger than `maxResponseSize` (it has every byte twice), the result is still found if no other command has the
     * same text; otherwise `start` and `follow` the command. `POST /process/session/{sessionId}/exec`
     */
    readonly run: (
      session: ProcessSessionId,
      command: Command,
      options?: RunOptions
    ) => Effect.Effect<SessionResult, RunError>
    /**
     * Starts a command, or queues it after those before it, and returns its id. Its input stays open, so a command that
     * reads until the end of its input never ends. `POST /process/session/{sessionId}/exec`
     */
    readonly start: (
      session: ProcessSessionId,
      command: Command,
      options?: StartOptions
    ) => Effect.Effect<CommandId, RunError>
    /** A command, with its exit code once it has ended. Fails with `NotFound`. `GET …/command/{commandId}` */
    readonly command: (
      session: ProcessSessionId,
      command: CommandId
    ) => Effect.Effect<SessionCommand, ApiError | NotFound>
    /**
     * Sends a line to the standard input of a command; the newline is added if missing. While the shell has not started
     * the command, this is retried for about 2 seconds. Fails with `InputRefused` when the command has not started by
     * then, or has ended; and at once when it has not started because its session has other commands that have not
     * ended. `POST …/command/{commandId}/input`
     */
    readonly sendInput: (
      session: ProcessSessionId,
      command: CommandId,
      text: string
    ) => Effect.Effect<void, ApiError | NotFound | InputRefused | ShellExited>
    /**
     * The output of a command so far, as text. Fails with `NotFound`, and with `InvalidResponse` when it is larger than
     * half of `maxResponseSize`: `follow` has no limit. `GET …/command/{commandId}/logs`
     */
    readonly logs: (session: ProcessSessionId, command: CommandId) => Effect.Effect<CommandLogs, ApiError | NotFound>
    /**
     * The output of a command, byte for byte, from the beginning until it ends. A line is emitted when it is complete.
     *
     * Broken connections are opened again, and nothing is lost or delivered twice; where web sockets do not work, the
     * log is read every few seconds. The stream ends when the command has an exit code and the whole log was delivered.
     * It fails with `SessionEnded` or `ShellExited` when there will be no exit code, and with `StreamInterrupted` when
     * the sandbox can no longer be reached. `GET …/command/{commandId}/logs?follow=true`
     */
    readonly follow: (session: ProcessSessionId, command: CommandId) => Stream.Stream<LogChunk, FollowError>
    /** Like `follow`, as text: each output is decoded by itself, and an element may start or end anywhere in a line. */
    readonly followText: (session: ProcessSessionId, command: CommandId) => Stream.Stream<LogText, FollowError>
    /**
     * Waits until a command has ended, and returns its exit code. Tolerates transient failures. Fails with
     * `CommandWaitTimeout` after `timeout`.
     */
    readonly awaitExit: (
      session: ProcessSessionId,
      command: CommandId,
      options?: AwaitExitOptions
    ) => Effect.Effect<number, AwaitError>
    /**
     * Waits until a command has printed a line that matches, to either output, and returns it: for servers that print
     * when they are ready. Fails with `LogNotSeen` when the command ends first, and after `timeout`.
     */
    readonly awaitLog: (
      session: ProcessSessionId,
      command: CommandId,
      pattern: SessionLogs.LogPattern,
      options?: AwaitLogOptions
    ) => Effect.Effect<string, FollowError | LogNotSeen>
    /**
     * The entrypoint of the sandbox, as a session. Fails with `NotFound` when it has none.
     * `GET /process/session/entrypoint`
     */
    readonly entrypoint: Effect.Effect<ProcessSession, ApiError | NotFound>
    /** The output of the entrypoint so far. `GET /process/session/entrypoint/logs` */
    readonly entrypointLogs: Effect.Effect<CommandLogs, ApiError | NotFound>
    /** Like `follow`, for the entrypoint. `GET /process/session/entrypoint/logs?follow=true` */
    readonly followEntrypoint: Stream.Stream<LogChunk, FollowError>
  }

  /** How a session is created. */
  interface CreateOptions {
    /**
     * Its name: 1 to 128 letters, digits, `_`, `.` and `-` of ASCII, not beginning with `.` or `-`. Default: a unique
     * one.
     */
    readonly id?: string | undefined
  }

  /** How a command of `run` is run. */
  type RunOptions = SessionRuns.RunOptions
  /** How a command is started. */
  type StartOptions = SessionRuns.StartOptions
  /** How long to wait for the exit code, and how to poll. */
  type AwaitExitOptions = SessionCommands.AwaitExitOptions
  /** How long to wait for a line. */
  type AwaitLogOptions = SessionLogs.AwaitLogOptions
  /** What running a command can fail with. */
  type RunError = SessionRuns.RunError
  /** What `awaitExit` can fail with. */
  type AwaitError = SessionCommands.AwaitError
  /** How a command ended, and its output as text. */
  type SessionResult = CommandResult.SessionResult
  /** Output of a command, in whole lines except for very long ones. */
  type LogChunk = CommandResult.LogChunk
  /** Output of a command as text. */
  type LogText = CommandResult.LogText
}

export const make: Effect.Effect<ProcessSessions.Service, never, Toolbox> = Effect.map(Toolbox, (toolbox) => {
  const runs = SessionRuns.make(toolbox)
  const { commands } = runs
  const withoutIntroduction = (session: ProcessSession): ProcessSession => ({
    ...session,
    commands: session.commands.filter((command) => !shellLiveness.isIntroduction(command))
  })
  const follow: ProcessSessions.Service["follow"] = (sessionId, commandId) =>
    SessionLogs.chunks(commands.follow({ sessionId, commandId }))

  return checked<ProcessSessions.Service>({
    create: ({ id } = {}) => runs.lifecycle.create(id),
    scoped: ({ id } = {}) => runs.lifecycle.scoped(id),
    list: Effect.map(settled(toolbox.call(operations.list)), (sessions) => (sessions ?? []).map(withoutIntroduction)),
    get: (sessionId) => Effect.map(settled(toolbox.call(operations.get, { path: { sessionId } })), withoutIntroduction),
    delete: runs.lifecycle.remove,
    run: runs.run,
    start: runs.start,
    command: (sessionId, commandId) => commands.command({ sessionId, commandId }),
    sendInput: (sessionId, commandId, text) => commands.sendInput({ sessionId, commandId }, text),
    logs: (sessionId, commandId) => commands.logs({ sessionId, commandId }),
    follow,
    followText: (sessionId, commandId) => SessionLogs.texts(commands.follow({ sessionId, commandId })),
    awaitExit: (sessionId, commandId, options) => commands.awaitExit({ sessionId, commandId }, options),
    awaitLog: (sessionId, commandId, pattern, options) =>
      SessionLogs.awaitLog(commands, { sessionId, commandId }, pattern, options),
    entrypoint: settled(toolbox.call(operations.entrypoint)),
    entrypointLogs: toolbox.call(operations.entrypointLogs),
    followEntrypoint: SessionLogs.chunks(commands.followEntrypoint)
  })
})
