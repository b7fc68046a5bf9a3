/** Asking again and again until there is an answer, for servers that cannot tell by themselves. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { inWholeMilliseconds } from "./retry.js"

export interface AskingOptions<E> {
  /** The time for all of it; `Duration.infinity`: without end. */
  readonly timeout: Duration.DurationInput
  /** When to ask again. */
  readonly schedule: Schedule.Schedule<unknown>
  /** How many failures in a row, of those that may pass, are too many. */
  readonly maxFailures: number
  /** What it means that the time is up, or the schedule at its end. */
  readonly onEnd: (when: string) => E
  /** Something that makes it worth asking before the schedule does. */
  readonly sooner?: Effect.Effect<void> | undefined
}

/** Runs `ask` until it gives something. It is asked at once, and then by schedule; passing failures do not end it. */
export const pollUntil = <A, E extends { readonly retryable: boolean }, E2>(
  ask: Effect.Effect<Option.Option<A>, E>,
  { maxFailures, onEnd, schedule, sooner, timeout }: AskingOptions<E2>
): Effect.Effect<A, E | E2> => {
  const asking = Effect.gen(function* () {
    const driver = yield* Schedule.driver(inWholeMilliseconds(schedule))
    const next = Effect.isSuccess(driver.next(undefined))
    const pause = sooner === undefined ? next : Effect.raceFirst(next, Effect.as(sooner, true))
    let failures = 0
    while (true) {
      const answer = yield* Effect.either(ask)
      if (answer._tag === "Left") {
        failures++
        if (!answer.left.retryable || failures >= maxFailures) return yield* Effect.fail(answer.left)
      } else {
        failures = 0
        if (Option.isSome(answer.right)) return answer.right.value
      }
      if (!(yield* pause)) return yield* Effect.fail(onEnd("when the schedule of the wait ended"))
    }
  })
  const limit = Duration.decode(timeout)
  return Duration.isFinite(limit)
    ? Effect.timeoutFail(asking, { duration: limit, onTimeout: () => onEnd(`after ${Duration.format(limit)}`) })
    : asking
}
