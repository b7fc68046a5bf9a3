import { createServer, request as httpRequest } from "node:http"
import type { AddressInfo } from "node:net"
import * as HttpBody from "@effect/platform/HttpBody"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { WebSocket, WebSocketServer } from "ws"
import { at, post, textAt, verdict } from "../../support.js"
import { generations, inMemory, onPort, type Sandbox, sandbox, sandboxOnPort } from "../sandbox.js"

const portOf = (address: AddressInfo | string | null) =>
  typeof address === "object" && address !== null ? address.port : Number.NaN

/** A server on this computer that echoes requests. */
const echo = Effect.acquireRelease(
  Effect.async<{ readonly port: number; readonly close: () => void }>((resume) => {
    const server = createServer((request, response) => {
      const parts: Array<Uint8Array> = []
      request.on("data", (part: Uint8Array) => parts.push(part))
      request.on("end", () => {
        response.writeHead(207, {
          "content-type": "text/echo",
          "set-cookie": ["a=1", "b=2"],
          "x-method": request.method
        })
        response.end(`${request.url} ${request.headers["x-mine"]} ${Buffer.concat(parts).length}`)
      })
    })
    server.listen(0, "127.0.0.1", () => {
      resume(Effect.succeed({ port: portOf(server.address()), close: () => server.close() }))
    })
  }),
  ({ close }) => Effect.sync(close)
)

const listener = `python3 -c 'if True:
  import socket, time
  s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
  open("port", "w").write(str(s.getsockname()[1])); time.sleep(1000)' > /dev/null 2>&1 &
until [ -s port ]; do sleep 0.02; done
cat port`

const portsOf = (box: Sandbox) => Effect.map(box.get("/port"), ({ json }) => at(json, "ports"))

describe("the daemon's information about its machine", () => {
  for (const generation of generations) {
    it.live(`of generation ${generation}: version and directories`, () =>
      Effect.gen(function* () {
        const box = yield* sandbox()
        const version = generation === "current" ? "v0.218.0" : "v0.190.0"
        expect((yield* box.get("/version")).json).toEqual({ version })
        const home = textAt((yield* box.get("/user-home-dir")).json, "dir")
        expect(home).toMatch(/\/home\/daytona$/)
        expect((yield* box.get("/project-dir")).json).toEqual({ dir: home })
        expect((yield* box.get("/work-dir")).json).toEqual({ dir: home })
        const printed = yield* box.post("/process/execute", { command: "echo $HOME; pwd; echo $PWD" })
        expect(at(printed.json, "result")).toBe(`${home}\n${home}\n${home}\n`)
      }).pipe(Effect.provide(inMemory({ generation })))
    )
  }

  it.live("accepts a token, but does not require it", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      expect(at((yield* box.post("/init", { token: "x" })).json, "message")).toEqual(expect.any(String))
      expect((yield* box.post("/init", {})).status).toBe(200)
      const refused = yield* box.post("/init", "{")
      expect([refused.status, refused.text]).toEqual([400, ""])
    }).pipe(Effect.provide(inMemory({ generation: "0.190" })))
  )
})

describe("a NUL character", () => {
  it.live("is refused where it would keep every later process from starting", () =>
    Effect.gen(function* () {
      const refused = yield* post("/sandbox", { env: { A: "a\0b" } })
      expect(verdict(refused)).toEqual([400, "env must not contain NUL characters"])
      const box = yield* sandbox()
      const statuses = [
        yield* box.post("/env", { set: { A: "a\0b" } }),
        yield* box.post("/env", { set: { "A\0": "b" } }),
        yield* box.post("/git/init", { path: "r" }),
        yield* box.post("/git/restore", { path: "r", files: ["a\0b"] })
      ]
      expect(statuses.map(({ status }) => status)).toEqual([400, 400, 201, 400])
      expect(at((yield* box.post("/process/execute", { command: "echo up" })).json, "result")).toBe("up\n")
    }).pipe(Effect.provide(inMemory()))
  )
})

describe("a request that no route takes", () => {
  it.live("is answered with 404, also if it is a TRACE with a body", () =>
    Effect.gen(function* () {
      const { url } = yield* sandboxOnPort
      const status = yield* Effect.async<number | undefined>((resume) => {
        const headers = { "content-type": "application/json", "content-length": "2" }
        const request = httpRequest(`${url}/process/execute`, { method: "TRACE", headers }, (response) => {
          response.resume()
          resume(Effect.succeed(response.statusCode))
        })
        request.end("{}")
      })
      expect(status).toBe(404)
    }).pipe(Effect.provide(onPort()))
  )
})

