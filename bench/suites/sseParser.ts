/** How fast parsers of server-sent events are, without a network. */
import type { EventSourceParser } from "eventsource-parser"
import { costPerPass } from "../harness/cost.js"
import type { Figures, Suite, Table, Variant } from "../harness/Suite.js"
import { eventsIn, largeEvents, piecesOf, smallEvents } from "../servers/events.js"

const KiB = 1024
const MiB = 1024 * KiB

/** In KiB. */
export const readSizes = [1, 4, 16, 64]

/** Reads all pieces, and returns how many events there were, so that no parser wins by skipping work. */
type Parse = (pieces: ReadonlyArray<Uint8Array>) => number

const documents = { small: () => smallEvents(8 * MiB), large: () => largeEvents(32 * MiB) } as const

const measured =
  (kind: keyof typeof documents, prepare: () => Promise<Parse>): Variant =>
  async () => {
    const parse = await prepare()
    const bytes = documents[kind]()
    const expected = eventsIn(bytes)
    const figures: Record<string, number> = {}
    for (const size of readSizes) {
      const pieces = piecesOf(bytes, size * KiB)
      const seconds = await costPerPass(() => {
        const events = parse(pieces)
        if (events !== expected) throw new Error(`${events} events instead of ${expected}`)
      }, 0.25)
      figures[`${size} KiB`] = bytes.length / 1e6 / seconds
    }
    return { ...figures, ...extremesOf(figures) }
  }

const extremesOf = (figures: Figures): Figures => {
  const speeds = Object.values(figures)
  return { spread: Math.max(...speeds) / Math.min(...speeds) }
}

const ours = async (): Promise<Parse> => {
  const { makeParser } = await import("effect-sandboxes/stream/Sse")
  return (pieces) => {
    const parse = makeParser()
    let count = 0
    for (const piece of pieces) count += parse(piece).events.length
    return count
  }
}

type Create = (callbacks: { readonly onEvent: () => void }) => EventSourceParser

const peer = (load: () => Promise<{ readonly createParser: Create }>) => async (): Promise<Parse> => {
  const { createParser } = await load()
  return (pieces) => {
    const decoder = new TextDecoder()
    let count = 0
    const parser = createParser({
      onEvent: () => {
        count++
      }
    })
    for (const piece of pieces) parser.feed(decoder.decode(piece, { stream: true }))
    return count
  }
}

const table = (kind: keyof typeof documents): Table => ({
  name: kind,
  base: { variant: "eventsource-parser 4", figure: "64 KiB" },
  columns: [
    ...readSizes.map((size) => ({ figure: `${size} KiB`, unit: `MB/s @${size}K`, digits: 0 })),
    { figure: "spread", unit: "x spread" }
  ],
  variants: {
    "eventsource-parser 4": measured(
      kind,
      peer(() => import("eventsource-parser"))
    ),
    "eventsource-parser 3": measured(
      kind,
      peer(() => import("eventsource-parser-3"))
    ),
    "Sse.makeParser": measured(kind, ours)
  }
})

export const suite: Suite = {
  title: "server-sent events from memory: small ones (30 to 200 B) and large ones (64 KiB), by the size of reads",
  tables: [table("small"), table("large")]
}
