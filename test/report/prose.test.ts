import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { shown } from "../../src/report/html.js"
import { prose } from "../../src/report/prose.js"
import { elementsIn, find, parse, textOf, texts } from "./dom.js"
import { anyText } from "./hostile.js"

const read = (text: string) => parse(`<!doctype html>${prose(text).markup}`).document

describe("the text of a model", () => {
  it("is shown character by character, whatever Markdown it is", () => {
    const marks = ["# ", "- ", "1. ", "> ", "```", "~~~~", "`", "**", "|", "---", "\n", "\r\n", "  ", "a", "<b>"]
    const markdown = FastCheck.array(FastCheck.constantFrom(...marks), { maxLength: 30 }).map((parts) => parts.join(""))
    FastCheck.assert(
      FastCheck.property(FastCheck.oneof(markdown, anyText), (text) => {
        const document = read(text)
        const expected = text.trim() === "" ? "" : shown(text)
        expect(textOf(document)).toBe(expected)
        const tags = new Set(elementsIn(document).map(({ tagName }) => tagName))
        expect([...tags].filter((tag) => !["html", "head", "body", "div", "i", "b", "code"].includes(tag))).toEqual([])
      }),
      { numRuns: 1000 }
    )
  })

  it("looks like what its Markdown means", () => {
    const document = read(
      "# Title\nSome **bold** `code`.\n\n- one\n  - two\n> said\n\n```ts\nconst a = 1\n\n# no\n```\n| a |\n|---|"
    )
    expect(texts(document, ".heading")).toEqual(["# Title"])
    expect(texts(document, "b")).toEqual(["**bold**"])
    expect(texts(document, "code")).toEqual(["`code`"])
    expect(texts(document, ".item")).toEqual(["- one", "- two"])
    expect(find(document, ".item.d1")).toHaveLength(1)
    expect(texts(document, ".quote")).toEqual(["> said"])
    expect(texts(document, ".code")).toEqual(["const a = 1\n\n# no"])
    expect(texts(document, ".table")).toEqual(["| a |\n|---|"])
  })

  it("has no links, so that none leads away or runs anything", () => {
    const document = read("[a](javascript:alert(1)) <https://elsewhere.test> ![](https://elsewhere.test/a.png)")
    expect(find(document, "a")).toEqual([])
    expect(find(document, "img")).toEqual([])
  })
})
