/**
 * Exactly-once commands. A request may be delivered twice: proxies retry requests, and so do we when a connection is
 * lost. The shell runs the first delivery, every other one only prints a notice (`once` in `shellText.ts`), and what
 * follows tells them apart. Each of these commands has a session to itself, so all commands of the session are
 * deliveries of the same one.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type { ApiError, NotFound } from "../../../../errors/ApiError.js"
import type { SessionEnded } from "../../../../errors/daytona/process.js"
import { pollUntil } from "../../../../internal/poll.js"
import type { SessionResult } from "../../../../schema/daytona/toolbox/CommandResult.js"
import type { CommandId, ProcessSessionId } from "../../../../schema/daytona/toolbox/Session.js"
import type { CommandRef } from "../sessions/commands.js"
import { meansEnd } from "../sessions/operations.js"
import { mayRun, type RunError, type SessionRuns } from "../sessions/runs.js"
import { duplicateNotice } from "../shellText.js"

/** How often a command is sent when it provably did not arrive. */
const maxSends = 3

const originalSchedule = Schedule.exponential("100 millis", 1.5).pipe(Schedule.union(Schedule.spaced("2 seconds")))

export const isDuplicate = ({ stderr }: { readonly stderr: string }): boolean => stderr === duplicateNotice

export const make = (runs: SessionRuns) => {
  const sessionEnded = (operation: string, sessionId: ProcessSessionId) =>
    runs.failures.sessionEnded(operation, { sessionId })

  /** The ids of all deliveries. */
  const deliveries = (
    operation: string,
    sessionId: ProcessSessionId
  ): Effect.Effect<ReadonlyArray<CommandId>, RunError> =>
    Effect.map(runs.commandsOf(operation, sessionId), (all) => all.map(({ id }) => id))

  /** Sends a command until it has arrived. When it arrived but its response was lost, `recover` gets its deliveries. */
  const send = <A>(
    operation: string,
    sessionId: ProcessSessionId,
    request: Effect.Effect<A, RunError>,
    recover: (ids: ReadonlyArray<CommandId>) => Effect.Effect<A, RunError>,
    sendsLeft: number = maxSends
  ): Effect.Effect<A, RunError> =>
    Effect.catchAll(request, (error) =>
      mayRun(error)
        ? Effect.flatMap(deliveries(operation, sessionId), (ids) => {
            if (ids.length > 0) return recover(ids)
            return sendsLeft > 1 ? send(operation, sessionId, request, recover, sendsLeft - 1) : Effect.fail(error)
          })
        : Effect.fail(error)
    )

  /** Waits for the result of the delivery that runs. */
  const result = (
    operation: string,
    sessionId: ProcessSessionId,
    ids: ReadonlyArray<CommandId>
  ): Effect.Effect<SessionResult, RunError> => {
    const [commandId, ...others] = ids
    return commandId === undefined
      ? Effect.fail(sessionEnded(operation, sessionId))
      : Effect.flatMap(runs.resultOf({ sessionId, commandId }, operation), (found) =>
          isDuplicate(found) ? result(operation, sessionId, others) : Effect.succeed(found)
        )
  }

  /** Finds the delivery that runs: the only one that prints anything but the notice. */
  const original = (
    operation: string,
    sessionId: ProcessSessionId,
    ids: ReadonlyArray<CommandId>
  ): Effect.Effect<CommandRef, ApiError | NotFound | SessionEnded> => {
    const ended = () => sessionEnded(operation, sessionId)
    const check = (commandId: CommandId) =>
      Effect.zipWith(
        runs.commands.command({ sessionId, commandId }),
        runs.printed({ sessionId, commandId }),
        ({ exitCode }, output) =>
          !isDuplicate(output) && (exitCode !== undefined || output.stdout !== "" || output.stderr !== "")
            ? Option.some({ sessionId, commandId })
            : Option.none()
      )
    const poll = Effect.forEach(ids, check).pipe(
      Effect.map(Option.firstSomeOf),
      Effect.mapError((error) => (meansEnd(error) ? ended() : error))
    )
    return pollUntil(poll, { timeout: Duration.infinity, schedule: originalSchedule, maxFailures: 10, onEnd: ended })
  }

  return { all: deliveries, send, result, original }
}
