import { gzipSync } from "node:zlib"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Operation from "../../src/internal/Operation.js"
import { withRequestOptions } from "../../src/RequestOptions.js"
import { StromboliClient } from "../../src/services/stromboli/StromboliClient.js"
import * as Raw from "../support/rawServer.js"
import { aJob, at, getJob, run, type Services, servicesAt, transports } from "../support/transports.js"

const MiB = 1024 * 1024

/** Sends spaces, which JSON allows, for as long as somebody takes them; then notes how many it got rid of. */
const flood =
  (
    headers: Readonly<Record<string, string>>,
    frame: (text: string) => string,
    pushed: (bytes: number) => void
  ): Raw.Answer =>
  ({ send }) =>
    Effect.gen(function* () {
      const part = frame(" ".repeat(64 * 1024))
      let accepted = yield* send(Raw.head(200, { "content-type": "application/json", ...headers }))
      for (let bytes = 0; accepted && bytes < 64 * MiB; bytes += part.length) {
        accepted = yield* send(part)
        if (accepted) pushed(part.length)
      }
    })

const removeThing = Effect.flatMap(StromboliClient, (client) =>
  client.call(Operation.make("Things.remove", "DELETE", "/things/{id}", { success: Schema.Void }), {
    path: { id: "one" }
  })
)

const idle = Effect.async<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

