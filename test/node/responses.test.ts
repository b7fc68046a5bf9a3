/** What is read of an answer over our transport is what is read over the one of `@effect/platform-node`. */
import * as HttpClient from "@effect/platform/HttpClient"
import type { HttpClientError } from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as NodeTransport from "../../src/node/NodeTransport.js"
import { overBoth } from "../support/httpClients.js"
import * as Raw from "../support/rawServer.js"
import { turn } from "../support/until.js"

const MiB = 1024 * 1024

const readers = {
  text: (response: HttpClientResponse.HttpClientResponse) => response.text,
  json: (response: HttpClientResponse.HttpClientResponse) => response.json,
  arrayBuffer: (response: HttpClientResponse.HttpClientResponse) =>
    Effect.map(response.arrayBuffer, (buffer) => [...new Uint8Array(buffer)]),
  urlParamsBody: (response: HttpClientResponse.HttpClientResponse) => response.urlParamsBody,
  stream: (response: HttpClientResponse.HttpClientResponse) =>
    Effect.map(Stream.runCollect(response.stream), (parts) => [...Buffer.concat(Chunk.toReadonlyArray(parts))])
} satisfies Record<string, (response: HttpClientResponse.HttpClientResponse) => Effect.Effect<unknown, HttpClientError>>

type Reader = keyof typeof readers
const every: ReadonlyArray<Reader> = ["text", "json", "arrayBuffer", "urlParamsBody", "stream"]

/** The status, the headers, the cookies and the body in every way, over both; ours. */
const readAlike = (answer: Raw.Answer, method: "GET" | "HEAD" = "GET", ways = every) =>
  Effect.gen(function* () {
    const server = yield* Raw.rawServer(answer)
    const { ours, stock } = yield* overBoth(
      Effect.forEach(ways, (way) =>
        Effect.gen(function* () {
          const response = yield* HttpClient.execute(HttpClientRequest.make(method)(server.url))
          const { cookies, headers, remoteAddress, status } = response
          const body = yield* Effect.merge(
            Effect.mapError(readers[way](response), ({ _tag, reason }) => [_tag, reason])
          )
          return { way, status, headers: { ...headers }, cookies: cookies.toJSON(), remoteAddress, body }
        })
      )
    )
    expect(ours).toEqual(stock)
    return { ...ours[0], bodies: Object.fromEntries(ours.map(({ body, way }) => [way, body])) }
  })

const raw =
  (head: string, body: string | Uint8Array = ""): Raw.Answer =>
  ({ send }) =>
    send(Buffer.concat([Buffer.from(head, "latin1"), Buffer.from(body)]))

const withBody = (body: string | Uint8Array, type = "text/plain") =>
  raw(Raw.head(200, { "content-type": type, "content-length": String(Buffer.byteLength(body)) }), body)

describe("an answer is read as by the stock client:", () => {
  it.scoped("headers that come twice, and cookies", () =>
    Effect.gen(function* () {
      const lines = "x-twice: 1\r\nX-Twice: 2\r\nSet-Cookie: a=1; Path=/\r\nset-cookie: b=2; HttpOnly\r\nx-none:\r\n"
      const { cookies, headers, status } = yield* readAlike(
        raw(`HTTP/1.1 202 Accepted\r\n${lines}content-length: 2\r\n\r\n`, "{}")
      )
      expect(status).toBe(202)
      expect(headers).toMatchObject({ "x-twice": "1, 2", "x-none": "", "set-cookie": "a=1; Path=/, b=2; HttpOnly" })
      expect(cookies).toMatchObject({ cookies: { a: { value: "1" }, b: { value: "2" } } })
    })
  )

  it.scoped("one cookie, and headers that are not ASCII", () =>
    Effect.gen(function* () {
      const { cookies } = yield* readAlike(
        raw("HTTP/1.1 200\r\nSet-Cookie: a=1\r\nx-name: J\xfcrgen\r\ncontent-length: 0\r\n\r\n")
      )
      expect(cookies).toMatchObject({ cookies: { a: { value: "1" } } })
    })
  )

  it.scoped.each([
    ["JSON", '{"a":[1,null,"é"]}'],
    ["a form", "a=1&b=two+words&a=%C3%A9"],
    ["text in several alphabets", "Grüße, 世界 👋"],
    ["text with a byte order mark", '\uFEFF{"a":1}'],
    ["text with two of them", "\uFEFF\uFEFFtext"],
    ["nothing", ""]
  ] as const)("%s", ([, body]) =>
    Effect.gen(function* () {
      const { bodies } = yield* readAlike(withBody(body))
      expect(bodies["text"]).toBe(body.replace("\uFEFF", ""))
    })
  )

  it.scoped("bytes that are no UTF-8", () => readAlike(withBody(Uint8Array.of(0x61, 0xff, 0xc3, 0x28, 0x00))))

  it.scoped("a chunked body whose characters are cut", () =>
    Effect.gen(function* () {
      const answer: Raw.Answer = ({ send }) =>
        Effect.gen(function* () {
          yield* send(Raw.head(200, { "transfer-encoding": "chunked" }))
          for (const byte of Buffer.from("é世")) {
            yield* send(Buffer.concat([Buffer.from("1\r\n"), Buffer.of(byte), Buffer.from("\r\n")]))
            yield* turn
          }
          yield* send(Raw.lastChunk)
        })
      expect((yield* readAlike(answer)).bodies["text"]).toBe("é世")
    })
  )

  it.scoped("a body that ends with its connection", () =>
    Effect.gen(function* () {
      const answer = Raw.both(raw(Raw.head(200), "all"), ({ finish }) => finish)
      expect((yield* readAlike(answer)).bodies["text"]).toBe("all")
    })
  )

  it.scoped("the answer to HEAD, which says how long a body would be", () =>
    Effect.gen(function* () {
      const { bodies, headers } = yield* readAlike(raw(Raw.head(200, { "content-length": "1000" })), "HEAD")
      expect(headers).toMatchObject({ "content-length": "1000" })
      expect(bodies).toMatchObject({ text: "", json: null, stream: [] })
    })
  )

  it.scoped.each([204, 304])("%i, which has no body", (status) =>
    Effect.gen(function* () {
      const answer = yield* readAlike(raw(Raw.head(status, { etag: '"1"' })))
      expect(answer).toMatchObject({ status, headers: { etag: '"1"' }, bodies: { text: "", arrayBuffer: [] } })
    })
  )

  it.scoped.each([102, 103])("one that comes after %i", (status) =>
    Effect.gen(function* () {
      const early = Raw.head(status, { link: "</style.css>" })
      const answer = yield* readAlike(raw(`${early}${early}${Raw.head(200, { "content-length": "3" })}`, "all"))
      expect(answer).toMatchObject({ status: 200, headers: { "content-length": "3" }, bodies: { text: "all" } })
      expect(answer.headers).not.toHaveProperty("link")
    })
  )
})

