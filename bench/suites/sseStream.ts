/** What it costs to read a long event stream over HTTP. */
import type { Suite, Variant } from "../harness/Suite.js"
import { done, eventStreams } from "../servers/eventStream.js"
import { eventsIn, largeEvents, smallEvents } from "../servers/events.js"

const MiB = 1024 * 1024

/** How much is sent: so many times this. */
const documents = {
  small: { bytes: () => smallEvents(64 * 1024), times: 1536 },
  large: { bytes: () => largeEvents(MiB), times: 192 }
}
type Kind = keyof typeof documents

const isKind = (name: string): name is Kind => name in documents

const undici =
  (kind: Kind, parsing: boolean): Variant =>
  async (setting) =>
    (await import("../variants/sseStream/undici.js")).measure(setting, kind, parsing)

const ours =
  (kind: Kind, variant: "byChunk" | "byEvent" | "decode"): Variant =>
  async (setting) =>
    (await import("../variants/sseStream/execution.js")).measure(setting, kind, variant)

const table = (kind: Kind) => ({
  name: kind,
  base: { variant: "undici + eventsource-parser", figure: "speed" },
  columns: [
    { figure: "speed", unit: "MB/s", digits: 0 },
    { figure: "cpu", unit: "ns CPU/event", digits: 0 },
    { figure: "rss", unit: "MB", digits: 0 }
  ],
  variants: {
    "undici + eventsource-parser": undici(kind, true),
    "undici, bytes dropped": undici(kind, false),
    "Execution.stream, by chunk": ours(kind, "byChunk"),
    "HttpClient + Sse.decode, by chunk": ours(kind, "decode"),
    "Execution.stream, an Effect per event": ours(kind, "byEvent")
  }
})

export const suite: Suite = {
  title: "server-sent events over HTTP: small ones (30 to 200 B) and large ones (64 KiB)",
  serve: async () => {
    const url = await eventStreams(async (path, sink) => {
      // The prompt says what is wanted.
      const kind = new URL(path, "http://bench").searchParams.get("prompt") ?? ""
      if (!isKind(kind)) return sink.end()
      const bytes = documents[kind].bytes()
      for (let time = 0; time < documents[kind].times && !sink.isClosed(); time++) await sink.send(bytes)
      await sink.send(done)
      sink.end()
    })
    const counts = Object.entries(documents).flatMap(([kind, { bytes, times }]) => [
      [`${kind}Events`, String(eventsIn(bytes()) * times + 1)],
      [`${kind}Bytes`, String(bytes().length * times)]
    ])
    return { url, ...Object.fromEntries(counts) }
  },
  tables: [table("small"), table("large")]
}
