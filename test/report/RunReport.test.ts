import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { RunReport } from "effect-sandboxes/report"
import { CompletedRun, CrashedRun, Message, RunId, SessionId } from "effect-sandboxes/stromboli"
import { fromJson, fromLine } from "../../src/schema/stromboli/ClaudeMessage.js"
import { attribute, find, parse, textOf, texts } from "./dom.js"
import { anyText } from "./hostile.js"
import { sampleRun } from "./sampleRun.js"

const pageOf = (items: Iterable<RunReport.Item>, options?: RunReport.Options) =>
  parse(RunReport.html(items, options)).document

type Page = ReturnType<typeof pageOf>

const outcomeOf = (page: Page) => texts(page, ".outcome")[0]
const detailsOf = (page: Page) => texts(page, ".details")[0]

/** The tiles by their labels. */
const tilesOf = (page: Page) =>
  Object.fromEntries(find(page, ".tile").map((tile) => [texts(tile, "dt")[0], texts(tile, "strong")[0]]))

const assistant = (content: ReadonlyArray<object>, parent?: string) =>
  fromJson({ type: "assistant", message: { content }, parent_tool_use_id: parent })
const said = (text: string, parent?: string) => assistant([{ type: "text", text }], parent)
const used = (id: string, name: string, input: unknown, parent?: string) =>
  assistant([{ type: "tool_use", id, name, input }], parent)
const returned = (id: string, content: unknown, isError = false) =>
  fromJson({
    type: "user",
    message: { content: [{ type: "tool_result", tool_use_id: id, content, is_error: isError }] }
  })
const result = (more: object = {}) => fromJson({ type: "result", subtype: "success", ...more })
const partial = (text: string) =>
  fromJson({ type: "stream_event", event: { type: "content_block_delta", delta: { type: "text_delta", text } } })

