/**
 * The parser against a second implementation, which has the whole text before it and so needs no state: it follows the
 * standard to the letter and cannot get a cut wrong.
 */
import { describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { expect } from "vitest"
import * as Sse from "../../src/stream/Sse.js"

interface Outcome {
  readonly events: ReadonlyArray<Sse.Event>
  readonly tooLarge: boolean
}

const reference = (bytes: Uint8Array, limit: number): Outcome => {
  // A character that is cut off by the end of the input does not exist yet: hence `stream`.
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes, { stream: true }).replace(/^\uFEFF/, "")
  const lines = text.split(/\r\n|\n|\r/)
  const events: Array<Sse.Event> = []
  let data: Array<string> = []
  let type = ""
  let id = ""
  let retry: number | undefined
  let size = 0
  for (const [index, line] of lines.entries()) {
    if (!line.startsWith(":")) size += line.length
    if (size > limit) return { events, tooLarge: true }
    if (index === lines.length - 1) break // not ended by a line end
    if (line === "") {
      if (data.length > 0) {
        events.push({ event: type || "message", data: data.join("\n"), id, ...(retry === undefined ? {} : { retry }) })
      }
      data = []
      type = ""
      size = 0
    }
    const [, field = line, value = ""] = /^([^:]*): ?(.*)$/s.exec(line) ?? []
    if (field === "data" && line !== "") data.push(value)
    if (field === "event") type = value
    if (field === "id" && !value.includes("\0")) id = value
    if (field === "retry" && /^\d+$/.test(value)) retry = Number.parseInt(value, 10)
  }
  return { events, tooLarge: false }
}

const parse = (chunks: ReadonlyArray<Uint8Array>, limit: number): Outcome => {
  const parser = Sse.makeParser({ maxEventSize: limit })
  const parsed = chunks.map((chunk) => parser(chunk))
  return {
    events: parsed.flatMap(({ events }) => events),
    tooLarge: parsed.some(({ failure }) => failure !== undefined)
  }
}

/** Cuts at the given places, which are fractions of the length. */
const cutAt = (bytes: Uint8Array, places: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const positions = places.map((place) => Math.round(place * bytes.length)).sort((a, b) => a - b)
  return [0, ...positions].map((start, index) => bytes.subarray(start, positions[index] ?? bytes.length))
}

const text = FastCheck.oneof(
  FastCheck.string({ maxLength: 12 }),
  FastCheck.string({ unit: "binary", maxLength: 12 }),
  FastCheck.string({ unit: FastCheck.constantFrom("é", "€", "😀", "\uFEFF", "\0", ":", " ", "7", "x"), maxLength: 12 }),
  FastCheck.nat(99_999).map(String)
)
const line = FastCheck.oneof(
  {
    weight: 6,
    arbitrary: FastCheck.tuple(
      FastCheck.constantFrom("data", "event", "id", "retry"),
      FastCheck.constantFrom(":", ": ", ":  "),
      text
    ).map((parts) => parts.join(""))
  },
  { weight: 4, arbitrary: FastCheck.constant("") },
  { weight: 1, arbitrary: FastCheck.constantFrom("data", "event", "id", "retry", ":", "data :x", "Data: x") },
  { weight: 1, arbitrary: text.map((comment) => `:${comment}`) },
  { weight: 1, arbitrary: text }
)
const lineEnd = FastCheck.constantFrom("\n", "\r", "\r\n")
const encodedDocument = FastCheck.tuple(
  FastCheck.constantFrom("", "", "\uFEFF"),
  FastCheck.array(
    FastCheck.tuple(line, lineEnd).map((parts) => parts.join("")),
    { maxLength: 40, size: "max" }
  ),
  FastCheck.constantFrom("", "data: unfinished", ":", "id")
).map(([start, lines, end]) => new TextEncoder().encode(start + lines.join("") + end))

/** Bytes which mean something to the decoder or the parser, in any order: mostly not UTF-8. */
const noise = FastCheck.uint8Array({ maxLength: 24 }).map((bytes) => {
  const alphabet = [0xef, 0xbb, 0xbf, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0xc0, 0xff, 0xed, 0xa0, 10, 13, 58, 100]
  return bytes.map((byte) => alphabet[byte % alphabet.length] ?? byte)
})
const damagedDocument = FastCheck.tuple(encodedDocument, noise, encodedDocument).map(
  (parts) => new Uint8Array(parts.flatMap((part) => [...part]))
)

const places = FastCheck.array(FastCheck.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 })
const limit = FastCheck.oneof(FastCheck.constant(Number.POSITIVE_INFINITY), FastCheck.integer({ min: 10, max: 150 }))
const thorough = { fastCheck: { numRuns: 2000 } }

describe("makeParser agrees with the reference", () => {
  it.prop(
    "on any document, cut anywhere",
    [encodedDocument, places, limit],
    ([bytes, cuts, size]) => {
      expect(parse(cutAt(bytes, cuts), size)).toEqual(reference(bytes, size))
    },
    thorough
  )

  it.prop(
    "on bytes that are not UTF-8, cut anywhere",
    [damagedDocument, places, limit],
    ([bytes, cuts, size]) => {
      expect(parse(cutAt(bytes, cuts), size)).toEqual(reference(bytes, size))
    },
    thorough
  )

  it.prop(
    "in chunks of one byte",
    [damagedDocument, limit],
    ([bytes, size]) => {
      expect(
        parse(
          Array.from(bytes, (byte) => Uint8Array.of(byte)),
          size
        )
      ).toEqual(reference(bytes, size))
    },
    { fastCheck: { numRuns: 500 } }
  )

  it("and the documents are worth the comparison", () => {
    const outcomes = FastCheck.sample(FastCheck.tuple(encodedDocument, limit), { numRuns: 500, seed: 1 }).map(
      ([bytes, size]) => reference(bytes, size)
    )
    const events = outcomes.flatMap((outcome) => outcome.events)
    expect(outcomes.filter(({ tooLarge }) => tooLarge).length).toBeGreaterThan(25)
    expect(events.length).toBeGreaterThan(500)
    expect(events.filter(({ data }) => data.includes("\n")).length).toBeGreaterThan(50)
    expect(events.filter(({ event }) => event !== "message").length).toBeGreaterThan(50)
    expect(events.filter(({ id }) => id !== "").length).toBeGreaterThan(50)
    expect(events.filter(({ retry }) => retry !== undefined).length).toBeGreaterThan(50)
  })
})
