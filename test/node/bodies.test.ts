/** Bodies of requests: what the server gets, and what becomes of what makes them. */
import { Readable } from "node:stream"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import type { HttpClientError } from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as NodeTransport from "../../src/node/NodeTransport.js"
import { overBoth } from "../support/httpClients.js"
import { echo, httpServer } from "../support/httpServer.js"
import { turn, until } from "../support/until.js"

const MiB = 1024 * 1024
const bytes = (text: string) => Buffer.from(text)

const Echo = Schema.Struct({
  method: Schema.String,
  target: Schema.String,
  headers: Schema.Record({ key: Schema.String, value: Schema.String }),
  body: Schema.String
})

const post = (url: string, body: HttpBody.HttpBody) =>
  HttpClient.execute(HttpClientRequest.setBody(HttpClientRequest.post(url), body))

/** What the echo server got. */
const sent = (url: string, body: HttpBody.HttpBody) =>
  Effect.flatMap(post(url, body), (response) => Effect.flatMap(response.json, Schema.decodeUnknown(Echo)))

/** Each request has a span of its own. */
const idsOf = ({ b3, traceparent }: typeof Echo.Type.headers) => ({ b3, traceparent })

type Make = () => HttpBody.HttpBody

const alike: ReadonlyArray<readonly [string, Make, string]> = [
  ["nothing", () => HttpBody.empty, ""],
  ["text", () => HttpBody.text("Grüße"), bytes("Grüße").toString("latin1")],
  ["JSON", () => HttpBody.unsafeJson({ a: 1 }), '{"a":1}'],
  ["bytes", () => HttpBody.uint8Array(Uint8Array.of(0, 255, 10)), "\x00\xff\n"],
  ["no bytes", () => HttpBody.uint8Array(new Uint8Array()), ""],
  ["a part of a buffer", () => HttpBody.uint8Array(bytes("abcdef").subarray(2, 4)), "cd"],
  ["a stream", () => HttpBody.stream(Stream.make(bytes("one "), bytes("two"))), "one two"],
  ["a stream of nothing", () => HttpBody.stream(Stream.empty), ""],
  ["a stream with empty parts", () => HttpBody.stream(Stream.make(bytes(""), bytes("one"), bytes(""))), "one"],
  ["a stream of one length", () => HttpBody.stream(Stream.make(bytes("one")), "text/plain", 3), "one"],
  ["a raw string", () => HttpBody.raw("Grüße"), bytes("Grüße").toString("latin1")],
  ["raw bytes", () => HttpBody.raw(bytes("one")), "one"],
  ["a raw Readable", () => HttpBody.raw(Readable.from([bytes("one "), bytes("two")])), "one two"],
  ["a raw null", () => HttpBody.raw(null), ""]
]

describe("the server gets, as from the stock client,", () => {
  it.scoped.each(alike)("%s", ([, make, expected]) =>
    Effect.gen(function* () {
      const { url } = yield* httpServer(echo)
      const { ours, stock } = yield* overBoth(Effect.suspend(() => sent(url, make())))
      expect(ours).toEqual({ ...stock, headers: { ...stock.headers, ...idsOf(ours.headers) } })
      expect(ours.body).toBe(expected)
    })
  )

  it.scoped("a stream that reads what its caller knows", () =>
    Effect.gen(function* () {
      const { url } = yield* httpServer(echo)
      const known = FiberRef.unsafeMake("nothing")
      const body = HttpBody.stream(Stream.fromEffect(Effect.map(FiberRef.get(known), bytes)))
      const { ours, stock } = yield* overBoth(Effect.locally(sent(url, body), known, "something"))
      expect([ours.body, stock.body]).toEqual(["something", "something"])
    })
  )
})

describe("the server gets", () => {
  it.scoped.each([
    ["a Blob", () => HttpBody.raw(new Blob(["Grüße"]))],
    ["a ReadableStream", () => HttpBody.raw(new Blob(["Grüße"]).stream())]
  ] as const)("%s", ([, make]) =>
    Effect.gen(function* () {
      const { url } = yield* httpServer(echo)
      expect((yield* sent(url, make())).body).toBe(bytes("Grüße").toString("latin1"))
    }).pipe(Effect.provide(NodeTransport.layer))
  )

  it.scoped("a form with a file, each time that it is sent", () =>
    Effect.gen(function* () {
      const { url } = yield* httpServer(echo)
      const form = new FormData()
      form.append("field", "välue")
      form.append("file", new File([Uint8Array.of(0, 255)], "ä.bin", { type: "application/x-thing" }))
      for (let time = 0; time < 2; time++) {
        const { body, headers } = yield* sent(url, HttpBody.formData(form))
        expect(headers["content-type"]).toMatch(/^multipart\/form-data; boundary=/)
        const got = yield* Effect.promise(() => new Response(Buffer.from(body, "latin1"), { headers }).formData())
        expect(got.get("field")).toBe("välue")
        const file = got.get("file")
        expect(file).toMatchObject({ name: "ä.bin", type: "application/x-thing", size: 2 })
        expect(file instanceof Blob && [...new Uint8Array(yield* Effect.promise(() => file.arrayBuffer()))]).toEqual([
          0, 255
        ])
      }
    }).pipe(Effect.provide(NodeTransport.layer))
  )

  it.scoped.each([
    ["a number", 1],
    ["an object", { a: 1 }],
    ["a symbol", Symbol("a")]
  ] as const)("nothing of %s, which is RequestError", ([, content]) =>
    Effect.gen(function* () {
      const server = yield* httpServer(echo)
      const failure = yield* Effect.flip(post(server.url, HttpBody.raw(content)))
      expect(failure).toMatchObject({ _tag: "RequestError", reason: "Encode" })
      expect(server.connections()).toBe(0)
    }).pipe(Effect.provide(NodeTransport.layer))
  )
})

