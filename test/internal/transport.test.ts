/** Which way of sending a client gets, by what has been done to it. */
import * as HttpClient from "@effect/platform/HttpClient"
import type { HttpClientError } from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { Timeout } from "../../src/errors/ApiError.js"
import * as boundedBody from "../../src/internal/boundedBody.js"
import * as Transport from "../../src/internal/transport.js"

const timeout = new Timeout({
  side: "client",
  system: "stromboli",
  operation: "Jobs.get",
  method: "GET",
  path: "/jobs/job-1",
  message: "timed out",
  attempts: 1,
  retryable: true,
  admitted: "unknown"
})

const sending: Transport.Sending = {
  timeout: Duration.seconds(30),
  onTimeout: () => timeout,
  maxBody: 1000,
  maxFailure: 1000,
  isTraced: true,
  span: undefined
}

const request = HttpClientRequest.get("http://server.test/jobs/job-1")

interface Sent {
  readonly request: HttpClientRequest.HttpClientRequest
  readonly maxBody: number | undefined
  readonly timeout: Duration.Duration | undefined
}

/** A tuned client that remembers what it was given. */
const spied = () => {
  const sent: Array<Sent> = []
  const send: Transport.TunedSend = (request, given) => {
    sent.push({ request, maxBody: given?.maxBody, timeout: given?.timeout })
    const response = HttpClientResponse.fromWeb(request, new Response("all"))
    return Effect.succeed(
      Object.assign(response, {
        abort: () => {},
        conclude: Effect.void,
        content: Effect.succeed(Effect.succeed(undefined)),
        readBody: <A, E>(limit: number, reader: boundedBody.BodyReader<A, E>) =>
          boundedBody.read(response, limit, reader)
      })
    )
  }
  return { sent, client: Transport.tunedClient(send) }
}

type Transform = (client: HttpClient.HttpClient) => HttpClient.HttpClient

const header = HttpClientRequest.setHeader("x-tenant", "blue")

const changes: ReadonlyArray<readonly [string, Transform]> = [
  ["mapRequest", HttpClient.mapRequest(header)],
  ["mapRequestInput", HttpClient.mapRequestInput(header)],
  ["mapRequestEffect", HttpClient.mapRequestEffect((request) => Effect.succeed(header(request)))],
  [
    "several of them",
    (client) =>
      client.pipe(
        HttpClient.tapRequest(() => Effect.void),
        HttpClient.mapRequest(header)
      )
  ]
]

const otherClients: ReadonlyArray<readonly [string, Transform]> = [
  ["transformResponse", HttpClient.transformResponse((sent) => sent)],
  ["retry", HttpClient.retry({ times: 1 })],
  ["filterStatusOk", HttpClient.filterStatusOk],
  ["withTracerPropagation", HttpClient.withTracerPropagation(false)],
  ["another client around it", (client) => HttpClient.make((request) => client.execute(request))]
]

const once = (transport: Transport.Transport) =>
  transport.limitAttempt(transport.send(request, request.headers, sending), sending)

describe("the transport of a tuned client", () => {
  it.effect("keeps the deadline in the client, which buffers the response", () =>
    Effect.gen(function* () {
      const { client, sent } = spied()
      yield* once(Transport.make(client, []))
      expect(sent).toMatchObject([{ maxBody: 1000, timeout: Duration.seconds(30) }])
    })
  )

  it.effect.each(changes)("is kept with its requests changed by %s", ([, transform]) =>
    Effect.gen(function* () {
      const { client, sent } = spied()
      yield* once(Transport.make(transform(client), []))
      expect(sent).toMatchObject([{ maxBody: 1000, request: { headers: { "x-tenant": "blue" } } }])
    })
  )

  it.effect.each(otherClients)("is not assumed for a client that is changed by %s, which works", ([, transform]) =>
    Effect.gen(function* () {
      const { client, sent } = spied()
      const response = yield* once(Transport.make(transform(client), []))
      expect(response.status).toBe(200)
      expect(sent).toMatchObject([{ maxBody: undefined, timeout: undefined }])
    })
  )
})

describe("a deadline", () => {
  it.effect("covers what changes the requests of a tuned client", () =>
    Effect.gen(function* () {
      const { client, sent } = spied()
      const stuck = Transport.make(
        HttpClient.mapRequestEffect(client, () => Effect.never),
        []
      )
      const fiber = yield* Effect.fork(Effect.flip(once(stuck)))
      yield* TestClock.adjust("30 seconds")
      expect(yield* Fiber.join(fiber)).toBe(timeout)
      expect(sent).toEqual([])
    })
  )

  it.effect("covers any other client", () =>
    Effect.gen(function* () {
      const silent = HttpClient.make((): Effect.Effect<never, HttpClientError> => Effect.never)
      const fiber = yield* Effect.fork(Effect.flip(once(Transport.make(silent, []))))
      yield* TestClock.adjust("30 seconds")
      expect(yield* Fiber.join(fiber)).toBe(timeout)
    })
  )
})
