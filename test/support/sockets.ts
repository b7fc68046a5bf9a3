/** The web sockets that everything has to work over, and apps at their other end. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { WebSocket } from "undici"
import type { ConnectionFault } from "../../src/embedded/ConnectionFault.js"
import * as InMemoryWebSockets from "../../src/embedded/inMemory/InMemoryWebSockets.js"
import { listen } from "../../src/embedded/loopbackServer.js"
import { type ServerSocket, WebSocketUpgrade } from "../../src/embedded/sockets/WebSocketUpgrade.js"
import * as node from "../../src/node/webSockets.js"
import * as platform from "../../src/stream/globalWebSocket.js"
import type { Connection, Handshake, Message, WebSocketOpener } from "../../src/stream/WebSocket.js"

export type App = HttpApp.Default<ConnectionFault, Scope.Scope>

export interface Way {
  readonly name: string
  /** A reader that stops reading stops the server. */
  readonly pauses: boolean
  /** A refusal has a status, and a refused connection a code. */
  readonly tellsWhy: boolean
  /** Fails when the server chooses none of the sub-protocols that it was offered. */
  readonly insistsOnProtocol: boolean
  /** Puts the app where the opener finds it. */
  readonly serve: (
    app: App
  ) => Effect.Effect<{ readonly url: string; readonly opener: WebSocketOpener }, never, Scope.Scope>
}

const onPort = (opener: WebSocketOpener) => (app: App) =>
  listen(app).pipe(
    Effect.orDie,
    Effect.map((url) => ({ url: url.replace("http", "ws"), opener }))
  )

/** Gives the platform a `WebSocket`, which Node 20 lacks: undici's, which is that of later versions. */
export const platformWebSocket: Effect.Effect<void, never, Scope.Scope> = Effect.asVoid(
  Effect.acquireRelease(
    Effect.sync(() => {
      const isMissing = !("WebSocket" in globalThis)
      if (isMissing) Reflect.defineProperty(globalThis, "WebSocket", { value: WebSocket, configurable: true })
      return isMissing
    }),
    (wasMissing) => Effect.sync(() => wasMissing && Reflect.deleteProperty(globalThis, "WebSocket"))
  )
)

const withGlobal: Way["serve"] = (app) => Effect.zipRight(platformWebSocket, onPort(platform.opener)(app))

export const ways: ReadonlyArray<Way> = [
  { name: "ws on Node", pauses: true, tellsWhy: true, insistsOnProtocol: true, serve: onPort(node.opener) },
  {
    name: "no network",
    pauses: true,
    tellsWhy: true,
    insistsOnProtocol: true,
    serve: (app) => Effect.succeed({ url: "ws://server.test", opener: InMemoryWebSockets.make(app) })
  },
  {
    name: "the platform's WebSocket",
    pauses: false,
    tellsWhy: false,
    insistsOnProtocol: false,
    serve: withGlobal
  }
]

/** What a server does with a socket. */
export type Handler = (
  socket: ServerSocket,
  request: HttpServerRequest.HttpServerRequest
) => Effect.Effect<void, never, Scope.Scope>

/** An app that accepts every web socket; `426` for anything else. */
export const accepting = (handler: Handler, options?: Parameters<WebSocketUpgrade.Service["accept"]>[0]): App =>
  Effect.gen(function* () {
    const upgrade = yield* Effect.serviceOption(WebSocketUpgrade)
    const request = yield* HttpServerRequest.HttpServerRequest
    if (Option.isNone(upgrade)) return HttpServerResponse.empty({ status: 426 })
    yield* handler(yield* upgrade.value.accept(options), request)
    return HttpServerResponse.empty()
  })

/** Gives every message back. */
export const echo: Handler = (socket) =>
  Effect.gen(function* () {
    while (true) {
      const message = yield* socket.receive
      if (Option.isNone(message)) return
      yield* socket.send(message.value)
    }
  })

/** Opens a connection to the app, in this way. */
export const connect = (way: Way, app: App, handshake: Partial<Handshake> & { readonly path?: string } = {}) =>
  Effect.flatMap(way.serve(app), ({ opener, url }) =>
    opener.open({ url: `${url}${handshake.path ?? "/"}`, protocols: [], headers: {}, ...handshake })
  )

/** All messages up to the end, and the end. */
export const everything = (connection: Connection) =>
  Effect.suspend(() => {
    const messages: Array<Message> = []
    return Stream.runForEachChunk(connection.messages, (chunk) => Effect.sync(() => messages.push(...chunk))).pipe(
      Effect.flip,
      Effect.map(({ code, reason }) => ({ messages, code, reason }))
    )
  })

/** The next messages, as many as asked for. */
export const next = (connection: Connection, count: number) =>
  Effect.map(Stream.runCollect(Stream.take(connection.messages, count)), (chunk) => [...chunk])

/** Waits until something holds, at most five seconds. */
export const eventually = (holds: () => boolean) =>
  Effect.suspend(() => (holds() ? Effect.void : Effect.fail("not yet"))).pipe(
    Effect.retry(Schedule.spaced("5 millis")),
    Effect.timeoutFail({ duration: "5 seconds", onTimeout: () => "never happened" }),
    Effect.orDie
  )
