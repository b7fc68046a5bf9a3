/** `Cache` runs a lookup in the context that the cache was made in. These hand it the span of the caller. */
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import type * as Tracer from "effect/Tracer"
import { inSpan } from "./transport.js"

const callersSpan = FiberRef.unsafeMake<Tracer.AnySpan | undefined>(undefined)

/** For what asks the cache. */
export const asking = <A, E, R>(get: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime((fiber) => Effect.locally(get, callersSpan, fiber.currentSpan))

/** For the lookup. */
export const lookedUp = <A, E, R>(lookup: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(FiberRef.get(callersSpan), (span) => inSpan(lookup, span))
