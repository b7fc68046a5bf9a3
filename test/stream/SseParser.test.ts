import { describe, it } from "@effect/vitest"
import { expect } from "vitest"
import * as Sse from "../../src/stream/Sse.js"

const BYTE_ORDER_MARK = "\uFEFF"

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Parses chunks one after the other: the events of all, and the failure of the last. */
const parseChunks = (chunks: Iterable<Uint8Array>, options?: Sse.Options) => {
  const parse = Sse.makeParser(options)
  const events: Array<Sse.Event> = []
  let failure: Sse.EventTooLarge | undefined
  for (const chunk of chunks) {
    const parsed = parse(chunk)
    events.push(...parsed.events)
    failure = parsed.failure
  }
  return { events, failure }
}

function* cut(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
}

const parseText = (text: string, options?: Sse.Options) => parseChunks([encode(text)], options)

const message = (data: string, fields: Partial<Sse.Event> = {}): Sse.Event => ({
  event: "message",
  data,
  id: "",
  ...fields
})

interface Example {
  readonly title: string
  readonly input: string | Uint8Array
  readonly events: ReadonlyArray<Sse.Event>
}

const examples: ReadonlyArray<Example> = [
  // The examples of the standard, section 9.2.6.
  {
    title: "joins the data lines of an event",
    input: "data: YHOO\ndata: +2\ndata: 10\n\n",
    events: [message("YHOO\n+2\n10")]
  },
  {
    title: "ignores comments, keeps and resets the id, and drops an unfinished event",
    input:
      ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\ndata: unfinished\n",
    events: [message("first event", { id: "1" }), message("second event"), message(" third event")]
  },
  {
    title: "counts empty data lines",
    input: "data\n\ndata\ndata\n\ndata:",
    events: [message(""), message("\n")]
  },
  {
    title: "removes one space after the colon, and only one",
    input: "data:test\n\ndata: test\n\ndata:  test\n\ndata:\ttest\n\n",
    events: [message("test"), message("test"), message(" test"), message("\ttest")]
  },
  // Line ends.
  { title: "reads LF", input: "data: 1\ndata: 2\n\n", events: [message("1\n2")] },
  { title: "reads CR", input: "data: 1\rdata: 2\r\r", events: [message("1\n2")] },
  { title: "reads CRLF", input: "data: 1\r\ndata: 2\r\n\r\n", events: [message("1\n2")] },
  {
    title: "reads them mixed",
    input: "data: 1\rdata: 2\r\ndata: 3\n\rdata: 4\r\n\ndata: 5\r\r\ndata: 6\n\r\n",
    events: [message("1\n2\n3"), message("4"), message("5"), message("6")]
  },
  {
    title: "takes no other character for a line end",
    input: "data: \u2028\u0085\v\f\n\n",
    events: [message("\u2028\u0085\v\f")]
  },
  // Event types.
  { title: "reads the event type", input: "event: ping\ndata: 1\n\n", events: [message("1", { event: "ping" })] },
  {
    title: "uses the last event type",
    input: "event: a\nevent: b\ndata: 1\n\n",
    events: [message("1", { event: "b" })]
  },
  { title: "takes an empty event type for message", input: "event: a\nevent:\ndata: 1\n\n", events: [message("1")] },
  {
    title: "forgets the event type after each event",
    input: "event: a\ndata: 1\n\ndata: 2\n\n",
    events: [message("1", { event: "a" }), message("2")]
  },
  {
    title: "forgets the event type of an event without data",
    input: "event: a\n\ndata: 1\n\n",
    events: [message("1")]
  },
  // Ids.
  {
    title: "keeps the id across events",
    input: "id: 7\ndata: 1\n\ndata: 2\n\nid: 8\n\ndata: 3\n\n",
    events: [message("1", { id: "7" }), message("2", { id: "7" }), message("3", { id: "8" })]
  },
  { title: "ignores an id with NUL", input: "id: 1\nid: 2\0\ndata: 1\n\n", events: [message("1", { id: "1" })] },
  {
    title: "resets the id when it is empty",
    input: "id: 1\ndata: 1\n\nid:\ndata: 2\n\n",
    events: [message("1", { id: "1" }), message("2")]
  },
  // Reconnection time.
  { title: "reads the reconnection time", input: "retry: 3000\ndata: 1\n\n", events: [message("1", { retry: 3000 })] },
  {
    title: "keeps the reconnection time, which usually comes in an event without data",
    input: "retry: 10\n\ndata: 1\n\nretry: 020\ndata: 2\n\n",
    events: [message("1", { retry: 10 }), message("2", { retry: 20 })]
  },
  {
    title: "ignores a reconnection time that is not all ASCII digits",
    input: "retry: 5\nretry: -1\nretry: 1.5\nretry: 1e3\nretry:  7\nretry: 7 \nretry: ٣\nretry:\nretry\ndata: 1\n\n",
    events: [message("1", { retry: 5 })]
  },
  {
    title: "keeps an absurd reconnection time finite",
    input: `retry: ${"9".repeat(400)}\ndata: 1\n\n`,
    events: [message("1", { retry: Number.MAX_SAFE_INTEGER })]
  },
  // Fields.
  {
    title: "ignores unknown fields, in which case and spaces count",
    input: "foo: 1\nData: 2\n data: 3\ndata : 4\n: data: 5\nda\0ta: 6\ndata: 7\n\n",
    events: [message("7")]
  },
  {
    title: "splits at the first colon",
    input: "data: a: b:c\n\ndata::\n\n",
    events: [message("a: b:c"), message(":")]
  },
  { title: "passes over empty lines", input: "\n\n\r\n\r\ndata: 1\n\n\n\n", events: [message("1")] },
  { title: "finds no event in an empty document", input: "", events: [] },
  { title: "finds no event in one without data", input: "event: a\nid: 1\n\n:\n\n", events: [] },
  { title: "wants the empty line", input: "data: 1\n", events: [] },
  { title: "wants the end of the empty line", input: "data: 1\n\ndata: 2\n:", events: [message("1")] },
  // Bytes.
  { title: "drops a byte order mark", input: `${BYTE_ORDER_MARK}data: 1\n\n`, events: [message("1")] },
  {
    title: "drops only one",
    input: `${BYTE_ORDER_MARK}${BYTE_ORDER_MARK}data: 1\n\ndata: 2\n\n`,
    events: [message("2")]
  },
  {
    title: "keeps a byte order mark elsewhere",
    input: `data: 1\n\n${BYTE_ORDER_MARK}data: 2\n\ndata: ${BYTE_ORDER_MARK}3\n\n`,
    events: [message("1"), message(`${BYTE_ORDER_MARK}3`)]
  },
  {
    title: "decodes UTF-8",
    input: "data: äé€𝄞\nevent: 日本\nid: 😀\n\n",
    events: [message("äé€𝄞", { event: "日本", id: "😀" })]
  },
  {
    title: "replaces what is not UTF-8",
    // "data: " and: a byte that never occurs, a cut 3-byte character, an overlong NUL, a surrogate.
    input: new Uint8Array([...encode("data: "), 0xff, 0xe2, 0x82, 0xc0, 0x80, 0xed, 0xa0, 0x80, 10, 10]),
    events: [message("\uFFFD".repeat(7))]
  }
]

