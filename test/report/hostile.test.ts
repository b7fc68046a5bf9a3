/** Nothing that anyone wrote is more than text on a page, wherever it was written. */
import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { RunReport } from "effect-sandboxes/report"
import { shown } from "../../src/report/html.js"
import { styles } from "../../src/report/styles.js"
import { fromJson, fromLine } from "../../src/schema/stromboli/ClaudeMessage.js"
import { attribute, elementsIn, find, parse, textOf } from "./dom.js"
import { anyText, hostileTexts } from "./hostile.js"
import { runOf } from "./hostileRun.js"

const elements = new Set(
  (
    "html head meta title link style body a header p span h1 dl div dt dd time main strong svg polygon polyline rect " +
    "section h2 h3 h4 h5 details summary table thead tbody tr th td small ul ol li nav label input b i code pre ins del img"
  ).split(" ")
)

const attributes = new Set(
  (
    "lang charset http-equiv content name rel href class id open dir datetime translate tabindex aria-labelledby " +
    "aria-hidden aria-label role scope type src alt viewBox preserveAspectRatio points width height x y rx"
  ).split(" ")
)

/** What a document has that a page of a run must not have. */
const foreignIn = (html: string): ReadonlyArray<string> => {
  const { document } = parse(html)
  return elementsIn(document).flatMap((element) => {
    const { attrs, tagName } = element
    const href = attribute(element, "href")
    const src = attribute(element, "src")
    return [
      ...(elements.has(tagName) ? [] : [tagName]),
      ...attrs.flatMap(({ name }) => (attributes.has(name) ? [] : [`${tagName} ${name}`])),
      ...(href === undefined || /^(#[a-z0-9-]+|data:,)$/.test(href) ? [] : [`${tagName} href=${href}`]),
      ...(src === undefined || /^data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+$/.test(src)
        ? []
        : [`src=${src}`])
    ]
  })
}

describe("a page with hostile texts in every place that has one", () => {
  it("has only the elements and attributes of a page", () => {
    FastCheck.assert(
      FastCheck.property(anyText, anyText, (one, other) => {
        const html = RunReport.html(runOf(one, other), { title: one })
        expect(foreignIn(html)).toEqual([])
        const { document, errors } = parse(html)
        expect(find(document, "style").map(textOf)).toEqual([styles])
        expect(errors.filter((code) => code !== "noncharacter-in-input-stream")).toEqual([])
      }),
      { numRuns: 150 }
    )
  })

  it.each(hostileTexts("https://elsewhere.test"))("has the text, exactly: %j", (text) => {
    const { document } = parse(RunReport.html(runOf(text, text)))
    const expected = shown(text)
    const [prompt] = find(document, ".prompt").flatMap((element) => find(element, ".prose"))
    const [claude] = find(document, ".claude").flatMap((element) => find(element, ".prose"))
    for (const element of [prompt, claude]) expect(element && textOf(element)).toBe(expected)
    const [tool] = find(document, ".tool")
    const codes = tool === undefined ? [] : find(tool, "pre.code").map(textOf)
    expect([codes[0], codes.at(-1)]).toEqual([expected, expected])
  })

  it("is the same for any JSON in place of a message, and for lines that are not JSON", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.jsonValue(), anyText, (value, text) => {
        const types = ["system", "assistant", "user", "result", "stream_event", "control_request", "new", 1]
        const shaped = types.map((type) =>
          fromJson({
            type,
            subtype: text,
            message: { content: value },
            request: value,
            parent_tool_use_id: text,
            event: value
          })
        )
        expect(foreignIn(RunReport.html([fromJson(value), fromLine(text), ...shaped]))).toEqual([])
      }),
      { numRuns: 150 }
    )
  })

  it("notices what does not belong, if it is there", () => {
    const planted = `<p onclick="x">a<script>1</script><a href="javascript:x">b</a><img src="https://elsewhere.test/">`
    expect(foreignIn(planted)).toEqual(["p onclick", "script", "a href=javascript:x", "src=https://elsewhere.test/"])
  })
})

describe("a program without types", () => {
  it.each<readonly [string, unknown]>([
    ["null", null],
    ["a number", 7],
    ["text", "text"],
    ["an empty object", {}],
    ["a list", []],
    ["a message without content", { _tag: "Assistant" }],
    ["a message with content of another kind", { _tag: "User", content: [null, 1, { _tag: "Text" }], raw: 1 }],
    ["a prompt without text", { _tag: "Prompt" }],
    ["a run without output", { _tag: "Completed" }],
    ["a crash without details", { _tag: "Crashed", output: 1 }],
    ["a record without content", { type: "user", content: null }]
  ])("gets a page that says what could not be read: %s", (_, item) => {
    const html = Reflect.apply(RunReport.html, undefined, [[item]])
    expect(foreignIn(html)).toEqual([])
    expect(find(parse(html).document, ".conversation")).toHaveLength(1)
  })
})
