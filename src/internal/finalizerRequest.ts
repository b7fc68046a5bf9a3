/** Requests made by finalizers: they stop, delete or cancel what a scope created. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { type RequestPolicy, withRequestOptions } from "../RequestOptions.js"
import { defaultSchedule } from "./retry.js"

/**
 * Runs an effect to completion, also in a fiber that is being interrupted. A finalizer cannot be interrupted, so a
 * deadline within it has no effect, and a server that does not respond would keep the scope open forever. In its own
 * fiber it has.
 */
export const runInDaemon = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Effect.forkDaemon(Effect.interruptible(effect)), Fiber.join)

/** The same for requests, with deadlines that do not depend on the options of the caller. */
export const finalizerRequest = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  policy: RequestPolicy = { retry: defaultSchedule }
): Effect.Effect<A, E, R> =>
  runInDaemon(withRequestOptions(effect, { timeout: "20 seconds", deadline: "1 minute", ...policy }))
