import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { render } from "../../src/internal/path.js"

const template = "/sessions/{id}/messages/{message_id}"

describe("a path", () => {
  it("keeps its holes apart whatever is put into them", () => {
    expect(render(template, { id: "a b?c#d", message_id: "%2e" }, "encode")).toEqual(
      Either.right("/sessions/a%20b%3Fc%23d/messages/%252e")
    )
  })

  for (const value of ["", ".", "..", "a\0b", "\ud800"]) {
    it(`refuses ${JSON.stringify(value)} and names the hole`, () => {
      const result = render(template, { id: value, message_id: "m" }, "encode")
      expect(Either.getLeft(result)).toMatchObject({ value: { field: "id" } })
    })
  }

  it("refuses a slash where the server cannot route it, and encodes it elsewhere", () => {
    expect(Either.isLeft(render("/images/{name}", { name: "ghcr.io/a" }, "refuse"))).toBe(true)
    expect(render("/images/{name}", { name: "ghcr.io/a" }, "encode")).toEqual(Either.right("/images/ghcr.io%2Fa"))
  })

  it("refuses a hole that nothing was given for", () => {
    expect(Either.isLeft(render(template, { id: "x" }, "encode"))).toBe(true)
  })

  it("survives a trip through a URL parser: the segments are what was put in", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.fullUnicodeString(), FastCheck.fullUnicodeString(), (id, messageId) => {
        const result = render(template, { id, message_id: messageId }, "encode")
        if (Either.isLeft(result)) return
        const segments = new URL(`http://host${result.right}`).pathname.split("/").map(decodeURIComponent)
        expect(segments).toEqual(["", "sessions", id, "messages", messageId])
      })
    )
  })
})
