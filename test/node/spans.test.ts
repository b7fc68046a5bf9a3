/** The span of a request, its attributes and what the server is told of it: as those of `@effect/platform-node`. */
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import { overBoth } from "../support/httpClients.js"
import * as Raw from "../support/rawServer.js"

interface Recorded {
  readonly name: string
  readonly kind: Tracer.SpanKind
  readonly parent: string | undefined
  readonly attributes: Readonly<Record<string, unknown>>
  readonly status: Tracer.SpanStatus["_tag"]
  readonly end: unknown
}

const outcomeOf = (exit: Exit.Exit<unknown, unknown>): unknown => {
  if (exit._tag === "Success") return "success"
  if (Cause.isInterruptedOnly(exit.cause)) return "interrupted"
  const failure = Cause.squash(exit.cause)
  return Predicate.hasProperty(failure, "reason") ? failure.reason : "defect"
}

const nameOf = (span: Option.Option<Tracer.AnySpan>): string | undefined =>
  Option.isSome(span) && span.value._tag === "Span" ? span.value.name : undefined

/** Records spans, whose ids count from 1: the same program gives the same ids. */
const recorder = () => {
  const spans: Array<Tracer.Span> = []
  const tracer = Tracer.make({
    span: (name, parent, context, links, startTime, kind) => {
      const attributes = new Map<string, unknown>()
      let status: Tracer.SpanStatus = { _tag: "Started", startTime }
      const span: Tracer.Span = {
        _tag: "Span",
        name,
        spanId: String(spans.length + 1).padStart(16, "0"),
        traceId: "0af7651916cd43dd8448eb211c80319c",
        parent,
        context,
        get status() {
          return status
        },
        attributes,
        links,
        sampled: true,
        kind,
        end: (endTime, exit) => {
          status = { _tag: "Ended", startTime, endTime, exit }
        },
        attribute: (key, value) => attributes.set(key, value),
        event: () => {},
        addLinks: () => {}
      }
      spans.push(span)
      return span
    },
    context: (execution) => execution()
  })
  const recorded = (): ReadonlyArray<Recorded> =>
    spans.map(({ attributes, kind, name, parent, status }) => ({
      name,
      kind,
      parent: nameOf(parent),
      attributes: Object.fromEntries(attributes),
      status: status._tag,
      end: status._tag === "Ended" ? outcomeOf(status.exit) : undefined
    }))
  return { tracer, recorded }
}

type Client = HttpClient.HttpClient

/** What the spans of the program are over both clients, and what the server was told of them. */
const traced = (
  answer: Raw.Answer,
  program: (url: string, server: Raw.RawServer) => Effect.Effect<unknown, unknown, Client>
) =>
  Effect.gen(function* () {
    const server = yield* Raw.rawServer(answer)
    const { ours, stock } = yield* overBoth(
      Effect.gen(function* () {
        const { recorded, tracer } = recorder()
        const from = server.requests.length
        yield* Effect.exit(program(server.url, server)).pipe(Effect.withSpan("outer"), Effect.withTracer(tracer))
        const told = server.requests.slice(from).map(({ headers }) => [headers["traceparent"], headers["b3"]])
        return { spans: recorded(), told }
      })
    )
    expect(ours).toEqual(stock)
    return { spans: ours.spans.filter(({ name }) => name !== "outer"), told: ours.told, url: server.url }
  })

const answered = Raw.reply(201, "all", { "x-answer": "yes", "set-cookie": "a=1", "x-secret": "hush" })
const post = (url: string) =>
  HttpClientRequest.post(`${url}/some/path?a=1`).pipe(
    HttpClientRequest.setUrlParam("b", "2 3"),
    HttpClientRequest.setHeaders({ authorization: "Bearer t0ken", "x-asked": "yes", "X-Secret": "hush" }),
    HttpClientRequest.bodyText("hello")
  )

