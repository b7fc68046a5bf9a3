import * as Net from "node:net"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { EmbeddedDaytona } from "../../src/embedded/daytona/index.js"
import * as InMemoryWebSockets from "../../src/embedded/inMemory/InMemoryWebSockets.js"
import { listen } from "../../src/embedded/loopbackServer.js"
import { WebSocketUpgrade } from "../../src/embedded/sockets/WebSocketUpgrade.js"
import { layer as nodeTransport } from "../../src/node/NodeTransport.js"
import { opener as onNode } from "../../src/node/webSockets.js"
import { opener as onPlatform } from "../../src/stream/globalWebSocket.js"
import { WebSockets } from "../../src/stream/WebSockets.js"
import { type App, accepting, echo, eventually, everything, type Handler, next } from "../support/sockets.js"

const handshake = (url: string) => ({ url: url.replace("http", "ws"), protocols: [], headers: {} })

/** Bytes to the server, and more when there is more, and all that comes back until it closes. */
const raw = (
  url: string,
  request: string,
  more: Effect.Effect<string> = Effect.never,
  then: Effect.Effect<unknown> = Effect.void
) =>
  Effect.async<string>((resume) => {
    const socket = Net.connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(request, "latin1"))
    const writing = Effect.runFork(
      Effect.flatMap(more, (text) =>
        Effect.zipRight(
          Effect.async<void>((written) => {
            socket.write(text, "latin1", () => written(Effect.void))
          }),
          then
        )
      )
    )
    let text = ""
    socket.on("data", (part) => {
      text += part.toString()
    })
    socket.on("error", () => undefined)
    socket.on("close", () => resume(Effect.zipRight(Fiber.interrupt(writing), Effect.succeed(text))))
    return Effect.zipRight(
      Effect.sync(() => socket.destroy()),
      Fiber.interrupt(writing)
    )
  })

const upgrade = (headers: ReadonlyArray<string>, method = "GET") =>
  `${[`${method} /path HTTP/1.1`, "Host: localhost", "Connection: Upgrade", ...headers].join("\r\n")}\r\n\r\n`

