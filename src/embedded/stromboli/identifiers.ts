/** The forms of ids. */
import { randomBytes, randomUUID } from "node:crypto"
import * as Effect from "effect/Effect"

/** `prefix` and 16 hex digits: run, job and request ids. */
export const shortId = (prefix: string): Effect.Effect<string> =>
  Effect.sync(() => `${prefix}${randomBytes(8).toString("hex")}`)

/** A version 4 UUID: session, turn and message ids. */
export const uuid: Effect.Effect<string> = Effect.sync(() => randomUUID())

/** This many random bytes as hex digits. */
export const hex = (bytes: number): Effect.Effect<string> => Effect.sync(() => randomBytes(bytes).toString("hex"))
