/** Polls until a result is available. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { inWholeMilliseconds } from "./retry.js"

export interface PollOptions<E> {
  /** The deadline of the wait; `Duration.infinity`: none. */
  readonly timeout: Duration.DurationInput
  /** When to poll again. */
  readonly schedule: Schedule.Schedule<unknown>
  /** Consecutive retryable failures after which the wait fails with the last one. */
  readonly maxFailures: number
  /** The error at the deadline, or at the end of the schedule. */
  readonly onEnd: (when: string) => E
  /** Completes when a poll is worthwhile before the schedule says so. */
  readonly sooner?: Effect.Effect<void> | undefined
}

/** Runs `poll` at once and then by schedule, until it returns a value. Retryable failures are tolerated. */
export const pollUntil = <A, E extends { readonly retryable: boolean }, E2>(
  poll: Effect.Effect<Option.Option<A>, E>,
  { maxFailures, onEnd, schedule, sooner, timeout }: PollOptions<E2>
): Effect.Effect<A, E | E2> => {
  const polling = Effect.gen(function* () {
    const driver = yield* Schedule.driver(inWholeMilliseconds(schedule))
    const next = Effect.isSuccess(driver.next(undefined))
    const pause = sooner === undefined ? next : Effect.raceFirst(next, Effect.as(sooner, true))
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
    ? Effect.timeoutFail(polling, { duration: limit, onTimeout: () => onEnd(`after ${Duration.format(limit)}`) })
    : polling
}