const valid = ["Upgrade: WebSocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]

describe("the loopback server", () => {
  it.scopedLive("recognises an upgrade whatever its case, and computes the key of the RFC", () =>
    Effect.gen(function* () {
      const url = yield* listen(accepting(() => Effect.void))
      const answer = yield* Effect.timeout(
        raw(url, `${upgrade(valid)}${String.fromCharCode(0x88, 0x80, 0, 0, 0, 0)}`),
        "3 seconds"
      )
      expect(answer).toContain("HTTP/1.1 101 Switching Protocols")
      expect(answer).toContain("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
      expect(answer).not.toContain("Sec-WebSocket-Protocol")
    })
  )

  it.scopedLive.each([
    ["no key", ["Upgrade: websocket", "Sec-WebSocket-Version: 13"], "GET", "400"],
    ["another version", ["Upgrade: websocket", "Sec-WebSocket-Version: 7", valid[2] ?? ""], "GET", "400"],
    ["another method", valid, "PUT", "405"]
  ] satisfies ReadonlyArray<[string, ReadonlyArray<string>, string, string]>)(
    "answers a handshake with %s that it was to accept with %s",
    ([, headers, method, status]) =>
      Effect.gen(function* () {
        const left = yield* Deferred.make<void>()
        const url = yield* listen(Effect.ensuring(accepting(echo), Deferred.succeed(left, undefined)))
        expect(yield* raw(url, upgrade(headers, method))).toContain(`HTTP/1.1 ${status} `)
        yield* Deferred.await(left)
      })
  )

  it.scopedLive("answers a request for another protocol as any other, and closes", () =>
    Effect.gen(function* () {
      const url = yield* listen(accepting(echo))
      const answer = yield* raw(url, upgrade(["Upgrade: h2c"]))
      expect(answer).toContain("HTTP/1.1 426 ")
      expect(answer.toLowerCase()).toContain("connection: close")
    })
  )

  it.scopedLive("lets an app that does not accept read the request and answer with a stream", () =>
    Effect.gen(function* () {
      const app: App = Effect.gen(function* () {
        const request = yield* HttpServerRequest.HttpServerRequest
        const text = yield* Effect.orDie(request.text)
        const part = new TextEncoder().encode(`${request.url} ${text.length};`.repeat(1000))
        return HttpServerResponse.stream(Stream.take(Stream.forever(Stream.make(part)), 300), { status: 404 })
      })
      const failed = yield* Effect.flip(onNode.open(handshake(`${yield* listen(app)}/p`)))
      expect(failed).toMatchObject({ status: 404 })
      expect(failed.body?.slice(0, 10)).toBe("/p 0;/p 0;")
    })
  )

  it.scopedLive("takes what a client sends before its handshake is complete", () =>
    Effect.gen(function* () {
      const asked = yield* Deferred.make<void>()
      const go = yield* Deferred.make<void>()
      const received = yield* Deferred.make<unknown>()
      const app = Deferred.succeed(asked, undefined).pipe(
        Effect.zipRight(Deferred.await(go)),
        Effect.zipRight(
          accepting((socket) => Effect.flatMap(socket.receive, (message) => Deferred.succeed(received, message)))
        )
      )
      const url = yield* listen(app)
      const masked = String.fromCharCode(0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69)
      yield* Effect.fork(
        raw(url, upgrade(valid), Effect.as(Deferred.await(asked), masked), Deferred.succeed(go, undefined))
      )
      expect(yield* Deferred.await(received)).toEqual(Option.some("hi"))
    })
  )

  it.scopedLive("breaks its web sockets off and interrupts their handlers when its scope closes", () =>
    Effect.gen(function* () {
      const interrupted = yield* Deferred.make<void>()
      const scope = yield* Scope.make()
      const handler: Handler = () => Effect.onInterrupt(Effect.never, () => Deferred.succeed(interrupted, undefined))
      const url = yield* Scope.extend(listen(accepting(handler)), scope)
      const connection = yield* onNode.open(handshake(url))
      yield* Effect.timeout(Scope.close(scope, Exit.void), "1 second")
      expect(yield* everything(connection)).toMatchObject({ code: 1006 })
      yield* Deferred.await(interrupted)
    })
  )

  it.scopedLive("accepts a request only once", () =>
    Effect.gen(function* () {
      const app: App = Effect.gen(function* () {
        const { accept } = Option.getOrThrow(yield* Effect.serviceOption(WebSocketUpgrade))
        yield* Effect.flatMap(accept(), (socket) => socket.send("first"))
        yield* accept()
        return HttpServerResponse.empty()
      })
      const connection = yield* onNode.open(handshake(yield* listen(app)))
      expect(yield* everything(connection)).toMatchObject({ messages: ["first"], code: 1006 })
    })
  )

  it.scopedLive("keeps nothing of two hundred connections that were interrupted", () =>
    Effect.gen(function* () {
      const sockets = () => process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length
      let [accepted, ended] = [0, 0]
      const handler: Handler = (socket) =>
        Effect.acquireUseRelease(
          Effect.sync(() => accepted++),
          () => Effect.zipRight(socket.send("hello"), socket.closed),
          () => Effect.sync(() => ended++)
        )
      const url = yield* listen(accepting(handler))
      const before = sockets()
      const connected = Effect.flatMap(onNode.open(handshake(url)), ({ messages }) => Stream.runDrain(messages))
      yield* Effect.forEach(
        Array.from({ length: 200 }, (_, index) => index % 20),
        (delay) => Effect.timeoutOption(Effect.scoped(Effect.either(connected)), delay),
        { concurrency: 20 }
      )
      yield* eventually(() => accepted === ended && sockets() <= before)
      expect(accepted).toBeGreaterThan(0)
    })
  )
})

describe("web sockets without a network", () => {
  const url = "wss://server.test/"

  it.scoped("live on the clock of their reader", () =>
    Effect.gen(function* () {
      const opener = InMemoryWebSockets.make(
        accepting((socket) => Effect.zipRight(Effect.sleep("1 hour"), socket.send("late")))
      )
      const connection = yield* opener.open({ url, protocols: [], headers: {} })
      const fiber = yield* Effect.fork(next(connection, 1))
      yield* TestClock.adjust("1 hour")
      expect(yield* fiber).toEqual(["late"])
    })
  )

  it.scoped("let a handler finish that notices that its client has closed", () =>
    Effect.gen(function* () {
      let finished = false
      const opener = InMemoryWebSockets.make(
        accepting((socket) =>
          Effect.gen(function* () {
            expect(yield* socket.closed).toEqual({ code: 1000, reason: "" })
            yield* Effect.promise(() => new Promise((resume) => setTimeout(resume, 20)))
            finished = true
          })
        )
      )
      yield* Effect.scoped(opener.open({ url, protocols: [], headers: {} }))
      expect(finished).toBe(true)
    })
  )

  it.scoped("interrupt a handler that does not notice, before their scope is closed", () =>
    Effect.gen(function* () {
      let interrupted = false
      const unaware = Effect.onInterrupt(Effect.never, () => Effect.sync(() => (interrupted = true)))
      const opener = InMemoryWebSockets.make(accepting(() => unaware))
      yield* Effect.scoped(opener.open({ url, protocols: [], headers: {} }))
      expect(interrupted).toBe(true)
    })
  )

  it.scoped("can act as a browser, which sends no headers and is told nothing", () =>
    Effect.gen(function* () {
      const app: App = Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers }) =>
        headers["authorization"] === undefined
          ? Effect.succeed(HttpServerResponse.text("who?", { status: 401 }))
          : accepting(echo)
      )
      const headers = { authorization: "Bearer t" }
      const node = InMemoryWebSockets.make(app)
      const browser = InMemoryWebSockets.make(app, { sendsHeaders: false })
      expect([node.sendsHeaders, browser.sendsHeaders]).toEqual([true, false])
      yield* node.open({ url, protocols: [], headers })
      const failed = yield* Effect.flip(browser.open({ url, protocols: [], headers }))
      expect([failed.status, failed.body, failed.headers]).toEqual([undefined, undefined, undefined])
      expect(yield* Effect.flip(node.open({ url, protocols: [], headers: {} }))).toMatchObject({ status: 401 })
    })
  )

  it.scoped("refuse what is no URL", () =>
    Effect.gen(function* () {
      const opener = InMemoryWebSockets.make(accepting(echo))
      expect((yield* Effect.flip(opener.open({ url: "no", protocols: [], headers: {} })))._tag).toBe("WebSocketFailed")
    })
  )
})

