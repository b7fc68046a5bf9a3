/** `transformClient`: a change of the `HttpClient` of a layer, over every transport, on calls and on streams. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Daytona, Files, Sandbox, Sandboxes } from "../../src/daytona.js"
import { EmbeddedDaytona } from "../../src/embedded/daytona/index.js"
import * as NodeTransport from "../../src/node/NodeTransport.js"
import { apiKey } from "../support/daytonaOver.js"
import { printedSpans, withSpans } from "../support/embedded.js"
import * as Raw from "../support/rawServer.js"
import { aJob, collected, getJob, servicesAt, streamed, transports } from "../support/transports.js"

const tenant = HttpClient.mapRequest(HttpClientRequest.setHeader("x-tenant", "blue"))

/** It is another client, as far as its execution is concerned. */
const executedAnew = (client: HttpClient.HttpClient) => HttpClient.transformResponse(client, (sent) => sent)

const done = 'event: done\ndata: {"id":"run-1"}\n\n'
const events: Raw.Answer = Raw.both(Raw.events(`data: one\n\n${done}`), ({ send }) => send(Raw.lastChunk))

describe.each(transports)("over $name", (transport) => {
  it.scoped("a change of requests sees each attempt as it is sent, with its credentials", () =>
    Effect.gen(function* () {
      const seen: Array<string | undefined> = []
      const server = yield* Raw.rawServer(Raw.reply(503, ""), Raw.json(aJob()), events)
      yield* Effect.gen(function* () {
        expect(yield* getJob()).toMatchObject({ id: "job-1" })
        expect(yield* collected(streamed)).toMatchObject({ items: [{ line: "one" }, { _tag: "Done" }] })
      }).pipe(
        Effect.provide(
          servicesAt(server.url, transport.layer, {
            token: Redacted.make("t0ken"),
            transformClient: (client) =>
              HttpClient.tapRequest(tenant(client), ({ headers }) =>
                Effect.sync(() => seen.push(headers["authorization"]))
              )
          })
        )
      )
      expect(server.requests.map(({ headers }) => headers["x-tenant"])).toEqual(["blue", "blue", "blue"])
      expect(seen).toEqual(["Bearer t0ken", "Bearer t0ken", "Bearer t0ken"])
    })
  )

  it.scoped("a client that answers by itself replaces the transport, of calls and of streams", () =>
    Effect.gen(function* () {
      const server = yield* Raw.rawServer(Raw.reset)
      const recorded = HttpClient.make((request, url) =>
        Effect.succeed(
          HttpClientResponse.fromWeb(
            request,
            url.pathname === "/run/stream"
              ? new Response(`data: one\n\n${done}`, { headers: { "content-type": "text/event-stream" } })
              : new Response(JSON.stringify(aJob()), { headers: { "content-type": "application/json" } })
          )
        )
      )
      yield* Effect.gen(function* () {
        expect(yield* getJob()).toMatchObject({ id: "job-1" })
        expect(yield* collected(streamed)).toMatchObject({ items: [{ line: "one" }, { _tag: "Done" }] })
      }).pipe(Effect.provide(servicesAt(server.url, transport.layer, { transformClient: () => recorded })))
      expect(server.requests).toHaveLength(0)
    })
  )

  it.scoped("a client that fails for statuses, or retries, leaves errors as they are", () =>
    Effect.gen(function* () {
      const server = yield* Raw.rawServer(Raw.reply(404, '{"error":"job not found"}'))
      const failure = yield* Effect.flip(getJob()).pipe(
        Effect.provide(
          servicesAt(server.url, transport.layer, {
            transformClient: (client) => HttpClient.retry(HttpClient.filterStatusOk(client), { times: 2 })
          })
        )
      )
      expect(failure).toMatchObject({ _tag: "NotFound", detail: "job not found", attempts: 1 })
      expect(server.requests).toHaveLength(3)
    })
  )

  it.scoped("the connection of a stream closes with its consumer, whatever the client was changed to", () =>
    Effect.gen(function* () {
      const server = yield* Raw.rawServer(Raw.events("data: one\n\n"))
      for (const [index, transformClient] of [tenant, executedAnew].entries()) {
        yield* Effect.gen(function* () {
          expect(yield* Stream.runHead(streamed)).toMatchObject({ value: { line: "one" } })
          yield* Effect.flatMap(server.received(index), ({ closed }) => closed)
        }).pipe(Effect.provide(servicesAt(server.url, transport.layer, { transformClient })))
      }
    })
  )

  it.scoped("the deadline of an attempt covers a change of requests", () =>
    Effect.gen(function* () {
      const server = yield* Raw.rawServer(Raw.json(aJob()))
      const transformClient = HttpClient.mapRequestEffect(() => Effect.never)
      const fiber = yield* Effect.flip(getJob()).pipe(
        Effect.provide(servicesAt(server.url, transport.layer, { transformClient, retry: false })),
        Effect.fork
      )
      yield* TestClock.adjust("30 seconds")
      expect(yield* Fiber.join(fiber)).toMatchObject({ _tag: "Timeout", side: "client" })
      expect(server.requests).toHaveLength(0)
    })
  )

  it.scoped("secrets stay out of spans and errors", () =>
    Effect.gen(function* () {
      const server = yield* Raw.rawServer(Raw.reply(500, '{"error":"bad key canary-1, bad token canary-2"}'))
      for (const transformClient of [tenant, executedAnew]) {
        const { result, spans } = yield* withSpans(Effect.flip(getJob())).pipe(
          Effect.provide(
            servicesAt(server.url, transport.layer, {
              token: Redacted.make("canary-2"),
              headers: { "x-proxy-key": Redacted.make("canary-1") },
              transformClient
            })
          )
        )
        expect(result).toMatchObject({ _tag: "ServerError", detail: "bad key <redacted>, bad token <redacted>" })
        expect(printedSpans(spans)).toContain(`${server.url}/jobs`)
        expect(printedSpans(spans) + JSON.stringify(result)).not.toContain("canary")
      }
      expect(server.requests[0]?.headers).toMatchObject({ "x-proxy-key": "canary-1", authorization: "Bearer canary-2" })
    })
  )
})

