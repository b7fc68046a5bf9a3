/** Waits for what a process shows, without taking time from it. */
import * as Effect from "effect/Effect"

/** Conditions that are looked at whenever something has changed. */
export const watched = () => {
  const waiting = new Set<() => void>()
  return {
    /** To be called after each change. */
    changed: (): void => {
      for (const look of waiting) look()
    },
    /** Waits until it is so; the time limit of the test is the only one. */
    until: (isSo: () => boolean): Effect.Effect<void> =>
      Effect.async((resume) => {
        const look = () => {
          if (isSo()) resume(Effect.void)
        }
        waiting.add(look)
        look()
        return Effect.sync(() => waiting.delete(look))
      })
  }
}
