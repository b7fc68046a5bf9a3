/**
 * What is aimed for, each as a ratio within one run where a peer takes part. Nothing enforces them; the report says
 * which are met.
 */
import type { Results } from "./harness/Results.js"
import { type Reading, reading } from "./harness/statistics.js"
import { readSizes } from "./suites/sseParser.js"
import { concurrencies } from "./suites/unary.js"
import { messageSizes } from "./suites/webSocket.js"

export interface Goal {
  readonly suite: string
  readonly name: string
  readonly value: (results: Results) => Reading
  readonly atMost?: number
  readonly atLeast?: number
  readonly unit: string
}

/** A ratio of one figure of two variants, which are named `suite/table/variant`. */
const times = (
  name: string,
  path: string,
  base: string,
  figure: string,
  limit: Pick<Goal, "atMost" | "atLeast">
): Goal => ({
  suite: path.split("/")[0] ?? "",
  name,
  value: (results) => results.ratio(path, base, figure),
  unit: "x",
  ...limit
})

const figure = (
  name: string,
  path: string,
  of: string,
  unit: string,
  limit: Pick<Goal, "atMost" | "atLeast">
): Goal => ({
  suite: path.split("/")[0] ?? "",
  name,
  value: (results) => results.figure(path, of),
  unit,
  ...limit
})

/** How unequal some figures of a variant are. */
const spread = (name: string, path: string, figures: ReadonlyArray<string>, atMost: number): Goal => ({
  suite: path.split("/")[0] ?? "",
  name,
  value: (results) => {
    const values = figures.map((each) => results.rounds(path, each))
    return reading(
      (values[0] ?? []).map((_, round) => {
        const ofRound = values.map((each) => each[round] ?? Number.NaN)
        return Math.max(...ofRound) / Math.min(...ofRound)
      })
    )
  },
  unit: "x",
  atMost
})

const call = "unary/call"
const undiciCall = `${call}/undici.request + JSON.parse`
const daytonaCall = `${call}/@daytonaio/sdk fs.getFileDetails`

const unary: ReadonlyArray<Goal> = [
  times("Jobs.get without spans: CPU of undici.request", `${call}/Jobs.get, no spans`, undiciCall, "cpu", {
    atMost: 1.8
  }),
  times("Jobs.get with spans: CPU of undici.request", `${call}/Jobs.get`, undiciCall, "cpu", { atMost: 2.4 }),
  times(
    "Jobs.get with @effect/opentelemetry: CPU of undici.request",
    `${call}/Jobs.get, @effect/opentelemetry`,
    undiciCall,
    "cpu",
    { atMost: 3 }
  ),
  // The cost of a connection grows with their number, also for undici alone; the ratio must not.
  ...concurrencies.map((inFlight) =>
    times(
      `Jobs.get, ${inFlight} in flight: CPU of undici.request`,
      `unary/by calls in flight/Jobs.get, no spans, ${inFlight}`,
      `unary/by calls in flight/undici.request + JSON.parse, ${inFlight}`,
      "cpu",
      { atMost: 2 }
    )
  ),
  times("Files.info: CPU of @daytonaio/sdk", `${call}/Files.info, no spans`, daytonaCall, "cpu", { atMost: 0.33 })
]

const decode: ReadonlyArray<Goal> = [
  times(
    "10,000 messages decoded: CPU of JSON.parse",
    "decode/messages/JSON.parse and decoded as Sessions.messages does",
    "decode/messages/JSON.parse",
    "ms",
    { atMost: 2.5 }
  )
]

const parser = ["small", "large"].flatMap((kind) => {
  const ours = `sse-parser/${kind}/Sse.makeParser`
  const sizes = readSizes.map((size) => `${size} KiB`)
  return [
    ...sizes.map((size) =>
      times(
        `${kind} events, reads of ${size}: speed of eventsource-parser`,
        ours,
        `sse-parser/${kind}/eventsource-parser 4`,
        size,
        {
          atLeast: 1
        }
      )
    ),
    spread(`${kind} events: fastest size of reads to slowest`, ours, sizes, 5)
  ]
})

const stream = ["small", "large"].map((kind) =>
  times(
    `${kind} events by chunk: speed of undici + parser`,
    `sse-stream/${kind}/Execution.stream, by chunk`,
    `sse-stream/${kind}/undici + eventsource-parser`,
    "speed",
    { atLeast: kind === "small" ? 0.85 : 0.9 }
  )
)

const stalled = ["Execution.stream", "ProcessSessions.follow", "Pty output"].flatMap((reader) => [
  figure(`${reader}: pushed by the server`, `stalled/reader/${reader}`, "pushed", "MB", { atMost: 16 }),
  figure(`${reader}: RSS grown`, `stalled/reader/${reader}`, "grown", "MB", { atMost: 32 })
])

