import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Raw from "../support/rawServer.js"
import { at, collected, servicesAt, streamed, transports } from "../support/transports.js"

const finish: Raw.Answer = (exchange) => exchange.finish
const more =
  (text: string): Raw.Answer =>
  ({ send }) =>
    send(Raw.chunk(text))
const end: Raw.Answer = ({ send }) => send(Raw.lastChunk)

const done = 'event: done\ndata: {"id":"run-1","session_id":"s-1","status":"completed"}\n\n'

/** Ways in which a stream ends without the event that proves its end. */
const unproven: ReadonlyArray<readonly [string, Raw.Answer]> = [
  ["reset in the middle of an event", Raw.both(Raw.events("data: one\n\ndata: tw"), Raw.reset)],
  ["closed in the middle of an event", Raw.both(Raw.events("data: one\n\ndata: tw"), finish)],
  ["ended in order in the middle of an event", Raw.both(Raw.events("data: one\n\ndata: tw"), end)],
  ["ended in order without `done`", Raw.both(Raw.events("data: one\n\n"), end)],
  [
    "ended in order after a `done` without its blank line",
    Raw.both(Raw.events('data: one\n\nevent: done\ndata: {"id":"run-1"}\n'), end)
  ],
  [
    "of unknown length and closed without `done`",
    Raw.both(({ send }) => send(`${Raw.head(200, { "content-type": "text/event-stream" })}data: one\n\n`), finish)
  ]
]

