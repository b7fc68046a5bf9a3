/**
 * What a large file costs, up and down: memory at its highest and processor time, each in a process of its own, against undici
 * with hand-tuned buffers. Run with `npx tsx bench/files.ts [MiB]`.
 *
 * The embedded server is another process, and its files are real ones. The goals (perf.md, G5): memory that does
 * not grow with the file; down to a file at most 1.2 times undici's processor time, up from a file 1.3 times.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { createReadStream, createWriteStream } from "node:fs"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { request } from "undici"
import { Daytona, DaytonaClient, Sandboxes, SandboxId } from "../src/daytona.js"
import { EmbeddedDaytona } from "../src/embedded/daytona/index.js"
import { NodeFiles, NodeTransport } from "../src/node/index.js"
import { Files } from "../src/services/daytona/toolbox/Files.js"
import { make, Toolbox } from "../src/services/daytona/toolbox/Toolbox.js"

const here = fileURLToPath(import.meta.url)
const MiB = 1024 * 1024
const block = new Uint8Array(MiB).map((_, index) => (index * 31) % 256)

/** What a measurement is told by its parent. */
interface Setting {
  readonly apiUrl: string
  readonly sandboxId: string
  readonly toolbox: string
  readonly directory: string
  readonly size: number
}

const ours = (use: (files: Files.Service) => Effect.Effect<unknown, unknown, Files>) => (setting: Setting) => {
  const toolbox = Layer.effect(
    Toolbox,
    Effect.gen(function* () {
      const sandboxes = yield* Sandboxes
      return make(yield* DaytonaClient, yield* sandboxes.get(SandboxId.make(setting.sandboxId)))
    })
  )
  const connection = Daytona.layer({ apiKey: Redacted.make("dtn_key"), apiUrl: setting.apiUrl })
  const layer = Files.layer.pipe(Layer.provide(toolbox), Layer.provide(connection), Layer.provide(NodeTransport.layer))
  return Effect.runPromise(Effect.provide(Effect.flatMap(Files, use), layer))
}

const download = ({ toolbox }: Setting) =>
  request(`${toolbox}/files/download?path=large`, { highWaterMark: MiB }).then(({ body }) => body)

const form = async function* (file: AsyncIterable<Uint8Array>) {
  const encoder = new TextEncoder()
  const head = 'Content-Disposition: form-data; name="files[0].'
  yield encoder.encode(`--b\r\n${head}path"\r\n\r\nup\r\n--b\r\n${head}file"; filename="f"\r\n\r\n`)
  yield* file
  yield encoder.encode("\r\n--b--\r\n")
}

