/** Polls until a result is available, for servers that do not push one. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { raceFirst } from "./finalizerRequest.js"
import { inWholeMilliseconds } from "./retry.js"

/** How a wait polls the server. */
export interface PollOptions {
  /** When to poll again. */
  readonly schedule?: Schedule.Schedule<unknown> | undefined
  /** Consecutive failed polls tolerated, after the client's own retries. Default 10. */
  readonly maxFailures?: number | undefined
}

interface Polling<E> {
  /** The time for the whole wait; `Duration.infinity` for no limit. */
  readonly timeout: Duration.DurationInput
  readonly schedule: Schedule.Schedule<unknown>
  readonly maxFailures?: number | undefined
  /** The failure when the time is up or the schedule ends. */
  readonly onEnd: (when: string) => E
  /** Completes when polling is worthwhile before the schedule says so. */
  readonly sooner?: Effect.Effect<void> | undefined
}

/**
 * Polls at once and then by the schedule. A failed poll ends the wait if it is not retryable, or one too many in a row.
 */
export const pollUntil = <A, E extends { readonly retryable: boolean }, E2>(
  poll: Effect.Effect<Option.Option<A>, E>,
  { maxFailures = 10, onEnd, schedule, sooner, timeout }: Polling<E2>
): Effect.Effect<A, E | E2> => {
  const polling = Effect.gen(function* () {
    const driver = yield* Schedule.driver(inWholeMilliseconds(schedule))
    const next = Effect.isSuccess(driver.next(undefined))
    const pause = sooner === undefined ? next : raceFirst(next, Effect.as(sooner, true))
    let failures = 0
    while (true) {
      const result = yield* Effect.either(poll)
      if (result._tag === "Left") {
        failures++
        if (!result.left.retryable || failures >= maxFailures) return yield* Effect.fail(result.left)
      } else {
        failures = 0
        if (Option.isSome(result.right)) return result.right.value
      }
      if (!(yield* pause)) return yield* Effect.fail(onEnd("when the schedule of the wait ended"))
    }
  })
  const limit = Duration.decode(timeout)
  return Duration.isFinite(limit)
    ? Effect.timeoutFail(Effect.interruptible(polling), {
        duration: limit,
        onTimeout: () => onEnd(`after ${Duration.format(limit)}`)
      })
    : polling
}