describe.each(transports)("over $name", (transport) => {
  it.scoped("a stream gives its lines and ends with Done", () =>
    Effect.gen(function* () {
      const { outcome, server } = yield* at(
        transport,
        Stream.runCollect(streamed),
        Raw.both(Raw.events("data: one\n\ndata: tw"), Raw.both(more(`o\n\n${done}`), end))
      )
      expect(outcome).toMatchObject({ _tag: "Right" })
      expect(outcome._tag === "Right" && [...outcome.right]).toMatchObject([
        { _tag: "Output", line: "one" },
        { _tag: "Output", line: "two" },
        { _tag: "Done", runId: "run-1", sessionId: "s-1" }
      ])
      expect(server.requests).toMatchObject([{ method: "GET", target: "/run/stream?prompt=hi" }])
    })
  )

  describe.each(unproven)("a stream that is %s", (_, answer) => {
    it.scoped("gives the lines that it has and then fails with StreamInterrupted, once", () =>
      Effect.gen(function* () {
        const { outcome, sent } = yield* at(transport, collected(streamed), answer)
        expect(outcome).toMatchObject({
          right: {
            items: [{ _tag: "Output", line: "one" }],
            end: { left: { _tag: "StreamInterrupted", code: "STREAM_INTERRUPTED", admitted: "yes" } }
          }
        })
        expect(sent).toBe(1)
      })
    )
  })

  it.scoped("a stream whose server goes away before it answers is TransportError, and the run is sent once", () =>
    Effect.gen(function* () {
      const { outcome, sent } = yield* at(transport, collected(streamed), Raw.reset)
      expect(outcome).toMatchObject({
        right: { items: [], end: { left: { _tag: "TransportError", admitted: "unknown", attempts: 1 } } }
      })
      expect(sent).toBe(1)
    })
  )

  it.scoped("an error event that is the last thing before a reset is RunFailed: it was said", () =>
    Effect.gen(function* () {
      const { outcome } = yield* at(
        transport,
        collected(streamed),
        Raw.both(Raw.events("data: one\n\nevent: error\ndata: exit status 1\n\n"), Raw.both(more(": x\n"), finish))
      )
      expect(outcome).toMatchObject({
        right: { items: [{ line: "one" }], end: { left: { _tag: "RunFailed", detail: "exit status 1" } } }
      })
    })
  )

  it.scoped("a stream whose server thinks for 29 minutes before its first line is waited for", () =>
    Effect.gen(function* () {
      const server = yield* Raw.rawServer(Raw.silence)
      const fiber = yield* Effect.fork(Effect.provide(collected(streamed), servicesAt(server.url, transport.layer)))
      const exchange = yield* server.received(0)
      yield* TestClock.adjust("29 minutes")
      yield* Raw.both(Raw.events(`data: at last\n\n${done}`), end)(exchange)
      const { items, end: outcome } = yield* Fiber.join(fiber)
      expect(items).toMatchObject([{ _tag: "Output", line: "at last" }, { _tag: "Done" }])
      expect(outcome).toMatchObject({ _tag: "Right" })
    })
  )

  it.scoped("a stream that is silent for longer than `idleTimeout` is closed, and what came before is kept", () =>
    Effect.gen(function* () {
      const server = yield* Raw.rawServer(Raw.events("data: one\n\n"))
      const first = yield* Effect.makeLatch()
      const fiber = yield* collected(Stream.tap(streamed, () => first.open)).pipe(
        Effect.provide(servicesAt(server.url, transport.layer, { idleTimeout: "1 minute" })),
        Effect.fork
      )
      const exchange = yield* server.received(0)
      yield* first.await
      yield* TestClock.adjust("61 seconds")
      const outcome = yield* Fiber.join(fiber)
      yield* exchange.closed
      expect(outcome).toMatchObject({ items: [{ line: "one" }], end: { left: { _tag: "Timeout", side: "client" } } })
    })
  )

  describe("the connection of a stream is closed", () => {
    const stillOpen = Raw.events("data: one\n\n")

    it.scoped("when its consumer is interrupted", () =>
      Effect.gen(function* () {
        const server = yield* Raw.rawServer(stillOpen)
        const first = yield* Effect.makeLatch()
        const fiber = yield* Stream.runForEach(streamed, () => first.open).pipe(
          Effect.provide(servicesAt(server.url, transport.layer)),
          Effect.fork
        )
        const exchange = yield* server.received(0)
        yield* first.await
        yield* Fiber.interrupt(fiber)
        yield* exchange.closed
      })
    )

    it.scoped("when its consumer is interrupted before the server answers", () =>
      Effect.gen(function* () {
        const server = yield* Raw.rawServer(Raw.silence)
        const fiber = yield* Stream.runDrain(streamed).pipe(
          Effect.provide(servicesAt(server.url, transport.layer)),
          Effect.fork
        )
        const exchange = yield* server.received(0)
        yield* Fiber.interrupt(fiber)
        yield* exchange.closed
      })
    )

    it.scoped("when its consumer has taken what it wants", () =>
      Effect.gen(function* () {
        const server = yield* Raw.rawServer(stillOpen)
        yield* Effect.gen(function* () {
          const taken = yield* Stream.runCollect(Stream.take(streamed, 1))
          expect([...taken]).toMatchObject([{ _tag: "Output", line: "one" }])
          // The layer is still there: it is the end of the stream that closes the connection.
          yield* Effect.flatMap(server.received(0), ({ closed }) => closed)
        }).pipe(Effect.provide(servicesAt(server.url, transport.layer)))
      })
    )

    it.scoped("when its consumer fails", () =>
      Effect.gen(function* () {
        const server = yield* Raw.rawServer(stillOpen)
        yield* Effect.gen(function* () {
          const failure = yield* Effect.flip(Stream.runForEach(streamed, () => Effect.fail("enough" as const)))
          expect(failure).toBe("enough")
          yield* Effect.flatMap(server.received(0), ({ closed }) => closed)
        }).pipe(Effect.provide(servicesAt(server.url, transport.layer)))
      })
    )

    it.scoped("after `done`, although the server would go on", () =>
      Effect.gen(function* () {
        const server = yield* Raw.rawServer(Raw.events(`data: one\n\n${done}data: never read\n\n`))
        yield* Effect.gen(function* () {
          const { items } = yield* collected(streamed)
          expect(items).toMatchObject([{ line: "one" }, { _tag: "Done" }])
          yield* Effect.flatMap(server.received(0), ({ closed }) => closed)
        }).pipe(Effect.provide(servicesAt(server.url, transport.layer)))
      })
    )
  })
})
