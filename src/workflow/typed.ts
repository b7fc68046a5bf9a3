/** What the engine takes for a defect is the failure of its database, and no reason to end the program. */
import * as Effect from "effect/Effect"
import { EngineFailed } from "./failures.js"

export const typed =
  (operation: string) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | EngineFailed, R> =>
    Effect.catchAllDefect(effect, (cause) =>
      Effect.fail(
        new EngineFailed({
          operation,
          cause,
          message: `${operation}: the engine failed: ${cause instanceof Error ? cause.message : String(cause)}. Asking again is safe`
        })
      )
    )
