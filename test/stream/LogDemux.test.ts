import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Stream from "effect/Stream"
import { decodeRuns, demultiplex, type LogRun, makeLogDemux } from "../../src/stream/LogDemux.js"

const bytes = (text: string) => Uint8Array.from(Buffer.from(text, "latin1"))

/** Runs of one channel that follow each other as one; the bytes as Latin-1. */
const merged = (runs: Iterable<LogRun>): ReadonlyArray<readonly [string, string]> => {
  const all: Array<[string, string]> = []
  for (const run of runs) {
    const text = Buffer.from(run.bytes).toString("latin1")
    const last = all.at(-1)
    if (last !== undefined && last[0] === run.channel) last[1] += text
    else all.push([run.channel, text])
  }
  return all
}

const inPieces = (pieces: Iterable<Uint8Array>) => {
  const demux = makeLogDemux()
  const runs: Array<LogRun> = []
  for (const piece of pieces) runs.push(...demux.push(piece))
  return merged([...runs, ...demux.end()])
}

const read = (text: string) => inPieces([bytes(text)])

/** The rules, on a whole log and one byte at a time. */
const reference = (log: Uint8Array): ReadonlyArray<readonly [string, string]> => {
  const runs: Array<LogRun> = []
  let channel = 1
  let interrupted = 0
  for (let at = 0; at < log.length; ) {
    const [first = 0, second, third] = log.subarray(at, at + 3)
    const isMarker = (first === 1 || first === 2) && second === first && third === first
    const begins = lineBegins(log, at, runs)
    if (isMarker && (begins || first !== channel)) {
      if (!begins) interrupted = channel
      else if (first === interrupted) interrupted = 0
      channel = first
      // What follows a marker is within its line.
      runs.push({ channel: channel === 1 ? "stdout" : "stderr", bytes: new Uint8Array() })
      at += 3
      continue
    }
    if (begins && interrupted !== 0) {
      channel = interrupted
      interrupted = 0
    }
    runs.push({ channel: channel === 1 ? "stdout" : "stderr", bytes: log.subarray(at, at + 1) })
    at += 1
  }
  return merged(runs.filter((run) => run.bytes.length > 0))
}

const lineBegins = (log: Uint8Array, at: number, runs: ReadonlyArray<LogRun>): boolean =>
  runs.at(-1)?.bytes.length === 0 ? false : at === 0 || log[at - 1] === 10

const logs = FastCheck.array(
  FastCheck.oneof(
    FastCheck.constantFrom(
      "\x01\x01\x01",
      "\x02\x02\x02",
      "\n",
      "\x01",
      "\x02",
      "\x01\x01",
      "\n\x01\x01\x01",
      "\n\x02\x02\x02"
    ),
    FastCheck.string({ maxLength: 6 }),
    FastCheck.constant("x".repeat(120))
  ),
  { maxLength: 30 }
).map((parts) => bytes(parts.join("")))

const cut = (log: Uint8Array, at: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const places = [0, ...[...at].map((place) => place % (log.length + 1)).sort((a, b) => a - b), log.length]
  return places.slice(1).map((place, index) => log.subarray(places[index], place))
}

/** Markers and byte order marks are other tests' matter. */
const withoutSpecial = (text: string) => [...text].filter((each) => !"\x01\x02\uFEFF".includes(each)).join("")

