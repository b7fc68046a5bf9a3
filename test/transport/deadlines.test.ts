/** Responses that do not come in time, over every transport and every way of sending. */
import * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { withRequestOptions } from "../../src/RequestOptions.js"
import * as Raw from "../support/rawServer.js"
import { getJob, type Services, servicesAt, streamed, transports } from "../support/transports.js"

const ways: ReadonlyArray<readonly [string, Effect.Effect<unknown, unknown, Services>]> = [
  ["a call", getJob()],
  ["a stream", Stream.runDrain(streamed)]
]

/** A change of every request that takes time, though none on the clock. */
const changedLater = (client: HttpClient.HttpClient) =>
  HttpClient.mapRequestEffect(client, (request) =>
    Effect.as(
      Effect.promise(() => Promise.resolve()),
      request
    )
  )

const clients: ReadonlyArray<
  readonly [string, ((client: HttpClient.HttpClient) => HttpClient.HttpClient) | undefined]
> = [
  ["its own requests", undefined],
  ["requests that are changed on their way", changedLater]
]

const cases = transports.flatMap((transport) =>
  clients.flatMap(([client, transformClient]) =>
    ways.map(([way, call]) => [way, client, transport.name, transport, call, transformClient] as const)
  )
)

describe("a response that does not come in time", () => {
  it.scoped.each(cases)("is a Timeout of %s, with %s, over %s", ([, , , transport, call, transformClient]) =>
    Effect.gen(function* () {
      const server = yield* Raw.rawServer(Raw.silence)
      const services = servicesAt(server.url, transport.layer, { transformClient, retry: false })
      const called = yield* call.pipe(
        withRequestOptions({ timeout: "30 seconds" }),
        Effect.provide(services),
        Effect.flip,
        Effect.fork
      )
      yield* server.received(0)
      yield* TestClock.adjust("29 seconds")
      expect(called.unsafePoll()).toBeNull()
      yield* TestClock.adjust("1 seconds")
      expect(yield* Fiber.join(called)).toMatchObject({ _tag: "Timeout", side: "client", admitted: "unknown" })
      yield* server.allClosed
    })
  )
})
