/** Servers as a model starts and stops them. */
import { createServer } from "node:net"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { SandboxToolkit } from "../../src/ai/index.js"
import { Files, Ports, Process } from "../../src/daytona.js"
import { answered, call, failed, tools } from "../support/sandboxTools.js"
import { describeWithLayer } from "../support/sharedLayer.js"

/** A port that nothing listens on. */
const freePort = Effect.async<number>((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() => resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0)))
  })
})

const serving = (port: number) => `echo starting; exec python3 -m http.server ${port} --bind 127.0.0.1`

const isRunning = (port: number) =>
  Effect.flatMap(Process, (process) =>
    Effect.map(process.execute(`ps -ef | grep -c '[h]ttp.server ${port}'`), ({ stdout }) => stdout.trim() !== "0")
  )

describeWithLayer(
  "start_server",
  tools({ maxServers: 1 }),
  "30 seconds"
)((it) => {
  it.effect("waits until the server listens, and runs it until it is stopped", () =>
    Effect.gen(function* () {
      const port = yield* freePort
      const started = yield* answered("start_server", { command: serving(port), port })
      expect(started).toEqual({
        server: "server-1",
        port,
        // Without a token: a model may repeat what it reads.
        url: expect.stringMatching(new RegExp(`^http://${port}-[0-9a-f-]{36}\\.daytona\\.test$`)),
        output: "starting\n"
      })
      yield* answered("run_command", { command: `curl -s http://localhost:${port}/ > /dev/null` })
      expect(yield* answered("read_server_output", { server: "server-1" })).toMatchObject({
        running: true,
        output: expect.stringContaining("starting\n")
      })
      expect(yield* failed("start_server", { command: "true", port: port + 1 })).toMatchObject({
        reason: "refused",
        message: expect.stringContaining("1 servers run already")
      })
      expect(yield* answered("stop_server", { server: "server-1" })).toMatchObject({ stopped: true })
      expect(yield* isRunning(port)).toBe(false)
      expect(yield* answered("stop_server", { server: "server-1" })).toMatchObject({ stopped: true })
      expect(yield* answered("read_server_output", { server: "server-1" })).toMatchObject({ running: false })
    })
  )

  it.effect("counts servers that are being started", () =>
    Effect.gen(function* () {
      const port = yield* freePort
      const start = (command: string) => call("start_server", { command, port, waitSeconds: 3 })
      const all = yield* Effect.all([start("sleep 605"), start("sleep 606")], { concurrency: "unbounded" })
      const reasons = all.map(({ encodedResult }) => Object(encodedResult).reason)
      expect(reasons.sort()).toEqual(["notReady", "refused"])
    })
  )

  it.effect("tells a server that ends from one that does not listen, with what each printed", () =>
    Effect.gen(function* () {
      const port = yield* freePort
      expect(yield* failed("start_server", { command: "echo no >&2; exit 4", port })).toEqual({
        _tag: "ToolFailed",
        reason: "ended",
        message: `It ended with exit code 4 before anything listened on port ${port}.`,
        found: "no\n"
      })
      expect(yield* failed("start_server", { command: "echo wait; sleep 603", port, waitSeconds: 0.5 })).toMatchObject({
        reason: "notReady",
        found: "wait\n"
      })
      const { output } = (yield* answered("run_command", { command: "ps -ef | grep -c '[s]leep 603'" })) as {
        readonly output: string
      }
      expect(output).toBe("0\n")
    })
  )

  it.effect("starts nothing on a port that is taken, and nothing in a directory that is not there", () =>
    Effect.gen(function* () {
      const port = yield* freePort
      yield* Effect.flatMap(Process, (process) => process.start(serving(port)))
      yield* Effect.flatMap(Ports, (ports) => ports.awaitPort(port))
      expect(yield* failed("start_server", { command: serving(port), port })).toMatchObject({ reason: "alreadyExists" })
      const nowhere = { command: "true", port: yield* freePort, directory: "nowhere" }
      expect(yield* failed("start_server", nowhere)).toMatchObject({ message: expect.stringContaining("nowhere") })
    }).pipe(Effect.scoped)
  )

  it.effect("names the servers that there are", () =>
    Effect.gen(function* () {
      expect(yield* failed("stop_server", { server: "web" })).toMatchObject({
        reason: "notFound",
        message: expect.stringMatching(/^There is no server web\./)
      })
    })
  )
})

it.live("servers are killed with the layer, and when their start is interrupted", () =>
  Effect.gen(function* () {
    const [port, other] = [yield* freePort, yield* freePort]
    yield* Effect.gen(function* () {
      yield* answered("start_server", { command: serving(port), port })
      const files = yield* Files
      const fiber = yield* Effect.fork(
        answered("start_server", { command: `touch begun; sleep 604; ${serving(other)}`, port: other })
      )
      yield* Effect.repeat(files.exists("begun"), { until: (isThere) => isThere })
      yield* Fiber.interrupt(fiber)
      const sleeps = yield* answered("run_command", { command: "ps -ef | grep -c '[s]leep 604'" })
      expect(sleeps).toMatchObject({ output: "0\n" })
      expect(yield* isRunning(port)).toBe(true)
    }).pipe(Effect.provide(SandboxToolkit.layer()))
    expect(yield* isRunning(port)).toBe(false)
  }).pipe(Effect.provide(tools()))
)
