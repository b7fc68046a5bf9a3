/** How an area says what it found instead of what it expected. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"

/** Something is not as it must be. */
export class Mismatch extends Data.TaggedError("Mismatch")<{ readonly message: string }> {}

/** Fails unless both values are the same as JSON. */
export const expectEqual = (what: string, actual: unknown, expected: unknown): Effect.Effect<void, Mismatch> =>
  JSON.stringify(actual) === JSON.stringify(expected)
    ? Effect.void
    : new Mismatch({ message: `${what}: expected ${shown(expected)}, got ${shown(actual)}` })

/** Fails with the sentence unless it holds. */
export const expect = (holds: boolean, otherwise: string): Effect.Effect<void, Mismatch> =>
  holds ? Effect.void : new Mismatch({ message: otherwise })

const shown = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 300)