describe("the page of a run", () => {
  const page = pageOf(sampleRun)

  it("is a document that only needs itself", () => {
    const { document, errors } = parse(RunReport.html(sampleRun))
    expect(errors).toEqual([])
    for (const tag of ["script", "iframe", "object", "form", "base"]) expect(find(document, tag), tag).toEqual([])
    expect(find(document, "link").map((link) => attribute(link, "href"))).toEqual(["data:,"])
    for (const image of find(document, "img")) expect(attribute(image, "src")).toMatch(/^data:image\/png;base64,/)
    for (const link of find(document, "a")) expect(attribute(link, "href")).toMatch(/^#/)
  })

  it("has prompts, answers and what happened, in the order in which it happened", () => {
    expect(texts(page, "h3")).toEqual(["Prompt 1", "Prompt 2"])
    expect(texts(page, ".prompt")[0]).toContain("`loads after a failure` is red")
    const all = textOf(page)
    const places = [
      "I'll run the tests first.",
      "FAIL  test/load.test.ts",
      "What I changed",
      "Prompt 2",
      "Reached"
    ].map((words) => all.lastIndexOf(words))
    expect(places).toEqual([...places].sort((one, other) => one - other))
    expect(places[0]).toBeGreaterThan(0)
  })

  it("folds the uses of tools, with what they are about and how long they took", () => {
    const [bash] = find(page, "details.tool")
    if (bash === undefined) throw new Error("no tool")
    expect(attribute(bash, "open")).toBeUndefined()
    expect(texts(bash, "b")[0]).toBe("Bash")
    expect(texts(bash, ".about")).toEqual(["npm test -- --run test/load.test.ts"])
    expect(texts(bash, ".facts")[0]).toContain("7.6 s")
    expect(texts(bash, ".state")).toEqual(["failed"])
    expect(texts(bash, "pre.code")).toEqual([
      "npm test -- --run test/load.test.ts",
      "FAIL  test/load.test.ts\n  ✗ loads after a failure\n    Error: 503\n\nTests: 1 failed, 3 passed"
    ])
  })

  it("shows an edit as a diff, with the lines around it if Claude Code names them", () => {
    const [edit] = find(page, "details.tool").filter((tool) => texts(tool, "b")[0] === "Edit")
    if (edit === undefined) throw new Error("no edit")
    expect(attribute(edit, "open")).toBe("")
    expect(texts(edit, ".change")).toEqual(["+1 −1"])
    expect(texts(edit, "pre.diff")[0]).toContain("line 1")
    const bare = { file_path: "/a.ts", old_string: "a\nb\nc", new_string: "a\nB\nc" }
    const [diff] = find(pageOf([used("t", "Edit", bare)]), "pre.diff")
    expect(diff && textOf(diff)).toBe("  a\n- b\n+ B\n  c\n")
  })

  it("has the messages of a sub-agent inside of the tool that started it", () => {
    const [task] = find(page, "details.tool").filter((tool) => texts(tool, "b")[0] === "Task")
    const [sub] = task === undefined ? [] : find(task, ".sub")
    if (sub === undefined) throw new Error("no sub-agent")
    expect(texts(sub, "summary")[0]).toContain("Grep")
    expect(texts(sub, ".claude")[0]).toContain("Only `src/shop.ts` calls it")
    expect(find(page, ".sub")).toHaveLength(1)
  })

  it("takes no sub-agent for the user or for Claude, also if the tool that started it is not there", () => {
    const prompt = fromJson({ type: "user", message: { content: "Find it" }, parent_tool_use_id: "gone" })
    const page = pageOf([RunReport.prompt("Go"), prompt, said("It is here", "gone"), result({ result: "Found" })])
    expect(texts(page, ".prompt")).toEqual(["Go"])
    expect(texts(page, ".claude")).toEqual(["Found"])
    expect(texts(page, ".thought")).toEqual([expect.stringContaining("A sub-agent It is here")])
  })

  it("lists what was denied and what went wrong, with links to where it happened", () => {
    const listed = (kind: string) => find(page, `ul.${kind}`).flatMap((list) => find(list, "li"))
    expect(listed("denials").map(textOf)).toEqual(["Bash · git push origin main · git push is not allowed"])
    expect(listed("problems").map(textOf)).toEqual([
      expect.stringContaining("FAIL test/load.test.ts"),
      "Reached the budget of $0.25"
    ])
    const ids = new Set(find(page, "").map((element) => attribute(element, "id")))
    for (const link of find(page, "a")) expect(ids).toContain(attribute(link, "href")?.slice(1))
    const [denied] = find(page, "details.denied")
    expect(denied && texts(denied, ".state")).toEqual(["denied"])
  })

  it("sums up time, tokens and cost, as the results say", () => {
    expect(tilesOf(page)).toEqual({
      Duration: "1 min 41 s",
      Cost: "$0.2533",
      "Tokens read": "200,750",
      "Tokens written": "2,570",
      Prompts: "2",
      "Tool calls": "9"
    })
    expect(find(page, "svg.chart")).toHaveLength(3)
    const rows = find(page, "tbody")
      .flatMap((body) => find(body, "tr"))
      .map((row) => [...texts(row, "th"), ...texts(row, "td")])
    expect(rows).toContainEqual(["1", "success", "1 min 0 s", "9", "175,750", "2,410", "$0.2318"])
    expect(rows).toContainEqual(["2", "error max budget usd", "12.0 s", "2", "25,000", "160", "$0.0215"])
    expect(rows).toContainEqual(["claude-haiku-4-5", "800", "100", "$0.0077"])
    expect(rows).toContainEqual(["Bash", "3", "1", "14.8 s"])
  })

  it("adds up no number that is none", () => {
    const endless =
      '{"type":"result","subtype":"success","duration_ms":1e999,"num_turns":1e999,"total_cost_usd":-1e999}'
    const usage =
      '{"type":"assistant","message":{"id":"m","content":[],"usage":{"input_tokens":1e999,"output_tokens":7}}}'
    const page = pageOf([fromLine(usage), fromLine(endless), result({ duration_ms: 1000, total_cost_usd: 0.5 })])
    expect(textOf(page)).not.toMatch(/Infinity|NaN|∞/)
    expect(tilesOf(page)).toEqual({ Duration: "1.0 s", Cost: "$0.50", "Tokens written": "7" })
  })

  it("has a time line with a bar for each use of a tool, which leads to it", () => {
    const lanes = find(page, ".lane")
    expect(lanes.map((lane) => texts(lane, "span")[0])).toEqual([
      "Turns",
      "Claude",
      "Bash",
      "Task",
      "mcp__browser__screenshot",
      "Grep",
      "Edit",
      "Read",
      "other tools"
    ])
    const bash = lanes.find((lane) => texts(lane, "span")[0] === "Bash")
    const [bar] = bash === undefined ? [] : find(bash, "rect.failed")
    expect(bar && attribute(bar, "x")).toBe("6.34%")
    expect(bar && attribute(bar, "width")).toBe("7.52%")
    expect(bar && textOf(bar)).toBe("Bash npm test -- --run test/load.test.ts, 7.6 s")
    expect(texts(page, ".axis")).toEqual(["050.5 s1 min 41 s"])
  })

  it("says where, when and with what it ran", () => {
    const [session] = texts(page, ".session")
    for (const words of [
      "2026-11-30 02:00 UTC",
      "claude-opus-4-7",
      "/workspace/shop",
      "acceptEdits",
      "tickets: failed"
    ]) {
      expect(session).toContain(words)
    }
    expect(session).not.toContain("docs")
  })

  it("is titled as it is told, or as the first prompt begins", () => {
    expect(texts(page, "h1")).toEqual([
      "The build fails since Friday: loads after a failure is red. Find out why, and fix it."
    ])
    expect(texts(pageOf(sampleRun, { title: "The flaky <test>" }), "h1")).toEqual(["The flaky <test>"])
    expect(texts(pageOf([]), "h1")).toEqual(["A run of Claude Code"])
  })

  it("has headings that skip no level", () => {
    const levels = find(page, "").flatMap(({ tagName }) => (/^h[1-6]$/.test(tagName) ? [Number(tagName.slice(1))] : []))
    expect(levels.filter((level) => level === 1)).toHaveLength(1)
    for (const [index, level] of levels.entries()) expect(level - (levels[index - 1] ?? 0)).toBeLessThanOrEqual(2)
  })

  it("shows images in the page, and none that would have to be fetched or could be more than an image", () => {
    const shown = (source: object) => {
      const page = pageOf([returned("t", [{ type: "image", source }])])
      return find(page, "img").length
    }
    expect(shown({ type: "base64", media_type: "image/png", data: "iVBORw0=" })).toBe(1)
    expect(shown({ type: "base64", media_type: "image/svg+xml", data: "PHN2Zz4=" })).toBe(0)
    expect(shown({ type: "base64", media_type: "image/png", data: '" onerror="x' })).toBe(0)
    expect(shown({ type: "url", url: "https://elsewhere.test/a.png" })).toBe(0)
  })
})

describe("a page that is met again", () => {
  it("is known by its beginning, whatever is in it, and no other document is", () => {
    FastCheck.assert(
      FastCheck.property(anyText, anyText, (text, title) => {
        expect(RunReport.isPage(RunReport.html([RunReport.prompt(text)], { title }).slice(0, 200))).toBe(true)
        expect(RunReport.isPage(text)).toBe(false)
      })
    )
    for (const other of ["", "<!doctype html>\n", ` ${RunReport.html([])}`, `<p>${RunReport.html([])}</p>`]) {
      expect(RunReport.isPage(other)).toBe(false)
    }
  })
})

describe("the end of a run", () => {
  const ends = (items: ReadonlyArray<RunReport.Item>) => {
    const page = pageOf(items)
    return [outcomeOf(page), detailsOf(page)]
  }
  const asked = RunReport.prompt("Do it")

  it.each<readonly [string, ReadonlyArray<RunReport.Item>, string, string | undefined]>([
    ["a result", [asked, said("Done"), result()], "Completed", undefined],
    [
      "a result that is an error",
      [asked, result({ subtype: "error_during_execution", errors: ["Broken"] })],
      "Failed",
      "Broken"
    ],
    [
      "a result of an unknown kind",
      [asked, result({ subtype: "constructor", is_error: true })],
      "Failed",
      "constructor"
    ],
    ["a result out of turns", [asked, result({ subtype: "error_max_turns" })], "Out of turns", "error max turns"],
    [
      "a result of an interrupted turn",
      [asked, result({ subtype: "error_during_execution", terminal_reason: "aborted_streaming" })],
      "Interrupted",
      "error during execution"
    ],
    ["no result", [asked, said("Wait")], "Unfinished", "There is no result after the last message."],
    [
      "a prompt after the last result",
      [asked, result(), asked],
      "Unfinished",
      "There is no result after the last message."
    ],
    ["an exit after a result", [asked, result(), { _tag: "Exited" }], "Completed", undefined],
    [
      "an exit before the result",
      [asked, { _tag: "Exited" }],
      "Exited",
      "Claude Code exited before the end of its turn."
    ],
    [
      "an exit with a reason",
      [asked, result(), { _tag: "Exited", reason: "agent: idle timeout reached" }],
      "Exited",
      "agent: idle timeout reached"
    ],
    ["a failure of the program", [asked, said("Wait"), RunReport.failure(new Error("lost"))], "Failed", "Error: lost"],
    [
      "a failure of the program because of a result",
      [asked, result({ subtype: "error_max_turns" }), RunReport.failure(new Error("no turns left"))],
      "Out of turns",
      "Error: no turns left"
    ],
    [
      "a failure of the program after another prompt",
      [asked, result({ subtype: "error_max_turns" }), asked, RunReport.failure(new Error("lost"))],
      "Failed",
      "Error: lost"
    ],
    ["nothing at all", [], "Unfinished", "There is no result after the last message."]
  ])("is known by %s", (_, items, word, details) => expect(ends(items)).toEqual([word, details]))

  it("has what was being written, if the message did not come", () => {
    const page = pageOf([RunReport.prompt("Do it"), said("First."), partial("And "), partial("then")])
    expect(texts(page, ".unfinished")).toEqual(["Being written when this ended:And then"])
    expect(find(pageOf([partial("All"), said("All of it"), result()]), ".unfinished")).toEqual([])
  })
})

describe("the page of the result of a run", () => {
  const outcome = { id: RunId.make("run-1"), sessionId: SessionId.make("5f0c7d0e-5d2b-4c39-9f1a-0d9a5b1f1c11") }

  it("has its text, tokens and cost", () => {
    const run = CompletedRun.make({
      _tag: "Completed",
      ...outcome,
      output: "All is <well>.",
      usage: { inputTokens: 100, outputTokens: 20, cacheReadInputTokens: 50, estimatedCostUsd: 0.01 }
    })
    const page = pageOf([RunReport.prompt("How is it?"), run])
    expect(outcomeOf(page)).toBe("Completed")
    expect(texts(page, ".claude")).toEqual(["All is <well>."])
    expect(tilesOf(page)).toEqual({ Cost: "$0.01", "Tokens read": "150", "Tokens written": "20" })
  })

  it("has its messages, if it was asked for them", () => {
    const lines = [
      said("Let me see."),
      used("t", "Bash", { command: "ls" }),
      returned("t", "a.txt"),
      result({ result: "Done." })
    ]
    const output = ["A warning", ...lines.map(({ raw }) => JSON.stringify(raw)), ""].join("\n")
    for (const text of [output, JSON.stringify(lines.map(({ raw }) => raw))]) {
      const page = pageOf([{ _tag: "Completed", ...outcome, output: text }])
      expect(outcomeOf(page)).toBe("Completed")
      expect(texts(page, ".tool").length).toBe(1)
      expect(textOf(page)).toContain("a.txt")
    }
  })

  it("has the answer of Claude's envelope, once, and the structured value", () => {
    const envelope = JSON.stringify(result({ result: "Forty-two", structured_output: { answer: 42 } }).raw)
    const page = pageOf([{ _tag: "Completed", ...outcome, output: envelope, structuredOutput: { answer: 42 } }])
    expect(texts(page, ".claude")).toEqual(["Forty-two"])
    expect(texts(page, ".thought")).toEqual([expect.stringContaining('"answer": 42')])
  })

  it("says that it crashed, and how", () => {
    const run = CrashedRun.make({
      _tag: "Crashed",
      ...outcome,
      output: "half of",
      crash: { exitCode: 137, signal: "killed", reason: "out of memory" }
    })
    const page = pageOf([run])
    expect([outcomeOf(page), detailsOf(page)]).toEqual(["Crashed", "The container died (signal killed): out of memory"])
    expect(texts(page, ".claude")).toEqual(["half of"])
  })
})

describe("the page of a session", () => {
  const record = (type: string, content: unknown, timestamp: string): Message.Message =>
    Schema.decodeUnknownSync(Message.Message)({ uuid: "u", type, session_id: "s-1", timestamp, content })

  it("has its conversation, with the times of its records, and nothing of the system prompt", () => {
    const page = pageOf([
      record(
        "api-request-blob",
        { role: "system", content: [{ type: "text", text: "SYSTEM PROMPT" }] },
        "2026-01-01T00:00:00Z"
      ),
      record("user", { role: "user", content: [{ type: "text", text: "What is here?" }] }, "2026-01-01T00:00:01.5Z"),
      record(
        "assistant",
        {
          role: "assistant",
          model: "opus",
          content: [{ type: "tool_use", id: "t", name: "Bash", input: { command: "ls" } }]
        },
        "2026-01-01T00:00:03Z"
      ),
      record(
        "user",
        { role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: "a.txt" }] },
        "2026-01-01T00:00:05Z"
      ),
      record("assistant", { role: "assistant", content: [{ type: "text", text: "One file." }] }, "2026-01-01T00:00:09Z")
    ])
    expect(textOf(page)).not.toContain("SYSTEM PROMPT")
    expect(texts(page, ".prompt")).toEqual(["0:01What is here?"])
    expect(texts(page, ".tool")[0]).toContain("2.0 s")
    expect(texts(page, ".claude")).toEqual(["0:09One file."])
    expect(outcomeOf(page)).toBe("Transcript")
    expect(tilesOf(page)).toMatchObject({ Duration: "9.0 s" })
  })
})

