/** How soon an event is there. */
import { setTimeout } from "node:timers/promises"
import type { Suite, Variant } from "../harness/Suite.js"
import { done, type EventSink, eventStreams } from "../servers/eventStream.js"

/** Between two events of a slow stream, in milliseconds. */
const pause = 2
const slowEvents = 1500

const one = Buffer.from("data: hello\n\n")

/** The clock is that of the machine, so another process can say how old an event is. */
const now = () => Buffer.from(`data: ${process.hrtime.bigint()}\n\n`)

const slowly = async (sink: EventSink) => {
  for (let sent = 0; sent < slowEvents && !sink.isClosed(); sent++) {
    await sink.send(now())
    await setTimeout(pause)
  }
}

const http: Variant = async (setting) => (await import("../variants/latency/http.js")).measure(setting)
const undici: Variant = async (setting) => (await import("../variants/latency/undici.js")).measure(setting)
const effect: Variant = async (setting) => (await import("../variants/latency/effect.js")).measure(setting)
const ours: Variant = async (setting) => (await import("../variants/latency/execution.js")).measure(setting)

export const suite: Suite = {
  title: "event streams: from the request to its first event, and from the server's write to the reader",
  serve: async () => ({
    url: await eventStreams(async (path, sink) => {
      if (path.includes("prompt=slow")) await slowly(sink)
      else await sink.send(one)
      await sink.send(done)
      sink.end()
    })
  }),
  tables: [
    {
      name: "events",
      base: { variant: "node:http + eventsource-parser", figure: "eventHalf" },
      columns: [
        { figure: "firstHalf", unit: "µs first p50", digits: 0 },
        { figure: "firstMost", unit: "µs first p99", digits: 0 },
        { figure: "eventHalf", unit: "µs event p50", digits: 0 },
        { figure: "eventMost", unit: "µs event p99", digits: 0 }
      ],
      variants: {
        "node:http + eventsource-parser": http,
        "undici + eventsource-parser": undici,
        "undici's dispatch + eventsource-parser in one channel": effect,
        "Execution.stream": ours
      }
    }
  ]
}