/** A stream without an end, and when it was over. */
const endless = Effect.gen(function* () {
  const begun = yield* Deferred.make<void>()
  const over = yield* Deferred.make<void>()
  let made = 0
  const part = Buffer.alloc(64 * 1024)
  const stream = Stream.repeatEffect(
    Effect.zipRight(
      turn,
      Effect.as(Deferred.succeed(begun, undefined), part).pipe(
        Effect.tap(() => Effect.sync(() => (made += part.length)))
      )
    )
  ).pipe(Stream.ensuring(Deferred.succeed(over, undefined)))
  return { body: HttpBody.stream(stream), begun: Deferred.await(begun), over: Deferred.await(over), made: () => made }
})

const ignores = () => {}

describe("a body that is a stream", () => {
  it.scoped("is finalized when its request is interrupted", () =>
    Effect.gen(function* () {
      const server = yield* httpServer((request) => request.resume())
      const { begun, body, over } = yield* endless
      const fiber = yield* Effect.fork(post(server.url, body))
      yield* begun
      yield* Fiber.interrupt(fiber)
      yield* over
      yield* until(() => server.open() === 0)
    }).pipe(Effect.provide(NodeTransport.layer))
  )

  it.scoped("is finalized when its server closes the connection", () =>
    Effect.gen(function* () {
      const server = yield* httpServer((request) => request.once("data", () => request.destroy()))
      const { body, over } = yield* endless
      const failure: HttpClientError = yield* Effect.flip(post(server.url, body))
      expect(failure).toMatchObject({ _tag: "RequestError", reason: "Transport" })
      yield* over
    }).pipe(Effect.provide(NodeTransport.layer))
  )

  it.scoped("is finalized when the answer is there before all of it, and the answer is read", () =>
    Effect.gen(function* () {
      const server = yield* httpServer((_, response) => response.end("enough"))
      for (let time = 0; time < 3; time++) {
        const { body, over } = yield* endless
        const response = yield* post(server.url, body)
        expect(yield* response.text).toBe("enough")
        yield* over
      }
      yield* until(() => server.open() === 0)
    }).pipe(Effect.provide(NodeTransport.layer))
  )

  it.scoped("is finalized when it fails half-way", () =>
    Effect.gen(function* () {
      const server = yield* httpServer((request) => request.resume())
      const over = yield* Deferred.make<void>()
      const stream = Stream.concat(Stream.make(bytes("one")), Stream.fail(new Error("no"))).pipe(
        Stream.ensuring(Deferred.succeed(over, undefined))
      )
      const failure = yield* Effect.flip(post(server.url, HttpBody.stream(stream)))
      expect(failure).toMatchObject({ _tag: "RequestError", reason: "Transport", cause: { message: "no" } })
      yield* Deferred.await(over)
      yield* until(() => server.open() === 0)
    }).pipe(Effect.provide(NodeTransport.layer))
  )

  it.scoped("is made no faster than the server takes it", () =>
    Effect.gen(function* () {
      const server = yield* httpServer(ignores)
      const { begun, body, made, over } = yield* endless
      const fiber = yield* Effect.fork(post(server.url, body))
      yield* begun
      // Time enough for 128 MiB.
      yield* Effect.repeatN(turn, 2000)
      expect(made()).toBeLessThan(16 * MiB)
      yield* Fiber.interrupt(fiber)
      yield* over
    }).pipe(Effect.provide(NodeTransport.layer))
  )

  it.scoped("of Node is destroyed when its request is interrupted", () =>
    Effect.gen(function* () {
      const server = yield* httpServer((request) => request.resume())
      const readable = new Readable({ read: ignores })
      readable.push("one")
      const fiber = yield* Effect.fork(post(server.url, HttpBody.raw(readable)))
      yield* until(() => server.open() === 1)
      yield* Fiber.interrupt(fiber)
      yield* until(() => readable.destroyed && server.open() === 0)
    }).pipe(Effect.provide(NodeTransport.layer))
  )
})
