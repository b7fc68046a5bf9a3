import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Lines from "../../src/stream/Lines.js"

/** All lines of a text that arrives in these pieces. */
const linesOf = (pieces: ReadonlyArray<string>) => {
  const reader = Lines.make()
  const complete = pieces.flatMap((piece) => Either.getOrThrow(reader.push(piece)))
  return [...complete, ...reader.end()]
}

describe("lines", () => {
  it("are the same wherever the text was cut", () => {
    const text = "one\n\nthree {}\n last"
    for (let first = 0; first <= text.length; first++) {
      for (let second = first; second <= text.length; second++) {
        const pieces = [text.slice(0, first), text.slice(first, second), text.slice(second)]
        expect(linesOf(pieces)).toEqual(["one", "", "three {}", " last"])
      }
    }
  })

  it("end with a line break, or without one", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(FastCheck.constantFrom("a", "b\n", "\n", "")), (pieces) => {
        const lines = pieces.join("").split("\n")
        expect(linesOf(pieces)).toEqual(lines.at(-1) === "" ? lines.slice(0, -1) : lines)
      })
    )
  })

  it("may be as long as the limit, in one piece or in many, and no longer", () => {
    const push = (...pieces: ReadonlyArray<string>) => {
      const reader = Lines.make(4)
      return pieces.map((piece) => Either.isRight(reader.push(piece)))
    }
    expect(push("abcd\nabcd\n")).toEqual([true])
    expect(push("ab", "cd", "\n", "abcd")).toEqual([true, true, true, true])
    expect(push("ab", "cde")).toEqual([true, false])
    expect(push("abcde\n")).toEqual([false])
    expect(push("ab\nabcde")).toEqual([false])
    expect(push("ab\nabcde\nab")).toEqual([false])
  })
})
