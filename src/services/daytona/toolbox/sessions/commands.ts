/** Commands that were started in a session: their state, logs, completion and input. */
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Stream from "effect/Stream"
import type { ApiError, Conflict, Gone, NotFound, ServerError, StreamInterrupted } from "../../../../errors/ApiError.js"
import { CommandWaitTimeout, InputRefused, SessionEnded, ShellExited } from "../../../../errors/daytona/process.js"
import { raceFirst } from "../../../../internal/finalizerRequest.js"
import { type PollOptions, pollUntil } from "../../../../internal/poll.js"
import { inWholeMilliseconds } from "../../../../internal/retry.js"
import {
  CommandId,
  type CommandLogs,
  ProcessSessionId,
  type SessionCommand
} from "../../../../schema/daytona/toolbox/Session.js"
import { demultiplex, type LogRun } from "../../../../stream/LogDemux.js"
import * as shellLiveness from "../process/shellLiveness.js"
import type { Toolbox } from "../Toolbox.js"
import { type FollowError, followLog, type Handshakes, storedBytes } from "./followLog.js"
import { meansEnd, operations, settled, storedForm } from "./operations.js"

/** A command and its session. */
export interface CommandRef {
  readonly sessionId: ProcessSessionId
  readonly commandId: CommandId
}

const ofSharedSession =
  "`exit`, `exec` and `set -e` in a command end the shell, and so do signals. Delete the session; `isolated: true` keeps a command from ending its shell, except by a signal"

const ofOwnSession =
  "A signal ended it, perhaps by the command itself: `kill -9 $$` and `kill 0` reach the shell as well. What it left running was killed, as far as it could be found; `setsid -w` keeps a program and its signals apart from the shell"

/** The failures of the sessions of one sandbox. */
export const failuresOf = (toolbox: Toolbox.Service) => {
  const about = (operation: string, ref: { readonly sessionId: ProcessSessionId; readonly commandId?: CommandId }) => ({
    system: "daytona" as const,
    operation,
    sandboxId: toolbox.sandboxId,
    ...ref
  })
  return {
    about,
    shellExited: (operation: string, ref: Parameters<typeof about>[1]) =>
      new ShellExited({
        ...about(operation, ref),
        message: `${operation}: the shell of session ${ref.sessionId} in sandbox ${toolbox.sandboxId} has exited, so ${
          ref.commandId === undefined ? "the command" : `command ${ref.commandId}`
        } will never have an exit code. ${operation.startsWith("Process.") ? ofOwnSession : ofSharedSession}`
      }),
    sessionEnded: (operation: string, ref: Parameters<typeof about>[1]) =>
      new SessionEnded({
        ...about(operation, ref),
        message: `${operation}: session ${ref.sessionId} in sandbox ${toolbox.sandboxId} no longer exists: it was deleted, or the sandbox was stopped. Its commands were killed`
      })
  }
}

type Failures = ReturnType<typeof failuresOf>

/** What `awaitExit` can fail with. */
export type AwaitError = ApiError | NotFound | SessionEnded | ShellExited | CommandWaitTimeout

export interface AwaitExitOptions extends PollOptions {
  /** The time for the whole wait; default: no limit. */
  readonly timeout?: Duration.DurationInput | undefined
  /** When to poll. Default: after 0.1 seconds, then at intervals growing by half up to 2 seconds. */
  readonly schedule?: Schedule.Schedule<unknown> | undefined
}

export interface FollowOptions {
  /** The command is known to exist: when it is not found, its session was deleted. Default `false`. */
  readonly known?: boolean | undefined
  /** Called before the stream ends. */
  readonly onExit?: ((exitCode: number) => void) | undefined
  /** The operation that failures name; default `ProcessSessions.follow`. */
  readonly operation?: string | undefined
}

const awaitExitName = "ProcessSessions.awaitExit"

const defaultSchedule = Schedule.exponential("100 millis", 1.5).pipe(Schedule.union(Schedule.spaced("2 seconds")))

/** The command that the sandbox was started with. */
export const entrypoint: CommandRef = {
  sessionId: ProcessSessionId.make("entrypoint"),
  commandId: CommandId.make("entrypoint_command")
}

