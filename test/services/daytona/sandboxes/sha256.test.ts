import { createHash } from "node:crypto"
import { expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { sha256 } from "../../../../src/services/daytona/sandboxes/sha256.js"

it("the digest is that of SHA-256, whatever the text and its length", () => {
  const real = (text: string) => createHash("sha256").update(text).digest("hex")
  for (let length = 0; length < 200; length++) expect(sha256("x".repeat(length))).toBe(real("x".repeat(length)))
  expect(sha256("é".repeat(100_000))).toBe(real("é".repeat(100_000)))
  FastCheck.assert(
    FastCheck.property(FastCheck.string({ unit: "grapheme", maxLength: 300 }), (text) => {
      expect(sha256(text)).toBe(real(text))
    })
  )
})