describe("the web sockets of the transport", () => {
  class Service extends Context.Tag("test/Service")<Service, { readonly sendsHeaders: boolean }>() {}
  const service = Layer.effect(Service, WebSockets)

  it.effect("are those of Node for services that are built with NodeTransport", () =>
    Effect.gen(function* () {
      expect((yield* Service).sendsHeaders).toBe(true)
    }).pipe(Effect.provide(Layer.provide(service, nodeTransport)))
  )

  it.effect("are the platform's own for all others", () =>
    Effect.gen(function* () {
      expect(yield* Service).toBe(onPlatform)
    }).pipe(Effect.provide(service))
  )

  it.scoped("lead to the embedded server for services that are built with it", () =>
    Effect.gen(function* () {
      const { open, sendsHeaders } = yield* WebSockets
      expect(sendsHeaders).toBe(true)
      const failed = yield* Effect.flip(open({ url: "ws://daytona.test/api/nowhere", protocols: [], headers: {} }))
      expect(failed).toMatchObject({ status: 404 })
      const { requests } = yield* EmbeddedDaytona
      expect(yield* requests).toMatchObject([{ method: "GET", path: "/api/nowhere" }])
    }).pipe(Effect.provide(EmbeddedDaytona.layerHttpClient({ durations: 0 })))
  )

  it.scoped("report a refused connection with its code", () =>
    Effect.gen(function* () {
      const port = yield* Effect.scoped(Effect.map(listen(accepting(echo)), (url) => new URL(url).port))
      expect(yield* Effect.flip(onNode.open(handshake(`http://127.0.0.1:${port}`)))).toMatchObject({
        cause: { code: "ECONNREFUSED" }
      })
    })
  )

  it.scoped("refuse a sub-protocol that is none before anything is sent", () =>
    Effect.gen(function* () {
      const url = "ws://127.0.0.1:1/"
      expect(yield* Effect.flip(onNode.open({ url, protocols: ["no such"], headers: {} }))).toMatchObject({
        cause: expect.any(SyntaxError)
      })
    })
  )

  it.scoped.skipIf("WebSocket" in globalThis)("name the transport to use where the platform has none", () =>
    Effect.gen(function* () {
      const failed = yield* Effect.flip(onPlatform.open({ url: "ws://127.0.0.1:1/", protocols: [], headers: {} }))
      expect(String(failed.cause)).toContain("NodeTransport.layer")
    })
  )
})
