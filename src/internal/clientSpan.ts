/**
 * What spans show of HTTP requests. The requests of an operation are events of its span, whose ids they propagate, and
 * have no spans of their own. Any other request has one, as the clients of `@effect/platform` make it.
 */
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
import { constFalse } from "effect/Function"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"

export interface ClientSpan {
  readonly span: Tracer.Span
  /** The headers that tell the server of the span. */
  readonly headers: Headers.Headers | undefined
  /** Ends the span. Called by the sender of the request: an effect around it would cost more than the span. */
  readonly end: (exit: Exit.Exit<Pick<HttpClientResponse, "status" | "headers">, unknown>) => void
}

/** `headers`: those that are sent, where the request does not have them itself. */
export const isTraced = (
  fiber: Fiber.RuntimeFiber<unknown, unknown>,
  request: HttpClientRequest.HttpClientRequest,
  headers: Readonly<Record<string, string>> = request.headers
): boolean => {
  if (!fiber.getFiberRef(FiberRef.currentTracerEnabled)) return false
  const isDisabled = fiber.getFiberRef(HttpClient.currentTracerDisabledWhen)
  // A copy of the request for a predicate that looks at nothing would cost more than the rest.
  return isDisabled === constFalse || !isDisabled(HttpClientRequest.setHeaders(request, headers))
}

export const make = (
  fiber: Fiber.RuntimeFiber<unknown, unknown>,
  request: HttpClientRequest.HttpClientRequest,
  url: URL
): Effect.Effect<ClientSpan> => {
  const name = Context.get(fiber.currentContext, HttpClient.SpanNameGenerator)(request)
  return Effect.map(Effect.makeSpan(name, { kind: "client", captureStackTrace: false }), (span) => {
    const hiddenByFiber = fiber.getFiberRef(Headers.currentRedactedNames)
    const isHidden = (header: string) =>
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
      headers: propagation(fiber, span),
      end: (exit) => {
        if (exit._tag === "Success") {
          span.attribute("http.response.status_code", exit.value.status)
          annotate(span, responseHeader, exit.value.headers, isHidden)
        }
        span.end(timeOf(fiber), exit)
      }
    }
  })
}

/** The headers that tell a server of a span, unless the caller does not want them. */
export const propagation = (
  fiber: Fiber.RuntimeFiber<unknown, unknown>,
  span: Tracer.AnySpan
): Headers.Headers | undefined =>
  span._tag === "Span" && fiber.getFiberRef(HttpClient.currentTracerPropagation)
    ? HttpTraceContext.toHeaders(span)
    : undefined

/** Tells the span of an operation where its request goes. The headers that tell the server of the span. */
export const ofOperation = (
  fiber: Fiber.RuntimeFiber<unknown, unknown>,
  request: HttpClientRequest.HttpClientRequest,
  headers: Readonly<Record<string, string>>,
  target: Target,
  span: Tracer.Span
): Headers.Headers | undefined => {
  if (!isTraced(fiber, request, headers)) return undefined
  noteTarget(span, request.method, target)
  return propagation(fiber, span)
}

/** Where a request goes. */
export type Target = Pick<URL, "href" | "origin">

const noteTarget = (span: Tracer.Span, method: string, { href, origin }: Target): void => {
  const { address, port } = serverOf(origin)
  span.attribute("http.request.method", method)
  span.attribute("url.full", href)
  span.attribute("server.address", address)
  span.attribute("server.port", port)
}

const defaultPorts: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 }

/** Most programs talk to one server, or to few in turn: the last one is remembered. */
let lastServer = { origin: "", address: "", port: 0 }

const serverOf = (origin: string): { readonly address: string; readonly port: number } => {
  if (origin !== lastServer.origin) {
    const { hostname, port, protocol } = new URL(origin)
    lastServer = { origin, address: hostname, port: Number(port === "" ? defaultPorts[protocol] : port) }
  }
  return lastServer
}

/**
 * The tracer that a client sees which makes spans of its own: in place of a span for a request of the operation, it
 * gets a view of the operation's. What the client does with it goes on: names, propagation, and when not to trace.
 */
export const tracerOfOperation = (tracer: Tracer.Tracer, operation: Tracer.Span): Tracer.Tracer =>
  Tracer.make({
    context: (execution, fiber) => tracer.context(execution, fiber),
    span: (name, parent, context, links, startTime, kind, options) =>
      kind === "client" && Option.isSome(parent) && parent.value === operation
        ? viewOf(operation)
        : tracer.span(name, parent, context, links, startTime, kind, options)
  })

const viewOf = (operation: Tracer.Span): Tracer.Span => {
  let method = ""
  return {
    _tag: "Span",
    name: operation.name,
    spanId: operation.spanId,
    traceId: operation.traceId,
    parent: operation.parent,
    context: operation.context,
    get status() {
      return operation.status
    },
    attributes: operation.attributes,
    links: operation.links,
    sampled: operation.sampled,
    kind: operation.kind,
    // The operation goes on after the request.
    end: () => {},
    attribute: (key, value) => {
      if (key === "http.request.method") method = String(value)
      if (key === "url.full" && URL.canParse(String(value))) noteTarget(operation, method, new URL(String(value)))
    },
    event: (name, startTime, attributes) => operation.event(name, startTime, attributes),
    addLinks: (links) => operation.addLinks(links)
  }
}

/** The time of an event of a span, by the fiber's clock. */
export const timeOf = (fiber: Fiber.RuntimeFiber<unknown, unknown>): bigint =>
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
