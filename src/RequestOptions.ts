/** How long a request may take and how often it is repeated: for a whole layer, or for one call. */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import type * as Schedule from "effect/Schedule"
import type { ApiError, Conflict } from "./errors/ApiError.js"

/** What can be said about deadlines and repeats. Whatever is absent keeps its default. */
export interface RequestPolicy {
  /**
   * The deadline of one attempt, from sending it to the last byte of its answer (of a stream: to its headers). Default 30
   * seconds, unless the operation knows better (`Execution.run` has none, `Images.pull` 10 minutes, `Sandboxes.create` 60
   * seconds). `Duration.infinity` switches it off.
   */
  readonly timeout?: Duration.DurationInput | undefined
  /**
   * The longest silence of a stream; after it, the stream fails with `Timeout`. Default: none, since an agent that thinks
   * is silent.
   */
  readonly idleTimeout?: Duration.DurationInput | undefined
  /**
   * The deadline of the whole call, repeats and waits included. Default: none. When it comes, the call fails with the
   * error of its last attempt, at once where the server asks for a wait that would end later.
   */
  readonly deadline?: Duration.DurationInput | undefined
  /**
   * When a request that may be repeated is repeated. Default: two repeats, after up to 0.5 and 1 seconds (exponential,
   * full jitter, at most 8 seconds). A longer wait that the server asks for is honoured up to 60 seconds, whatever the
   * schedule. `false`: never repeat. Which requests may be repeated at all is not for the schedule to say: one that
   * starts work is sent again only when it provably did not arrive.
   */
  readonly retry?: Schedule.Schedule<unknown, ApiError | Conflict> | false | undefined
}

/** The policy of the calls in some part of a program; it overrides, field by field, what the layer was given. */
export class RequestOptions extends Context.Reference<RequestOptions>()("effect-sandboxes/RequestOptions", {
  defaultValue: (): RequestPolicy => ({})
}) {}

/**
 * Runs an effect with another policy for all requests in it.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Jobs, withRequestOptions } from "effect-sandboxes/stromboli"
 *
 * const program = Effect.flatMap(Jobs, (jobs) => jobs.list).pipe(
 *   withRequestOptions({ timeout: "2 seconds", retry: false })
 * )
 * ```
 */
export const withRequestOptions: {
  (policy: RequestPolicy): <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(effect: Effect.Effect<A, E, R>, policy: RequestPolicy): Effect.Effect<A, E, R>
} = dual(
  2,
  <A, E, R>(effect: Effect.Effect<A, E, R>, policy: RequestPolicy): Effect.Effect<A, E, R> =>
    Effect.flatMap(RequestOptions, (outer) => Effect.provideService(effect, RequestOptions, { ...outer, ...policy }))
)