describe("ports", () => {
  it.live("are listed if the sandbox's own processes listen on them", () =>
    Effect.gen(function* () {
      const { port: foreign } = yield* echo
      const [box, other] = [yield* sandbox(), yield* sandbox()]
      const own = Number(at((yield* box.post("/process/execute", { command: listener })).json, "result"))
      const ports = yield* portsOf(box)
      expect(ports).toEqual([own])
      expect(ports).not.toContain(foreign)
      expect(yield* portsOf(other)).toEqual([])
    }).pipe(Effect.scoped, Effect.provide(inMemory()))
  )

  it.live("can be checked one by one from 3000 to 9999", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      const ask = (port: string) => Effect.map(box.get(`/port/${port}/in-use`), ({ status, text }) => [status, text])
      expect(yield* ask("2999")).toEqual([400, ""])
      expect(yield* ask("10000")).toEqual([400, ""])
      expect(yield* ask("http")).toEqual([400, ""])
      const free = `python3 -c 'if True:
        import socket
        for port in range(3000, 9999):
          with socket.socket() as s:
            if s.connect_ex(("localhost", port)): print(port); break'`
      const port = textAt((yield* box.post("/process/execute", { command: free })).json, "result").trim()
      expect(yield* ask(port)).toEqual([200, '{"isInUse":false}'])
      yield* box.post("/process/execute", { command: `python3 -m http.server ${port} > /dev/null 2>&1 &` })
      const inUse = Effect.map(ask(port), ([, text]) => text === '{"isInUse":true}')
      yield* Effect.repeat(inUse, { until: (yes) => yes, schedule: Schedule.spaced("20 millis") }).pipe(
        Effect.timeout("10 seconds")
      )
    }).pipe(Effect.provide(inMemory({ generation: "0.190" })))
  )

  for (const where of ["in memory", "on a port"]) {
    it.live(`are reachable through the daemon, ${where}`, () => {
      const talk = (box: Sandbox) =>
        Effect.gen(function* () {
          const { port } = yield* echo
          const answer = yield* box.get(`/proxy/${port}/a%20b/c`, { q: "1" }, { "x-mine": "yes" })
          expect([answer.status, answer.text]).toEqual([207, "/a%20b/c?q=1 yes 0"])
          expect(answer.headers["content-type"]).toBe("text/echo")
          expect(answer.headers["x-method"]).toBe("GET")
          const body = HttpBody.stream(Stream.range(1, 40).pipe(Stream.map(() => new Uint8Array(50_000))))
          const uploaded = yield* box.request("PATCH", `/proxy/${port}/`, body)
          expect([uploaded.text, uploaded.headers["x-method"]]).toEqual(["/ undefined 2000000", "PATCH"])
        }).pipe(Effect.scoped)
      return where === "in memory"
        ? Effect.flatMap(sandbox(), talk).pipe(Effect.provide(inMemory()))
        : Effect.flatMap(sandboxOnPort, talk).pipe(Effect.provide(onPort()))
    })
  }

  it.live("are reachable by web sockets, whose close frames are forwarded", () =>
    Effect.gen(function* () {
      const box = yield* sandboxOnPort
      const far = yield* Effect.acquireRelease(
        Effect.sync(() => new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "two" })),
        (server) => Effect.sync(() => server.close())
      )
      far.on("connection", (socket, request) => {
        socket.on("message", (data, isBinary) => {
          if (String(data) === "end") socket.close(4321, "enough")
          else socket.send(isBinary ? data : `${request.url} ${data}`, { binary: isBinary })
        })
      })
      yield* Effect.async<void>((resume) => {
        far.once("listening", () => resume(Effect.void))
      })
      const port = portOf(far.address())
      const url = `${box.url.replace("http", "ws")}/proxy/${port}/a%20b?q=1`
      const heard = yield* Effect.async<ReadonlyArray<unknown>>((resume) => {
        const near = new WebSocket(url, ["one", "two"])
        const messages: Array<unknown> = []
        near.on("open", () => near.send("text"))
        near.on("message", (data, isBinary) => {
          messages.push(isBinary ? [...new Uint8Array(Buffer.from(String(data)))] : String(data))
          near.send(messages.length === 1 ? Uint8Array.of(1, 2) : "end")
        })
        near.on("close", (code, reason) => resume(Effect.succeed([near.protocol, ...messages, code, String(reason)])))
      })
      expect(heard).toEqual(["two", "/a%20b?q=1 text", [1, 2], 4321, "enough"])
      const refused = yield* Effect.async<number | undefined>((resume) => {
        const near = new WebSocket(url.replace(`/proxy/${port}/`, "/proxy/1/"))
        near.on("error", () => undefined)
        near.on("unexpected-response", (_, response) => resume(Effect.succeed(response.statusCode)))
      })
      expect(refused).toBe(502)
    }).pipe(Effect.scoped, Effect.provide(onPort()))
  )

  it.live("without a server respond 502", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      const { port } = yield* Effect.scoped(echo)
      const answers = [yield* box.get(`/proxy/${port}/`), yield* box.get("/proxy/70000/"), yield* box.get("/proxy/x/")]
      expect(answers.map(({ status, text }) => [status, text])).toEqual([
        [502, ""],
        [502, ""],
        [400, ""]
      ])
    }).pipe(Effect.provide(inMemory()))
  )
})

describe("the environment of the newer daemon", () => {
  it.live("changes for later processes, until the sandbox stops", () =>
    Effect.gen(function* () {
      const box = yield* sandbox({ env: { A: "secret-1", B: "2", C: "secret-3" } })
      const changed = yield* box.post("/env", { set: { D: "4", B: "two" }, unset: ["B"], unsetValuePrefix: "secret-" })
      expect(changed.status).toBe(200)
      expect(changed.json).toMatchObject({ B: "two", D: "4", DAYTONA_SANDBOX_ID: box.id })
      expect(Object.keys(Object(changed.json))).not.toContain("A")
      const { json } = yield* box.post("/process/execute", { command: "echo $A/$B/$C/$D" })
      expect(at(json, "result")).toBe("/two//4\n")
      expect((yield* box.post("/env", { set: { A: 1 } })).status).toBe(400)
    }).pipe(Effect.provide(inMemory()))
  )

  it.live("reports the metrics of the machine", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      const answer = yield* box.get("/system/metrics")
      expect(verdict(answer)).toEqual([200, undefined])
      for (const name of ["cpuCount", "memTotal", "memUsed", "diskTotal", "diskUsed", "diskFree", "timestampUnix"]) {
        expect([name, Number(at(answer.json, name)) > 0]).toEqual([name, true])
      }
      expect(Number(at(answer.json, "cpuUsedPct"))).toBeLessThanOrEqual(100)
    }).pipe(Effect.provide(inMemory()))
  )
})
