import { createHash } from "node:crypto"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { idOfKey, nameUuid } from "../../src/internal/idOfKey.js"

const at = { system: "stromboli", operation: "Execution.runAsync" } as const
const dns = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"

/** Version 5 as Node's own digest gives it. */
const expected = (namespace: string, name: string): string => {
  const hex = createHash("sha1")
    .update(Buffer.from(namespace.replaceAll("-", ""), "hex"))
    .update(name)
    .digest("hex")
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32)
  ].join("-")
}

describe("the id of a key", () => {
  it.effect("is the UUID of RFC 9562 for its name", () =>
    Effect.gen(function* () {
      // Appendix A.4.
      expect(yield* nameUuid(at, dns, "www.example.com")).toBe("2ed6657d-e927-568b-95e1-2665a8aea6a2")
    })
  )

  it("is the same in every process, for any text", () =>
    FastCheck.assert(
      FastCheck.asyncProperty(
        FastCheck.uuid(),
        FastCheck.string({ unit: "grapheme", minLength: 1, maxLength: 60 }).filter(
          (text) => !/\p{Surrogate}/u.test(text)
        ),
        async (namespace, key) => {
          expect(await Effect.runPromise(idOfKey(at, namespace, key))).toBe(expected(namespace, key))
        }
      )
    ))

  it.effect("needs a key of 1 to 1,024 bytes that UTF-8 can encode", () =>
    Effect.gen(function* () {
      for (const key of ["", "\ud800", "é".repeat(513)]) {
        expect(yield* Effect.flip(idOfKey(at, dns, key))).toMatchObject({ _tag: "InvalidRequest", field: "key" })
      }
      expect(yield* idOfKey(at, dns, "é".repeat(512))).toMatch(/^[0-9a-f-]{36}$/)
    })
  )
})
