/**
 * How fast `stream/Sse` is, as ratios against peers that read the same bytes in the same run. Run with `npx tsx bench/sse.ts`.
 *
 * Peers: a naive parser as one would write it by hand (correct for LF only), and, where installed, `eventsource-parser` and
 * `@effect/experimental/Sse`. Every round measures all variants, in reverse order every other round; the figures are
 * medians. Absolute numbers depend on the machine, so compare only within one table.
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Sse from "../src/stream/Sse.js"

const KI = 1024
const ROUNDS = 7

/** Reads all chunks, and returns how many events they held, so that no variant can win by skipping work. */
type Variant = (chunks: ReadonlyArray<Uint8Array>) => number | Promise<number>

const ours: Variant = (chunks) => {
  const parse = Sse.makeParser({ maxEventSize: 64 * KI * KI })
  let count = 0
  for (const chunk of chunks) count += parse(chunk).events.length
  return count
}

const naive: Variant = (chunks) => {
  const decoder = new TextDecoder()
  let rest = ""
  let count = 0
  for (const chunk of chunks) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split("\n\n")
    rest = blocks.pop() ?? ""
    for (const block of blocks) {
      const fields: Record<string, string> = {}
      for (const line of block.split("\n")) {
        const colon = line.indexOf(":")
        fields[line.slice(0, colon)] = line.slice(colon + 1).trimStart()
      }
      if (fields["data"] !== undefined) count += 1
    }
  }
  return count
}

/** The part that both published parsers have in common: text in, one callback per event. */
type MakeFeed = (onEvent: () => void) => (text: string) => void

const published =
  (makeFeed: MakeFeed): Variant =>
  (chunks) => {
    const decoder = new TextDecoder()
    let count = 0
    const feed = makeFeed(() => {
      count += 1
    })
    for (const chunk of chunks) feed(decoder.decode(chunk, { stream: true }))
    return count
  }

/** A package that may not be installed: `undefined` then, and a line that says so. */
const optionalPeer = async (name: string, makeFeed: (module: Record<string, unknown>) => MakeFeed | undefined) => {
  try {
    const peer = makeFeed(await import(name))
    if (peer !== undefined) return published(peer)
    console.log(`${name}: skipped: not the version this bench knows`)
  } catch {
    console.log(`${name}: skipped: not installed`)
  }
  return undefined
}

const isFeeder = (value: unknown): value is { feed: (text: string) => void } =>
  typeof value === "object" && value !== null && "feed" in value && typeof value.feed === "function"

const feedOf = (parser: unknown) => (isFeeder(parser) ? (text: string) => parser.feed(text) : () => {})

const eventsourceParser = await optionalPeer("eventsource-parser", ({ createParser }) =>
  typeof createParser === "function" ? (onEvent) => feedOf(createParser({ onEvent })) : undefined
)
const effectExperimental = await optionalPeer("@effect/experimental/Sse", ({ makeParser }) =>
  typeof makeParser === "function"
    ? (onEvent) => feedOf(makeParser(onEvent, { maxEventSize: 64 * KI * KI }))
    : undefined
)

const viaStream =
  (run: (bytes: Stream.Stream<Uint8Array>) => Effect.Effect<number>): Variant =>
  (chunks) =>
    // One element per chunk, as a socket delivers them.
    Effect.runPromise(run(Stream.fromIterable(chunks).pipe(Stream.rechunk(1))))

const counted = <A, E>(consume: (count: (events: number) => void) => Effect.Effect<A, E>): Effect.Effect<number> =>
  Effect.suspend(() => {
    let total = 0
    const count = (events: number) => {
      total += events
    }
    return Effect.map(Effect.orDie(consume(count)), () => total)
  })

const streamOfChunks = viaStream((bytes) =>
  counted((count) =>
    Stream.runForEachChunk(Sse.decode()(bytes), (events) => Effect.sync(() => count(Chunk.size(events))))
  )
)
const streamOfBatches = viaStream((bytes) =>
  counted((count) => Stream.runForEach(Sse.decodeBatches()(bytes), (events) => Effect.sync(() => count(events.length))))
)
const streamOfEvents = viaStream((bytes) =>
  counted((count) => Stream.runForEach(Sse.decode()(bytes), () => Effect.sync(() => count(1))))
)

