/** Many things at once, in one process: what each of them costs. */
import { setTimeout } from "node:timers/promises"
import type { Suite, Variant } from "../harness/Suite.js"
import { done, eventStreams } from "../servers/eventStream.js"
import { job } from "../servers/job.js"
import { jsonResponse, rawHttp } from "../servers/rawHttp.js"

export const jobCounts = [1_000, 3_000, 10_000]
export const streamCounts = [100, 300, 1_000]

/** Polls until a job has ended. */
const polls = 2

/** Of each stream. */
const events = 40
/** Between two of them, in milliseconds. */
const pause = 100

const awaited =
  (count: number): Variant =>
  async (setting) =>
    (await import("../variants/scale/jobs.js")).measure(setting, count)
const streamed =
  (count: number): Variant =>
  async (setting) =>
    (await import("../variants/scale/streams.js")).measure(setting, count)

const named = (counts: ReadonlyArray<number>, what: string, variant: (count: number) => Variant) =>
  Object.fromEntries(counts.map((count) => [`${count} ${what}`, variant(count)]))

const serveJobs = () =>
  rawHttp(() => {
    const asked = new Map<string, number>()
    const running = jsonResponse({ ...job, status: "running", output: undefined })
    const over = jsonResponse(job)
    return (path) => {
      const times = (asked.get(path) ?? 0) + 1
      if (times < polls) {
        asked.set(path, times)
        return running
      }
      asked.delete(path)
      return over
    }
  })

const serveStreams = () =>
  eventStreams(async (_, sink) => {
    for (let sent = 0; sent < events && !sink.isClosed(); sent++) {
      await sink.send(Buffer.from(`data: ${JSON.stringify({ type: "assistant", text: "hello ".repeat(20) })}\n\n`))
      await setTimeout(pause)
    }
    await sink.send(done)
    sink.end()
  })

const columns = [
  { figure: "live", unit: "KB in use each" },
  { figure: "cpu", unit: "µs CPU each", digits: 0 },
  { figure: "grown", unit: "MB RSS grown", digits: 0 },
  { figure: "seconds", unit: "s" }
]

export const suite: Suite = {
  title:
    "jobs awaited at once, each of which has ended at the second poll; streams open at once, with ten events per second",
  serve: async () => ({ jobs: await serveJobs(), streams: await serveStreams() }),
  tables: [
    { name: "jobs", once: true, columns, variants: named(jobCounts, "jobs", awaited) },
    { name: "streams", once: true, columns, variants: named(streamCounts, "streams", streamed) }
  ]
}
