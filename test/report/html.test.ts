import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { html, pre, shown } from "../../src/report/html.js"
import { attribute, elementsIn, find, parse, textOf } from "./dom.js"
import { anyText } from "./hostile.js"

describe("text in a page", () => {
  it("stays where it was put, exactly as it is shown, in elements, attributes, preformatted text and the title", () => {
    FastCheck.assert(
      FastCheck.property(anyText, (text) => {
        const markup = html`<!doctype html><title>${text}</title><p title="${text}">${text}</p>${pre(html`${text}`, "code")}<em></em>`
        const { document, errors } = parse(markup.markup)
        const [title, paragraph, code] = ["title", "p", "pre"].flatMap((tag) => find(document, tag))
        if (title === undefined || paragraph === undefined || code === undefined) throw new Error(markup.markup)
        expect(elementsIn(document).map(({ tagName }) => tagName)).toEqual([
          "html",
          "head",
          "title",
          "body",
          "p",
          "pre",
          "em"
        ])
        for (const element of [title, paragraph, code]) expect(textOf(element)).toBe(shown(text))
        expect(attribute(paragraph, "title")).toBe(shown(text))
        expect(paragraph.attrs).toHaveLength(1)
        // Characters that no document may have are left as they are: a parser reports them, and keeps them.
        expect(errors.filter((code) => code !== "noncharacter-in-input-stream")).toEqual([])
      }),
      { numRuns: 500 }
    )
  })

  it("is what it was, unless it has characters that would be lost or would deceive", () => {
    const plain = "Grüße, 你好, שלום, e\u0301, \u{1f468}\u200d\u{1f469}\ttab\nline & <tag> \"quotes\" 'too'"
    expect(shown(plain)).toBe(plain)
    expect(shown("a\r\nb\rc")).toBe("a\nb\nc")
    expect(shown("\u0000\u001b[31m\u007f\u0085")).toBe("\u2400\u241b[31m\u2421[U+0085]")
    expect(shown("\ud800x\udc00\u{1f600}")).toBe("\ufffdx\ufffd\u{1f600}")
    expect(shown("user\u202etxt.exe\u2066\ufeff")).toBe("user[U+202E]txt.exe[U+2066][U+FEFF]")
  })

  it("can only be markup if the template made it", () => {
    expect(html`${"<b>"}${html`<b>`}${[html`<i>`, html`${"<i>"}`]}${1}${undefined}`.markup).toBe(
      "&lt;b&gt;<b><i>&lt;i&gt;1"
    )
  })
})
