/** Web sockets through the proxy of the transport, and around it. */

import * as Http from "node:http"
import * as Https from "node:https"
import * as HttpClient from "@effect/platform/HttpClient"
import { afterEach, describe, expect, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { WebSocketServer } from "ws"
import { describe as describeCause } from "../../src/internal/transportCause.js"
import * as NodeTransport from "../../src/node/NodeTransport.js"
import { opener } from "../../src/node/webSockets.js"
import { WebSockets } from "../../src/stream/WebSockets.js"
import { echo, type HttpServer, listening } from "../support/httpServer.js"
import { proxyServer, refuses } from "../support/proxyServer.js"
import { next } from "../support/sockets.js"
import * as Identity from "../support/tlsIdentities.js"

const identity = { cert: Identity.serverCertificate, key: Identity.serverKey }
const tls = { ca: Identity.authority }

/** A server that says `hello` on every web socket, and echoes requests. */
const greeting = (secure: boolean) =>
  Effect.map(
    listening(
      () => {
        const server = secure ? Https.createServer(identity, echo) : Http.createServer(echo)
        new WebSocketServer({ server }).on("connection", (socket) => socket.send("hello"))
        return server
      },
      secure ? "secureConnection" : "connection"
    ),
    ({ port, ...listens }): HttpServer => ({
      ...listens,
      port,
      url: secure ? `https://localhost:${port}` : `http://127.0.0.1:${port}`
    })
  )

const greeted = (url: string, options: NodeTransport.Options) =>
  Effect.scoped(
    Effect.gen(function* () {
      const sockets = yield* WebSockets
      const connection = yield* sockets.open({ url: url.replace("http", "ws"), protocols: [], headers: {} })
      return yield* next(connection, 1)
    })
  ).pipe(Effect.provide(NodeTransport.layerWith(options)))

const environment = (variables: Readonly<Record<string, string>>) => {
  for (const name of ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"]) {
    vi.stubEnv(name.toLowerCase(), undefined)
    vi.stubEnv(name, variables[name])
  }
}

afterEach(() => {
  vi.unstubAllEnvs()
})

describe("a web socket", () => {
  it.scopedLive.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true]
  ] as const)("goes through the proxy (server with TLS: %s, proxy with TLS: %s)", ([secure, secureProxy]) =>
    Effect.gen(function* () {
      const server = yield* greeting(secure)
      const proxy = yield* proxyServer(undefined, secureProxy ? identity : undefined)
      const url = proxy.url.replace("//", "//us%40er:p%3Ass@")
      expect(yield* greeted(server.url, { proxy: url, tls })).toEqual(["hello"])
      expect(proxy.requests).toMatchObject([
        { method: "CONNECT", target: server.url.replace(/^https?:\/\//, ""), credentials: "us@er:p:ss" }
      ])
    })
  )

  it.scopedLive("does not trust a server more because of the proxy", () =>
    Effect.gen(function* () {
      const server = yield* greeting(true)
      const proxy = yield* proxyServer()
      const failure = yield* Effect.flip(greeted(server.url, { proxy: proxy.url }))
      expect(failure).toMatchObject({ _tag: "WebSocketFailed" })
      expect("cause" in failure && describeCause(failure.cause)).toMatchObject({
        code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
        unsent: true
      })
      expect(proxy.requests).toMatchObject([{ method: "CONNECT" }])
    })
  )

  it.scopedLive.each([403, 407, 502])("says so when the proxy answers %i, and not the password", (status) =>
    Effect.gen(function* () {
      const server = yield* greeting(false)
      const proxy = yield* proxyServer(refuses(status))
      const failure = yield* Effect.flip(greeted(server.url, { proxy: proxy.url.replace("//", "//user:pa55word@") }))
      const cause = "cause" in failure ? describeCause(failure.cause) : undefined
      expect(cause).toMatchObject({ unsent: true, summary: expect.stringContaining(`status ${status}`) })
      expect(`${String(failure)} ${JSON.stringify(cause)}`).not.toContain("pa55word")
      expect(server.connections()).toBe(0)
    })
  )

  it.scopedLive("gives up a proxy that does not answer when it is interrupted, and in time", () =>
    Effect.gen(function* () {
      const proxy = yield* proxyServer((_, socket) => socket.resume().on("end", () => socket.end()))
      const options = { proxy: proxy.url, connectTimeout: "50 millis" } as const
      const failure = yield* Effect.flip(greeted("http://127.0.0.1:1", options))
      expect("cause" in failure && describeCause(failure.cause)).toMatchObject({ unsent: true })
      const fiber = yield* Effect.fork(greeted("http://127.0.0.1:1", { proxy: proxy.url }))
      yield* Effect.repeat(Effect.sleep(1), { until: () => proxy.requests.length === 2 })
      expect(Exit.isInterrupted(yield* Fiber.interrupt(fiber))).toBe(true)
      yield* Effect.repeat(Effect.sleep(1), { until: () => proxy.open() === 0 })
    })
  )

  it.scopedLive.each(["", "*", "127.0.0.1", ".0.0.1", "*.0.0.1", "example.com", "127.0.0.1:1", "PORT", "0.0.1 x"])(
    "goes where requests go with NO_PROXY=%s",
    (exception) =>
      Effect.gen(function* () {
        const server = yield* greeting(false)
        const proxy = yield* proxyServer()
        environment({
          HTTP_PROXY: proxy.url,
          NO_PROXY: exception === "PORT" ? `127.0.0.1:${server.port}` : exception
        })
        const options = { proxy: "environment" } as const
        yield* HttpClient.get(server.url).pipe(Effect.provide(NodeTransport.layerWith(options)), Effect.scoped)
        const byHttp = proxy.requests.length
        expect(yield* greeted(server.url, options)).toEqual(["hello"])
        expect(proxy.requests.length - byHttp).toBe(byHttp)
      })
  )

  it.scopedLive("goes without a proxy by default, also when the environment names one", () =>
    Effect.gen(function* () {
      const server = yield* greeting(false)
      const proxy = yield* proxyServer()
      environment({ HTTP_PROXY: proxy.url })
      const connection = yield* opener.open({ url: server.url.replace("http", "ws"), protocols: [], headers: {} })
      expect(yield* next(connection, 1)).toEqual(["hello"])
      expect(proxy.requests).toEqual([])
    })
  )
})

describe("a variable that names no proxy", () => {
  it.effect.each(["HTTP_PROXY", "HTTPS_PROXY"])("is blamed by its name, without its value: %s", (name) =>
    Effect.gen(function* () {
      environment({ [name]: "user:pa55word@proxy.test:3128" })
      const failure = yield* Effect.flip(Effect.scoped(Layer.build(NodeTransport.layerWith({ proxy: "environment" }))))
      expect(String(failure)).toContain(name)
      expect(String(failure)).not.toContain("pa55word")
    })
  )
})