describe.each(transports)("over $name", (transport) => {
  describe("a body over `maxResponseSize`", () => {
    const floods: ReadonlyArray<readonly [string, Readonly<Record<string, string>>, (text: string) => string]> = [
      ["of known length", { "content-length": String(64 * MiB) }, (text) => text],
      ["in chunks", { "transfer-encoding": "chunked" }, Raw.chunk],
      ["until the connection closes", {}, (text) => text]
    ]
    it.scoped.each(floods)("%s is InvalidResponse, and most of 64 MiB stays with the server", ([, headers, frame]) =>
      Effect.gen(function* () {
        let pushed = 0
        const server = yield* Raw.rawServer(flood(headers, frame, (bytes) => (pushed += bytes)))
        yield* Effect.gen(function* () {
          const failure = yield* Effect.flip(run)
          expect(failure).toMatchObject({ _tag: "InvalidResponse", status: 200, admitted: "yes", attempts: 1 })
          expect(failure.message).toContain("larger than `maxResponseSize` (10485760 bytes)")
          // The layer is still there: it is the end of the call that closes the connection.
          yield* Effect.flatMap(server.received(0), ({ closed }) => closed)
        }).pipe(Effect.provide(servicesAt(server.url, transport.layer, { maxResponseSize: 10 * MiB })))
        expect(pushed).toBeLessThan(24 * MiB)
      })
    )

    it.scoped.each([
      ["of a call", {}, MiB],
      ["of a layer", { maxResponseSize: MiB }, undefined],
      ["of a call above that of its layer", { maxResponseSize: 10 }, MiB],
      ["of a call below that of its layer", { maxResponseSize: 10 * MiB }, MiB]
    ] as const)("is decided by the option %s", ([, options, ofCall]) =>
      Effect.gen(function* () {
        const body = (size: number) => Raw.reply(200, `${" ".repeat(size)}${JSON.stringify(aJob())}`)
        const server = yield* Raw.rawServer(body(MiB / 2), body(MiB))
        const call = ofCall === undefined ? getJob() : withRequestOptions(getJob(), { maxResponseSize: ofCall })
        yield* Effect.gen(function* () {
          expect(yield* call).toMatchObject({ id: "job-1" })
          expect((yield* Effect.flip(call)).message).toContain("`maxResponseSize` (1048576 bytes)")
        }).pipe(Effect.provide(servicesAt(server.url, transport.layer, options)))
      })
    )

    it.scoped("does not keep the output of a failed run, which is paid for, from its failure", () =>
      Effect.gen(function* () {
        const output = "paid ".repeat(40_000)
        const answer = Raw.json({ error: `execution failed: exit status 1, output: ${output}` }, 500)
        const { outcome } = yield* at(transport, run, answer)
        expect(outcome).toMatchObject({ left: { _tag: "RunFailed", output } })
        const small = withRequestOptions(run, { maxResponseSize: 150_000 })
        const { outcome: cut } = yield* at(transport, small, answer)
        expect(cut).toMatchObject({
          left: {
            _tag: "ServerError",
            status: 500,
            detail: expect.stringMatching(/^the body is larger than `maxResponseSize` \(150000 bytes\); .*: paid /)
          }
        })
      })
    )

    it.scoped("in an error costs nothing but its beginning", () =>
      Effect.gen(function* () {
        let pushed = 0
        const text = "x".repeat(64 * 1024)
        const answer: Raw.Answer = ({ send }) =>
          Effect.gen(function* () {
            let accepted = yield* send(Raw.head(500, { "transfer-encoding": "chunked" }))
            for (let part = 0; accepted && part < 1024; part++) {
              accepted = yield* send(Raw.chunk(text))
              if (accepted) pushed += text.length
            }
          })
        const { outcome } = yield* at(transport, getJob(), answer)
        expect(outcome).toMatchObject({ left: { _tag: "ServerError", status: 500 } })
        expect(pushed).toBeLessThan(16 * MiB)
      })
    )

    it.scoped("that is small only while it is compressed is InvalidResponse", () =>
      Effect.gen(function* () {
        const body = gzipSync(`${" ".repeat(20 * MiB)}${JSON.stringify(aJob())}`)
        const { outcome, server } = yield* at(
          transport,
          withRequestOptions(getJob(), { maxResponseSize: MiB }),
          ({ send }) =>
            Effect.zipRight(
              send(
                Raw.head(200, {
                  "content-type": "application/json",
                  "content-encoding": "gzip",
                  "content-length": String(body.length)
                })
              ),
              send(body)
            )
        )
        expect(outcome).toMatchObject({ left: { _tag: "InvalidResponse", status: 200 } })
        expect(outcome._tag === "Left" && outcome.left.message).toContain(
          transport.decompresses ? "larger than" : 'encoded as "gzip"'
        )
        // Who cannot unpack does not ask for it.
        expect(/gzip/.test(server.requests[0]?.headers["accept-encoding"] ?? "")).toBe(transport.decompresses)
      })
    )
  })

  it.scoped.skipIf(!transport.decompresses)("a compressed body is read", () =>
    Effect.gen(function* () {
      const body = gzipSync(JSON.stringify(aJob()))
      const { outcome } = yield* at(transport, getJob(), ({ send }) =>
        Effect.zipRight(
          send(
            Raw.head(200, {
              "content-type": "application/json",
              "content-encoding": "gzip",
              "content-length": String(body.length)
            })
          ),
          send(body)
        )
      )
      expect(outcome).toMatchObject({ right: { id: "job-1" } })
    })
  )

  it.scoped("204 where nothing is due is a success, and the connection is free for the next request", () =>
    Effect.gen(function* () {
      const { outcome, server } = yield* at(
        transport,
        Effect.zipRight(Effect.zipRight(removeThing, idle), removeThing),
        ({ send }) => send(Raw.head(204))
      )
      expect(outcome).toMatchObject({ _tag: "Right" })
      expect(server.requests).toMatchObject([{ method: "DELETE", target: "/things/one" }, { method: "DELETE" }])
      expect(server.connections()).toBe(transport.keepsConnections ? 1 : 2)
    })
  )

  it.scoped("a body where nothing is due is no failure either, and frees the connection", () =>
    Effect.gen(function* () {
      const { outcome, server } = yield* at(
        transport,
        Effect.zipRight(Effect.zipRight(removeThing, idle), removeThing),
        Raw.json({ gone: true })
      )
      expect(outcome).toMatchObject({ _tag: "Right" })
      expect(server.connections()).toBe(transport.keepsConnections ? 1 : 2)
    })
  )

  const unreadable: ReadonlyArray<readonly [string, Raw.Answer, string]> = [
    ["204 where JSON is due", ({ send }) => send(Raw.head(204)), "empty"],
    ["an empty body", Raw.reply(200, ""), "empty"],
    [
      "a proxy's page",
      Raw.reply(200, "<!doctype html><title>Sign in</title>", { "content-type": "text/html" }),
      "HTML page"
    ],
    ["half a document", Raw.reply(200, '{"id":"job-1",', { "content-type": "application/json" }), "not valid JSON"],
    ["bytes that are no text", Raw.reply(200, "\xff\xfe\x00", { "content-type": "application/json" }), "not valid JSON"]
  ]
  it.scoped.each(unreadable)("%s is InvalidResponse", ([, answer, what]) =>
    Effect.gen(function* () {
      const { outcome, sent } = yield* at(transport, getJob(), answer)
      expect(outcome).toMatchObject({ left: { _tag: "InvalidResponse", attempts: 1 } })
      expect(outcome._tag === "Left" && outcome.left.message).toContain(what)
      expect(sent).toBe(1)
    })
  )

  it.scoped("text that is cut in the middle of a character is put together again", () =>
    Effect.gen(function* () {
      const body = new TextEncoder().encode(JSON.stringify({ ...aJob(), output: "grün 🦊" }))
      const split = body.indexOf(0xf0) + 2
      const part = (bytes: Uint8Array) =>
        Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")])
      const { outcome } = yield* at(transport, getJob(), ({ send }) =>
        Effect.gen(function* () {
          yield* send(Raw.head(200, { "content-type": "application/json", "transfer-encoding": "chunked" }))
          yield* send(part(body.subarray(0, split)))
          yield* idle
          yield* send(part(body.subarray(split)))
          yield* send(Raw.lastChunk)
        })
      )
      expect(outcome).toMatchObject({ right: { output: "grün 🦊" } })
    })
  )

  describe("headers", () => {
    const body = JSON.stringify(aJob())
    const withHeaders =
      (lines: string): Raw.Answer =>
      ({ send }) =>
        send(`HTTP/1.1 200\r\n${lines}content-length: ${body.length}\r\n\r\n${body}`)

    const odd: ReadonlyArray<readonly [string, string]> = [
      ["without a value", "X-Nothing:\r\n"],
      ["that come twice", "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Twice: 1\r\nx-twice: 2\r\n"],
      ["in Latin-1", "X-Name: J\xfcrgen\r\n"],
      ["with a content type that is none", "Content-Type: ;;;\r\n"],
      ["of 8 KiB", `X-Long: ${"x".repeat(8192)}\r\n`],
      ["called as what every object has", "constructor: 1\r\n__proto__: 2\r\ntoString: 3\r\n"],
      ["with a rate limit that is none", "Retry-After: soon\r\nX-RateLimit-Reset: NaN\r\n"]
    ]
    it.scoped.each(odd)("%s disturb nothing", ([, lines]) =>
      Effect.gen(function* () {
        const { outcome } = yield* at(transport, getJob(), withHeaders(lines))
        expect(outcome).toMatchObject({ right: { id: "job-1" } })
      })
    )

    it.scoped("of a megabyte are TransportError, and the run is sent once", () =>
      Effect.gen(function* () {
        const { outcome, sent } = yield* at(transport, run, withHeaders(`X-Huge: ${"x".repeat(MiB)}\r\n`))
        expect(outcome).toMatchObject({ left: { _tag: "TransportError", admitted: "unknown", attempts: 1 } })
        expect(sent).toBe(1)
      })
    )
  })

  describe.each([301, 302, 303, 307, 308])("a redirect with %i", (status) => {
    const calls: ReadonlyArray<readonly [string, Effect.Effect<unknown, { readonly message: string }, Services>]> = [
      ["a request that may be repeated", getJob()],
      ["a run", run]
    ]
    it.scoped.each(calls)("is not followed by %s, and the token stays with its server", ([, call]) =>
      Effect.gen(function* () {
        const target = yield* Raw.rawServer(Raw.json(aJob()))
        const server = yield* Raw.rawServer(Raw.reply(status, "", { location: `${target.url}/jobs/job-1` }))
        const failure = yield* Effect.flip(call).pipe(
          Effect.provide(servicesAt(server.url, transport.layer, { token: Redacted.make("t0ken") }))
        )
        expect(failure).toMatchObject({ _tag: "UnexpectedStatus", status, attempts: 1 })
        expect(failure.message).toContain(target.url)
        expect(server.requests).toMatchObject([{ headers: { authorization: "Bearer t0ken" } }])
        expect(target.connections()).toBe(0)
      })
    )

    it.scoped("is not followed to another path of the same server either", () =>
      Effect.gen(function* () {
        const { outcome, sent } = yield* at(transport, getJob(), Raw.reply(status, "", { location: "/elsewhere" }))
        expect(outcome).toMatchObject({ left: { _tag: "UnexpectedStatus", status } })
        expect(sent).toBe(1)
      })
    )
  })
})
