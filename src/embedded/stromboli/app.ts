/** The embedded Stromboli as an HTTP app: everything between the connection and the handlers. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ConnectionFault } from "../ConnectionFault.js"
import { applyFault } from "../faults/applyFault.js"
import type { FaultRegistry } from "../faults/Faults.js"
import type { RequestLog } from "../RequestLog.js"
import type { Auth } from "./Auth.js"
import type { Handler } from "./handlers/Handler.js"
import { type IncomingRequest, read } from "./IncomingRequest.js"
import * as identifiers from "./identifiers.js"
import type { RateLimit } from "./RateLimit.js"
import * as responses from "./responses.js"
import type { Destination, StromboliRouter } from "./router.js"
import type { RouteName } from "./routes.js"

type Response = HttpServerResponse.HttpServerResponse
type Answer = Effect.Effect<Response, never, Scope.Scope>

/** The limit of Go's HTTP server for the request line and headers, in bytes. */
const headerLimit = 1_048_576 + 4_096

/** Applies the server's middleware in its order: request id, rate limit, authentication, handler. */
export const make = (dependencies: {
  readonly router: StromboliRouter
  readonly handlers: Readonly<Record<RouteName, Handler>>
  readonly auth: Auth
  readonly rateLimit: RateLimit
  readonly faults: FaultRegistry
  readonly requests: RequestLog
}): HttpApp.Default<ConnectionFault, Scope.Scope> => {
  const { auth, faults, handlers, rateLimit, requests, router } = dependencies

  const authorized = (incoming: IncomingRequest, answer: Answer): Answer =>
    auth.check(incoming.headers["authorization"]).pipe(
      Effect.mapError(({ message, status }) => responses.error(status, message)),
      Effect.zipRight(answer),
      Effect.merge
    )

  const limited = (incoming: IncomingRequest, answer: Answer): Answer =>
    Effect.flatMap(rateLimit(incoming.remoteAddress), ({ allowed, headers }) =>
      Effect.map(
        allowed ? answer : Effect.succeed(responses.error(429, "rate limit exceeded")),
        HttpServerResponse.setHeaders(headers)
      )
    )

  const answer = (incoming: IncomingRequest, destination: Destination): Answer => {
    switch (destination._tag) {
      case "Malformed":
        return Effect.succeed(responses.malformed)
      case "NotFound":
        return Effect.succeed(responses.routeNotFound)
      case "Redirect":
        return Effect.succeed(redirect(incoming, destination.location))
      case "Handler": {
        const { parameters, route } = destination
        const handled = handlers[route.name]({ ...incoming, parameter: (name) => parameters.get(name) ?? "" })
        switch (route.access) {
          case "public":
            return handled
          case "bearer":
            return authorized(incoming, handled)
          case "protected":
            return limited(incoming, authorized(incoming, handled))
        }
      }
    }
  }

  return Effect.gen(function* () {
    const incoming = yield* read
    if (headerBytes(incoming) > headerLimit) return responses.headersTooLarge
    const destination = router(incoming.method, incoming.rawPath)
    const fault = yield* faults.take({
      method: incoming.method,
      path: incoming.rawPath,
      template: destination._tag === "Handler" ? destination.route.path : undefined
    })
    if (fault?._tag !== "RefuseConnection") {
      yield* requests.record({
        method: incoming.method,
        path: incoming.rawPath,
        query: Object.fromEntries(incoming.query),
        headers: incoming.headers,
        body: incoming.body,
        bodyLength: incoming.body.length
      })
    }
    const handled = answer(incoming, destination)
    const response = yield* fault === undefined ? handled : applyFault(fault, handled)
    return yield* hasReachedGin(destination) ? withRequestId(incoming, response) : withDate(response)
  })
}

const headerBytes = ({ headers, method, rawPath, rawQuery }: IncomingRequest): number => {
  const line = method.length + rawPath.length + rawQuery.length
  return Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length + 4, line)
}

const redirect = ({ method, rawQuery }: IncomingRequest, location: string): Response => {
  const target = `${location}${rawQuery}`
  return method === "GET"
    ? HttpServerResponse.text(`<a href="${escapeHtml(target)}">Moved Permanently</a>.\n\n`, {
        status: 301,
        contentType: "text/html; charset=utf-8",
        headers: { location: target }
      })
    : HttpServerResponse.empty({ status: 307, headers: { location: target } })
}

const htmlEscapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&#34;",
  "'": "&#39;"
}

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => htmlEscapes[character] ?? "")

/** Go's HTTP layer refuses and gin redirects before the middleware runs, which sets the request id. */
const hasReachedGin = ({ _tag }: Destination): boolean => _tag === "Handler" || _tag === "NotFound"

const withRequestId = (incoming: IncomingRequest, response: Response): Effect.Effect<Response> =>
  Effect.gen(function* () {
    const given = incoming.headers["x-request-id"] ?? ""
    const id = given === "" ? yield* identifiers.shortId("") : given
    return yield* withDate(withDefault(response, "x-request-id", id))
  })

const withDate = (response: Response): Effect.Effect<Response> =>
  Effect.map(Clock.currentTimeMillis, (now) => withDefault(response, "date", new Date(now).toUTCString()))

/** A fault may have set the header on purpose. */
const withDefault = (response: Response, name: string, value: string): Response =>
  name in response.headers ? response : HttpServerResponse.setHeader(response, name, value)
