/** What fails over our transport fails as it does over the one of `@effect/platform-node`. */
import * as HttpClient from "@effect/platform/HttpClient"
import type { HttpClientError } from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { overBoth } from "../support/httpClients.js"
import * as Raw from "../support/rawServer.js"

type Read = (response: HttpClientResponse.HttpClientResponse) => Effect.Effect<unknown, HttpClientError>

const asText: Read = (response) => response.text
const asStream: Read = (response) => Stream.runDrain(response.stream)

/** What a caller can tell of a failure. */
const summary = (failure: HttpClientError) => ({
  _tag: failure._tag,
  reason: failure.reason,
  code: Predicate.hasProperty(failure.cause, "code") ? failure.cause.code : undefined,
  url: failure.request.url,
  status: failure._tag === "ResponseError" ? failure.response.status : undefined
})

const failsAlike = (request: HttpClientRequest.HttpClientRequest, read: Read = asText) =>
  Effect.gen(function* () {
    const { ours, stock } = yield* overBoth(Effect.flip(Effect.flatMap(HttpClient.execute(request), read)))
    expect(summary(ours)).toEqual(summary(stock))
    return summary(ours)
  })

const head = Raw.head(200, { "content-type": "application/json", "content-length": "100" })
const chunkedHead = Raw.head(200, { "content-type": "application/json", "transfer-encoding": "chunked" })
const finish: Raw.Answer = (exchange) => exchange.finish
const says =
  (text: string): Raw.Answer =>
  ({ send }) =>
    send(text)

const answers: ReadonlyArray<readonly [string, Raw.Answer, object]> = [
  ["a reset before the headers", Raw.reset, { _tag: "RequestError", reason: "Transport", code: "ECONNRESET" }],
  ["an end before the headers", finish, { _tag: "RequestError", reason: "Transport", code: "UND_ERR_SOCKET" }],
  ["an end within the headers", Raw.both(says("HTTP/1.1 200 OK\r\ncontent-"), finish), { _tag: "RequestError" }],
  ["garbage instead of HTTP", Raw.both(says("SSH-2.0-OpenSSH_9.6\r\n"), finish), { _tag: "RequestError" }],
  [
    "headers of a megabyte",
    says(`HTTP/1.1 200 OK\r\nx-huge: ${"x".repeat(1024 * 1024)}\r\n\r\n`),
    { _tag: "RequestError", code: "UND_ERR_HEADERS_OVERFLOW" }
  ],
  ["leave to send a body that there is none of", says(Raw.head(100)), { _tag: "RequestError", code: "UND_ERR_SOCKET" }],
  ["a switch of protocols that nobody asked for", says(Raw.head(101, { upgrade: "any" })), { _tag: "RequestError" }],
  ["a reset within a body", Raw.both(says(`${head}{`), Raw.reset), { _tag: "ResponseError", reason: "Decode" }],
  ["an end within a body", Raw.both(says(`${head}{`), finish), { _tag: "ResponseError", reason: "Decode" }],
  ["a chunked body that is cut", Raw.both(says(chunkedHead + Raw.chunk("{")), finish), { _tag: "ResponseError" }],
  ["a chunk whose length is none", says(`${chunkedHead}${Raw.chunk("{")}zz\r\n`), { _tag: "ResponseError" }]
]

describe("over our transport and over that of @effect/platform-node, the same failure comes of", () => {
  it.scoped.each(answers)("%s", ([, answer, expected]) =>
    Effect.gen(function* () {
      const server = yield* Raw.rawServer(answer)
      const request = HttpClientRequest.get(server.url)
      expect(yield* failsAlike(request)).toMatchObject(expected)
      expect(yield* failsAlike(request, asStream)).toMatchObject(expected)
    })
  )

  it.scoped("a server that is not there", () =>
    Effect.gen(function* () {
      const failure = yield* failsAlike(HttpClientRequest.get(yield* Raw.unusedUrl))
      expect(failure).toMatchObject({ _tag: "RequestError", reason: "Transport", code: "ECONNREFUSED" })
    })
  )

  it.effect.each([
    ["nothing but a path", "/jobs", "InvalidUrl"],
    ["an empty host", "http://", "InvalidUrl"],
    ["a port that is none", "http://127.0.0.1:99999/", "InvalidUrl"],
    ["another scheme", "ftp://127.0.0.1/", "Transport"],
    ["a scheme without an origin", "data:text/plain,hello", "Transport"]
  ] as const)("a URL with %s", ([, url, reason]) =>
    Effect.gen(function* () {
      expect(yield* failsAlike(HttpClientRequest.get(url))).toMatchObject({ _tag: "RequestError", reason })
    })
  )

  const unsendable: ReadonlyArray<
    readonly [string, (request: HttpClientRequest.HttpClientRequest) => HttpClientRequest.HttpClientRequest]
  > = [
    ["a line feed in a header", HttpClientRequest.setHeader("x-lines", "one\ntwo")],
    ["a header that belongs to the connection", HttpClientRequest.setHeader("transfer-encoding", "gzip")],
    ["a header without a name", HttpClientRequest.setHeader("", "value")],
    [
      "a body that is shorter than it says",
      HttpClientRequest.bodyStream(Stream.make(Buffer.from("four")), { contentLength: 5 })
    ],
    [
      "a body that is longer than it says",
      HttpClientRequest.bodyStream(Stream.make(Buffer.from("four")), { contentLength: 3 })
    ],
    [
      "a body that fails with an Error",
      HttpClientRequest.bodyStream(Stream.fail(Object.assign(new Error("no"), { code: "ENO" })))
    ],
    ["a body that fails with something else", HttpClientRequest.bodyStream(Stream.fail("no"))],
    [
      "a body that fails later",
      HttpClientRequest.bodyStream(Stream.concat(Stream.make(Buffer.from("four")), Stream.fail(new Error("no"))))
    ],
    ["a body that dies", HttpClientRequest.bodyStream(Stream.dieMessage("no"))]
  ]
  it.scoped.each(unsendable)("%s", ([, change]) =>
    Effect.gen(function* () {
      const server = yield* Raw.rawServer(Raw.silence)
      const failure = yield* failsAlike(change(HttpClientRequest.post(server.url)))
      expect(failure).toMatchObject({ _tag: "RequestError", reason: "Transport" })
    })
  )

  it.scoped("JSON that is none", () =>
    Effect.gen(function* () {
      const server = yield* Raw.rawServer(Raw.reply(200, "{nothing"))
      const failure = yield* failsAlike(HttpClientRequest.get(server.url), (response) => response.json)
      expect(failure).toMatchObject({ _tag: "ResponseError", reason: "Decode", status: 200 })
    })
  )
})