// Documents. The pseudo-random lengths are the same in every run.

const document = (size: number, event: (index: number) => string): Uint8Array => {
  const parts: Array<string> = []
  for (let length = 0; length < size; ) {
    const text = event(parts.length)
    parts.push(text)
    length += text.length
  }
  return new TextEncoder().encode(parts.join(""))
}

const smallEvent = (lineEnd: string) => (index: number) =>
  `data: ${"x".repeat(30 + ((index * 7919) % 170))}${lineEnd}${lineEnd}`
const claudeEvent = (index: number) =>
  `id: ${index}\nevent: output\ndata: ${JSON.stringify({ type: "assistant", text: "héllo wörld ".repeat(1 + (index % 9)) })}\n\n`

const cut = (bytes: Uint8Array, size: number): ReadonlyArray<Uint8Array> => {
  const chunks: Array<Uint8Array> = []
  for (let start = 0; start < bytes.length; start += size) chunks.push(bytes.subarray(start, start + size))
  return chunks
}

const median = (values: ReadonlyArray<number>): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

/** Prints MB/s of each variant, and its ratio to the first one that is there. */
const compare = async (
  title: string,
  bytes: Uint8Array,
  readSize: number,
  variants: Record<string, Variant | undefined>
) => {
  const chunks = cut(bytes, readSize)
  const present = Object.entries(variants).flatMap(([name, run]) => (run === undefined ? [] : [{ name, run }]))
  const milliseconds = new Map<string, Array<number>>(present.map(({ name }) => [name, []]))
  const counts = new Set<number>()
  for (let round = -1; round < ROUNDS; round++) {
    for (const { name, run } of round % 2 === 0 ? present : [...present].reverse()) {
      const start = performance.now()
      counts.add(await run(chunks))
      if (round >= 0) milliseconds.get(name)?.push(performance.now() - start) // round -1 is the warm-up
    }
  }
  console.log(`\n${title}, read in ${readSize} B${counts.size === 1 ? "" : "  EVENT COUNTS DIFFER"}`)
  const throughput = present.map(({ name }) => ({
    name,
    speed: bytes.length / 1000 / median(milliseconds.get(name) ?? [])
  }))
  for (const { name, speed } of throughput) {
    const ratio = speed / (throughput[0]?.speed ?? Number.NaN)
    console.log(`  ${name.padEnd(28)} ${speed.toFixed(1).padStart(8)} MB/s  ${ratio.toFixed(2)}x`)
  }
}

const parsers = { "eventsource-parser": eventsourceParser, naive, "effect-sandboxes": ours }
const small = document(16 * KI * KI, smallEvent("\n"))
const crlf = document(16 * KI * KI, smallEvent("\r\n"))
const claude = document(16 * KI * KI, claudeEvent)
const large = document(64 * KI * KI, () => `data: ${"x".repeat(64 * KI)}\n\n`)
const oneLine = document(1, () => `data: ${"x".repeat(10 * KI * KI)}\n\n`)

for (const readSize of [KI, 4 * KI, 16 * KI, 64 * KI]) await compare("small events", small, readSize, parsers)
await compare("small events, CRLF", crlf, 64 * KI, {
  "eventsource-parser": eventsourceParser,
  "effect-sandboxes": ours
})
await compare("events with id, name and non-ASCII text", claude, 64 * KI, parsers)
await compare("events of 64 KiB", large, 64 * KI, parsers)
await compare("one line of 10 MiB", oneLine, KI, {
  "eventsource-parser": eventsourceParser, // the naive one takes half a minute here
  "effect-sandboxes": ours
})
await compare("one line of 10 MiB", oneLine, 64 * KI, parsers)
await compare("a 256 KiB document of small events", small.subarray(0, 256 * KI), 64 * KI, {
  "effect-sandboxes": ours,
  "@effect/experimental": effectExperimental
})
await compare("small events through Stream", small, 64 * KI, {
  "the parser alone": ours,
  "decode, per chunk": streamOfChunks,
  "decodeBatches, per batch": streamOfBatches,
  "decode, an Effect per event": streamOfEvents
})
