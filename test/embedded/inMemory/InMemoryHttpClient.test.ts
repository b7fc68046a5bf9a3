import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { ConnectionFault } from "../../../src/embedded/ConnectionFault.js"
import * as InMemoryHttpClient from "../../../src/embedded/inMemory/InMemoryHttpClient.js"

const url = "http://server.test/path?a=b"
const encode = (text: string) => new TextEncoder().encode(text)
const request = HttpServerRequest.HttpServerRequest

/** Echoes the request. */
const echo = InMemoryHttpClient.make(
  Effect.gen(function* () {
    const received = yield* request
    const text = yield* Effect.orElseSucceed(received.text, () => "unreadable")
    return HttpServerResponse.unsafeJson({
      method: received.method,
      url: received.url,
      headers: received.headers,
      text
    })
  })
)

const bodyOf = (client: HttpClient.HttpClient, sent: HttpClientRequest.HttpClientRequest) =>
  Effect.flatMap(client.execute(sent), (response) => response.json)

describe("a client in memory", () => {
  it.effect("passes method, path, query and headers", () =>
    Effect.gen(function* () {
      expect(yield* bodyOf(echo, HttpClientRequest.del(url, { headers: { "X-A": "1" } }))).toMatchObject({
        method: "DELETE",
        url: "/path?a=b",
        headers: { "x-a": "1" },
        text: ""
      })
    })
  )

  it.effect.each<[string, HttpClientRequest.HttpClientRequest, string]>([
    ["text", HttpClientRequest.bodyText(HttpClientRequest.post(url), "text"), "text"],
    ["bytes", HttpClientRequest.bodyUint8Array(HttpClientRequest.post(url), encode("bytes")), "bytes"],
    [
      "a stream",
      HttpClientRequest.bodyStream(HttpClientRequest.post(url), Stream.make(encode("a"), encode("b"))),
      "ab"
    ],
    ["form data", HttpClientRequest.bodyFormDataRecord(HttpClientRequest.post(url), { a: "1" }), 'name="a"']
  ])("passes a body of %s", ([, sent, expected]) =>
    Effect.gen(function* () {
      expect(yield* bodyOf(echo, sent)).toMatchObject({ text: expect.stringContaining(expected) })
    })
  )

  it.effect("fails with the error of a failed upload", () =>
    Effect.gen(function* () {
      const upload = Stream.concat(Stream.make(encode("a")), Stream.fail("disk gone"))
      const error = yield* Effect.flip(echo.execute(HttpClientRequest.bodyStream(HttpClientRequest.post(url), upload)))
      expect(error._tag).toBe("RequestError")
      expect(String(error.cause)).toContain("disk gone")
    })
  )

  it.effect("reads a body as text, JSON, bytes, form and stream, and only once", () =>
    Effect.gen(function* () {
      let reads = 0
      const client = InMemoryHttpClient.make(
        Effect.succeed(HttpServerResponse.stream(Stream.fromEffect(Effect.sync(() => encode(`{"reads":${++reads}}`)))))
      )
      const response = yield* client.get(url)
      expect(yield* response.text).toBe('{"reads":1}')
      expect(yield* response.json).toEqual({ reads: 1 })
      expect(new Uint8Array(yield* response.arrayBuffer)).toEqual(encode('{"reads":1}'))
    })
  )

  it.effect("reports a body that is not JSON as a decoding error", () =>
    Effect.gen(function* () {
      const client = InMemoryHttpClient.make(Effect.succeed(HttpServerResponse.text("no")))
      const response = yield* client.get(url)
      expect(yield* Effect.flip(response.json)).toMatchObject({ _tag: "ResponseError", reason: "Decode" })
    })
  )

  it.effect("responds with the first byte, not before", () =>
    Effect.gen(function* () {
      const late = Stream.fromEffect(Effect.as(Effect.sleep("1 minute"), encode("late")))
      const client = InMemoryHttpClient.make(Effect.succeed(HttpServerResponse.stream(late)))
      const flushed = InMemoryHttpClient.make(
        Effect.succeed(HttpServerResponse.stream(Stream.concat(Stream.make(new Uint8Array(0)), late)))
      )
      expect((yield* flushed.get(url)).status).toBe(200)
      const waiting = yield* Effect.fork(client.get(url))
      yield* TestClock.adjust("59 seconds")
      expect(waiting.unsafePoll()).toBeNull()
      yield* TestClock.adjust("1 second")
      expect(yield* (yield* Fiber.join(waiting)).text).toBe("late")
    })
  )

  it.effect("produces no more of the body than requested", () =>
    Effect.gen(function* () {
      let produced = 0
      const body = Stream.repeatEffect(Effect.sync(() => encode(`${++produced}`)))
      const client = InMemoryHttpClient.make(Effect.succeed(HttpServerResponse.stream(body)))
      const response = yield* client.get(url)
      expect(produced).toBe(1)
      yield* TestClock.adjust("1 minute")
      expect(produced).toBe(1)
      yield* Stream.runDrain(Stream.take(response.stream, 3))
      expect(produced).toBeLessThanOrEqual(4)
    })
  )

  it.effect("interrupts the handler when the request is interrupted", () =>
    Effect.gen(function* () {
      const started = yield* Deferred.make<void>()
      let interrupted = false
      const client = InMemoryHttpClient.make(
        Effect.zipRight(Deferred.succeed(started, undefined), Effect.never).pipe(
          Effect.onInterrupt(() => Effect.sync(() => (interrupted = true)))
        )
      )
      const waiting = yield* Effect.fork(client.get(url))
      yield* Deferred.await(started)
      yield* Fiber.interrupt(waiting)
      expect(interrupted).toBe(true)
    })
  )

  it.effect("interrupts the body and closes the request's scope when the reader stops", () =>
    Effect.gen(function* () {
      const events: Array<string> = []
      const note = (event: string) => Effect.sync(() => void events.push(event))
      const client = InMemoryHttpClient.make(
        Effect.as(
          Effect.addFinalizer(() => note("scope closed")),
          HttpServerResponse.stream(
            Stream.ensuring(Stream.concat(Stream.make(encode("a")), Stream.never), note("body ended"))
          )
        )
      )
      const response = yield* client.get(url)
      expect(events).toEqual([])
      yield* Stream.runDrain(Stream.take(response.stream, 1))
      expect(events).toEqual(["body ended", "scope closed"])
    })
  )

  it.effect("interrupts the handler when the scope of a scoped client closes", () =>
    Effect.gen(function* () {
      const ended = yield* Deferred.make<void>()
      const body = Stream.ensuring(
        Stream.concat(Stream.make(encode("a")), Stream.never),
        Deferred.succeed(ended, undefined)
      )
      const client = InMemoryHttpClient.make(Effect.succeed(HttpServerResponse.stream(body)))
      yield* Effect.scoped(HttpClient.withScope(client).get(url))
      yield* Deferred.await(ended)
    })
  )

  it.effect("lets a handler use interruption even where its client is uninterruptible", () =>
    Effect.gen(function* () {
      const client = InMemoryHttpClient.make(
        Effect.as(Effect.race(Effect.never, Effect.void), HttpServerResponse.empty({ status: 204 }))
      )
      expect((yield* Effect.uninterruptible(client.get(url))).status).toBe(204)
    })
  )

  it.effect("responds with an empty 500 when the handler dies", () =>
    Effect.gen(function* () {
      const client = InMemoryHttpClient.make(Effect.die("a bug"))
      const response = yield* client.get(url)
      expect([response.status, yield* response.text]).toEqual([500, ""])
    })
  )

  it.effect("reports a body that dies as a broken connection", () =>
    Effect.gen(function* () {
      const client = InMemoryHttpClient.make(
        Effect.succeed(HttpServerResponse.stream(Stream.concat(Stream.make(encode("a")), Stream.die("a bug"))))
      )
      const response = yield* client.get(url)
      expect(yield* Effect.flip(response.text)).toMatchObject({ cause: { code: "ECONNRESET", syscall: "read" } })
    })
  )

  it.effect("reports a refused connection with the address", () =>
    Effect.gen(function* () {
      const client = InMemoryHttpClient.make(new ConnectionFault({ kind: "refused" }))
      expect(yield* Effect.flip(client.get("http://server.test:8585/"))).toMatchObject({
        _tag: "RequestError",
        reason: "Transport",
        cause: { code: "ECONNREFUSED", syscall: "connect", address: "server.test", port: 8585 }
      })
    })
  )

  it.effect("sends no body in response to HEAD", () =>
    Effect.gen(function* () {
      const client = InMemoryHttpClient.make(Effect.succeed(HttpServerResponse.text("body")))
      expect(yield* (yield* client.head(url)).text).toBe("")
    })
  )

  it.effect("refuses an invalid URL", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(echo.get("http://"))
      expect(Exit.isFailure(exit)).toBe(true)
    })
  )

  it.live("streams a gigabyte in constant memory", () =>
    Effect.gen(function* () {
      const part = new Uint8Array(65_536)
      const total = 16_384
      const client = InMemoryHttpClient.make(
        Effect.succeed(HttpServerResponse.stream(Stream.take(Stream.repeatValue(part), total)))
      )
      const response = yield* client.get(url)
      const before = process.memoryUsage().rss
      const bytes = yield* Stream.runFold(response.stream, 0, (sum, received) => sum + received.length)
      expect(bytes).toBe(65_536 * total)
      expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024)
    })
  )
})
