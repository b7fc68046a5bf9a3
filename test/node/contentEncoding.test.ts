/** Bodies that a server, or something in front of it, has compressed. */
import * as zlib from "node:zlib"
import * as HttpClient from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { DaytonaClient, Files, SandboxId, Toolbox } from "../../src/daytona.js"
import * as NodeTransport from "../../src/node/NodeTransport.js"
import { withRequestOptions } from "../../src/RequestOptions.js"
import { make as makeToolbox } from "../../src/services/daytona/toolbox/Toolbox.js"
import * as Raw from "../support/rawServer.js"
import { aJob, collected, getJob, servicesAt, streamed } from "../support/transports.js"

const encodings: ReadonlyArray<readonly [name: string, encode: (text: string) => Uint8Array]> = [
  ["gzip", zlib.gzipSync],
  ["x-gzip", zlib.gzipSync],
  ["deflate", zlib.deflateSync],
  ["deflate", zlib.deflateRawSync],
  ["br", zlib.brotliCompressSync],
  ["GZIP", zlib.gzipSync]
]

const answer =
  (encoding: string, body: Uint8Array, { status = 200, type = "application/json" } = {}): Raw.Answer =>
  ({ send }) =>
    Effect.zipRight(
      send(
        Raw.head(status, {
          "content-type": type,
          "content-encoding": encoding,
          "content-length": String(body.length)
        })
      ),
      send(body)
    )

const services = (url: string) => servicesAt(url, NodeTransport.layer, { retry: false })
const filesAt = (url: string, transport: Layer.Layer<HttpClient.HttpClient> = NodeTransport.layer) => {
  const toolbox = Effect.map(DaytonaClient, (client) =>
    makeToolbox(client, { id: SandboxId.make("box"), labels: {}, toolboxProxyUrl: url })
  )
  return Files.layer.pipe(
    Layer.provide(Layer.effect(Toolbox, toolbox)),
    Layer.provide(DaytonaClient.layer({ apiKey: Redacted.make("key"), apiUrl: url, retry: false })),
    Layer.provide(transport)
  )
}

const done = 'data: one\n\nevent: done\ndata: {"id":"run-1"}\n\n'

describe("a download that something in between has compressed", () => {
  it.scoped.each(encodings)("is the file, with the length of the file: %s", ([encoding, encode]) =>
    Effect.gen(function* () {
      const text = "a line of a file that compresses well\n".repeat(500)
      const info = {
        name: "a",
        size: text.length,
        isDir: false,
        mode: "-rw-r--r--",
        modTime: "",
        modifiedAt: "2026-06-01T00:00:00Z",
        owner: "",
        group: ""
      }
      const file = answer(encoding, encode(text), { type: "application/octet-stream" })
      const server = yield* Raw.rawServer(file, Raw.json({ ...info, permissions: "0644" }))
      const read = Effect.flatMap(Files, (files) => files.readText("a"))
      expect(yield* Effect.provide(read, filesAt(server.url))).toBe(text)
    })
  )
})

