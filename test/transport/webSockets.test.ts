import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { ConnectionFault } from "../../src/embedded/ConnectionFault.js"
import type { SocketEnd } from "../../src/embedded/sockets/WebSocketUpgrade.js"
import type { Message } from "../../src/stream/WebSocket.js"
import { accepting, connect, echo, eventually, everything, type Handler, next, ways } from "../support/sockets.js"

const bytes = (...values: ReadonlyArray<number>) => Uint8Array.from(values)
const size = (message: Message) => message.length

describe.each(ways)("a web socket over $name", (way) => {
  it.scopedLive("carries text and bytes in both directions, in order", () =>
    Effect.gen(function* () {
      const connection = yield* connect(way, accepting(echo))
      const messages = ["one", bytes(1, 2, 3), "", bytes(), "héllo ✓", bytes(0, 255)]
      for (const message of messages) yield* connection.send(message)
      expect(yield* next(connection, messages.length)).toStrictEqual(messages)
    })
  )

  it.scopedLive("loses nothing between two reads of its messages", () =>
    Effect.gen(function* () {
      const connection = yield* connect(way, accepting(echo))
      yield* connection.send("a")
      expect(yield* next(connection, 1)).toEqual(["a"])
      yield* connection.send("b")
      expect(yield* next(connection, 1)).toEqual(["b"])
    })
  )

  it.scopedLive.each([
    [1000, ""],
    [1001, "going away"],
    [1008, '{"message":"no such session","code":"policy"}'],
    [1011, '{"message":"crashed","code":"worker_died"}'],
    [4001, "private"]
  ] satisfies ReadonlyArray<[number, string]>)(
    "ends with the code and the reason of the server: %d %s",
    ([code, reason]) =>
      Effect.gen(function* () {
        const handler: Handler = (socket) => Effect.zipRight(socket.send("last"), socket.close(code, reason))
        const connection = yield* connect(way, accepting(handler))
        expect(yield* everything(connection)).toEqual({ messages: ["last"], code, reason })
      })
  )

  it.scopedLive("ends with 1005 for a close frame without a code", () =>
    Effect.gen(function* () {
      const connection = yield* connect(
        way,
        accepting((socket) => socket.close(1005))
      )
      expect(yield* everything(connection)).toEqual({ messages: [], code: 1005, reason: "" })
    })
  )

  it.scopedLive("ends with 1006 when there was no close frame, behind all that was sent", () =>
    Effect.gen(function* () {
      const handler: Handler = (socket) => Effect.zipRight(socket.send("last"), socket.terminate)
      const connection = yield* connect(way, accepting(handler))
      expect(yield* everything(connection)).toMatchObject({ messages: ["last"], code: 1006 })
    })
  )

  it.scopedLive.each([
    ["a reason that is too long", 1008, "x".repeat(124)],
    ["a code that cannot be sent", 1006, ""]
  ] satisfies ReadonlyArray<[string, number, string]>)("breaks off instead of closing with %s", ([, code, reason]) =>
    Effect.gen(function* () {
      const connection = yield* connect(
        way,
        accepting((socket) => socket.close(code, reason))
      )
      expect(yield* everything(connection)).toMatchObject({ code: 1006 })
    })
  )

  it.scopedLive("ends with 1000 when the handler ends, and without a close frame when it dies", () =>
    Effect.gen(function* () {
      const ended = yield* connect(
        way,
        accepting(() => Effect.void)
      )
      expect(yield* everything(ended)).toMatchObject({ code: 1000 })
      const died = yield* connect(
        way,
        accepting(() => Effect.die("a bug"))
      )
      expect(yield* everything(died)).toMatchObject({ code: 1006 })
    })
  )

  it.scopedLive("fails to send once it is closed, with the same end", () =>
    Effect.gen(function* () {
      const connection = yield* connect(
        way,
        accepting((socket) => socket.close(1011, "over"))
      )
      yield* everything(connection)
      expect(yield* Effect.flip(connection.send("late"))).toMatchObject({ code: 1011, reason: "over" })
    })
  )

  it.scopedLive("is refused with what the server says", () =>
    Effect.gen(function* () {
      const body = JSON.stringify({ statusCode: 409, message: "exists" })
      const failed = yield* Effect.flip(
        connect(
          way,
          Effect.succeed(
            HttpServerResponse.text(body, { status: 409, contentType: "application/json", headers: { "x-a": "1" } })
          )
        )
      )
      expect(failed).toMatchObject(
        way.tellsWhy
          ? { status: 409, contentType: "application/json", body, headers: { "x-a": "1" } }
          : { _tag: "WebSocketFailed" }
      )
      expect(failed.status).toBe(way.tellsWhy ? 409 : undefined)
    })
  )

  it.scopedLive("keeps 64 KiB of a refusal that has no end", () =>
    Effect.gen(function* () {
      const endless = Stream.forever(Stream.make(new TextEncoder().encode("x".repeat(1000))))
      const failed = yield* Effect.flip(
        connect(way, Effect.succeed(HttpServerResponse.stream(endless, { status: 502 })))
      )
      expect(failed.body?.length).toBe(way.tellsWhy ? 64 * 1024 : undefined)
    })
  )

  it.scopedLive("is refused with an empty body, and with a redirect that it does not follow", () =>
    Effect.gen(function* () {
      const empty = yield* Effect.flip(connect(way, Effect.succeed(HttpServerResponse.empty({ status: 502 }))))
      const moved = yield* Effect.flip(
        connect(way, Effect.succeed(HttpServerResponse.redirect("http://127.0.0.1:1/", { status: 307 })))
      )
      if (way.tellsWhy) {
        expect(empty).toMatchObject({ status: 502, body: "" })
        expect(moved).toMatchObject({ status: 307, headers: { location: "http://127.0.0.1:1/" } })
      }
      expect(empty._tag).toBe("WebSocketFailed")
      expect(moved._tag).toBe("WebSocketFailed")
    })
  )

  it.scopedLive("fails when the server resets the connection instead of answering", () =>
    Effect.gen(function* () {
      const failed = yield* Effect.flip(connect(way, new ConnectionFault({ kind: "reset" })))
      expect(failed).toMatchObject(way.tellsWhy ? { cause: { code: "ECONNRESET" } } : { cause: expect.any(Error) })
    })
  )

  it.scopedLive("offers sub-protocols, and gets the one that the server chooses", () =>
    Effect.gen(function* () {
      const protocols = ["X-Version~0.218.0", "X-Exit-Control"]
      for (const protocol of protocols) {
        const connection = yield* connect(way, accepting(echo, { protocol }), { protocols })
        expect(connection.protocol).toBe(protocol)
      }
      expect((yield* connect(way, accepting(echo))).protocol).toBe("")
    })
  )

  it.scopedLive.skipIf(!way.insistsOnProtocol)("fails when the server chooses no sub-protocol, or one of its own", () =>
    Effect.gen(function* () {
      const protocols = ["a", "b"]
      const none = yield* Effect.flip(connect(way, accepting(echo), { protocols }))
      expect(String(none.cause)).toContain("chose none of the offered sub-protocols")
      const other = yield* Effect.flip(connect(way, accepting(echo, { protocol: "c" }), { protocols }))
      expect(other._tag).toBe("WebSocketFailed")
    })
  )

  it.scopedLive("gives the server its path, query, sub-protocols, and headers where it can", () =>
    Effect.gen(function* () {
      const seen = yield* Deferred.make<HttpServerRequest.HttpServerRequest>()
      const app = accepting((_, request) => Deferred.succeed(seen, request), { protocol: "p" })
      yield* connect(way, app, {
        path: "/a%20b/c?d=e&f=g",
        headers: { authorization: "Bearer t", "x-a": "1" },
        protocols: ["p", "q"]
      })
      const request = yield* Deferred.await(seen)
      expect(request).toMatchObject({ method: "GET", url: "/a%20b/c?d=e&f=g" })
      expect(request.headers["upgrade"]).toBe("websocket")
      expect(request.headers["sec-websocket-protocol"]?.split(/, */)).toEqual(["p", "q"])
      expect(request.headers["authorization"]).toBe(way.tellsWhy ? "Bearer t" : undefined)
    })
  )

  it.scopedLive("is closed with 1000 when its scope closes, and the server sees that", () =>
    Effect.gen(function* () {
      const ended = yield* Deferred.make<SocketEnd>()
      const handler: Handler = (socket) => Effect.flatMap(socket.closed, (end) => Deferred.succeed(ended, end))
      const { opener, url } = yield* way.serve(accepting(handler))
      yield* Effect.scoped(opener.open({ url, protocols: [], headers: {} }))
      expect(yield* Deferred.await(ended)).toEqual({ code: 1000, reason: "" })
    })
  )

  it.scopedLive("gives a server that only receives its end", () =>
    Effect.gen(function* () {
      const received: Array<Message> = []
      const ended = yield* Deferred.make<void>()
      const handler: Handler = (socket) =>
        Effect.gen(function* () {
          while (true) {
            const message = yield* socket.receive
            if (Option.isNone(message)) return yield* Deferred.succeed(ended, undefined)
            received.push(message.value)
          }
        }).pipe(Effect.asVoid)
      const { opener, url } = yield* way.serve(accepting(handler))
      yield* Effect.scoped(
        Effect.flatMap(opener.open({ url, protocols: [], headers: {} }), (connection) =>
          Effect.zipRight(connection.send("a"), connection.send("b"))
        )
      )
      yield* Deferred.await(ended)
      expect(received).toEqual(["a", "b"])
    })
  )

  it.scopedLive("ends with 1009 when it sends more than the server takes", () =>
    Effect.gen(function* () {
      const ended = yield* Deferred.make<SocketEnd>()
      const handler: Handler = (socket) => Effect.flatMap(socket.closed, (end) => Deferred.succeed(ended, end))
      const connection = yield* connect(way, accepting(handler, { maxMessage: 1000 }))
      yield* Effect.ignore(connection.send("x".repeat(1001)))
      expect(yield* everything(connection)).toMatchObject({ messages: [], code: 1009 })
      expect(yield* Deferred.await(ended)).toMatchObject({ code: 1009 })
    })
  )

  it.scopedLive("delivers whatever messages are sent, as they were sent", () =>
    Effect.gen(function* () {
      const { opener, url } = yield* way.serve(accepting(echo))
      const message = FastCheck.oneof(
        FastCheck.string({ unit: "grapheme", maxLength: 300 }),
        FastCheck.uint8Array({ maxLength: 70_000 })
      )
      yield* Effect.promise(() =>
        FastCheck.assert(
          FastCheck.asyncProperty(FastCheck.array(message, { maxLength: 40 }), (messages) =>
            Effect.gen(function* () {
              const connection = yield* opener.open({ url, protocols: [], headers: {} })
              const back = yield* Effect.fork(next(connection, messages.length))
              for (const each of messages) yield* connection.send(each)
              expect(yield* Fiber.join(back)).toStrictEqual(messages)
            }).pipe(Effect.scoped, Effect.runPromise)
          ),
          { numRuns: 40 }
        )
      )
    })
  )

  it.scopedLive.skipIf(!way.pauses)("stops the server when it is not read, and loses nothing", () =>
    Effect.gen(function* () {
      const part = new Uint8Array(64 * 1024).fill(7)
      const count = 1024
      let sent = 0
      const handler: Handler = (socket) =>
        Effect.gen(function* () {
          while (sent < count) {
            part[0] = sent % 256
            yield* socket.send(Uint8Array.from(part))
            sent++
          }
          yield* socket.close(1000, "all")
        })
      const connection = yield* connect(way, accepting(handler))
      let before = -1
      while (sent !== before) {
        before = sent
        yield* Effect.sleep("100 millis")
      }
      expect(sent * part.length).toBeLessThan(24 * 1024 * 1024)
      let seen = 0
      const end = yield* Stream.runForEach(connection.messages, (message) =>
        Effect.sync(() => {
          if (size(message) === part.length && message[0] === seen % 256) seen++
        })
      ).pipe(Effect.flip)
      expect({ seen, code: end.code, reason: end.reason }).toEqual({ seen: count, code: 1000, reason: "all" })
    })
  )

  it.scopedLive.skipIf(!way.pauses)("waits with sending while the server does not read", () =>
    Effect.gen(function* () {
      const go = yield* Deferred.make<void>()
      const received = yield* Deferred.make<number>()
      const handler: Handler = (socket) =>
        Effect.gen(function* () {
          yield* Deferred.await(go)
          let count = 0
          while (count < 512) {
            const message = yield* socket.receive
            if (Option.isNone(message)) break
            count++
          }
          yield* Deferred.succeed(received, count)
        })
      const connection = yield* connect(way, accepting(handler))
      let sent = 0
      const sending = yield* Effect.fork(
        Effect.repeatN(
          Effect.tap(connection.send(new Uint8Array(64 * 1024)), () => {
            sent++
          }),
          511
        )
      )
      let before = -1
      while (sent !== before) {
        before = sent
        yield* Effect.sleep("100 millis")
      }
      expect(sent).toBeLessThan(384)
      yield* Deferred.succeed(go, undefined)
      yield* Fiber.join(sending)
      expect(yield* Deferred.await(received)).toBe(512)
    })
  )

  it.scopedLive.skipIf(way.pauses)("ends a reader that is too slow with 1008, behind what it had received", () =>
    Effect.gen(function* () {
      const closed = yield* Deferred.make<SocketEnd>()
      const handler: Handler = (socket) =>
        Effect.zipRight(
          Effect.repeatN(socket.send(new Uint8Array(64 * 1024)), 511),
          Effect.flatMap(socket.closed, (end) => Deferred.succeed(closed, end))
        )
      const connection = yield* connect(way, accepting(handler))
      yield* Deferred.await(closed)
      const { code, messages, reason } = yield* everything(connection)
      expect({ code, reason }).toEqual({ code: 1008, reason: "slow consumer" })
      expect(messages).toHaveLength(256)
    })
  )

  it.scopedLive("can be interrupted at any moment, and is closed then", () =>
    Effect.gen(function* () {
      let [accepted, ended] = [0, 0]
      const firehose: Handler = (socket) =>
        Effect.gen(function* () {
          accepted++
          yield* Effect.raceFirst(Effect.forever(socket.send("x".repeat(1000))), socket.closed)
        }).pipe(Effect.ensuring(Effect.sync(() => ended++)))
      const { opener, url } = yield* way.serve(accepting(firehose))
      for (const turns of [0, 1, 2, 3, 4, 5, 6, 8, 10, 15]) {
        const reading = Effect.scoped(
          Effect.flatMap(opener.open({ url, protocols: [], headers: {} }), (connection) =>
            Stream.runDrain(connection.messages)
          )
        )
        const fiber = yield* Effect.fork(reading)
        for (let turn = 0; turn < turns; turn++) {
          yield* Effect.promise(() => new Promise((resume) => setImmediate(resume)))
        }
        expect(Exit.isInterrupted(yield* Fiber.interrupt(fiber))).toBe(true)
      }
      yield* eventually(() => accepted === ended)
      expect(accepted).toBeGreaterThan(0)
    })
  )

  it.scopedLive("interrupts the app when it goes away before it was accepted", () =>
    Effect.gen(function* () {
      const asked = yield* Deferred.make<void>()
      const interrupted = yield* Deferred.make<void>()
      const app = Effect.zipRight(Deferred.succeed(asked, undefined), Effect.never).pipe(
        Effect.onInterrupt(() => Deferred.succeed(interrupted, undefined))
      )
      const fiber = yield* Effect.fork(Effect.scoped(connect(way, app)))
      yield* Deferred.await(asked)
      yield* Fiber.interrupt(fiber)
      yield* Deferred.await(interrupted)
    })
  )

  it.scopedLive("does not hang on a server that never answers its close", () =>
    Effect.gen(function* () {
      const connected = yield* Deferred.make<void>()
      // Receives nothing, so its queue fills up and the close frame is stuck behind what was sent.
      const handler: Handler = () => Effect.zipRight(Deferred.succeed(connected, undefined), Effect.never)
      const scope = yield* Scope.make()
      const connection = yield* Scope.extend(connect(way, accepting(handler)), scope)
      const sending = yield* Effect.fork(Effect.forever(connection.send(new Uint8Array(256 * 1024))))
      yield* Deferred.await(connected)
      yield* Effect.sleep("100 millis")
      yield* Scope.close(scope, Exit.void).pipe(Effect.timeoutFail({ duration: "4 seconds", onTimeout: () => "hangs" }))
      yield* Fiber.interrupt(sending)
    })
  )
})
