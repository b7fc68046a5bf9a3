/** The forms of ids and tokens. */
import { randomBytes, randomUUID } from "node:crypto"
import * as Effect from "effect/Effect"

/** A version 4 UUID, the form of nearly all ids. */
export const uuid: Effect.Effect<string> = Effect.sync(() => randomUUID())

const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"

/** A token of lower-case letters and digits. */
export const token = (length: number): Effect.Effect<string> =>
  Effect.sync(() => Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join(""))

/** Whether the server's validation accepts it as a UUID. */
export const isUuid = (text: string): boolean =>
  /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i.test(text)
