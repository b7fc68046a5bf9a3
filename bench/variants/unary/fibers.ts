/** Calls as fibers: one for each place in flight. */
import * as Effect from "effect/Effect"
import { measureCalls, usualInFlight } from "./load.js"

export const measureFibers = <R>(
  run: (effect: Effect.Effect<void, unknown, R>) => Promise<void>,
  call: Effect.Effect<unknown, unknown, R>,
  spans: boolean,
  inFlight = usualInFlight
) =>
  measureCalls((perPlace) => {
    const all = Effect.forEach(Array.from({ length: inFlight }), () => Effect.repeatN(call, perPlace - 1), {
      concurrency: "unbounded",
      discard: true
    })
    return run(spans ? all : Effect.withTracerEnabled(all, false))
  }, inFlight)