describe("makeParser", () => {
  describe.each(examples)("$title", ({ input, events }) => {
    const bytes = typeof input === "string" ? encode(input) : input

    it("in one chunk", () => {
      expect(parseChunks([bytes])).toEqual({ events, failure: undefined })
    })

    it("cut in two at every position", () => {
      for (let position = 0; position <= bytes.length; position++) {
        const chunks = [bytes.subarray(0, position), bytes.subarray(position)]
        expect(parseChunks(chunks).events, `cut at ${position}`).toEqual(events)
      }
    })

    it("in chunks of one byte, with empty chunks between them", () => {
      const chunks = Array.from(bytes, (byte) => [new Uint8Array(), Uint8Array.of(byte)]).flat()
      expect(parseChunks(chunks).events).toEqual(events)
    })
  })

  it("has no property `retry` unless the server sent one", () => {
    expect(parseText("data: 1\n\n").events.map(Object.keys)).toEqual([["event", "data", "id"]])
  })

  it("returns an event with the chunk that completes it, also when that ends with CR", () => {
    const parse = Sse.makeParser()
    const dataOf = (text: string) => parse(encode(text)).events.map((event) => event.data)

    expect(dataOf("data: 1\n")).toEqual([])
    expect(dataOf("\ndata: 2\r\n\r")).toEqual(["1", "2"]) // does not wait for the LF
    expect(dataOf("\ndata: 3\r\r")).toEqual(["3"]) // which is not an empty line when it comes
    expect(dataOf("data: 4\n\ndata: 5\n\ndata: 6")).toEqual(["4", "5"])
  })

  it("gives each parser a state of its own", () => {
    const [one, other] = [Sse.makeParser(), Sse.makeParser()]
    one(encode("id: 1\ndata: a"))
    expect(other(encode("data: b\n\n")).events).toEqual([message("b")])
    expect(one(encode("\n\n")).events).toEqual([message("a", { id: "1" })])
  })

  it("keeps no reference to the bytes it was given", () => {
    const parse = Sse.makeParser()
    const buffer = encode("data: 1")
    parse(buffer)
    buffer.fill(0)
    expect(parse(encode("2\n\n")).events).toEqual([message("12")])
  })

  it("reads one line the same in chunks of any size", () => {
    const line = "data: ".concat("0123456789abcdef".repeat(256 * 1024))
    const bytes = encode(`${line}\n\n`)
    for (const size of [1, 7, 64, 1024, 65536, bytes.length]) {
      const { events } = parseChunks(cut(bytes, size), { maxEventSize: line.length })
      expect(events.length).toBe(1)
      // Not `toEqual`, which would print 4 MiB when it fails.
      expect(events[0]?.data === line.slice(6), `chunks of ${size}`).toBe(true)
    }
  })

  it("joins very many data lines, in one chunk and in many", () => {
    const bytes = encode(`${"data\n".repeat(500_000)}\n`)
    for (const size of [1000, bytes.length]) {
      const { events } = parseChunks(cut(bytes, size), { maxEventSize: Number.POSITIVE_INFINITY })
      expect(events[0]?.data === "\n".repeat(499_999), `chunks of ${size}`).toBe(true)
    }
  })
})

