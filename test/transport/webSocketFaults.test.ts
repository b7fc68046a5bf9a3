import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import { applyFault } from "../../src/embedded/faults/applyFault.js"
import * as Fault from "../../src/embedded/faults/Fault.js"
import * as InMemoryHttpClient from "../../src/embedded/inMemory/InMemoryHttpClient.js"
import * as InMemoryWebSockets from "../../src/embedded/inMemory/InMemoryWebSockets.js"
import { listen } from "../../src/embedded/loopbackServer.js"
import type { SocketEnd } from "../../src/embedded/sockets/WebSocketUpgrade.js"
import type { Message } from "../../src/stream/WebSocket.js"
import { type App, accepting, connect, everything, type Handler, ways } from "../support/sockets.js"

const bytes = (...values: ReadonlyArray<number>) => Uint8Array.from(values)

/** Sends these messages and closes. */
const sending =
  (...messages: ReadonlyArray<Message>): Handler =>
  (socket) =>
    Effect.zipRight(Effect.forEach(messages, socket.send, { discard: true }), socket.close(1000, "done"))

const struck = (fault: Fault.Fault, handler: Handler): App => applyFault(fault, accepting(handler))

const joined = (messages: ReadonlyArray<Message>): ReadonlyArray<number> =>
  messages.flatMap((message) => [...(typeof message === "string" ? new TextEncoder().encode(message) : message)])

describe.each(ways)("a fault of a web socket over $name", (way) => {
  it.scopedLive.each([
    [0, []],
    [2, [bytes(1, 2)]],
    [3, [bytes(1, 2, 3)]],
    [4, [bytes(1, 2, 3)]],
    [6, [bytes(1, 2, 3), "abc"]],
    [7, [bytes(1, 2, 3), "abc", bytes(4)]]
  ] satisfies ReadonlyArray<[number, ReadonlyArray<Message>]>)("cuts it off after %d bytes", ([after, messages]) =>
    Effect.gen(function* () {
      const handler = sending(bytes(1, 2, 3), "abc", bytes(4, 5))
      const connection = yield* connect(way, struck(Fault.cutSocket(after), handler))
      expect(yield* everything(connection)).toMatchObject({ messages, code: 1006 })
    })
  )

  it.scopedLive("closes it after so many bytes, which the handler sees too", () =>
    Effect.gen(function* () {
      const ended = yield* Deferred.make<SocketEnd>()
      const handler: Handler = (socket, request) =>
        Effect.zipRight(
          sending("abc", "def")(socket, request),
          Effect.flatMap(socket.closed, (end) => Deferred.succeed(ended, end))
        )
      const fault = Fault.closeSocket({ afterBytes: 3, code: 1008, reason: '{"code":"policy"}' })
      const connection = yield* connect(way, struck(fault, handler))
      const end = { code: 1008, reason: '{"code":"policy"}' }
      expect(yield* everything(connection)).toEqual({ messages: ["abc"], ...end })
      expect(yield* Deferred.await(ended)).toEqual(end)
    })
  )

  it.scopedLive("changes nothing that ends before it strikes", () =>
    Effect.gen(function* () {
      const connection = yield* connect(way, struck(Fault.cutSocket(100), sending("abc", bytes(1))))
      expect(yield* everything(connection)).toEqual({ messages: ["abc", bytes(1)], code: 1000, reason: "done" })
    })
  )

  it.scopedLive("cuts binary messages in pieces, and leaves text whole", () =>
    Effect.gen(function* () {
      const connection = yield* connect(way, struck(Fault.reframe(2), sending(bytes(1, 2, 3, 4, 5), "abc", bytes())))
      expect((yield* everything(connection)).messages).toEqual([bytes(1, 2), bytes(3, 4), bytes(5), "abc", bytes()])
    })
  )

  it.scopedLive("lets nothing but the first bytes through, wherever it cuts", () =>
    Effect.promise(() =>
      FastCheck.assert(
        FastCheck.asyncProperty(
          FastCheck.array(FastCheck.uint8Array({ maxLength: 20 }), { maxLength: 10 }),
          FastCheck.nat(100),
          (messages, after) =>
            Effect.gen(function* () {
              const connection = yield* connect(way, struck(Fault.cutSocket(after), sending(...messages)))
              const end = yield* everything(connection)
              const all = joined(messages)
              expect(joined(end.messages)).toEqual(all.slice(0, after))
              expect(end.code).toBe(all.length >= after ? 1006 : 1000)
            }).pipe(Effect.scoped, Effect.runPromise)
        ),
        { numRuns: 30 }
      )
    )
  )

  it.scopedLive("changes nothing about the bytes when it cuts messages in pieces", () =>
    Effect.promise(() =>
      FastCheck.assert(
        FastCheck.asyncProperty(
          FastCheck.array(FastCheck.uint8Array({ maxLength: 50 }), { maxLength: 5 }),
          FastCheck.integer({ min: 1, max: 60 }),
          (messages, most) =>
            Effect.gen(function* () {
              const connection = yield* connect(way, struck(Fault.reframe(most), sending(...messages)))
              const end = yield* everything(connection)
              expect(joined(end.messages)).toEqual(joined(messages))
              expect(end.messages.every(({ length }) => length <= most)).toBe(true)
              expect(end.code).toBe(1000)
            }).pipe(Effect.scoped, Effect.runPromise)
        ),
        { numRuns: 30 }
      )
    )
  )

  it.scopedLive("strikes handshakes with what strikes requests", () =>
    Effect.gen(function* () {
      const refused = yield* Effect.flip(connect(way, struck(Fault.status(502), sending())))
      expect(refused.status).toBe(way.tellsWhy ? 502 : undefined)
      expect(refused.body).toBe(way.tellsWhy ? "" : undefined)
      yield* Effect.flip(connect(way, struck(Fault.refuseConnection, sending())))
      const asked = yield* Deferred.make<void>()
      const app = Effect.zipRight(Deferred.succeed(asked, undefined), struck(Fault.hang, sending()))
      const hanging = yield* Effect.fork(Effect.scoped(connect(way, app)))
      yield* Deferred.await(asked)
      expect(yield* Fiber.poll(hanging)).toMatchObject({ _tag: "None" })
      yield* Fiber.interrupt(hanging)
    })
  )

  it.scopedLive("breaks the connection off when it resets after the work is done", () =>
    Effect.gen(function* () {
      const handler: Handler = (socket) => socket.send("abc")
      const connection = yield* connect(way, struck(Fault.resetAfterRequest, handler))
      const { messages } = yield* everything(connection)
      expect(messages).toEqual(["abc"])
    })
  )
})

