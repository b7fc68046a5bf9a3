/** What works in a finalizer: requests that stop, delete or cancel what a scope created, and races that end. */
import * as Context from "effect/Context"
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

/**
 * As `Effect.raceFirst`, but ends with the faster side also in a finalizer, where the slower one could not be
 * interrupted otherwise.
 */
export const raceFirst = <A, E, R, A2, E2, R2>(
  first: Effect.Effect<A, E, R>,
  second: Effect.Effect<A2, E2, R2>
): Effect.Effect<A | A2, E | E2, R | R2> => Effect.raceFirst(Effect.interruptible(first), Effect.interruptible(second))

/** Whether a request is made by a finalizer of ours. It must not create what it is to remove something from. */
export class InFinalizer extends Context.Reference<InFinalizer>()("effect-sandboxes/InFinalizer", {
  defaultValue: () => false
}) {}

/** Runs requests like `runInDaemon`, with deadlines that do not depend on the options of the caller. */
export const finalizerRequest = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  policy: RequestPolicy = { retry: defaultSchedule }
): Effect.Effect<A, E, R> =>
  runInDaemon(withRequestOptions(effect, { timeout: "20 seconds", deadline: "1 minute", ...policy })).pipe(
    Effect.provideService(InFinalizer, true)
  )
