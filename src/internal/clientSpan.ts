/** The span of an HTTP request, as the clients of `@effect/platform` make it. */
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import * as HttpTraceContext from "@effect/platform/HttpTraceContext"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import type * as Tracer from "effect/Tracer"

export interface ClientSpan {
  readonly span: Tracer.Span
  /** The request, with the headers that propagate the span. */
  readonly request: HttpClientRequest.HttpClientRequest
  /** Ends the span. Called by the sender of the request: an effect around it would cost more than the span. */
  readonly end: (exit: Exit.Exit<Pick<HttpClientResponse, "status" | "headers">, unknown>) => void
}

export interface ClientSpanOptions {
  /** Names of headers to hide, besides those that the fiber hides. */
  readonly redactedNames: ReadonlyArray<string>
  /** Default: the span of the fiber. */
  readonly parent: Tracer.AnySpan | undefined
}

export const isTraced = (
  fiber: Fiber.RuntimeFiber<unknown, unknown>,
  request: HttpClientRequest.HttpClientRequest
): boolean =>
  fiber.getFiberRef(FiberRef.currentTracerEnabled) && !fiber.getFiberRef(HttpClient.currentTracerDisabledWhen)(request)

export const make = (
  fiber: Fiber.RuntimeFiber<unknown, unknown>,
  request: HttpClientRequest.HttpClientRequest,
  url: URL,
  { parent, redactedNames }: ClientSpanOptions
): Effect.Effect<ClientSpan> => {
  const name = Context.get(fiber.currentContext, HttpClient.SpanNameGenerator)(request)
  const options = {
    kind: "client",
    captureStackTrace: false,
    ...(parent === undefined ? undefined : { parent })
  } as const
  return Effect.map(Effect.makeSpan(name, options), (span) => {
    const hiddenByFiber = fiber.getFiberRef(Headers.currentRedactedNames)
    const isHidden = (header: string) =>
      redactedNames.includes(header) ||
      hiddenByFiber.some((name) => (typeof name === "string" ? name.toLowerCase() === header : name.test(header)))
    span.attribute("http.request.method", request.method)
    span.attribute("server.address", url.origin)
    if (url.port !== "") span.attribute("server.port", Number(url.port))
    span.attribute("url.full", url.href)
    span.attribute("url.path", url.pathname)
    span.attribute("url.scheme", url.protocol.slice(0, -1))
    if (url.search.length > 1) span.attribute("url.query", url.search.slice(1))
    annotate(span, requestHeader, request.headers, isHidden)
    return {
      span,
      request: fiber.getFiberRef(HttpClient.currentTracerPropagation)
        ? HttpClientRequest.setHeaders(request, HttpTraceContext.toHeaders(span))
        : request,
      end: (exit) => {
        if (exit._tag === "Success") {
          span.attribute("http.response.status_code", exit.value.status)
          annotate(span, responseHeader, exit.value.headers, isHidden)
        }
        span.end(endTime(fiber), exit)
      }
    }
  })
}

const endTime = (fiber: Fiber.RuntimeFiber<unknown, unknown>): bigint =>
  fiber.getFiberRef(FiberRef.currentTracerTimingEnabled)
    ? Context.get(fiber.currentDefaultServices, Clock.Clock).unsafeCurrentTimeNanos()
    : 0n

const annotate = (
  span: Tracer.Span,
  nameOf: (header: string) => string,
  headers: Headers.Headers,
  isHidden: (header: string) => boolean
): void => {
  for (const header in headers) span.attribute(nameOf(header), isHidden(header) ? "<redacted>" : headers[header])
}

/** A string that is concatenated anew has to be hashed anew. */
const prefixed = (prefix: string): ((header: string) => string) => {
  const known = new Map<string, string>()
  return (header) => {
    const found = known.get(header)
    if (found !== undefined) return found
    const name = prefix + header
    // Servers choose the names of their headers, so the map has a bound.
    if (known.size < 200) known.set(header, name)
    return name
  }
}

const requestHeader = prefixed("http.request.header.")
const responseHeader = prefixed("http.response.header.")