/** Every service of a sandbox has the same connection. */
const handshakesOf = new WeakMap<Toolbox.Service, Handshakes>()

const sharedHandshakes = (toolbox: Toolbox.Service): Handshakes => {
  const handshakes = handshakesOf.get(toolbox) ?? { notBefore: 0 }
  handshakesOf.set(toolbox, handshakes)
  return handshakes
}

export const make = (toolbox: Toolbox.Service) => {
  const failures = failuresOf(toolbox)
  const handshakes = sharedHandshakes(toolbox)

  const command = (ref: CommandRef): Effect.Effect<SessionCommand, ApiError | NotFound> =>
    settled(toolbox.call(operations.command, { path: { ...ref } }))

  /** None while the command runs. */
  const exitCode = (ref: CommandRef) => Effect.map(command(ref), (status) => Option.fromNullable(status.exitCode))

  const logs = (ref: CommandRef): Effect.Effect<CommandLogs, ApiError | NotFound> =>
    toolbox.call(operations.logs, { path: { ...ref } })

  /** The output so far, byte for byte and of any size. */
  const stored = (ref: CommandRef): Stream.Stream<LogRun, ApiError | NotFound | StreamInterrupted> =>
    demultiplex(
      toolbox.stream(operations.storedLog, { path: { ...ref }, headers: storedForm }, (opened) =>
        storedBytes(opened, 0)
      )
    )

  const follow = (
    ref: CommandRef,
    { known = false, onExit, operation = operations.follow.name }: FollowOptions = {}
  ): Stream.Stream<LogRun, FollowError> =>
    demultiplex(
      followLog(
        {
          open: toolbox.connect(operations.follow, { path: { ...ref }, query: { follow: "true" } }),
          handshakes,
          stored: (read) => toolbox.stream(operations.storedLog, { path: { ...ref }, headers: storedForm }, read),
          exitCode: exitCode(ref),
          shellHasEnded: shellLiveness.make(toolbox, ref.sessionId).hasEnded,
          known,
          sessionEnded: () => failures.sessionEnded(operation, ref),
          shellExited: () => failures.shellExited(operation, ref)
        },
        onExit
      )
    )

  const entrypointExit = Effect.map(settled(toolbox.call(operations.entrypoint)), ({ commands }) =>
    Option.fromNullable(commands[0]?.exitCode)
  )

  const followEntrypoint: Stream.Stream<LogRun, FollowError> = demultiplex(
    followLog({
      open: toolbox.connect(operations.followEntrypoint, { query: { follow: "true" } }),
      handshakes,
      stored: (read) => toolbox.stream(operations.entrypointStoredLog, { headers: storedForm }, read),
      exitCode: entrypointExit,
      shellHasEnded: Effect.succeed(false),
      known: false,
      sessionEnded: () => failures.sessionEnded(operations.followEntrypoint.name, entrypoint),
      shellExited: () => failures.shellExited(operations.followEntrypoint.name, entrypoint)
    })
  )

  const untilExit = <E>(
    ref: CommandRef,
    { maxFailures, schedule = defaultSchedule, timeout = Duration.infinity }: AwaitExitOptions,
    operation: string,
    onEnd: (when: string) => E,
    wasKnown: boolean
  ): Effect.Effect<number, ApiError | NotFound | SessionEnded | ShellExited | E> =>
    Effect.suspend(() => {
      let known = wasKnown
      const poll = exitCode(ref).pipe(
        Effect.tap(() => {
          known = true
        }),
        Effect.mapError((error) => (known && meansEnd(error) ? failures.sessionEnded(operation, ref) : error))
      )
      const afterShell = Effect.flatMap(poll, (code) =>
        Option.isSome(code) ? Effect.succeed(code.value) : Effect.fail(failures.shellExited(operation, ref))
      )
      return raceFirst(
        pollUntil(poll, { timeout, schedule, maxFailures, onEnd }),
        Effect.zipRight(shellLiveness.make(toolbox, ref.sessionId).ended, afterShell)
      )
    })

  /** Waits for the exit code, which appears once the log is complete. */
  const awaitExit = (ref: CommandRef, options: AwaitExitOptions = {}): Effect.Effect<number, AwaitError> =>
    untilExit(
      ref,
      options,
      awaitExitName,
      (when) =>
        new CommandWaitTimeout({
          ...failures.about(awaitExitName, ref),
          message: `Command ${ref.commandId} of session ${ref.sessionId} in sandbox ${toolbox.sandboxId} had not ended ${when}; it keeps running, and can be awaited again`
        }),
      false
    )

  /** The same for a command that is known to exist, without a timeout. */
  const exit = (ref: CommandRef, operation: string) =>
    untilExit(ref, {}, operation, () => failures.sessionEnded(operation, ref), true)

  const sendInput = makeSendInput(toolbox, failures, exitCode)

  return { failures, command, logs, follow, stored, followEntrypoint, awaitExit, exit, sendInput }
}

