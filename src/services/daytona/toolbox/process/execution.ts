/**
 * Commands that run to completion, each in a session of its own, which is deleted with everything the command started.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { CommandTimeout } from "../../../../errors/daytona/process.js"
import type { SessionResult } from "../../../../schema/daytona/toolbox/CommandResult.js"
import type { ProcessSessionId } from "../../../../schema/daytona/toolbox/Session.js"
import type { CommandState } from "../sessions/lifecycle.js"
import { operations } from "../sessions/operations.js"
import type { RunError, SessionRuns } from "../sessions/runs.js"
import { once } from "../shellText.js"
import type { Toolbox } from "../Toolbox.js"
import * as Deliveries from "./deliveries.js"
import { outputDeadline, timedOut } from "./limits.js"
import { swept, tracked } from "./termination.js"

export const make = (toolbox: Toolbox.Service, runs: SessionRuns) => {
  const deliveries = Deliveries.make(runs)

  const run = (operation: string, sessionId: ProcessSessionId, text: string): Effect.Effect<SessionResult, RunError> =>
    deliveries
      .send(
        operation,
        sessionId,
        Effect.flatMap(
          runs.execute({ ...operations.run, name: operation }, sessionId, {
            command: once(tracked(sessionId, swept(sessionId, text))),
            runAsync: false
          }),
          runs.answered(sessionId, operation)
        ),
        (ids) => deliveries.result(operation, sessionId, ids)
      )
      .pipe(
        Effect.flatMap((result) =>
          Deliveries.isDuplicate(result)
            ? Effect.flatMap(deliveries.all(operation, sessionId), (ids) =>
                deliveries.result(operation, sessionId, ids)
              )
            : Effect.succeed(result)
        )
      )

  const printedSoFar = (operation: string, sessionId: ProcessSessionId) =>
    deliveries.all(operation, sessionId).pipe(
      Effect.flatMap(([commandId]) =>
        commandId === undefined
          ? Effect.succeed(undefined)
          : Effect.map(runs.printed({ sessionId, commandId }), ({ stderr, stdout }) => ({ stderr, stdout }))
      ),
      Effect.interruptible,
      Effect.timeout(outputDeadline),
      Effect.orElseSucceed(() => undefined)
    )

  /**
   * Runs a command to completion. A command that fails, is interrupted or takes too long is ended, and its session
   * deleted, before this completes. After any other one, whose session is idle, it is deleted behind the result.
   */
  return (
    operation: string,
    text: string,
    limit: Duration.Duration
  ): Effect.Effect<SessionResult, RunError | CommandTimeout> =>
    Effect.suspend(() => {
      let state: CommandState = "running"
      const own = runs.lifecycle.own(() => state)
      return Effect.flatMap(own, (sessionId) => {
        const result = Effect.tap(
          runs.whileShellLives(operation, sessionId, run(operation, sessionId, text)),
          Effect.sync(() => {
            state = "swept"
          })
        )
        return Duration.isFinite(limit)
          ? Effect.flatMap(
              Effect.timeoutOption(Effect.interruptible(result), limit),
              Option.match({
                onNone: () =>
                  Effect.flatMap(printedSoFar(operation, sessionId), (output) =>
                    Effect.fail(timedOut(toolbox, operation, limit, output))
                  ),
                onSome: Effect.succeed
              })
            )
          : result
      })
    }).pipe(Effect.scoped)
}