describe("a replayed request", () => {
  const openOver = (app: App) =>
    InMemoryWebSockets.make(app).open({ url: "ws://server.test/", protocols: [], headers: {} })
  const counting = () => {
    const bodies: Array<string> = []
    const app: App = Effect.gen(function* () {
      const request = yield* HttpServerRequest.HttpServerRequest
      bodies.push(`${request.method} ${request.url} ${yield* Effect.orDie(request.text)}`)
      return HttpServerResponse.text(`answer ${bodies.length}`)
    })
    return { app: applyFault(Fault.replayRequest, app), bodies }
  }
  const post = HttpClientRequest.bodyText(HttpClientRequest.post("http://server.test/run?a=b"), "work")

  it.effect("is handled twice with all of its body, and answered once, in memory", () =>
    Effect.gen(function* () {
      const { app, bodies } = counting()
      const response = yield* InMemoryHttpClient.make(app).execute(post)
      expect(yield* response.text).toBe("answer 2")
      expect(bodies).toEqual(["POST /run?a=b work", "POST /run?a=b work"])
    })
  )

  it.scopedLive("is no request for a web socket, which is served once", () =>
    Effect.gen(function* () {
      let served = 0
      const handler: Handler = (socket) => Effect.sync(() => served++).pipe(Effect.zipRight(socket.close(1000, "once")))
      const connection = yield* openOver(struck(Fault.replayRequest, handler))
      expect(yield* everything(connection)).toMatchObject({ code: 1000, reason: "once" })
      expect(served).toBe(1)
    })
  )

  it.scopedLive("is handled twice with all of its body, and answered once, on a port", () =>
    Effect.gen(function* () {
      const { app, bodies } = counting()
      const url = yield* listen(app)
      const response = yield* HttpClient.execute(HttpClientRequest.setUrl(post, `${url}/run?a=b`))
      expect(yield* response.text).toBe("answer 2")
      expect(bodies).toEqual(["POST /run?a=b work", "POST /run?a=b work"])
    }).pipe(Effect.provide(NodeHttpClient.layer))
  )
})
