import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import { retryAfter } from "../../src/internal/retryAfter.js"

const now = Date.parse("2026-05-06T12:00:00Z")
const httpDate = (offsetSeconds: number) => new Date(now + offsetSeconds * 1000).toUTCString()
const seconds = (status: number, headers: Record<string, string>) => {
  const wait = retryAfter(status, headers, now)
  return wait === undefined ? undefined : Duration.toSeconds(wait)
}

describe("the wait that a response asks for", () => {
  it.each([
    ["seconds", { "retry-after": "7" }, 7],
    ["fractions of a second", { "retry-after": "1.5" }, 1.5],
    ["milliseconds", { "retry-after-ms": "2500" }, 2.5],
    ["a date", { "retry-after": httpDate(30) }, 30],
    [
      "a date, counted from the server's clock when ours is wrong",
      { date: httpDate(-3600), "retry-after": httpDate(-3590) },
      10
    ],
    ["a date in the past, as the shortest wait", { "retry-after": httpDate(-30) }, 0.1],
    ["a throttler of its own", { "retry-after-sandbox-create": "4" }, 4],
    ["several, the longest of which counts", { "retry-after": "1", "retry-after-authenticated": "9" }, 9],
    ["a reset in Unix seconds", { "x-ratelimit-reset": String(now / 1000 + 3) }, 3],
    [
      "a reset, counted from the server's clock",
      { date: httpDate(-600), "x-ratelimit-reset": String(now / 1000 - 598) },
      2
    ],
    ["a reset in the past, as the shortest wait", { "x-ratelimit-reset": String(now / 1000 - 60) }, 0.1],
    ["a reset in seconds from now", { "x-ratelimit-reset": "5" }, 5],
    ["Retry-After before a reset", { "retry-after": "2", "x-ratelimit-reset": String(now / 1000 + 50) }, 2]
  ])("can be given as %s", (_, headers, expected) => {
    expect(seconds(429, headers)).toBe(expected)
  })

  it.each([
    {},
    { "retry-after": "soon" },
    { "retry-after": "-3" },
    { "x-ratelimit-reset": "later" },
    { "retry-after": "" }
  ])("is unknown for %j", (headers) => {
    expect(seconds(429, headers)).toBeUndefined()
  })

  it("is not read from a reset header that every response carries", () => {
    expect(seconds(503, { "x-ratelimit-reset": String(now / 1000 + 3) })).toBeUndefined()
  })
})
