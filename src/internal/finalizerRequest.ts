/** What a scope, or an interrupted fiber, owes to a server: stopping, deleting, cancelling what it had made. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { type RequestPolicy, withRequestOptions } from "../RequestOptions.js"
import { defaultSchedule } from "./retry.js"

/**
 * Runs an effect to its end also in a fiber that is being interrupted. A finalizer cannot be interrupted, so no deadline
 * within it works: a server that does not answer would keep the scope open for ever. A fiber of its own has deadlines.
 */
export const runInDaemon = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Effect.forkDaemon(Effect.interruptible(effect)), Fiber.join)

/** The same for requests, which then do not depend on the patience that the user has with others. */
export const finalizerRequest = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  policy: RequestPolicy = { retry: defaultSchedule }
): Effect.Effect<A, E, R> =>
  runInDaemon(withRequestOptions(effect, { timeout: "20 seconds", deadline: "1 minute", ...policy }))
