import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { jsonText } from "../../src/report/json.js"

const nested = (depth: number): unknown => {
  let value: unknown = 1
  for (let index = 0; index < depth; index++) value = index % 2 === 0 ? [value] : { a: value }
  return value
}

describe("a value as text", () => {
  it("is its JSON", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.jsonValue({ maxDepth: 5 }), (value) => {
        const { isCut, text } = jsonText(value, 1_000_000)
        expect(isCut).toBe(false)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
      })
    )
  })

  it("keeps the limit, and says that it is cut", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.jsonValue(), FastCheck.integer({ min: 0, max: 60 }), (value, limit) => {
        const { isCut, text } = jsonText(value, limit)
        expect(text.length).toBeLessThanOrEqual(limit + 1)
        expect(isCut).toBe(jsonText(value, 1_000_000).text.length > limit)
        expect(text.endsWith("…")).toBe(isCut)
      })
    )
  })

  it("ends for a value of any depth, for one that contains itself, and for one that cannot be read", () => {
    const circle: { self?: unknown } = {}
    circle.self = circle
    for (const value of [nested(100_000), circle]) expect(jsonText(value, 10_000).isCut).toBe(true)
    const broken = {
      get field() {
        throw new Error("no")
      }
    }
    expect(jsonText(broken, 1000).text).toContain("(unreadable)")
    expect(jsonText(10n, 1000).text).toBe("10")
    expect(jsonText(undefined, 1000).text).toBe("undefined")
  })
})
