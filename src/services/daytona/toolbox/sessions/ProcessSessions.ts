/** Shells that stay: what one command does to directory, variables and functions, the next one finds. `Process` is for commands that stand alone. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { ApiError, Conflict, NotFound } from "../../../../errors/ApiError.js"
import type { InputRefused, LogNotSeen, ShellExited } from "../../../../errors/daytona/process.js"
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
import type * as SessionCommands from "./commands.js"
import type { FollowError } from "./followLog.js"
import * as SessionLogs from "./logs.js"
import { operations, settled } from "./operations.js"
import * as SessionRuns from "./runs.js"

/**
 * Shells that stay: what one command does to directory, variables and functions, the next one finds.
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
  /** One session runs one command after the other, asynchronous ones too. What is to run at the same time needs a session each. */
  interface Service {
    /**
     * Makes a session and returns its id. It stays until it is deleted, or the sandbox stops; `scoped` deletes it with a scope.
     * Fails with `Conflict` when there is one of that name, and with `InvalidRequest` when the name cannot be one.
     * `POST /process/session`
     *
     * The shell's first command prints its process id, by which waiting methods notice that the shell is gone (`ShellExited`);
     * that is one more request, and the command is not listed here.
     */
    readonly create: (options?: CreateOptions) => Effect.Effect<ProcessSessionId, ApiError | Conflict>
    /** As `create`; the session is deleted, and all that it runs killed, when the scope closes, also when it does so meanwhile. */
    readonly scoped: (options?: CreateOptions) => Effect.Effect<ProcessSessionId, ApiError | Conflict, Scope.Scope>
    /** All sessions but the entrypoint's, with their commands, in no particular order. `GET /process/session` */
    readonly list: Effect.Effect<ReadonlyArray<ProcessSession>, ApiError>
    /** One session and its commands. Fails with `NotFound`. `GET /process/session/{sessionId}` */
    readonly get: (session: ProcessSessionId) => Effect.Effect<ProcessSession, ApiError | NotFound>
    /**
     * Ends a session: what it runs gets SIGTERM, and SIGKILL five seconds later if need be. Fails with `NotFound`.
     * `DELETE /process/session/{sessionId}`
     */
    readonly delete: (session: ProcessSessionId) => Effect.Effect<void, ApiError | NotFound>
    /**
     * Runs a command behind those before it, waits for its end, and returns what it printed. Its standard input is empty. Any exit
     * code is a success.
     *
     * Interruption and deadlines (`Effect.timeout`) end the wait and not the command, unless `onInterrupt` says otherwise. A
     * background child that keeps its output open keeps it running: redirect the output of such.
     *
     * Fails with `NotFound` when there is no such session, with `SessionEnded` when it is deleted meanwhile, and with
     * `ShellExited` when the command, or one before it, ended the shell. A connection that breaks, or an answer of more than 10 MiB (in
     * which every byte is twice), is no failure where the command can be found again: when it is the only one with this text. For
     * more, `start` and `follow` it. `POST /process/session/{sessionId}/exec`
     */
    readonly run: (
      session: ProcessSessionId,
      command: Command,
      options?: RunOptions
    ) => Effect.Effect<SessionResult, RunError>
    /**
     * Starts a command, or queues it behind those before it, and returns its id. It can be given input until it ends, so a command
     * that reads to the end of its input never ends. `POST /process/session/{sessionId}/exec`
     */
    readonly start: (
      session: ProcessSessionId,
      command: Command,
      options?: StartOptions
    ) => Effect.Effect<CommandId, RunError>
    /** A command; it has an exit code when it has ended. Fails with `NotFound`. `GET …/command/{commandId}` */
    readonly command: (
      session: ProcessSessionId,
      command: CommandId
    ) => Effect.Effect<SessionCommand, ApiError | NotFound>
    /**
     * Gives a line to a command that was started; the newline is added where there is none. To a command that its shell has not
     * begun, the line is offered again for about 2 seconds. Fails with `InputRefused` when it has not begun by then or has ended;
     * and at once when it has not begun and its session has others that have not ended.
     * `POST …/command/{commandId}/input`
     */
    readonly sendInput: (
      session: ProcessSessionId,
      command: CommandId,
      text: string
    ) => Effect.Effect<void, ApiError | NotFound | InputRefused | ShellExited>
    /**
     * What a command has printed so far, as text. Fails with `NotFound`, and with `InvalidResponse` when that is more than about 5
     * MiB: `follow` has no limit. `GET …/command/{commandId}/logs`
     */
    readonly logs: (session: ProcessSessionId, command: CommandId) => Effect.Effect<CommandLogs, ApiError | NotFound>
    /**
     * What a command prints, from its beginning and until it ends, byte for byte. Lines appear when they are complete.
     *
     * Connections that break are opened again, and nothing is lost or delivered twice; where web sockets do not work, the log is
     * read every few seconds. The stream ends when the command has an exit code and the whole log was delivered. It fails with
     * `SessionEnded` or `ShellExited` when there will be no exit code, and with `StreamInterrupted` when the sandbox can no longer be
     * asked. `GET …/command/{commandId}/logs?follow=true`
     */
    readonly follow: (session: ProcessSessionId, command: CommandId) => Stream.Stream<LogChunk, FollowError>
    /** As `follow`, as text: each stream is decoded by itself, and characters may be cut anywhere. */
    readonly followText: (session: ProcessSessionId, command: CommandId) => Stream.Stream<LogText, FollowError>
    /**
     * Waits until a command has ended, and returns its exit code. Passing failures do not end the wait. Fails with
     * `CommandWaitTimeout` when the time is up.
     */
    readonly awaitExit: (
      session: ProcessSessionId,
      command: CommandId,
      options?: AwaitExitOptions
    ) => Effect.Effect<number, AwaitError>
    /**
     * Waits until a command has printed a line that matches, on either stream, and returns that line: for servers that say when
     * they are ready. Fails with `LogNotSeen` when the command ends first, or the time is up.
     */
    readonly awaitLog: (
      session: ProcessSessionId,
      command: CommandId,
      pattern: SessionLogs.LogPattern,
      options?: AwaitLogOptions
    ) => Effect.Effect<string, FollowError | LogNotSeen>
    /** What the sandbox was started with, as a session. Fails with `NotFound` when it was started with nothing. `GET /process/session/entrypoint` */
    readonly entrypoint: Effect.Effect<ProcessSession, ApiError | NotFound>
    /** What that has printed so far. `GET /process/session/entrypoint/logs` */
    readonly entrypointLogs: Effect.Effect<CommandLogs, ApiError | NotFound>
    /** What that prints, as `follow`. `GET /process/session/entrypoint/logs?follow=true` */
    readonly followEntrypoint: Stream.Stream<LogChunk, FollowError>
  }

  /** How a session is made. */
  interface CreateOptions {
    /** Its name, which must not contain `/`; default: one that nobody else has. */
    readonly id?: string | undefined
  }

  /** How a command of `run` is run. */
  type RunOptions = SessionRuns.RunOptions
  /** How a command is started. */
  type StartOptions = SessionRuns.StartOptions
  /** How long to wait for the end of a command, and how to ask. */
  type AwaitExitOptions = SessionCommands.AwaitExitOptions
  /** How long to wait for a line. */
  type AwaitLogOptions = SessionLogs.AwaitLogOptions
  /** What running something in a session can fail with. */
  type RunError = SessionRuns.RunError
  /** What waiting for the end of a command can fail with. */
  type AwaitError = SessionCommands.AwaitError
  /** How a command ended, and what it printed, as text. */
  type SessionResult = SessionRuns.SessionResult
  /** Bytes that a command printed; whole lines, but for very long ones. */
  type LogChunk = SessionLogs.LogChunk
  /** What a command printed, as text. */
  type LogText = SessionLogs.LogText
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

  return ProcessSessions.of({
    create: ({ id } = {}) => runs.lifecycle.create(id),
    scoped: ({ id } = {}) => runs.lifecycle.scoped(id),
    list: Effect.map(settled(toolbox.call(operations.list)), (sessions) => (sessions ?? []).map(withoutIntroduction)),
    get: (sessionId) => Effect.map(settled(toolbox.call(operations.get, { path: { sessionId } })), withoutIntroduction),
    delete: (sessionId) => toolbox.call(operations.delete, { path: { sessionId } }),
    run: runs.run,
    start: runs.start,
    command: (sessionId, commandId) => commands.command({ sessionId, commandId }),
    sendInput: (sessionId, commandId, text) => commands.sendInput({ sessionId, commandId }, text),
    logs: (sessionId, commandId) => commands.logs({ sessionId, commandId }),
    follow,
    followText: (sessionId, commandId) => SessionLogs.texts(commands.follow({ sessionId, commandId })),
    awaitExit: (sessionId, commandId, options) => commands.awaitExit({ sessionId, commandId }, options),
    awaitLog: (sessionId, commandId, pattern, options) =>
      SessionLogs.awaitLog(toolbox, { sessionId, commandId }, pattern, options),
    entrypoint: settled(toolbox.call(operations.entrypoint)),
    entrypointLogs: toolbox.call(operations.entrypointLogs),
    followEntrypoint: SessionLogs.chunks(commands.followEntrypoint)
  })
})