describe("the page of a long run", () => {
  const maxPageLength = 1_000_000

  it("shows the beginning and the end of long texts, and says how much it leaves out", () => {
    const text = `<begin>${"x".repeat(1_000_000)}\u{1f600}${"y".repeat(1_000_000)}<end>`
    const page = pageOf([used("t", "Bash", { command: "cat" }), returned("t", text), result()], { maxTextLength: 1000 })
    const [before = "", after = ""] = texts(page, "pre.code").slice(1)
    expect(before.startsWith("<begin>")).toBe(true)
    expect(after.endsWith("<end>")).toBe(true)
    expect(before.length + after.length).toBe(1000)
    expect(texts(page, ".gap")).toContain(`${(text.length - 1000).toLocaleString("en-US")} characters left out`)
  })

  it("stays in bounds, keeps its beginning and its end, and says how much it leaves out", () => {
    const items = function* (): Generator<RunReport.Item> {
      yield RunReport.prompt("THE BEGINNING")
      for (let index = 0; index < 10_000; index++) {
        yield used(`t${index}`, `Tool ${index}`, { command: `"<&>'`.repeat(100) })
        yield returned(`t${index}`, `"<&>'`.repeat(100), index % 2 === 0)
      }
      yield said("THE END")
      yield result()
    }
    const html = RunReport.html(items(), { maxPageLength })
    expect(html.length).toBeLessThanOrEqual(maxPageLength)
    expect(html.length).toBeGreaterThan(maxPageLength / 4)
    const page = parse(html).document
    expect(texts(page, ".prompt")[0]).toContain("THE BEGINNING")
    expect(texts(page, ".claude").at(-1)).toBe("THE END")
    expect(outcomeOf(page)).toBe("Completed")
    const shown = find(page, ".tool").length
    const [gap = ""] = texts(page, ".gap.wide")
    expect(Number(/^([\d,]+) entries left out/.exec(gap)?.[1]?.replaceAll(",", "")) + shown + 3).toBe(10_003)
    expect(tilesOf(page)).toMatchObject({ "Tool calls": "10,000" })
  })

  it("stays in bounds if every name and text in its lists is as long as can be", () => {
    // The longest in markup: eight characters for one.
    const worst = "\u0085".repeat(2000)
    const items = Array.from({ length: 400 }, (_, index): ReadonlyArray<RunReport.Item> => {
      const id = `t${index}`
      return [
        { _tag: "Prompt", text: `${index}${worst}` },
        fromJson({
          type: "system",
          subtype: "permission_denied",
          tool_name: worst,
          tool_use_id: `d${index}`,
          message: worst
        }),
        used(id, `${index}${worst}`, { command: `${index}${worst}` }),
        returned(id, `${index}${worst}`, true),
        RunReport.failure(`${index}${worst}`),
        result({ subtype: worst, modelUsage: { [worst]: {} }, usage: { input_tokens: 1e15 + index } })
      ]
    }).flat()
    const html = RunReport.html(items, { title: worst, maxPageLength })
    expect(html.length).toBeLessThanOrEqual(maxPageLength)
    expect(html.length).toBeGreaterThan(maxPageLength / 2)
  })

  it("stays in bounds for results that come long after their tools, and for many images", () => {
    const data = "A".repeat(100_000)
    const items = [
      ...Array.from({ length: 400 }, (_, index) => used(`t${index}`, "Bash", {})),
      ...Array.from({ length: 400 }, (_, index) => returned(`t${index}`, "<".repeat(20_000))),
      ...Array.from({ length: 100 }, () =>
        returned("none", [{ type: "image", source: { media_type: "image/png", data } }])
      )
    ]
    expect(RunReport.html(items, { maxPageLength }).length).toBeLessThanOrEqual(maxPageLength)
  })

  it.effect("keeps nothing in memory of what the page does not show", () =>
    Effect.gen(function* () {
      setFlagsFromString("--expose-gc")
      const collect: () => void = runInNewContext("gc")
      const report = yield* RunReport.make()
      collect()
      const before = process.memoryUsage().heapUsed
      for (let index = 0; index < 300; index++) {
        const text = `${index}${"x".repeat(500_000)}`
        yield* report.add(used(`t${index}`, "Bash", { command: text }))
        yield* report.add(returned(`t${index}`, text, true))
        yield* report.add(RunReport.failure(text))
      }
      collect()
      // What was added are 450 MB.
      expect((process.memoryUsage().heapUsed - before) / 1_000_000).toBeLessThan(60)
      expect(parse(yield* report.html).errors).toEqual([])
    })
  )

  it("does not nest without end, nor lose messages whose tools lead to each other", () => {
    const chain = Array.from({ length: 5000 }, (_, index) => used(`t${index}`, "Task", {}, `t${index - 1}`))
    const circle = [
      used("a", "Task", {}, "b"),
      used("b", "Task", {}, "a"),
      used("b", "Task", {}, "b"),
      said("Hello", "b")
    ]
    expect(find(pageOf(chain), ".tool")).toHaveLength(5000)
    expect(find(pageOf(circle), ".tool")).toHaveLength(3)
    expect(texts(pageOf(circle), ".claude")).toEqual(["Hello"])
  })
})

