/** What reaches a terminal: text with visible control characters, tables that fit, words for numbers. */
import { stripVTControlCharacters } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import stringWidth from "string-width"
import { table, truncate } from "../../../src/cli/frame/table.js"
import { bold, json, oneLine, red, render, type Text, visible } from "../../../src/cli/frame/text.js"
import { ago, dollars, duration, size } from "../../../src/cli/frame/words.js"

/** Texts with many of the characters that a terminal reads as something else than text. */
const hostile = FastCheck.string({
  unit: FastCheck.oneof(
    FastCheck.integer({ min: 0, max: 0xa0 }).map((code) => String.fromCodePoint(code)),
    FastCheck.constantFrom(
      "\u202e",
      "\u200b",
      "\u2066",
      "\ufeff",
      "\ud800",
      "\udc00",
      "\u{e0041}",
      "界",
      "👩‍👩‍👧",
      "e\u0301"
    ),
    FastCheck.string({ minLength: 1, maxLength: 1, unit: "binary" })
  ),
  maxLength: 60
})

const control = /[\p{Cc}\p{Surrogate}\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u

const allowed = (text: string) => text.replaceAll("\n", "").replaceAll("\t", "")

const styled = FastCheck.letrec<{ text: Text }>((tie) => ({
  text: FastCheck.oneof(
    { maxDepth: 3 },
    hostile,
    FastCheck.array(tie("text"), { maxLength: 3 }),
    tie("text").map(bold),
    tie("text").map(red)
  )
})).text

describe("text for a terminal", () => {
  it("has no control characters but line feeds and tabs", () => {
    FastCheck.assert(
      FastCheck.property(hostile, (text) => {
        expect(allowed(visible(text))).not.toMatch(control)
        expect(oneLine(text)).not.toMatch(control)
      })
    )
  })

  it("has no control sequences but those of its own styles", () => {
    FastCheck.assert(
      FastCheck.property(styled, (text) => {
        expect(allowed(render(text, false))).not.toMatch(control)
        // biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences of bold and red.
        const withoutStyles = render(text, true).replaceAll(/\u001b\[(1|22|31|39)m/g, "")
        expect(allowed(withoutStyles)).not.toMatch(control)
        expect(withoutStyles).toBe(render(text, false))
      })
    )
  })

  it.each([
    ["plain text, \u00e4\u4e16\u754c 👩‍👩‍👧", "plain text, \u00e4\u4e16\u754c 👩‍👩‍👧"],
    ["\u001b[2J", "␛[2J"],
    ["a\rb\r\nc\td", "a␍b\nc\td"],
    ["\u009b31m\u007f", "\\x9b31m␡"],
    ["\u202eabc\u{e0041}", "\\u{202e}abc\\u{e0041}"]
  ])("shows %j as %j", (text, shown) => {
    expect(visible(text)).toBe(shown)
  })

  it("is JSON that reads as the same value, without control characters", () => {
    FastCheck.assert(
      FastCheck.property(hostile, (text) => {
        expect(json({ text })).not.toMatch(control)
        expect(JSON.parse(json({ text }))).toEqual({ text })
      })
    )
  })
})

describe("a table", () => {
  const columns = [
    { head: "ID", cell: (row: ReadonlyArray<string>) => row[0] ?? "", whole: true },
    { head: "NAME", cell: (row: ReadonlyArray<string>) => red(row[1] ?? "") },
    { head: "TEXT", cell: (row: ReadonlyArray<string>) => row[2] ?? "", align: "right" as const }
  ]

  it("fits the terminal, one line for each row, whatever is in it", () => {
    const id = FastCheck.stringMatching(/^[a-z0-9]{1,10}$/)
    const rows = FastCheck.array(FastCheck.tuple(id, hostile, hostile), { maxLength: 5 })
    FastCheck.assert(
      FastCheck.property(rows, FastCheck.integer({ min: 40, max: 120 }), (given, width) => {
        const lines = render(table(columns, given, width), false).split("\n")
        expect(lines).toHaveLength(given.length + 2)
        for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(width)
        given.forEach(([first], index) => {
          expect(lines[index + 1]?.startsWith(first)).toBe(true)
        })
      })
    )
  })

  it("is not cut where there is no terminal", () => {
    const text = render(table(columns, [["a", "b".repeat(300), "c"]], undefined), false)
    expect(text).toBe(`ID  NAME${" ".repeat(296)}  TEXT\na   ${"b".repeat(300)}     c\n`)
  })

  it("keeps the columns of wide characters below their heads", () => {
    const text = render(
      table(
        columns,
        [
          ["a", "世界", "x"],
          ["b", "wide", "y"]
        ],
        80
      ),
      false
    )
    expect(text).toBe("ID  NAME  TEXT\na   世界     x\nb   wide     y\n")
  })

  it("cuts no character in two", () => {
    FastCheck.assert(
      FastCheck.property(hostile, FastCheck.integer({ min: 1, max: 40 }), (text, width) => {
        const cut = truncate(oneLine(text), width)
        expect(stringWidth(cut)).toBeLessThanOrEqual(width)
        expect(cut).not.toMatch(/\p{Surrogate}/u)
      })
    )
    expect(truncate("a👩‍👩‍👧b👩‍👩‍👧c", 5)).toBe("a👩‍👩‍👧b…")
    expect(stripVTControlCharacters(truncate("short", 5))).toBe("short")
  })
})

describe("words", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1_000, "1 kB"],
    [1_550, "1.6 kB"],
    [999_999, "1 MB"],
    [812_345_678, "812 MB"],
    [5e18, "5000 PB"]
  ])("a size of %d is %s", (bytes, words) => {
    expect(size(bytes)).toBe(words)
  })

  it.each([
    [340, "340ms"],
    [1_000, "1s"],
    [59_700, "1m"],
    [65_000, "1m 5s"],
    [3_600_000, "1h"],
    [90_061_000, "1d 1h"],
    ["infinity", "forever"]
  ] as const)("a time of %s is %s", (span, words) => {
    expect(duration(span === "infinity" ? Number.POSITIVE_INFINITY : span)).toBe(words)
  })

  it.each([
    ["2026-01-01T00:00:00Z", "3m ago"],
    ["2026-01-01T00:05:00+00:00", "in 1m"],
    ["2026-01-01T00:03:10Z", "now"],
    ["10 days ago", "10 days ago"],
    ["0001-01-01T00:00:00Z", "unknown"]
  ])("the time %s is %s", (time, words) => {
    expect(ago(time, Date.parse("2026-01-01T00:03:10Z"))).toBe(words)
  })

  it.each([
    [0, "$0.00"],
    [0.00123, "$0.0012"],
    [12.3, "$12.30"]
  ])("an amount of %d is %s", (amount, words) => {
    expect(dollars(amount)).toBe(words)
  })
})