const demultiplexing: ReadonlyArray<Goal> = [
  times(
    "messages of 1 KiB, to text: speed of @daytonaio/sdk",
    "log-demux/messages of 1 KiB/makeLogDemux",
    "log-demux/messages of 1 KiB/@daytonaio/sdk stdDemuxStream",
    "speed",
    { atLeast: 20 }
  )
]

const files = [
  { direction: "down to a file", atMost: 1.2 },
  { direction: "up from a file", atMost: 1.3 }
].flatMap(({ atMost, direction }) => {
  const table = `files/${direction}`
  return [
    times(`${direction}: CPU of tuned undici`, `${table}/NodeFiles`, `${table}/undici, tuned by hand`, "cpu", {
      atMost
    }),
    times(`${direction}: CPU of @daytonaio/sdk`, `${table}/NodeFiles`, `${table}/@daytonaio/sdk`, "cpu", {
      atMost: 0.6
    }),
    figure(`${direction}: peak RSS`, `${table}/NodeFiles`, "rss", "MB", { atMost: 250 })
  ]
})

const commands: ReadonlyArray<Goal> = [
  times(
    "Process.execute: time of Process.executeMerged",
    "commands/to its result/Process.execute",
    "commands/to its result/Process.executeMerged",
    "ms",
    { atMost: 4.5 }
  ),
  times(
    "a run in a session at hand: CPU of Process.executeMerged",
    "commands/to its result/ProcessSessions.run in a session at hand",
    "commands/to its result/Process.executeMerged",
    "cpu",
    { atMost: 1.6 }
  ),
  ...["Process.stream", "Command of @effect/platform"].map((variant) =>
    figure(
      `${variant}: from the last output to the end`,
      `commands/from its last output to its end/${variant}`,
      "ms",
      "ms",
      { atMost: 150 }
    )
  ),
  times(
    "a sandbox and its first command: time of @daytonaio/sdk",
    "commands/from no sandbox to the result of its first command/Sandboxes.create",
    "commands/from no sandbox to the result of its first command/@daytonaio/sdk",
    "ms",
    { atMost: 0.7 }
  )
]

const webSocket = ["echo", "receive"].flatMap((what) =>
  messageSizes.map((size) => {
    const table = `web-socket/${what} ${size} B`
    return times(`${what}, ${size} B: CPU of ws`, `${table}/WebSockets of NodeTransport`, `${table}/ws`, "cpu", {
      atMost: 1.3
    })
  })
)

const importing = [
  { entry: "/stromboli", atMost: 1 },
  { entry: "/daytona", atMost: 1.1 }
].flatMap(({ atMost, entry }) => {
  const path = `import/process/effect-sandboxes${entry}`
  return [
    times(`effect-sandboxes${entry}: time of @daytonaio/sdk`, path, "import/process/@daytonaio/sdk", "ms", {
      atMost
    }),
    times(`effect-sandboxes${entry}: time of the modules it needs`, path, `import/process/what ${entry} needs`, "ms", {
      atMost: 1.2
    })
  ]
})

const bundle: ReadonlyArray<Goal> = [
  figure("run one prompt with fetch, gzip", "bundle/program/Execution alone", "gzip", "KB", { atMost: 110 }),
  figure("of which our own code, gzip", "bundle/program/Execution alone", "ownGzip", "KB", { atMost: 20 })
]

const bareEvents = "latency/events/node:http + eventsource-parser"
const latency: ReadonlyArray<Goal> = [
  times(
    "request to first event, p50: of node:http + parser",
    "latency/events/Execution.stream",
    bareEvents,
    "firstHalf",
    { atMost: 1.5 }
  ),
  times("event, p50: of node:http + parser", "latency/events/Execution.stream", bareEvents, "eventHalf", {
    atMost: 1.3
  })
]

// Linear: what one of many costs is not much more than what one of fewer costs. The quarter is for noise.
const scale: ReadonlyArray<Goal> = [
  times("CPU of one of 10,000 jobs: of one of 1,000", "scale/jobs/10000 jobs", "scale/jobs/1000 jobs", "cpu", {
    atMost: 1.25
  }),
  times(
    "memory in use for one of 10,000 jobs: of one of 1,000",
    "scale/jobs/10000 jobs",
    "scale/jobs/1000 jobs",
    "live",
    {
      atMost: 1.25
    }
  ),
  times(
    "CPU of one of 1,000 streams: of one of 300",
    "scale/streams/1000 streams",
    "scale/streams/300 streams",
    "cpu",
    { atMost: 1.25 }
  ),
  times(
    "memory in use for one of 1,000 streams: of one of 300",
    "scale/streams/1000 streams",
    "scale/streams/300 streams",
    "live",
    { atMost: 1.25 }
  )
]

export const goals: ReadonlyArray<Goal> = [
  ...unary,
  ...decode,
  ...parser,
  ...stream,
  ...stalled,
  ...demultiplexing,
  ...files,
  ...commands,
  ...webSocket,
  ...importing,
  ...bundle,
  ...latency,
  ...scale
]
