import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { between, diffMarkup, fromPatch, sizeOf } from "../../src/report/diff.js"
import { parse, textOf, texts } from "./dom.js"

const line = FastCheck.constantFrom("a", "b", "c", "", "<d>")
const lines = FastCheck.array(line, { maxLength: 12 })

const joined = (given: ReadonlyArray<string>) => given.map((each) => `${each}\n`).join("")

describe("a diff", () => {
  it("has what was there before and what is there after, in order", () => {
    FastCheck.assert(
      FastCheck.property(lines, lines, (before, after) => {
        const hunk = between(joined(before), joined(after))
        expect(hunk.lines.filter(({ mark }) => mark !== "+").map(({ text }) => text)).toEqual(before)
        expect(hunk.lines.filter(({ mark }) => mark !== "-").map(({ text }) => text)).toEqual(after)
      }),
      { numRuns: 500 }
    )
  })

  it("marks no line that is the same in both", () => {
    const before = "one\ntwo\nthree\nfour\n"
    expect(sizeOf([between(before, before)])).toEqual({ added: 0, removed: 0 })
    expect(sizeOf([between(before, "one\n2\nthree\n4\n")])).toEqual({ added: 2, removed: 2 })
    expect(sizeOf([between(before, `zero\n${before}`)])).toEqual({ added: 1, removed: 0 })
  })

  it("of texts with many lines compares no more than it can in a moment", () => {
    const many = (name: string) => Array.from({ length: 20_000 }, (_, index) => `${name} ${index}`).join("\n")
    expect(sizeOf([between(many("old"), many("new"))])).toEqual({ added: 20_000, removed: 20_000 })
  })

  it("says where it is, and how much is missing", () => {
    const patch = { structuredPatch: [{ newStart: 7, lines: [" a", "-<b>", "+c", "\\ No newline at end of file"] }] }
    const { document } = parse(`<!doctype html>${diffMarkup(fromPatch(patch), 1000).markup}`)
    expect(textOf(document)).toBe("line 7\n  a\n- <b>\n+ c\n")
    expect(texts(document, "del")).toEqual(["- <b>"])
    expect(texts(document, "ins")).toEqual(["+ c"])
    const cut = parse(diffMarkup([between("", joined(Array.from({ length: 100 }, () => "a line")))], 90).markup)
    expect(texts(cut.document, ".place")).toEqual(["90 more lines left out"])
  })

  it.each([
    undefined,
    null,
    7,
    "text",
    {},
    { structuredPatch: 1 },
    { structuredPatch: [1, { lines: "a" }, { lines: [1] }] }
  ])("is not made of a patch that is none: %j", (patch) => expect(fromPatch(patch)).toEqual([]))
})
