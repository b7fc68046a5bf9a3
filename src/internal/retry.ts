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
import { withDeadline } from "./deadline.js"

/** The longest wait that a server can ask for. */
const longestWait = Duration.seconds(60)

/** Jitter yields fractions of a millisecond, which timers ignore and a `TestClock` cannot express. */
export const inWholeMilliseconds = <Out, In, R>(schedule: Schedule.Schedule<Out, In, R>) =>
  Schedule.modifyDelay(schedule, (_, delay) => Duration.millis(Math.ceil(Duration.toMillis(delay))))

/** Two retries: exponential from 500 ms with full jitter, at most 8 seconds apart. */
export const defaultSchedule: Schedule.Schedule<unknown> = Schedule.exponential("500 millis").pipe(
  Schedule.union(Schedule.spaced("8 seconds")),
  Schedule.jitteredWith({ min: 0, max: 1 }),
  Schedule.intersect(Schedule.recurs(2))
)

/** The errors that a retry schedule sees. */
export type Retryable = ApiError | Conflict

/** Those of one operation. */
type RetryableOf<E> = (ApiError | E) & Retryable

/** The wait of the schedule or the one that the server asks for, whichever is longer. */
const withRetryAfter = (schedule: Schedule.Schedule<unknown, Retryable>) =>
  schedule.pipe(
    Schedule.zipRight(Schedule.identity<Retryable>()),
    Schedule.modifyDelay((error, delay) =>
      "retryAfter" in error && error.retryAfter !== undefined
        ? Duration.max(delay, Duration.min(error.retryAfter, longestWait))
        : delay
    ),
    inWholeMilliseconds
  )

/**
 * A request that starts work is sent again only when it provably did not arrive. Any other also after a lost
 * connection, a timeout, and a status that stands for a passing condition.
 */
const isRetryable = <E>(error: ApiError | E, retry: "always" | "unsent"): error is RetryableOf<E> => {
  if (error instanceof RateLimited) return true
  // The server did nothing, and may accept it later.
  if (error instanceof Conflict) return error.retryable
  if (error instanceof TransportError) return retry === "always" || error.admitted === "no"
  if (retry === "unsent") return false
  return (
    error instanceof Timeout || error instanceof Unavailable || (error instanceof ServerError && error.status === 502)
  )
}

/** `false`: no retries. */
export type RetrySchedule = Schedule.Schedule<unknown, Retryable> | false

export interface RetryOptions {
  readonly retry: "always" | "unsent"
  readonly schedule: RetrySchedule
  readonly deadline: Duration.DurationInput | undefined
  readonly onRetry: (error: Retryable) => Effect.Effect<void>
  readonly onDeadline: (deadline: Duration.Duration) => ApiError
}

/** Makes attempts until one succeeds or may not be retried, or the schedule or the deadline ends. */
export const retry = <A, E, R>(
  attempt: () => Effect.Effect<A, ApiError | E, R>,
  options: RetryOptions
): Effect.Effect<A, ApiError | E, R> => {
  const { schedule } = options
  const deadline = options.deadline === undefined ? undefined : Duration.decode(options.deadline)
  if (schedule === false) {
    return deadline === undefined
      ? attempt()
      : withDeadline(Effect.suspend(attempt), { deadline, onDeadline: () => options.onDeadline(deadline) })
  }
  return deadline === undefined
    ? retryOn(attempt, schedule, options, () => false)
    : Effect.flatMap(Clock.currentTimeMillis, (start) => {
        const end = start + Duration.toMillis(deadline)
        let last: RetryableOf<E> | undefined
        const remember = (error: RetryableOf<E>, now: number) => {
          last = error
          const wait = "retryAfter" in error ? error.retryAfter : undefined
          return wait !== undefined && now + Duration.toMillis(Duration.min(wait, longestWait)) > end
        }
        return withDeadline(retryOn(attempt, schedule, options, remember), {
          deadline,
          onDeadline: () => last ?? options.onDeadline(deadline)
        })
      })
}

const retryOn = <A, E, R>(
  attempt: () => Effect.Effect<A, ApiError | E, R>,
  schedule: Schedule.Schedule<unknown, Retryable>,
  options: RetryOptions,
  tooLate: (error: RetryableOf<E>, now: number) => boolean
): Effect.Effect<A, ApiError | E, R> =>
  Effect.catchAll(attempt(), (first) => {
    if (!isRetryable(first, options.retry)) return Effect.fail(first)
    return Effect.flatMap(Schedule.driver(withRetryAfter(schedule)), (driver) => {
      const again = (error: RetryableOf<E>): Effect.Effect<A, ApiError | E, R> =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          tooLate(error, now)
            ? Effect.fail(error)
            : Effect.matchEffect(driver.next(error), {
                onFailure: () => Effect.fail(error),
                onSuccess: () =>
                  Effect.zipRight(
                    options.onRetry(error),
                    Effect.catchAll(Effect.suspend(attempt), (next) =>
                      isRetryable(next, options.retry) ? again(next) : Effect.fail(next)
                    )
                  )
              })
        )
      return again(first)
    })
  })
