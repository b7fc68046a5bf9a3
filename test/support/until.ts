/**
 * Waits for what comes about by itself, a turn of the event loop at a time: the time limit of the test is the only one.
 */
import * as Effect from "effect/Effect"

export const turn: Effect.Effect<void> = Effect.async((resume) => {
  setImmediate(() => resume(Effect.void))
})

export const until = (isSo: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => (isSo() ? Effect.void : Effect.zipRight(turn, until(isSo))))