describe("over NodeTransport, a change of requests keeps what is particular to it", () => {
  const changedOutside = Layer.effect(HttpClient.HttpClient, Effect.map(HttpClient.HttpClient, tenant)).pipe(
    Layer.provide(NodeTransport.layer)
  )
  it.scoped.each([
    ["by the option", NodeTransport.layer, { transformClient: tenant }],
    ["of the client itself", changedOutside, {}]
  ] as const)("%s: the connection of a stream serves the next request", ([, layer, options]) =>
    Effect.gen(function* () {
      const server = yield* Raw.rawServer(events)
      yield* Effect.gen(function* () {
        for (let run = 0; run < 3; run++) yield* collected(streamed)
      }).pipe(Effect.provide(servicesAt(server.url, layer, options)))
      expect(server.requests.map(({ headers }) => headers["x-tenant"])).toEqual(["blue", "blue", "blue"])
      expect(server.connections()).toBe(1)
    })
  )
})

describe("of Daytona", () => {
  it.effect("it is for the control plane, and for what is inside a sandbox", () =>
    Effect.gen(function* () {
      const sandboxes = yield* Sandboxes
      const { id } = yield* sandboxes.create({})
      yield* Effect.flatMap(Files, (files) => files.list("/")).pipe(Effect.ignore, Effect.provide(Sandbox.connect(id)))
      const { requests } = yield* EmbeddedDaytona
      const all = yield* requests
      expect(all.length).toBeGreaterThan(2)
      expect(all.map(({ path }) => path)).toContainEqual(expect.stringContaining("/toolbox/"))
      expect(new Set(all.map(({ headers }) => headers["x-tenant"]))).toEqual(new Set(["blue"]))
    }).pipe(
      Effect.provide(
        Daytona.layer({ apiKey, apiUrl: "http://daytona.test/api", transformClient: tenant }).pipe(
          Layer.provideMerge(EmbeddedDaytona.layerHttpClient({ durations: 0 }))
        )
      )
    )
  )
})
