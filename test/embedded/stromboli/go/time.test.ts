import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import { parseDuration } from "../../../../src/embedded/stromboli/go/time.js"

describe("Go durations", () => {
  it.each([
    ["30s", 30_000],
    ["1h30m", 5_400_000],
    ["300ms", 300],
    ["1.5h", 5_400_000],
    [".5s", 500],
    ["+1s", 1_000],
    ["0", 0],
    ["1us", 0.001],
    ["1µs", 0.001]
  ])("%s is %d ms", (text, millis) => {
    expect(Either.map(parseDuration(text), Duration.toMillis)).toEqual(Either.right(millis))
  })

  it("treats a negative duration as elapsed", () => {
    expect(Either.map(parseDuration("-5m"), Duration.toMillis)).toEqual(Either.right(0))
  })

  it.each([
    ["", 'time: invalid duration ""'],
    ["10", 'time: missing unit in duration "10"'],
    ["1d", 'time: unknown unit "d" in duration "1d"'],
    ["5 m", 'time: unknown unit " m" in duration "5 m"'],
    ["abc", 'time: invalid duration "abc"'],
    [".s", 'time: invalid duration ".s"'],
    ["99999999h", 'time: invalid duration "99999999h"']
  ])("%j is refused with %s", (text, message) => {
    expect(Either.flip(parseDuration(text))).toEqual(Either.right(message))
  })
})