describe("the span of a request", () => {
  it.scoped("has the name, kind, parent and attributes of the stock client, and the server is told of it", () =>
    Effect.gen(function* () {
      const { spans, told, url } = yield* traced(answered, (url) => HttpClient.execute(post(url)))
      expect(spans).toMatchObject([
        {
          name: "http.client POST",
          kind: "client",
          parent: "outer",
          attributes: {
            "http.request.method": "POST",
            "http.response.status_code": 201,
            "url.full": `${url}/some/path?a=1&b=2+3`,
            "url.query": "a=1&b=2+3",
            "http.request.header.authorization": "<redacted>",
            "http.request.header.x-asked": "yes",
            "http.response.header.set-cookie": "<redacted>",
            "http.response.header.x-answer": "yes"
          },
          end: "success"
        }
      ])
      const ids = "0af7651916cd43dd8448eb211c80319c-0000000000000002"
      expect(told).toEqual([[`00-${ids}-01`, expect.stringContaining(ids)]])
    })
  )

  it.scoped("hides the headers that the fiber hides, by name or by pattern", () =>
    Effect.gen(function* () {
      for (const names of [["X-Secret"], [/^x-s/], []]) {
        const { spans } = yield* traced(answered, (url) =>
          Effect.locally(HttpClient.execute(post(url)), Headers.currentRedactedNames, names)
        )
        const hidden = names.length > 0 ? "<redacted>" : "hush"
        expect(spans[0]?.attributes).toMatchObject({
          "http.request.header.x-secret": hidden,
          "http.response.header.x-secret": hidden,
          "http.request.header.authorization": "Bearer t0ken"
        })
      }
    })
  )

  it.scoped("ends with the failure, or with the interruption", () =>
    Effect.gen(function* () {
      const failed = yield* traced(Raw.reset, (url) => HttpClient.get(url))
      expect(failed.spans).toMatchObject([{ status: "Ended", end: "Transport" }])
      const interrupted = yield* traced(Raw.silence, (url, server) =>
        Effect.gen(function* () {
          const index = server.requests.length
          const fiber = yield* Effect.fork(HttpClient.get(url))
          yield* server.received(index)
          yield* Fiber.interrupt(fiber)
        })
      )
      expect(interrupted.spans).toMatchObject([{ status: "Ended", end: "interrupted" }])
    })
  )

  it.scoped("is there for a refused connection, and not for a URL that is none", () =>
    Effect.gen(function* () {
      const unused = yield* Raw.unusedUrl
      expect((yield* traced(Raw.silence, () => HttpClient.get(unused))).spans).toMatchObject([{ end: "Transport" }])
      expect((yield* traced(Raw.silence, () => HttpClient.get("/jobs"))).spans).toEqual([])
    })
  )

  it.scoped("is the parent of what the body of the request does", () =>
    Effect.gen(function* () {
      const body = Stream.fromEffect(Effect.withSpan(Effect.succeed(Buffer.from("four")), "body"))
      const { spans } = yield* traced(answered, (url) =>
        HttpClient.execute(HttpClientRequest.bodyStream(HttpClientRequest.post(url), body))
      )
      expect(spans.find(({ name }) => name === "body")?.parent).toBe("http.client POST")
    })
  )

  const withClient = (change: (client: Client) => Client) => (url: string) =>
    Effect.flatMap(HttpClient.HttpClient, (client) => change(client).execute(post(url)))

  it.scoped("is not there when the caller says so, and the server is told nothing", () =>
    Effect.gen(function* () {
      const disabled = withClient(HttpClient.withTracerDisabledWhen(({ method }) => method === "POST"))
      expect(yield* traced(answered, disabled)).toMatchObject({ spans: [], told: [[undefined, undefined]] })
      const other = withClient(HttpClient.withTracerDisabledWhen(({ method }) => method === "GET"))
      expect((yield* traced(answered, other)).spans).toHaveLength(1)
      const untraced = (url: string) => Effect.withTracerEnabled(HttpClient.execute(post(url)), false)
      expect((yield* traced(answered, untraced)).told).toEqual([[undefined, undefined]])
    })
  )

  it.scoped("is not told to the server where that is not wanted", () =>
    Effect.gen(function* () {
      const { spans, told } = yield* traced(answered, withClient(HttpClient.withTracerPropagation(false)))
      expect(spans).toHaveLength(1)
      expect(told).toEqual([[undefined, undefined]])
    })
  )

  it.scoped("is called what the generator of names says", () =>
    Effect.gen(function* () {
      const byClient = withClient(HttpClient.withSpanNameGenerator(({ method }) => `asks ${method}`))
      expect((yield* traced(answered, byClient)).spans).toMatchObject([{ name: "asks POST" }])
      const names = Layer.succeed(HttpClient.SpanNameGenerator, ({ url }) => `asks ${new URL(url).pathname}`)
      const byContext = (url: string) => Effect.provide(HttpClient.execute(post(url)), names)
      expect((yield* traced(answered, byContext)).spans).toMatchObject([{ name: "asks /some/path" }])
    })
  )
})
