/**
 * How much memory a slow reader of a long `/run/stream` takes, and how far ahead the server gets: first the reader stalls
 * after its first lines, then it reads everything, slowly. Run with `npx tsx bench/memory.ts [MiB] [transport]`.
 *
 * The embedded server is a process of its own, whose Claude prints lines only as they are read. The goals (perf.md, G4): at
 * most 16 MB pushed and 32 MB of RSS growth while the reader stalls; flat memory while it reads.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { setImmediate, setTimeout } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Claude, EmbeddedStromboli, Script } from "../src/embedded/stromboli/index.js"
import { NodeTransport } from "../src/node/index.js"
import { Execution } from "../src/services/stromboli/Execution.js"
import { StromboliClient } from "../src/services/stromboli/StromboliClient.js"

const MB = 1e6
const MiB = 1024 * 1024
const lineLength = 4096

const transports = {
  NodeTransport: NodeTransport.layer,
  NodeHttpClient: NodeHttpClient.layer,
  FetchHttpClient: FetchHttpClient.layer
} as const

/** Tells its address first, and then, whenever asked, how many bytes of lines it has produced. */
const serve = (bytes: number) => {
  let printed = 0
  process.on("message", () => process.send?.(printed))
  const claude = Claude.layerFrom(() =>
    Stream.mapChunks(Script.floods(bytes, lineLength), (lines) => {
      printed += lines.length * lineLength
      return lines
    })
  )
  return EmbeddedStromboli.pipe(
    Effect.tap(({ url }) => Effect.sync(() => process.send?.(Option.getOrThrow(url)))),
    Effect.zipRight(Effect.never),
    Effect.provide(EmbeddedStromboli.layerServer().pipe(Layer.provide(claude))),
    Effect.runPromise
  )
}

const next = (server: ChildProcess): Promise<unknown> => new Promise((resolve) => server.once("message", resolve))

const printedBy = async (server: ChildProcess): Promise<number> => {
  server.send("printed?")
  return Number(await next(server))
}

const rss = (): number => {
  globalThis.gc?.()
  return process.memoryUsage.rss()
}

/** The server's lead when it has stopped moving, or after ten seconds. */
const settled = async (server: ChildProcess): Promise<number> => {
  let last = -1
  for (let second = 0; second < 10; second++) {
    const printed = await printedBy(server)
    if (printed === last) return printed
    last = printed
    await setTimeout(1000)
  }
  return last
}

const read = async (url: string, server: ChildProcess, transport: keyof typeof transports) => {
  const layer = Execution.layer.pipe(
    Layer.provide(StromboliClient.layer({ baseUrl: url })),
    Layer.provide(transports[transport])
  )
  const start = rss()
  const seen = { lines: 0, chunks: 0, stalledAhead: 0, stalledRss: 0, ahead: 0, rss: 0 }
  await Effect.flatMap(Execution, (execution) =>
    Stream.runForEachChunk(execution.stream({ prompt: "flood" }), (events) =>
      Effect.promise(async () => {
        seen.lines += events.length
        if (seen.chunks++ === 0) {
          seen.stalledAhead = await settled(server)
          seen.stalledRss = rss() - start
        }
        await setImmediate()
        if (seen.chunks % 256 === 0) {
          seen.ahead = Math.max(seen.ahead, (await printedBy(server)) - seen.lines * lineLength)
          seen.rss = Math.max(seen.rss, rss() - start)
        }
      })
    )
  ).pipe(Effect.provide(layer), Effect.runPromise)
  return seen
}

const here = fileURLToPath(import.meta.url)

/** Resolves to whether both goals for a reader that stalls are met. */
export const run = async (size: number, transport: keyof typeof transports): Promise<boolean> => {
  const server = spawn(process.execPath, ["--import", "tsx", here, "--serve", String(size)], {
    stdio: ["ignore", "inherit", "inherit", "ipc"]
  })
  try {
    const url = String(await next(server))
    const start = performance.now()
    const seen = await read(url, server, transport)
    const seconds = (performance.now() - start) / 1000
    const show = (bytes: number) => `${(bytes / MB).toFixed(1)} MB`
    console.log(`\n${transport} reads ${size} MiB of lines, slowly (${seconds.toFixed(0)} s, ${seen.lines} events)`)
    console.log(`  stalled:  server pushed ${show(seen.stalledAhead)}, RSS grew by ${show(seen.stalledRss)}`)
    console.log(`  reading:  server at most ${show(seen.ahead)} ahead, RSS at most ${show(seen.rss)} above the start`)
    return seen.stalledAhead <= 16 * MB && seen.stalledRss <= 32 * MB
  } finally {
    server.kill()
  }
}

const isTransport = (name: string): name is keyof typeof transports => name in transports

if (process.argv[1] === here) {
  const [mode = "1024", other = "NodeTransport"] = process.argv.slice(2)
  if (mode === "--serve") await serve(Number(other) * MiB)
  else if (isTransport(other)) await run(Number(mode), other)
}
