import * as Dns from "node:dns/promises"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Raw from "../support/rawServer.js"
import { aJob, at, getJob, run, servicesAt, transports } from "../support/transports.js"

const unknownHost = "stromboli.invalid"

/** Some machines let the resolver wait for a network that is not there; there is nothing to learn from those. */
const resolverAnswers = await Promise.race([
  Dns.lookup(unknownHost).then(
    () => false,
    () => true
  ),
  new Promise<boolean>((resolve) => setTimeout(resolve, 3000, false))
])

const job = JSON.stringify(aJob())
const half = job.slice(0, job.length / 2)
const jsonHead = (headers: Readonly<Record<string, string>>) =>
  Raw.head(200, { "content-type": "application/json", ...headers })

/** Ways in which a body breaks off, each with whatever the transport makes of it. */
const brokenBodies: ReadonlyArray<readonly [string, Raw.Answer]> = [
  [
    "a connection that is reset in the middle of a body of known length",
    Raw.both(({ send }) => send(jsonHead({ "content-length": String(job.length) }) + half), Raw.reset)
  ],
  [
    "a connection that is closed in the middle of a body of known length",
    Raw.both(
      ({ send }) => send(jsonHead({ "content-length": String(job.length) }) + half),
      ({ finish }) => finish
    )
  ],
  [
    "a chunked body without its last chunk",
    Raw.both(
      ({ send }) => send(jsonHead({ "transfer-encoding": "chunked" }) + Raw.chunk(half)),
      ({ finish }) => finish
    )
  ],
  [
    "a chunk that is shorter than it says",
    Raw.both(
      ({ send }) => send(`${jsonHead({ "transfer-encoding": "chunked" })}ffff\r\n${half}`),
      ({ finish }) => finish
    )
  ]
]

