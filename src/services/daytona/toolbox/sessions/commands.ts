/** What can be done with a command that was started, whoever started it. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Stream from "effect/Stream"
import type { ApiError, NotFound, StreamInterrupted } from "../../../../errors/ApiError.js"
import { CommandWaitTimeout, type SessionEnded, type ShellExited } from "../../../../errors/daytona/process.js"
import { type PollOptions, pollUntil } from "../../../../internal/poll.js"
import {
  CommandId,
  type CommandLogs,
  ProcessSessionId,
  type SessionCommand
} from "../../../../schema/daytona/toolbox/Session.js"
import { demultiplex, type LogRun } from "../../../../stream/LogDemux.js"
import * as shellLiveness from "../process/shellLiveness.js"
import type { Toolbox } from "../Toolbox.js"
import { type CommandRef, failuresOf } from "./commandFailures.js"
import * as SessionCommandsInput from "./commandInput.js"
import { type FollowError, followLog } from "./followLog.js"
import { storedBytes } from "./followStored.js"
import { meansEnd, operations, settled, storedForm } from "./operations.js"

/** What waiting for the end of a command can fail with. */
export type AwaitError = ApiError | NotFound | SessionEnded | ShellExited | CommandWaitTimeout

export interface AwaitExitOptions extends PollOptions {
  /** The time for the whole wait; default: no limit. */
  readonly timeout?: Duration.DurationInput | undefined
  /** When to poll. Default: after 0.1 seconds, then at intervals growing by half up to 2 seconds. */
  readonly schedule?: Schedule.Schedule<unknown> | undefined
}

export interface FollowOptions {
  /** The command was seen before: that it is not there means that its session was deleted. Default `false`. */
  readonly known?: boolean | undefined
  /** Called before the end. */
  readonly onExit?: ((exitCode: number) => void) | undefined
  /** The name that failures have; default `ProcessSessions.follow`. */
  readonly operation?: string | undefined
}

const awaitExitName = "ProcessSessions.awaitExit"

const defaultSchedule = Schedule.exponential("100 millis", 1.5).pipe(Schedule.union(Schedule.spaced("2 seconds")))

/** The command that the sandbox was started with. */
export const entrypoint: CommandRef = {
  sessionId: ProcessSessionId.make("entrypoint"),
  commandId: CommandId.make("entrypoint_command")
}

export const make = (toolbox: Toolbox.Service) => {
  const failures = failuresOf(toolbox)

  /** Its exit code; none while it runs. */
  const command = (ref: CommandRef): Effect.Effect<SessionCommand, ApiError | NotFound> =>
    settled(toolbox.call(operations.command, { path: { ...ref } }))

  const exitCode = (ref: CommandRef) => Effect.map(command(ref), (status) => Option.fromNullable(status.exitCode))

  const logs = (ref: CommandRef): Effect.Effect<CommandLogs, ApiError | NotFound> =>
    toolbox.call(operations.logs, { path: { ...ref } })

  /** What a command has printed so far, byte for byte and without a limit. */
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
      const ask = exitCode(ref).pipe(
        Effect.tap(() => {
          known = true
        }),
        Effect.mapError((error) => (known && meansEnd(error) ? failures.sessionEnded(operation, ref) : error))
      )
      const afterShell = Effect.flatMap(ask, (code) =>
        Option.isSome(code) ? Effect.succeed(code.value) : Effect.fail(failures.shellExited(operation, ref))
      )
      return Effect.raceFirst(
        pollUntil(ask, { timeout, schedule, maxFailures, onEnd }),
        Effect.zipRight(shellLiveness.make(toolbox, ref.sessionId).ended, afterShell)
      )
    })

  /** Waits for the exit code, which is there when the log is complete. */
  const awaitExit = (ref: CommandRef, options: AwaitExitOptions = {}): Effect.Effect<number, AwaitError> =>
    untilExit(
      ref,
      options,
      awaitExitName,
      (when) =>
        new CommandWaitTimeout({
          ...failures.about(awaitExitName, ref),
          message: `Command ${ref.commandId} of session ${ref.sessionId} in sandbox ${toolbox.sandboxId} had not ended ${when}; it goes on, and can be awaited again`
        }),
      false
    )

  /** The same for a command that was seen before, for as long as it takes. */
  const exit = (ref: CommandRef, operation: string) =>
    untilExit(ref, {}, operation, () => failures.sessionEnded(operation, ref), true)

  const sendInput = SessionCommandsInput.make(toolbox, failures, exitCode)

  return { command, logs, follow, stored, followEntrypoint, awaitExit, exit, sendInput }
}