export type SessionCommands = ReturnType<typeof make>

/** Nothing else is running, but the shell has not started the command yet. */
class NotStartedYet extends Data.TaggedError("NotStartedYet") {}

/** An idle shell starts a command at once; on a busy machine that takes a moment. */
const startSchedule = inWholeMilliseconds(Schedule.exponential("50 millis", 1.5).pipe(Schedule.upTo("2 seconds")))

const notStarted = {
  behindOthers: "it has not started, and its session has other commands that have not ended",
  tooSlow: "its shell did not start it within about 2 seconds"
}

const makeSendInput = (
  toolbox: Toolbox.Service,
  failures: Failures,
  exitCode: (ref: CommandRef) => Effect.Effect<Option.Option<number>, ApiError | NotFound>
) => {
  const { name } = operations.sendInput

  const refused = (ref: CommandRef, why: string, reason: { readonly exitCode: number } | "notStarted") =>
    new InputRefused({
      ...failures.about(name, ref),
      ...(reason === "notStarted" ? { reason } : { reason: "ended", exitCode: reason.exitCode }),
      retryable: reason === "notStarted",
      message: `Command ${ref.commandId} of session ${ref.sessionId} in sandbox ${toolbox.sandboxId} takes no input: ${why}`
    })

  /** The daemon lists commands in no particular order, so which of two came first is unknown. */
  const hasOthers = ({ commandId, sessionId }: CommandRef) =>
    Effect.map(settled(toolbox.call(operations.get, { path: { sessionId } })), ({ commands }) =>
      commands.some(
        (each) => each.id !== commandId && each.exitCode === undefined && !shellLiveness.isIntroduction(each)
      )
    )

  const whyNotStarted = (ref: CommandRef): Effect.Effect<never, ApiError | NotFound | InputRefused | NotStartedYet> =>
    Effect.flatMap(hasOthers(ref), (others) =>
      Effect.fail(others ? refused(ref, notStarted.behindOthers, "notStarted") : new NotStartedYet())
    )

  // The daemon does not say why there is no pipe for the input; the exit code does.
  const explained = (ref: CommandRef, error: Conflict | Gone | ServerError) =>
    /session process has exited/.test(error.detail ?? "")
      ? Effect.fail(failures.shellExited(name, ref))
      : Effect.flatMap(
          exitCode(ref),
          Option.match({
            onNone: () => whyNotStarted(ref),
            onSome: (code) => Effect.fail(refused(ref, `it has ended with exit code ${code}`, { exitCode: code }))
          })
        )

  /** Sends a line to standard input; the newline is added if missing. */
  return (ref: CommandRef, data: string): Effect.Effect<void, ApiError | NotFound | InputRefused | ShellExited> =>
    // The daemon refuses empty data, so an empty line goes out with its newline.
    toolbox.call(operations.sendInput, { path: { ...ref }, body: { data: data === "" ? "\n" : data } }).pipe(
      Effect.catchTags({
        Conflict: (error) => explained(ref, error),
        Gone: (error) => explained(ref, error),
        ServerError: (error) => (/input pipe/.test(error.detail ?? "") ? explained(ref, error) : Effect.fail(error))
      }),
      Effect.retry({ while: ({ _tag }) => _tag === "NotStartedYet", schedule: startSchedule }),
      Effect.catchTag("NotStartedYet", () => Effect.fail(refused(ref, notStarted.tooSlow, "notStarted")))
    )
}
