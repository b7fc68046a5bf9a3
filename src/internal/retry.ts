/** Which failed requests are sent again, and when. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import {
  type ApiError,
  Conflict,
  RateLimited,
  ServerError,
  Timeout,
  TransportError,
  Unavailable
} from "../errors/ApiError.js"

import { inLimits } from "./deadline.js"

/** The longest that we wait because a server asks for it. */
const longestWait = Duration.seconds(60)

/** Jitter makes fractions of a millisecond, which timers ignore and which the nanoseconds of a `TestClock` cannot express. */
export const inWholeMilliseconds = <Out, In, R>(schedule: Schedule.Schedule<Out, In, R>) =>
  Schedule.modifyDelay(schedule, (_, delay) => Duration.millis(Math.ceil(Duration.toMillis(delay))))

/** Two repeats, exponential from 500 ms with full jitter, at most 8 seconds apart. */
export const defaultSchedule: Schedule.Schedule<unknown> = Schedule.exponential("500 millis").pipe(
  Schedule.union(Schedule.spaced("8 seconds")),
  Schedule.jitteredWith({ min: 0, max: 1 }),
  Schedule.intersect(Schedule.recurs(2))
)

/** What can lead to another attempt. */
export type Repeatable = ApiError | Conflict

/** The same, of one operation. */
type RepeatableOf<E> = (ApiError | E) & Repeatable

/** The schedule's wait or the server's wish, whichever is longer. */
const honouringWishes = (schedule: Schedule.Schedule<unknown, Repeatable>) =>
  schedule.pipe(
    Schedule.zipRight(Schedule.identity<Repeatable>()),
    Schedule.modifyDelay((error, delay) =>
      "retryAfter" in error && error.retryAfter !== undefined
        ? Duration.max(delay, Duration.min(error.retryAfter, longestWait))
        : delay
    ),
    inWholeMilliseconds
  )

/**
 * What starts work goes out again only when it provably did not arrive. Everything else also after a lost connection, a
 * timeout, and the statuses that speak of a passing condition.
 */
const isRepeatable = <E>(error: ApiError | E, repeat: "always" | "unsent"): error is RepeatableOf<E> => {
  if (error instanceof RateLimited) return true
  // The server refused for the moment, and did nothing.
  if (error instanceof Conflict) return error.retryable
  if (error instanceof TransportError) return repeat === "always" || error.admitted === "no"
  if (repeat === "unsent") return false
  return (
    error instanceof Timeout || error instanceof Unavailable || (error instanceof ServerError && error.status === 502)
  )
}

export interface RepeatOptions {
  readonly repeat: "always" | "unsent"
  readonly schedule: Schedule.Schedule<unknown, Repeatable> | false
  readonly deadline: Duration.DurationInput | undefined
  readonly onRepeat: (error: Repeatable) => Effect.Effect<void>
  readonly onDeadline: (deadline: Duration.Duration) => ApiError
}

/** Makes attempts until one succeeds, may not be repeated, or the schedule or the deadline is at its end. */
export const repeat = <A, E, R>(
  attempt: () => Effect.Effect<A, ApiError | E, R>,
  options: RepeatOptions
): Effect.Effect<A, ApiError | E, R> => {
  const { schedule } = options
  const deadline = options.deadline === undefined ? undefined : Duration.decode(options.deadline)
  if (schedule === false) {
    return deadline === undefined ? attempt() : withDeadline(Effect.suspend(attempt), deadline, options.onDeadline)
  }
  return deadline === undefined
    ? repeatOn(attempt, schedule, options, () => false)
    : Effect.flatMap(Clock.currentTimeMillis, (start) => {
        const end = start + Duration.toMillis(deadline)
        let last: RepeatableOf<E> | undefined
        const remember = (error: RepeatableOf<E>, now: number) => {
          last = error
          const wish = "retryAfter" in error ? error.retryAfter : undefined
          return wish !== undefined && now + Duration.toMillis(Duration.min(wish, longestWait)) > end
        }
        return withDeadline(
          repeatOn(attempt, schedule, options, remember),
          deadline,
          (limit) => last ?? options.onDeadline(limit)
        )
      })
}

const withDeadline = <A, E, R>(
  effect: Effect.Effect<A, ApiError | E, R>,
  duration: Duration.Duration,
  onTimeout: (deadline: Duration.Duration) => ApiError | E
) => inLimits(effect, { deadline: duration, onDeadline: () => onTimeout(duration) })

const repeatOn = <A, E, R>(
  attempt: () => Effect.Effect<A, ApiError | E, R>,
  schedule: Schedule.Schedule<unknown, Repeatable>,
  options: RepeatOptions,
  tooLate: (error: RepeatableOf<E>, now: number) => boolean
): Effect.Effect<A, ApiError | E, R> =>
  Effect.catchAll(attempt(), (first) => {
    if (!isRepeatable(first, options.repeat)) return Effect.fail(first)
    return Effect.flatMap(Schedule.driver(honouringWishes(schedule)), (driver) => {
      const again = (error: RepeatableOf<E>): Effect.Effect<A, ApiError | E, R> =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          tooLate(error, now)
            ? Effect.fail(error)
            : Effect.matchEffect(driver.next(error), {
                onFailure: () => Effect.fail(error),
                onSuccess: () =>
                  Effect.zipRight(
                    options.onRepeat(error),
                    Effect.catchAll(Effect.suspend(attempt), (next) =>
                      isRepeatable(next, options.repeat) ? again(next) : Effect.fail(next)
                    )
                  )
              })
        )
      return again(first)
    })
  })