const upload = async ({ toolbox }: Setting, file: AsyncIterable<Uint8Array>) => {
  const headers = { "content-type": "multipart/form-data; boundary=b" }
  const answer = await request(`${toolbox}/files/bulk-upload`, {
    method: "POST",
    headers,
    body: Readable.from(form(file), { objectMode: false, highWaterMark: MiB })
  })
  await answer.body.dump()
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}`)
}

const blocks = async function* (size: number) {
  for (let sent = 0; sent < size; sent += MiB) yield block
}

const measurements: Readonly<Record<string, (setting: Setting) => Promise<unknown>>> = {
  "down, undici": async (setting) => {
    for await (const _ of await download(setting)) {
      // Dropped.
    }
  },
  "down, Files.download": ours((files) => Stream.runForEachChunk(files.download("large"), () => Effect.void)),
  "down to a file, undici": async (setting) =>
    pipeline(await download(setting), createWriteStream(join(setting.directory, "down"), { highWaterMark: 4 * MiB })),
  "down to a file, NodeFiles": (setting) =>
    ours(() => NodeFiles.downloadToFile("large", join(setting.directory, "down")))(setting),
  "up, undici": (setting) => upload(setting, blocks(setting.size)),
  "up, Files.upload": (setting) =>
    ours((files) =>
      files.upload(
        "up",
        Stream.rechunk(
          Stream.map(Stream.range(1, setting.size / MiB), () => block),
          1
        ),
        {
          length: setting.size
        }
      )
    )(setting),
  "up from a file, undici": (setting) =>
    upload(setting, createReadStream(join(setting.directory, "local"), { highWaterMark: MiB })),
  "up from a file, NodeFiles": (setting) =>
    ours(() => NodeFiles.uploadFromFile(join(setting.directory, "local"), "up"))(setting)
}

interface Cost {
  readonly seconds: number
  readonly cpu: number
  /** The most that was resident, in MB, above what it took to load the program. */
  readonly peak: number
}

/** Runs one measurement, and reports what it cost beyond loading the program. */
const measure = async (name: string, setting: Setting) => {
  const loaded = process.memoryUsage.rss()
  const before = process.cpuUsage()
  const start = performance.now()
  await measurements[name]?.(setting)
  const { system, user } = process.cpuUsage(before)
  const cost: Cost = {
    seconds: (performance.now() - start) / 1000,
    cpu: (system + user) / 1e6,
    peak: Math.max(0, process.resourceUsage().maxRSS * 1024 - loaded) / 1e6
  }
  console.log(JSON.stringify(cost))
}

/** The server, with a sandbox that has a large file. */
const serve = (size: number) =>
  Effect.gen(function* () {
    const apiUrl = `${Option.getOrThrow((yield* EmbeddedDaytona).url)}/api`
    const connection = Daytona.layer({ apiKey: Redacted.make("dtn_key"), apiUrl }).pipe(
      Layer.provide(NodeTransport.layer)
    )
    yield* Effect.gen(function* () {
      const sandboxes = yield* Sandboxes
      const sandbox = yield* sandboxes.create()
      const made = make(yield* DaytonaClient, sandbox)
      const files = yield* Effect.provide(Files, Layer.provide(Files.layer, Layer.succeed(Toolbox, made)))
      yield* files.upload(
        "large",
        Stream.rechunk(
          Stream.map(Stream.range(1, size / MiB), () => block),
          1
        )
      )
      process.send?.({ apiUrl, sandboxId: sandbox.id, toolbox: `${sandbox.toolboxProxyUrl}/${sandbox.id}` })
    }).pipe(Effect.provide(connection))
    return yield* Effect.never
  }).pipe(Effect.provide(EmbeddedDaytona.layerServer({ durations: 0 })), Effect.runPromise)

const next = (server: ChildProcess): Promise<unknown> => new Promise((resolve) => server.once("message", resolve))

const costOf = (name: string, setting: Setting): Cost => {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", "tsx", here, "--measure", name, JSON.stringify(setting)],
    { encoding: "utf8" }
  )
  const line = stdout.trim().split("\n").at(-1) ?? ""
  if (line === "") throw new Error(`${name}: ${stderr}`)
  return JSON.parse(line)
}

const run = async (size: number): Promise<boolean> => {
  const directory = await mkdtemp(join(tmpdir(), "effect-sandboxes-bench-"))
  const server = spawn(process.execPath, ["--import", "tsx", here, "--serve", String(size)], {
    stdio: ["ignore", "inherit", "inherit", "ipc"]
  })
  try {
    const told: object = Object(await next(server))
    await writeFile(join(directory, "local"), blocks(size))
    const setting = { apiUrl: "", sandboxId: "", toolbox: "", ...told, directory, size }
    const names = Object.keys(measurements)
    const costs = names.map((name) => costOf(name, setting))
    console.log(`\na file of ${size / MiB} MiB`)
    for (const [index, { cpu, peak, seconds }] of costs.entries()) {
      const peer = costs[index - (index % 2)]?.cpu ?? cpu
      console.log(
        `  ${(names[index] ?? "").padEnd(28)} ${(size / 1e6 / seconds).toFixed(0).padStart(5)} MB/s  ${cpu.toFixed(2).padStart(6)} s CPU (${(cpu / peer).toFixed(2)}x)  ${peak.toFixed(0).padStart(5)} MB more`
      )
    }
    return costs.every(({ peak }) => peak <= 150)
  } finally {
    server.kill()
    await rm(directory, { recursive: true })
  }
}

if (process.argv[1] === here) {
  const [mode = "1024", first = "", second = "{}"] = process.argv.slice(2)
  if (mode === "--serve") await serve(Number(first))
  else if (mode === "--measure") await measure(first, JSON.parse(second))
  else process.exitCode = (await run(Number(mode) * MiB)) ? 0 : 1
}