describe("a compressed body", () => {
  it.scoped.each(encodings)("is decoded: %s, of JSON, of an error, of an event stream", ([encoding, encode]) =>
    Effect.gen(function* () {
      const server = yield* Raw.rawServer(
        answer(encoding, encode(JSON.stringify(aJob()))),
        answer(encoding, encode(JSON.stringify({ error: "job not found" })), { status: 404 }),
        answer(encoding, encode(done), { type: "text/event-stream" })
      )
      yield* Effect.gen(function* () {
        expect(yield* getJob()).toMatchObject({ id: "job-1" })
        expect(yield* Effect.flip(getJob())).toMatchObject({ _tag: "NotFound", detail: "job not found" })
        expect(Chunk.toReadonlyArray(yield* Stream.runCollect(streamed))).toMatchObject([
          { _tag: "Output", line: "one" },
          { _tag: "Done", runId: "run-1" }
        ])
      }).pipe(Effect.provide(services(server.url)))
    })
  )

  it.scoped("is asked for where it is read as a whole, and not where it is read as it arrives", () =>
    Effect.gen(function* () {
      const server = yield* Raw.rawServer(
        Raw.json(aJob()),
        Raw.both(Raw.events(done), ({ send }) => send(Raw.lastChunk))
      )
      yield* Effect.zipRight(getJob(), Stream.runDrain(streamed)).pipe(Effect.provide(services(server.url)))
      expect(server.requests.map(({ headers }) => headers["accept-encoding"])).toEqual([
        "gzip, deflate, br",
        "identity"
      ])
    })
  )

  it.scoped("gives the events that have arrived before the next ones are there", () =>
    Effect.gen(function* () {
      const gzip = zlib.createGzip({ flush: zlib.constants.Z_SYNC_FLUSH })
      const compressed = Effect.async<Buffer>((resume) => {
        gzip.once("data", (bytes: Buffer) => resume(Effect.succeed(bytes)))
        gzip.write("data: one\n\n")
      })
      const server = yield* Raw.rawServer(({ send }) =>
        Effect.gen(function* () {
          yield* send(Raw.head(200, { "content-type": "text/event-stream", "content-encoding": "gzip" }))
          yield* send(yield* compressed)
        })
      )
      const first = yield* Stream.runHead(streamed).pipe(Effect.provide(services(server.url)))
      expect(first).toMatchObject({ value: { _tag: "Output", line: "one" } })
    })
  )

  it.scoped.each([
    ["is not of the encoding that it names", "gzip", Buffer.from("not compressed"), "not valid gzip"],
    ["was cut", "gzip", zlib.gzipSync(JSON.stringify(aJob())).subarray(0, 40), "not valid gzip"],
    ["is in an encoding that nobody asked for", "zstd", Buffer.from("(/\xb5\xfd", "latin1"), '"zstd"'],
    ["was compressed twice", "gzip, br", zlib.brotliCompressSync(zlib.gzipSync("{}")), '"gzip, br"']
  ] as const)("is never content when it %s", ([, encoding, body, words]) =>
    Effect.gen(function* () {
      const server = yield* Raw.rawServer(answer(encoding, body), answer(encoding, body, { type: "text/event-stream" }))
      yield* Effect.gen(function* () {
        const failure = yield* Effect.flip(getJob())
        expect(failure).toMatchObject({ _tag: "InvalidResponse", status: 200, admitted: "yes", retryable: false })
        expect(failure.message).toContain(words)
        const { end, items } = yield* collected(streamed)
        expect({ end, items }).toMatchObject({ items: [], end: { left: { _tag: "StreamInterrupted" } } })
      }).pipe(Effect.provide(services(server.url)))
    })
  )

  it.scoped("counts as what it becomes: a small one that grows is refused, and its connection closed", () =>
    Effect.gen(function* () {
      const bomb = zlib.gzipSync(Buffer.alloc(64 * 1024 * 1024, " "))
      const server = yield* Raw.rawServer(answer("gzip", bomb))
      yield* Effect.gen(function* () {
        const failure = yield* Effect.flip(withRequestOptions(getJob(), { maxResponseSize: 1024 * 1024 }))
        expect(failure).toMatchObject({ _tag: "InvalidResponse" })
        expect(failure.message).toContain("`maxResponseSize` (1048576 bytes)")
      }).pipe(Effect.provide(services(server.url)))
    })
  )

  it.scoped("of no bytes is no body", () =>
    Effect.gen(function* () {
      const server = yield* Raw.rawServer(answer("gzip", new Uint8Array()))
      const response = yield* Effect.flatMap(HttpClient.get(server.url), ({ text }) => text).pipe(
        Effect.provide(NodeTransport.layer)
      )
      expect(response).toBe("")
    })
  )
})

describe.each([
  ["node:http", NodeHttpClient.layer],
  ["undici", NodeHttpClient.layerUndici]
] as const)("an encoded body that the stock client on %s does not decode", (_, transport) => {
  const named = expect.stringContaining('encoded as "gzip"')

  it.scoped("is InvalidResponse with the encoding where JSON is due", () =>
    Effect.gen(function* () {
      const server = yield* Raw.rawServer(answer("gzip", zlib.gzipSync(JSON.stringify(aJob()))))
      const failure = yield* Effect.flip(getJob()).pipe(Effect.provide(servicesAt(server.url, transport)))
      expect(failure).toMatchObject({ _tag: "InvalidResponse", status: 200, attempts: 1, message: named })
    })
  )

  it.scoped("leaves the status of a failure as it is", () =>
    Effect.gen(function* () {
      const gone = answer("gzip", zlib.gzipSync(JSON.stringify({ error: "job not found" })), { status: 404 })
      const server = yield* Raw.rawServer(gone)
      const failure = yield* Effect.flip(getJob()).pipe(Effect.provide(servicesAt(server.url, transport)))
      expect(failure).toMatchObject({ _tag: "NotFound", status: 404 })
    })
  )

  it.scoped("is no event of a stream, and the failure names the encoding", () =>
    Effect.gen(function* () {
      const server = yield* Raw.rawServer(answer("gzip", zlib.gzipSync(done), { type: "text/event-stream" }))
      const { end, items } = yield* collected(streamed).pipe(Effect.provide(servicesAt(server.url, transport)))
      expect({ end, items }).toMatchObject({ items: [], end: { left: { message: named } } })
    })
  )

  it.scoped("is never the content of a download", () =>
    Effect.gen(function* () {
      const file = answer("gzip", zlib.gzipSync("a line\n"), { type: "application/octet-stream" })
      const server = yield* Raw.rawServer(file)
      const read = Effect.flatMap(Files, (files) => Effect.flip(files.readBytes("a")))
      const failure = yield* Effect.provide(read, filesAt(server.url, transport))
      expect(failure).toMatchObject({ message: named, retryable: false })
    })
  )
})
