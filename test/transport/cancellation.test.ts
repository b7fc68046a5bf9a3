import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as Raw from "../support/rawServer.js"
import { aJob, getJob, run, type Services, servicesAt, type Transport, transports } from "../support/transports.js"

/** Headers and half a body; the rest never comes. */
const halfAnAnswer: Raw.Answer = ({ send }) =>
  send(`${Raw.head(200, { "content-type": "application/json", "content-length": "1000" })}{"id":"job`)

/** As above, with a body of unknown length, which is read another way. */
const halfAChunkedAnswer: Raw.Answer = ({ send }) =>
  send(Raw.head(200, { "content-type": "application/json", "transfer-encoding": "chunked" }) + Raw.chunk('{"id":"job'))

const stuck: ReadonlyArray<readonly [string, Raw.Answer]> = [
  ["does not answer", Raw.silence],
  ["stops in the middle of a body", halfAnAnswer],
  ["stops in the middle of a chunked body", halfAChunkedAnswer]
]

/** Starts a call in the background and waits until the server has its request and has said what it says. */
const started = <A, E>(transport: Transport, call: Effect.Effect<A, E, Services>, answer: Raw.Answer) =>
  Effect.gen(function* () {
    const answered = yield* Effect.makeLatch()
    const server = yield* Raw.rawServer((exchange) => Effect.zipRight(answer(exchange), answered.open))
    const services = yield* Layer.build(servicesAt(server.url, transport.layer, { retry: false }))
    const fiber = yield* Effect.fork(Effect.provide(call, services))
    const exchange = yield* server.received(0)
    yield* answered.await
    return { exchange, fiber, server }
  })

describe.each(transports)("over $name", (transport) => {
  describe.each(stuck)("a server that %s", (_, answer) => {
    it.scoped("sees the connection close when the call is interrupted", () =>
      Effect.gen(function* () {
        const { exchange, fiber } = yield* started(transport, run, answer)
        const exit = yield* Fiber.interrupt(fiber)
        expect(Exit.isInterrupted(exit)).toBe(true)
        yield* exchange.closed
      })
    )

    it.scoped("sees the connection close when the deadline of the call comes", () =>
      Effect.gen(function* () {
        const { exchange, fiber, server } = yield* started(transport, getJob(), answer)
        yield* TestClock.adjust("30 seconds")
        const failure = yield* Effect.flip(Fiber.join(fiber))
        expect(failure).toMatchObject({ _tag: "Timeout", side: "client", admitted: "unknown", attempts: 1 })
        yield* exchange.closed
        expect(server.requests).toHaveLength(1)
      })
    )

    it.scoped("keeps a run waiting for as long as it likes", () =>
      Effect.gen(function* () {
        const { fiber } = yield* started(transport, run, answer)
        yield* TestClock.adjust("29 minutes")
        expect(yield* Fiber.poll(fiber)).toMatchObject({ _tag: "None" })
        yield* Fiber.interrupt(fiber)
      })
    )
  })

  it.scoped.skipIf(!transport.ownsConnections)("the connections are closed with the layer", () =>
    Effect.gen(function* () {
      const server = yield* Raw.rawServer((exchange) =>
        Raw.json(aJob(exchange.target.slice("/jobs/".length)))(exchange)
      )
      const scope = yield* Scope.make()
      const services = yield* Scope.extend(Layer.build(servicesAt(server.url, transport.layer)), scope)
      yield* Effect.all([getJob("a"), getJob("b"), getJob("c")], { concurrency: "unbounded" }).pipe(
        Effect.provide(services)
      )
      expect(server.connections()).toBe(3)
      yield* Scope.close(scope, Exit.void)
      yield* server.allClosed
    })
  )

  it.scoped("a call that is interrupted leaves the layer fit for the next", () =>
    Effect.gen(function* () {
      const server = yield* Raw.rawServer(Raw.silence, Raw.json(aJob()))
      yield* Effect.gen(function* () {
        const fiber = yield* Effect.fork(getJob())
        yield* server.received(0)
        yield* Fiber.interrupt(fiber)
        expect(yield* getJob()).toMatchObject({ id: "job-1" })
      }).pipe(Effect.provide(servicesAt(server.url, transport.layer)))
    })
  )
})
