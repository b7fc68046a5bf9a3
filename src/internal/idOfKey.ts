/** Ids that follow from a caller's key: every process that knows the key has the same one. */
import * as Effect from "effect/Effect"
import type { InvalidRequest } from "../errors/ApiError.js"
import type { System } from "../errors/RequestFailure.js"
import { invalidRequest } from "./failure.js"

const encoder = new TextEncoder()

const bytesOf = (uuid: string): ReadonlyArray<number> =>
  (uuid.replaceAll("-", "").match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16))

/** The digest as RFC 9562 lays out a UUID of version 5. */
const toUuid = (digest: Uint8Array): string => {
  const bytes = digest.slice(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-")
}

/** The longest key, in bytes of UTF-8. */
const maxKeyBytes = 1024

const problemOf = (key: unknown): string | undefined => {
  if (typeof key !== "string") return "must be text"
  if (key === "") return "must not be empty"
  if (/\p{Surrogate}/u.test(key)) return "must be well-formed text (it contains a lone surrogate)"
  return encoder.encode(key).length > maxKeyBytes ? `must not exceed ${maxKeyBytes} bytes` : undefined
}

/** The digest of a name in a namespace, which is a UUID: version 5 of RFC 9562. Needs `crypto.subtle`. */
export const nameUuid = (
  at: { readonly system: System; readonly operation: string },
  namespace: string,
  name: string
): Effect.Effect<string, InvalidRequest> =>
  Effect.map(
    Effect.tryPromise({
      try: () =>
        globalThis.crypto.subtle.digest("SHA-1", Uint8Array.from([...bytesOf(namespace), ...encoder.encode(name)])),
      catch: () =>
        invalidRequest(at, "key", "needs `crypto.subtle`, which browsers offer only to pages from https or localhost")
    }),
    (digest) => toUuid(new Uint8Array(digest))
  )

/** The UUID of a key. Version 5, because Claude Code and older validators know it. */
export const idOfKey = (
  at: { readonly system: System; readonly operation: string },
  namespace: string,
  key: string
): Effect.Effect<string, InvalidRequest> =>
  Effect.suspend(() => {
    const problem = problemOf(key)
    return problem === undefined ? nameUuid(at, namespace, key) : Effect.fail(invalidRequest(at, "key", problem))
  })