describe("a report that is made while a run goes on", () => {
  it.effect("notes when messages arrive", () =>
    Effect.gen(function* () {
      const report = yield* RunReport.make({ title: "A run" })
      yield* report.add(RunReport.prompt("Go"))
      yield* TestClock.adjust("2 seconds")
      yield* report.add(used("t", "Bash", { command: "sleep 63" }))
      yield* TestClock.adjust("63 seconds")
      yield* report.add(returned("t", "done"))
      yield* report.add(result())
      const page = parse(yield* report.html).document
      expect(texts(page, ".tool")[0]).toContain("1 min 3 s")
      expect(tilesOf(page)).toMatchObject({ Duration: "1 min 5 s" })
    })
  )

  it.effect("has a page at any time, which does not change what follows", () =>
    Effect.gen(function* () {
      const report = yield* RunReport.make()
      yield* report.add(RunReport.prompt("Go"))
      yield* report.add(partial("Half"))
      expect(outcomeOf(parse(yield* report.html).document)).toBe("Unfinished")
      yield* report.add(said("Half and half"))
      yield* report.add(result())
      const page = parse(yield* report.html).document
      expect(outcomeOf(page)).toBe("Completed")
      expect(find(page, ".unfinished")).toEqual([])
    })
  )

  it.effect("passes a stream on, and says what it failed with", () =>
    Effect.gen(function* () {
      const report = yield* RunReport.make()
      const messages = Stream.concat(Stream.make(said("One"), said("Two")), Stream.fail(new Error("lost <it>")))
      const seen = yield* messages.pipe(report.record, Stream.runCollect, Effect.flip)
      expect(seen.message).toBe("lost <it>")
      const page = parse(yield* report.html).document
      expect(texts(page, ".claude")).toEqual(["0:00One", "0:00Two"])
      expect([outcomeOf(page), detailsOf(page)]).toEqual(["Failed", "Error: lost <it>"])
    })
  )

  it.effect("was not interrupted between two turns", () =>
    Effect.gen(function* () {
      const report = yield* RunReport.make()
      const fiber = yield* Effect.fork(
        Stream.concat(Stream.make(said("One"), result()), Stream.never).pipe(report.record, Stream.runDrain)
      )
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(fiber)
      expect(outcomeOf(parse(yield* report.html).document)).toBe("Completed")
    })
  )

  it.effect("has what a failed run had printed", () =>
    Effect.gen(function* () {
      const report = yield* RunReport.make()
      const lines = [
        JSON.stringify({ type: "assistant", message: { content: [{ type: "text", text: "One more <turn>" }] } }),
        JSON.stringify({ type: "result", subtype: "error_max_turns", is_error: true, errors: ["Stopped"] })
      ]
      yield* Effect.exit(
        report.recordEffect(Effect.fail({ _tag: "RunFailed", message: "no turns", output: lines.join("\n") }))
      )
      const page = parse(yield* report.html).document
      expect(texts(page, ".claude")).toEqual(["0:00One more <turn>"])
      expect([outcomeOf(page), detailsOf(page)]).toEqual(["Out of turns", "RunFailed: no turns"])
    })
  )

  it.effect("says that it was interrupted", () =>
    Effect.gen(function* () {
      const report = yield* RunReport.make()
      const fiber = yield* Effect.fork(
        Stream.concat(Stream.make(said("One")), Stream.never).pipe(report.record, Stream.runDrain)
      )
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(fiber)
      expect(outcomeOf(parse(yield* report.html).document)).toBe("Interrupted")
    })
  )

  it.effect("adds the result of an effect, or its failure", () =>
    Effect.gen(function* () {
      const run = CompletedRun.make({ _tag: "Completed", id: RunId.make("run-1"), output: "Fine." })
      const [good, bad] = [yield* RunReport.make(), yield* RunReport.make()]
      expect(yield* good.recordEffect(Effect.succeed(run))).toBe(run)
      yield* Effect.exit(bad.recordEffect(Effect.fail({ _tag: "RunFailed", message: "no budget" })))
      expect(texts(parse(yield* good.html).document, ".claude")).toEqual(["0:00Fine."])
      expect(detailsOf(parse(yield* bad.html).document)).toBe("RunFailed: no budget")
    })
  )
})