describe("a log of two channels", () => {
  it("is taken apart by the markers at the beginnings of its lines", () => {
    expect(read("\x01\x01\x01out\n\x02\x02\x02err\n\x01\x01\x01\n\x01\x01\x01more\n")).toEqual([
      ["stdout", "out\n"],
      ["stderr", "err\n"],
      ["stdout", "\nmore\n"]
    ])
    expect(read("before\n\x02\x02\x02err\n")).toEqual([
      ["stdout", "before\n"],
      ["stderr", "err\n"]
    ])
    expect(read("")).toEqual([])
  })

  it("leaves alone what looks like the marker of the own channel within a line", () => {
    expect(read("\x01\x01\x01a\x01\x01\x01b\n\x02\x02\x02c\x02\x02\x02\n")).toEqual([
      ["stdout", "a\x01\x01\x01b\n"],
      ["stderr", "c\x02\x02\x02\n"]
    ])
    // The first three are the marker, and what follows is the line.
    expect(read("\x01\x01\x01\x01\x01\x01\n")).toEqual([["stdout", "\x01\x01\x01\n"]])
  })

  it("puts a line together again that a line of the other channel interrupts", () => {
    expect(read("\x01\x01\x01long, \x02\x02\x02err\nlonger, \x02\x02\x02err\nlongest\n\x01\x01\x01next\n")).toEqual([
      ["stdout", "long, "],
      ["stderr", "err\n"],
      ["stdout", "longer, "],
      ["stderr", "err\n"],
      ["stdout", "longest\nnext\n"]
    ])
    expect(read("\x01\x01\x01long\x02\x02\x02err\n\x01\x01\x01next\nplain\n")).toEqual([
      ["stdout", "long"],
      ["stderr", "err\n"],
      ["stdout", "next\nplain\n"]
    ])
  })

  it("holds nothing back that cannot begin a marker", () => {
    const demux = makeLogDemux()
    expect(merged(demux.push(bytes("\x01\x01\x01> ")))).toEqual([["stdout", "> "]])
    expect(merged(demux.push(bytes("\x01\x01")))).toEqual([["stdout", "\x01\x01"]])
    expect(merged(demux.push(bytes("\x02\x02")))).toEqual([])
    expect(merged(demux.push(bytes("x")))).toEqual([["stdout", "\x02\x02x"]])
    expect(merged(demux.push(bytes("\x02")))).toEqual([])
    expect(merged(demux.end())).toEqual([["stdout", "\x02"]])
    expect(merged(demux.end())).toEqual([])
  })

  it("leaves the pieces that it is given as they are", () => {
    const piece = bytes("\x01\x01\x01out\n\x02\x02\x02err\n")
    makeLogDemux().push(piece)
    expect(piece).toEqual(bytes("\x01\x01\x01out\n\x02\x02\x02err\n"))
  })

  it("is the same wherever it is cut", () => {
    FastCheck.assert(
      FastCheck.property(logs, FastCheck.array(FastCheck.nat(), { maxLength: 12 }), (log, places) => {
        const whole = reference(log)
        expect(inPieces([log])).toEqual(whole)
        expect(inPieces(cut(log, places))).toEqual(whole)
        expect(inPieces(Array.from(log, (byte) => Uint8Array.of(byte)))).toEqual(whole)
      }),
      { numRuns: 500 }
    )
  })

  it.effect("is decoded channel by channel, wherever characters are cut", () =>
    Effect.promise(() =>
      FastCheck.assert(
        FastCheck.asyncProperty(
          FastCheck.array(FastCheck.tuple(FastCheck.boolean(), FastCheck.string({ unit: "grapheme" })), {
            maxLength: 8
          }),
          FastCheck.array(FastCheck.nat(), { maxLength: 12 }),
          async (printed, places) => {
            const lines = printed.map(([isError, text]) => [isError, `${withoutSpecial(text)}\n`] as const)
            const log = Buffer.concat(
              lines.map(([isError, text]) => Buffer.from((isError ? "\x02\x02\x02" : "\x01\x01\x01") + text))
            )
            const texts = decodeRuns(demultiplex(Stream.fromIterable(cut(log, places)).pipe(Stream.rechunk(2))))
            const all = Chunk.toReadonlyArray(await Effect.runPromise(Stream.runCollect(texts)))
            const of = (channel: string) =>
              all.flatMap((each) => (each.channel === channel ? [each.text] : [])).join("")
            const wanted = (isError: boolean) =>
              lines.flatMap(([each, text]) => (each === isError ? [text] : [])).join("")
            expect([of("stdout"), of("stderr")]).toEqual([wanted(false), wanted(true)])
          }
        ),
        { numRuns: 200 }
      )
    )
  )

  it.effect("says at its end what was cut off in the middle of a character", () =>
    Effect.gen(function* () {
      const log = Stream.make(bytes("\x01\x01\x01\xe2\x82"))
      expect([...(yield* Stream.runCollect(decodeRuns(demultiplex(log))))]).toEqual([
        { channel: "stdout", text: "\uFFFD" }
      ])
    })
  )
})