describe.each(transports)("over $name", (transport) => {
  describe("a server that cannot be reached", () => {
    it.scoped("because nobody listens is TransportError, and the run is known not to have started", () =>
      Effect.gen(function* () {
        const url = yield* Raw.unusedUrl
        const failure = yield* run.pipe(Effect.flip, Effect.provide(servicesAt(url, transport.layer)))
        // Even a run is sent again: nothing arrived.
        expect(failure).toMatchObject({
          _tag: "TransportError",
          admitted: "no",
          causeCode: "ECONNREFUSED",
          attempts: 3,
          retryable: true
        })
        expect(failure).not.toHaveProperty("status")
      })
    )

    it.scoped.skipIf(!resolverAnswers)(
      "because its name is unknown is TransportError, and the run is known not to have started",
      () =>
        Effect.gen(function* () {
          const failure = yield* run.pipe(
            Effect.flip,
            Effect.provide(servicesAt(`http://${unknownHost}`, transport.layer, { retry: false }))
          )
          expect(failure).toMatchObject({ _tag: "TransportError", admitted: "no", attempts: 1 })
          expect("causeCode" in failure && failure.causeCode).toMatch(/^(ENOTFOUND|EAI_AGAIN|EAI_FAIL)$/)
        })
    )
  })

  describe("a connection that is reset after the request was sent", () => {
    it.scoped("leaves unknown whether the run started, and the run is sent once", () =>
      Effect.gen(function* () {
        const { outcome, sent } = yield* at(transport, run, Raw.reset)
        expect(outcome).toMatchObject({ left: { _tag: "TransportError", admitted: "unknown", attempts: 1 } })
        expect(sent).toBe(1)
      })
    )

    it.scoped("is no obstacle to a request that changes nothing", () =>
      Effect.gen(function* () {
        const { outcome, sent } = yield* at(transport, getJob(), Raw.reset, Raw.json(aJob()))
        expect(outcome).toMatchObject({ right: { id: "job-1" } })
        expect(sent).toBe(2)
      })
    )

    it.scoped("is TransportError after three attempts when it goes on", () =>
      Effect.gen(function* () {
        const { outcome, sent } = yield* at(transport, getJob(), Raw.reset)
        expect(outcome).toMatchObject({ left: { _tag: "TransportError", admitted: "unknown", attempts: 3 } })
        expect(sent).toBe(3)
      })
    )

    it.scoped("is the same when it is closed in order, without an answer", () =>
      Effect.gen(function* () {
        const { outcome, sent } = yield* at(transport, run, ({ finish }) => finish)
        expect(outcome).toMatchObject({ left: { _tag: "TransportError", admitted: "unknown", attempts: 1 } })
        expect(sent).toBe(1)
      })
    )
  })

  describe.each(brokenBodies)("%s", (_, broken) => {
    it.scoped("is TransportError with the status, and the run that it answers is not sent again", () =>
      Effect.gen(function* () {
        const { outcome, sent } = yield* at(transport, run, broken)
        expect(outcome).toMatchObject({
          left: { _tag: "TransportError", status: 200, admitted: "yes", attempts: 1 }
        })
        expect(sent).toBe(1)
      })
    )

    it.scoped("is no obstacle to a request that changes nothing", () =>
      Effect.gen(function* () {
        const { outcome, sent } = yield* at(transport, getJob(), broken, Raw.json(aJob()))
        expect(outcome).toMatchObject({ right: { id: "job-1" } })
        expect(sent).toBe(2)
      })
    )
  })

  it.scoped("an error whose words break off keeps its status", () =>
    Effect.gen(function* () {
      const { outcome } = yield* at(
        transport,
        run,
        Raw.both(({ send }) => send(`${Raw.head(500, { "content-length": "500" })}{"error":"no`), Raw.reset)
      )
      expect(outcome).toMatchObject({ left: { _tag: "ServerError", status: 500, admitted: "unknown" } })
    })
  )

  it.scoped("an answer that is not HTTP is TransportError", () =>
    Effect.gen(function* () {
      const { outcome, sent } = yield* at(
        transport,
        run,
        Raw.both(
          ({ send }) => send("SSH-2.0-OpenSSH_9.6\r\n"),
          ({ finish }) => finish
        )
      )
      expect(outcome).toMatchObject({ left: { _tag: "TransportError", admitted: "unknown" } })
      expect(sent).toBe(1)
    })
  )

  describe("a connection that was kept for the next request", () => {
    /** undici takes a connection back only when the turn of the event loop is over in which the answer was read. */
    const idle = Effect.async<void>((resume) => {
      setImmediate(() => resume(Effect.void))
    })
    const afterAnother = <A, E, R>(call: Effect.Effect<A, E, R>) =>
      Effect.zipRight(Effect.zipRight(getJob(), idle), call)

    it.scoped("and that the server closed while it was idle costs nothing", () =>
      Effect.gen(function* () {
        const server = yield* Raw.rawServer(Raw.json(aJob()))
        const job = yield* Effect.gen(function* () {
          yield* getJob()
          const first = yield* server.received(0)
          yield* first.finish
          yield* first.closed
          return yield* getJob("job-2")
        }).pipe(Effect.provide(servicesAt(server.url, transport.layer)))
        expect(job.id).toBe("job-1")
        expect(server.connections()).toBe(2)
      })
    )

    it.scoped("and that the server closes just as the next request arrives costs a repeat", () =>
      Effect.gen(function* () {
        const { outcome, server } = yield* at(
          transport,
          afterAnother(getJob("job-2")),
          Raw.json(aJob()),
          ({ finish }) => finish,
          Raw.json(aJob("job-2"))
        )
        expect(outcome).toMatchObject({ right: { id: "job-2" } })
        expect(server.requests.map(({ connection }) => connection)).toEqual(
          transport.keepsConnections ? [0, 0, 1] : [0, 1, 2]
        )
      })
    )

    it.scoped("and that the server closes just as a run arrives leaves unknown whether it started", () =>
      Effect.gen(function* () {
        const { outcome, server } = yield* at(transport, afterAnother(run), Raw.json(aJob()), ({ finish }) => finish)
        expect(outcome).toMatchObject({ left: { _tag: "TransportError", admitted: "unknown", attempts: 1 } })
        expect(server.requests.map(({ connection }) => connection)).toEqual(
          transport.keepsConnections ? [0, 0] : [0, 1]
        )
      })
    )
  })
})