describe("an answer", () => {
  const read = <A, E>(
    answer: Raw.Answer,
    use: (response: HttpClientResponse.HttpClientResponse) => Effect.Effect<A, E>
  ) =>
    Effect.gen(function* () {
      const server = yield* Raw.rawServer(answer)
      return yield* Effect.flatMap(HttpClient.get(server.url), use)
    }).pipe(Effect.provide(NodeTransport.layer))

  it.scoped("gives its text twice, and as JSON after that", () =>
    read(withBody('{"a":1}'), ({ json, text }) =>
      Effect.gen(function* () {
        expect(yield* Effect.all([text, text, json])).toEqual(['{"a":1}', '{"a":1}', { a: 1 }])
      })
    )
  )

  it.scoped("gives its text to two readers at once", () =>
    read(withBody("all"), ({ text }) =>
      Effect.gen(function* () {
        expect(yield* Effect.all([text, text], { concurrency: "unbounded" })).toEqual(["all", "all"])
      })
    )
  )

  // The client of `@effect/platform-node` has no such thing: undici has not implemented it.
  it.scoped("gives a form with a file", () => {
    const part = (head: string, body: string) => `--cut\r\ncontent-disposition: form-data; ${head}\r\n\r\n${body}\r\n`
    const file = 'name="file"; filename="a.txt"\r\ncontent-type: text/plain'
    const body = `${part('name="field"', "välue")}${part(file, "content")}--cut--\r\n`
    return read(withBody(body, "multipart/form-data; boundary=cut"), ({ formData }) =>
      Effect.gen(function* () {
        const form = yield* formData
        expect(form.get("field")).toBe("välue")
        const content = form.get("file")
        expect(content).toMatchObject({ name: "a.txt", type: "text/plain" })
        expect(content instanceof Blob && (yield* Effect.promise(() => content.text()))).toBe("content")
      })
    )
  })

  it.scoped("gives a form beside a header that is not ASCII", () => {
    const type = "application/x-www-form-urlencoded"
    const head = `HTTP/1.1 200\r\ncontent-type: ${type}\r\nx-name: J\xfcrgen\r\ncontent-length: 3\r\n\r\n`
    return read(raw(head, "a=1"), ({ formData }) =>
      Effect.gen(function* () {
        expect((yield* formData).get("a")).toBe("1")
      })
    )
  })

  /** Sends 64 MiB, and tells how much of it is gone. */
  const flood =
    (gone: (bytes: number) => void): Raw.Answer =>
    ({ send }) =>
      Effect.gen(function* () {
        const part = Buffer.alloc(64 * 1024)
        yield* send(Raw.head(200, { "content-length": String(64 * MiB) }))
        for (let bytes = 0; bytes < 64 * MiB; bytes += part.length) if (yield* send(part)) gone(part.length)
      })

  it.scoped("that is read slower than it comes stays with its server", () =>
    Effect.gen(function* () {
      let sent = 0
      let taken = 0
      let ahead = 0
      yield* read(
        flood((bytes) => (sent += bytes)),
        (response) =>
          Stream.runForEach(response.stream, (part) => {
            taken += part.length
            ahead = Math.max(ahead, sent - taken)
            return turn
          })
      )
      expect(taken).toBe(64 * MiB)
      expect(ahead).toBeLessThan(16 * MiB)
    })
  )

  it.scoped("that nobody reads stays with its server", () =>
    Effect.gen(function* () {
      let sent = 0
      yield* read(
        flood((bytes) => (sent += bytes)),
        (response) =>
          Effect.gen(function* () {
            // Time enough for all of it.
            yield* Effect.repeatN(turn, 5000)
            expect(sent).toBeLessThan(16 * MiB)
            expect(yield* Stream.runFold(response.stream, 0, (bytes, part) => bytes + part.length)).toBe(64 * MiB)
          })
      )
    })
  )
})
