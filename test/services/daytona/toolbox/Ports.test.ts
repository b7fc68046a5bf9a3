import { createServer } from "node:net"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { EmbeddedDaytona, Fault } from "../../../../src/embedded/daytona/index.js"
import { Ports } from "../../../../src/services/daytona/toolbox/Ports.js"
import { Process } from "../../../../src/services/daytona/toolbox/process/Process.js"
import { embeddedToolbox, generations } from "../../../support/embeddedToolbox.js"

/** A free port, in the range that the daemon checks by connecting. */
const freePort = Effect.async<number, "taken">((resume) => {
  const port = 3000 + Math.floor(Math.random() * 6000)
  const server = createServer().listen(port)
  server.once("error", () => resume(Effect.fail("taken")))
  server.once("listening", () => server.close(() => resume(Effect.succeed(port))))
}).pipe(Effect.retry({ times: 50 }))

/** A server that starts slowly, and responds with 503 to the first requests. */
const server = (port: number) => `node -e '
let asked = 0
const answer = (request, response) => {
  response.statusCode = request.url === "/missing" ? 404 : ++asked < 3 ? 503 : 200
  response.end(request.url)
}
setTimeout(() => require("http").createServer(answer).listen(${port}, "127.0.0.1"), 200)'`

describe.each(generations)("of a %s daemon", (generation) => {
  const setup = Layer.mergeAll(Ports.layer, Process.layer).pipe(Layer.provideMerge(embeddedToolbox({ generation })))

  it.live("awaitPort returns when the port has a listener", () =>
    Effect.gen(function* () {
      const ports = yield* Ports
      const process = yield* Process
      const port = yield* freePort
      expect(yield* ports.inUse(port)).toBe(false)
      yield* process.start(server(port))
      yield* ports.awaitPort(port, { timeout: "20 seconds", schedule: Schedule.spaced("20 millis") })
      expect(yield* ports.inUse(port)).toBe(true)
      yield* Effect.repeat(ports.list, { until: (all) => all.includes(port), schedule: Schedule.spaced("50 millis") })
    }).pipe(Effect.scoped, Effect.provide(setup))
  )

  it.live("awaitPort sees a listener on both families, on a port that the daemon does not probe", () =>
    Effect.gen(function* () {
      const ports = yield* Ports
      const process = yield* Process
      const script = "const s = require('net').createServer().listen(0, () => console.log(s.address().port))"
      const node = yield* process.start(["node", "-e", script])
      const port = Number(yield* node.awaitLog(/^\d+$/))
      yield* ports.awaitPort(port, { timeout: "20 seconds" })
      expect(yield* ports.inUse(port)).toBe(true)
      yield* node.kill
      yield* Effect.repeat(ports.inUse(port), { until: (used) => !used, schedule: Schedule.spaced("50 millis") })
    }).pipe(Effect.scoped, Effect.provide(setup))
  )

  it.live("awaitHttp returns the first status that is ready, whatever came before", () =>
    Effect.gen(function* () {
      const ports = yield* Ports
      const process = yield* Process
      const port = yield* freePort
      yield* process.start(server(port))
      const options = { timeout: "20 seconds", schedule: Schedule.spaced("20 millis") } as const
      expect(yield* ports.awaitHttp(port, { ...options, path: "/health?deep=1" })).toBe(200)
      const missing = yield* ports.awaitHttp(port, {
        ...options,
        path: "/missing",
        isReady: (status) => status === 404
      })
      expect(missing).toBe(404)
    }).pipe(Effect.scoped, Effect.provide(setup))
  )

  it.live("a 401 of the server in the sandbox counts as a response, and does not concern our credentials", () =>
    Effect.gen(function* () {
      const ports = yield* Ports
      const process = yield* Process
      const port = yield* freePort
      const guarded = '(request, response) => { response.statusCode = 401; response.end("who?") }'
      yield* process.start(["node", "-e", `require("http").createServer(${guarded}).listen(${port}, "127.0.0.1")`])
      const isReady = (status: number) => status === 401
      expect(yield* ports.awaitHttp(port, { timeout: "20 seconds", isReady })).toBe(401)
      const closed = yield* Effect.flip(ports.awaitHttp(port, { schedule: Schedule.stop, path: "/?key=s3cret" }))
      expect(closed).toMatchObject({ _tag: "PortNotReady", lastStatus: 401 })
      expect(closed.message).not.toContain("s3cret")
      const daytona = yield* EmbeddedDaytona
      yield* daytona.faults.inject({ fault: Fault.resetAfterRequest })
      const broken = yield* Effect.flip(ports.awaitHttp(port, { path: "/?key=s3cret", maxFailures: 1 }))
      expect(broken._tag).toBe("TransportError")
      expect(JSON.stringify(broken)).not.toContain("s3cret")
    }).pipe(Effect.scoped, Effect.provide(setup))
  )

  it.live("a wait without a ready response fails with PortNotReady, which has the last status", () =>
    Effect.gen(function* () {
      const ports = yield* Ports
      const process = yield* Process
      const port = yield* freePort
      const silent = yield* Effect.flip(ports.awaitHttp(port, { timeout: "300 millis" }))
      expect(silent).toMatchObject({ _tag: "PortNotReady", port })
      expect(silent).not.toHaveProperty("lastStatus")
      yield* process.start(server(port))
      yield* ports.awaitPort(port, { timeout: "20 seconds" })
      const wrong = yield* Effect.flip(ports.awaitHttp(port, { path: "/missing", schedule: Schedule.stop }))
      expect(wrong).toMatchObject({ _tag: "PortNotReady", lastStatus: 404, operation: "Ports.awaitHttp" })
      expect(wrong.message).toContain(`${port}/missing`)
    }).pipe(Effect.scoped, Effect.provide(setup))
  )

  it.live("an invalid port or path is refused before anything is sent", () =>
    Effect.gen(function* () {
      const ports = yield* Ports
      const daytona = yield* EmbeddedDaytona
      yield* daytona.clearRequests
      const refused = yield* Effect.forEach(
        [ports.inUse(0), ports.awaitPort(65_536), ports.awaitHttp(1.5), ports.awaitHttp(80, { path: "health" })],
        (ask) => Effect.flip(Effect.asVoid(ask))
      )
      expect(refused.map((error) => (error._tag === "InvalidRequest" ? error.field : error._tag))).toEqual([
        "port",
        "port",
        "port",
        "path"
      ])
      expect(yield* daytona.requests).toEqual([])
    }).pipe(Effect.provide(setup))
  )

  it.live("a wait survives a sandbox that is unreachable for a moment", () =>
    Effect.gen(function* () {
      const ports = yield* Ports
      const daytona = yield* EmbeddedDaytona
      const process = yield* Process
      const port = yield* freePort
      yield* process.start(server(port))
      yield* daytona.faults.inject({ path: "/port/{port}/in-use", fault: Fault.status(502), times: 3 })
      const waiting = yield* Effect.fork(ports.awaitPort(port, { timeout: "20 seconds" }))
      yield* Fiber.join(waiting)
      expect(yield* daytona.faults.pending).toEqual([])
    }).pipe(Effect.scoped, Effect.provide(setup))
  )
})
