/**
 * What one `GET` with a decoded answer costs in CPU, at 64 calls in flight: our `Jobs.get` over `NodeTransport`, against
 * undici alone and against the stock `HttpClient` with the same schema, which is what the request core stands on. With
 * spans and without. Run with `npx tsx bench/requests.ts [rounds]`.
 *
 * The server is a process of its own that parses nothing; each variant of each round is another, with its order reversed
 * every other round; figures are medians. Compare ratios within one table, never absolute numbers across tables.
 */
import { type ChildProcess, spawn } from "node:child_process"
import * as Net from "node:net"
import { fileURLToPath } from "node:url"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { Pool } from "undici"
import { NodeTransport } from "../src/node/index.js"
import { JobId } from "../src/schema/stromboli/Identifiers.js"
import { Job } from "../src/schema/stromboli/Job.js"
import { Jobs } from "../src/services/stromboli/Jobs.js"
import { StromboliClient } from "../src/services/stromboli/StromboliClient.js"

const inFlight = 64
const warmUp = 2_048
const calls = 10_240

/** About 800 bytes, as in the published measurements. */
const job = {
  id: "job-0123456789abcdef",
  status: "completed",
  session_id: "0e0b6f3c-1c39-4a3d-9b1c-000000000000",
  created_at: "2026-05-06T12:00:00Z",
  updated_at: "2026-05-06T12:00:05Z",
  output: "The quick brown fox jumps over the lazy dog. ".repeat(14)
}

const serve = () => {
  const body = JSON.stringify(job)
  const answer = Buffer.from(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\nx-request-id: 0123456789abcdef\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  )
  const server = Net.createServer((socket) => {
    let rest = ""
    socket.setNoDelay(true)
    socket.on("error", () => {})
    socket.on("data", (bytes) => {
      const requests = (rest + bytes.toString("latin1")).split("\r\n\r\n")
      rest = requests.pop() ?? ""
      for (const _ of requests) socket.write(answer)
    })
  })
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    process.send?.(typeof address === "object" ? address?.port : undefined)
  })
}

/** Makes that many calls, `inFlight` at a time. */
type Variant = (url: string) => Promise<(count: number) => Promise<unknown>>

const undici: Variant = async (url) => {
  const pool = new Pool(url, { connections: inFlight })
  const worker = async (count: number) => {
    for (let call = 0; call < count; call++) {
      const { body } = await pool.request({ method: "GET", path: `/jobs/${job.id}` })
      const parsed: unknown = JSON.parse(await body.text())
      if (parsed === null) break
    }
  }
  return (count) => Promise.all(Array.from({ length: inFlight }, () => worker(count / inFlight)))
}

type Settings = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** One fiber per place in flight, each making one call after another. */
const fibers =
  <R, E>(
    layer: (url: string) => Layer.Layer<R, E>,
    call: (url: string) => Effect.Effect<unknown, unknown, R>,
    settings: Settings
  ): Variant =>
  async (url) => {
    const runtime = ManagedRuntime.make(layer(url))
    const one = call(url)
    return (count) =>
      runtime.runPromise(
        settings(
          Effect.forEach(Array.from({ length: inFlight }), () => Effect.repeatN(one, count / inFlight - 1), {
            concurrency: "unbounded",
            discard: true
          })
        )
      )
  }

const decodeJob = HttpClientResponse.schemaBodyJson(Job)
const stock = (settings: Settings) =>
  fibers(
    () => NodeTransport.layer,
    (url) => Effect.flatMap(HttpClient.get(`${url}/jobs/${job.id}`), decodeJob),
    settings
  )

const id = JobId.make(job.id)
const ours = (settings: Settings, options: Partial<StromboliClient.Options> = {}) =>
  fibers(
    (url) =>
      Jobs.layer.pipe(
        Layer.provide(StromboliClient.layer({ baseUrl: url, ...options })),
        Layer.provide(NodeTransport.layer)
      ),
    () => Effect.flatMap(Jobs, (jobs) => jobs.get(id)),
    settings
  )

const untraced: Settings = (effect) => Effect.withTracerEnabled(effect, false)

const variants: Readonly<Record<string, Variant>> = {
  "undici.request + JSON.parse": undici,
  "stock HttpClient + schemaBodyJson, no spans": stock(untraced),
  "Jobs.get, no spans": ours(untraced),
  "Jobs.get, no spans, no deadline, no retry": ours(untraced, { timeout: Duration.infinity, retry: false }),
  "stock HttpClient + schemaBodyJson": stock(identity),
  "Jobs.get": ours(identity)
}

interface Figures {
  readonly cpu: number
  readonly perSecond: number
  readonly rss: number
}

const measure = async (name: string, url: string): Promise<Figures> => {
  const variant = variants[name]
  if (variant === undefined) throw new Error(`no variant ${name}`)
  const run = await variant(url)
  await run(warmUp)
  globalThis.gc?.()
  const before = process.cpuUsage()
  const start = performance.now()
  await run(calls)
  const { system, user } = process.cpuUsage(before)
  const seconds = (performance.now() - start) / 1000
  return { cpu: (system + user) / calls, perSecond: calls / seconds, rss: process.resourceUsage().maxRSS / 1024 }
}

const here = fileURLToPath(import.meta.url)

const child = (...args: ReadonlyArray<string>): ChildProcess =>
  spawn(process.execPath, ["--import", "tsx", here, ...args], { stdio: ["ignore", "inherit", "inherit", "ipc"] })

const firstMessage = <A>(from: ChildProcess): Promise<A> =>
  new Promise((resolve, reject) => {
    from.once("message", (message) => resolve(message as A))
    from.once("exit", (code) => reject(new Error(`a process of the bench ended with ${code}`)))
  })

const median = (values: ReadonlyArray<number>): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

/** Runs all variants and prints the table; resolves to the medians of the CPU per call, in microseconds. */
export const compare = async (rounds: number): Promise<ReadonlyMap<string, number>> => {
  const server = child("--serve")
  try {
    const url = `http://127.0.0.1:${await firstMessage<number>(server)}`
    const names = Object.keys(variants)
    const figures = new Map<string, Array<Figures>>(names.map((name) => [name, []]))
    for (let round = 0; round < rounds; round++) {
      for (const name of round % 2 === 0 ? names : [...names].reverse()) {
        figures.get(name)?.push(await firstMessage<Figures>(child("--measure", name, url)))
      }
    }
    const medians = names.map((name) => {
      const of = (key: keyof Figures) => median((figures.get(name) ?? []).map((each) => each[key]))
      return { name, cpu: of("cpu"), perSecond: of("perSecond"), rss: of("rss") }
    })
    const base = medians[0]?.cpu ?? Number.NaN
    console.log(`\nunary GET + decode, ${inFlight} in flight, ${rounds} rounds of ${calls} calls`)
    for (const { cpu, name, perSecond, rss } of medians) {
      console.log(
        `  ${name.padEnd(46)} ${cpu.toFixed(1).padStart(7)} µs CPU  ${(cpu / base).toFixed(2).padStart(5)}x  ${perSecond.toFixed(0).padStart(6)}/s  ${rss.toFixed(0).padStart(4)} MB`
      )
    }
    return new Map(medians.map(({ cpu, name }) => [name, cpu]))
  } finally {
    server.kill()
  }
}

const [mode, name = "", url = ""] = process.argv.slice(2)
if (process.argv[1] === here) {
  if (mode === "--serve") serve()
  else if (mode === "--measure") {
    const figures = await measure(name, url)
    process.send?.(figures)
    process.exit(0)
  } else await compare(Number(mode ?? 3))
}