describe("maxEventSize", () => {
  const failureWith = (limit: number) => new Sse.EventTooLarge({ limit })

  it("counts the lines with their field names, without line ends and comments", () => {
    const text = ":comment\nid:1\r\n:comment\r\nunknown\ndata: é😀\n\n"
    const size = "id:1".length + "unknown".length + "data: é😀".length
    for (const chunkSize of [1, 5, 1000]) {
      const chunks = [...cut(encode(text), chunkSize)]
      expect(parseChunks(chunks, { maxEventSize: size })).toEqual({
        events: [message("é😀", { id: "1" })],
        failure: undefined
      })
      expect(parseChunks(chunks, { maxEventSize: size - 1 })).toEqual({ events: [], failure: failureWith(size - 1) })
    }
  })

  it("is 1 Mi when not given", () => {
    const text = `data:${"x".repeat(1024 * 1024 - 5)}`
    expect(Sse.defaultMaxEventSize).toBe(1024 * 1024)
    for (const options of [undefined, {}, { maxEventSize: undefined }]) {
      expect(parseText(`${text}\n\n`, options).events.length).toBe(1)
      expect(parseText(`${text}x\n\n`, options)).toEqual({ events: [], failure: failureWith(1024 * 1024) })
    }
  })

  it("may be larger", () => {
    const text = `data:${"x".repeat(3 * 1024 * 1024)}\n\n`
    expect(parseText(text, { maxEventSize: 4 * 1024 * 1024 }).events.length).toBe(1)
    expect(parseText(text, { maxEventSize: Number.POSITIVE_INFINITY }).events.length).toBe(1)
  })

  it("lets nothing through when it is not a number", () => {
    expect(parseText("data: 1\n\n", { maxEventSize: Number.NaN }).failure?._tag).toBe("EventTooLarge")
  })

  it("starts anew with each event", () => {
    const { events, failure } = parseText("data: 123\n\n".repeat(1000), { maxEventSize: 9 })
    expect(events.length).toBe(1000)
    expect(failure).toBeUndefined()
  })

  it("stops a line that never ends as soon as it is too long", () => {
    const parse = Sse.makeParser({ maxEventSize: 10 })
    expect(parse(encode("data: 1234")).failure).toBeUndefined()
    expect(parse(encode("5")).failure).toEqual(failureWith(10))
  })

  it("stops an event of ever more lines", () => {
    for (const line of ["data\n", "data: 1\r\n", "id: 1\r", "x\n"]) {
      const parse = Sse.makeParser({ maxEventSize: 1000 })
      let lines = 0
      while (parse(encode(line)).failure === undefined && lines < 2000) lines += 1
      expect(lines).toBe(Math.floor(1000 / line.trimEnd().length))
    }
  })

  it("does not hold comments against an event, however long they are", () => {
    const parse = Sse.makeParser({ maxEventSize: 9 })
    parse(encode("data: 1\n:"))
    const comment = encode(" keep-alive".repeat(6000))
    for (let count = 0; count < 100; count++) expect(parse(comment).failure).toBeUndefined()
    expect(parse(encode("data: 2\n:\n\n"))).toEqual({ events: [message("1")], failure: undefined })
  })

  it("leaves the events before the large one, and then stays failed", () => {
    const parse = Sse.makeParser({ maxEventSize: 9 })
    expect(parse(encode("data: 1\n\ndata: 2\n\ndata: 3456\n\ndata: 7\n\n"))).toEqual({
      events: [message("1"), message("2")],
      failure: failureWith(9)
    })
    expect(parse(encode("\n\ndata: 8\n\n"))).toEqual({ events: [], failure: failureWith(9) })
  })

  it("says what to do", () => {
    expect(failureWith(9)).toMatchObject({ _tag: "EventTooLarge", code: "EVENT_TOO_LARGE", limit: 9 })
    expect(failureWith(9).message).toContain("larger than 9 UTF-16 code units")
    expect(failureWith(9).message).toContain("set a larger maxEventSize")
  })
})
