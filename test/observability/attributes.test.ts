/** What a span of an operation says of its requests, and what the server is told, over every transport. */
import * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type * as Tracer from "effect/Tracer"
import { withRequestOptions } from "../../src/RequestOptions.js"
import { Execution, JobId, Jobs, Stromboli, type StromboliClient, System } from "../../src/stromboli.js"
import { withSpans } from "../support/embedded.js"
import * as Raw from "../support/rawServer.js"
import { aJob } from "../support/stromboliOver.js"
import { transports } from "../support/transports.js"

interface Recorded {
  readonly name: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly events: ReadonlyArray<readonly [string, Readonly<Record<string, unknown>>]>
  readonly ids: string
}

const hasEvents = (
  span: Tracer.Span
): span is Tracer.Span & { readonly events: ReadonlyArray<[string, bigint, Record<string, unknown>]> } =>
  "events" in span

const recorded = (span: Tracer.Span): Recorded => ({
  name: span.name,
  attributes: Object.fromEntries(span.attributes),
  events: hasEvents(span) ? span.events.map(([name, _, attributes]) => [name, attributes ?? {}] as const) : [],
  ids: `${span.traceId}-${span.spanId}`
})

/** The spans of a program against a server with these answers, and what its requests told of spans. */
const traced = <E>(
  transport: Layer.Layer<HttpClient.HttpClient>,
  answers: ReadonlyArray<Raw.Answer>,
  program: Effect.Effect<unknown, E, Stromboli.Stromboli>,
  options: Partial<StromboliClient.Options> = {}
) =>
  Effect.gen(function* () {
    const server = yield* Raw.rawServer(...answers)
    const layer = Stromboli.layer({ baseUrl: server.url, retry: false, ...options }).pipe(Layer.provide(transport))
    const { spans } = yield* withSpans(Effect.exit(Effect.provide(program, layer)))
    return {
      url: server.url,
      spans: spans.map(recorded),
      told: server.requests.map(({ headers }) => headers["traceparent"])
    }
  })

const get = Effect.flatMap(Jobs, (jobs) => jobs.get(JobId.make("job-1")))
const health = Effect.flatMap(System, (system) => system.health)
const immediately = Schedule.recurs(2)

for (const { layer, name } of transports) {
  describe(`over ${name}, the span of an operation`, () => {
    it.scopedLive(
      "has the attributes of its request by OpenTelemetry's conventions, and its ids reach the server",
      () =>
        Effect.gen(function* () {
          const { spans, told, url } = yield* traced(layer, [Raw.json(aJob)], get)
          const [span] = spans
          expect(spans).toEqual([
            {
              name: "Stromboli.Jobs.get",
              attributes: {
                "effect_sandboxes.system": "stromboli",
                "effect_sandboxes.request_id": expect.stringMatching(/^[0-9a-f]{16}$/),
                "stromboli.job.id": "job-1",
                "http.request.method": "GET",
                "http.response.status_code": 200,
                "server.address": "127.0.0.1",
                "server.port": Number(new URL(url).port),
                "url.full": `${url}/jobs/job-1`
              },
              events: [["http.request", {}]],
              ids: expect.anything()
            }
          ])
          expect(told).toEqual([`00-${span?.ids}-01`])
        })
    )

    it.scopedLive("has an event for each request and each retry, and the last status", () =>
      Effect.gen(function* () {
        const { spans, told } = yield* traced(
          layer,
          [Raw.reply(502, ""), Raw.reset, Raw.reply(404, "")],
          withRequestOptions(get, { retry: immediately })
        )
        expect(spans).toHaveLength(1)
        expect(spans[0]).toMatchObject({
          attributes: { "http.request.resend_count": 2, "http.response.status_code": 404 },
          events: [
            ["http.request", {}],
            ["http.retry", { "error.type": "ServerError", "http.response.status_code": 502 }],
            ["http.request", { "http.request.resend_count": 1 }],
            ["http.retry", { "error.type": "TransportError" }],
            ["http.request", { "http.request.resend_count": 2 }]
          ]
        })
        expect(spans[0]?.attributes["error.type"]).toMatch(/^(NotFound|UnexpectedStatus)$/)
        expect(told).toEqual(Array(3).fill(`00-${spans[0]?.ids}-01`))
      })
    )

    it.scopedLive("shows no prompt that is in the URL, and its ids reach the server all the same", () =>
      Effect.gen(function* () {
        const streamed = Effect.flatMap(Execution, (execution) =>
          Stream.runDrain(execution.stream({ prompt: "a secret" }))
        )
        const { spans, told } = yield* traced(layer, [Raw.reply(500, "no")], streamed)
        expect(spans).toMatchObject([{ name: "Stromboli.Execution.stream" }])
        expect(JSON.stringify(spans)).not.toContain("secret")
        expect(spans[0]?.attributes).not.toHaveProperty(["url.full"])
        expect(told).toEqual([`00-${spans[0]?.ids}-01`])
      })
    )

    it.scopedLive("tells the server nothing where the client is not to, by its own means", () =>
      Effect.gen(function* () {
        const withoutIds = yield* traced(layer, [Raw.json(aJob)], get, {
          transformClient: HttpClient.withTracerPropagation(false)
        })
        expect(withoutIds.told).toEqual([undefined])
        expect(withoutIds.spans[0]?.attributes).toHaveProperty(["url.full"])
        const notTraced = yield* traced(layer, [Raw.json(aJob)], get, {
          transformClient: HttpClient.withTracerDisabledWhen(() => true)
        })
        expect(notTraced.told).toEqual([undefined])
        expect(notTraced.spans).toHaveLength(1)
        expect(notTraced.spans[0]?.attributes).not.toHaveProperty(["url.full"])
      })
    )

    it.scopedLive("is not shown a request that is not to be traced for a header that the client adds", () =>
      Effect.gen(function* () {
        const quiet = Effect.locally(
          get,
          HttpClient.currentTracerDisabledWhen,
          ({ headers }) => headers["x-quiet"] === "yes"
        )
        const { spans, told } = yield* traced(layer, [Raw.json(aJob)], quiet, { headers: { "X-Quiet": "yes" } })
        expect(told).toEqual([undefined])
        expect(spans[0]?.attributes).not.toHaveProperty(["url.full"])
      })
    )

    it.scopedLive("is none where tracing is off", () =>
      Effect.gen(function* () {
        const { spans, told } = yield* traced(layer, [Raw.json(aJob)], Effect.withTracerEnabled(get, false))
        expect({ spans, told }).toEqual({ spans: [], told: [undefined] })
      })
    )

    it.scopedLive("is the parent of spans that a changed client makes", () =>
      Effect.gen(function* () {
        const { result, spans } = yield* withSpans(
          Effect.gen(function* () {
            const server = yield* Raw.rawServer(Raw.json({}))
            const transformClient = (client: HttpClient.HttpClient) =>
              HttpClient.transform(client, (sent) => Effect.withSpan(sent, "around"))
            return yield* Effect.exit(
              Effect.provide(
                health,
                Stromboli.layer({ baseUrl: server.url, retry: false, transformClient }).pipe(Layer.provide(layer))
              )
            )
          })
        )
        expect(Exit.isFailure(result)).toBe(true)
        expect(spans.map((span) => span.name)).toContain("around")
        const around = spans.find((span) => span.name === "around")
        expect(around?.parent).toMatchObject({ value: { name: "Stromboli.System.health" } })
      })
    )
  })
}
