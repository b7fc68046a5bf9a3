/** The embedded Daytona as an HTTP app: everything between the connection and the handlers. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ConnectionFault } from "../ConnectionFault.js"
import { applyFault } from "../faults/applyFault.js"
import type { FaultRegistry } from "../faults/Faults.js"
import type { RequestLog } from "../RequestLog.js"
import type { Handler } from "./handlers/Handler.js"
import type { Auth } from "./http/Auth.js"
import * as fields from "./http/BodyFields.js"
import { badRequest, forbidden, type HttpError, notFound, unavailable, unexpected } from "./http/HttpError.js"
import { body, type IncomingRequest, read, withBody } from "./http/IncomingRequest.js"
import { jsonDepth } from "./http/jsonDepth.js"
import * as responses from "./http/responses.js"
import type { ApiRouter, RouteMatch, RouteName } from "./http/routes.js"
import type { Throttlers } from "./http/Throttlers.js"
import type { UrlTargets } from "./http/UrlTargets.js"
import type { Proxy } from "./runtime/proxy.js"
import type { Settings } from "./Settings.js"

type Response = HttpServerResponse.HttpServerResponse
type Answer = Effect.Effect<Response, ConnectionFault, Scope.Scope | HttpServerRequest.HttpServerRequest>

/** Everything between the connection and the handlers. */
export const make = (dependencies: {
  readonly settings: Settings
  readonly urlTargets: UrlTargets
  readonly router: ApiRouter
  readonly handlers: Readonly<Record<RouteName, Handler>>
  readonly proxy: Proxy
  readonly storage: (path: string, incoming: IncomingRequest, body: Uint8Array) => Answer
  readonly auth: Auth
  readonly throttlers: Throttlers
  readonly faults: FaultRegistry
  readonly requests: RequestLog
}): HttpApp.Default<ConnectionFault, Scope.Scope> => {
  const { auth, faults, handlers, urlTargets, proxy, requests, router, settings, storage, throttlers } = dependencies

  const api = (found: RouteMatch | undefined, incoming: IncomingRequest, bytes: Uint8Array) =>
    Effect.gen(function* () {
      if (settings.generation === "0.190" && isJson(incoming) && bytes.length > longestJson) {
        return yield* notFound(`Cannot ${incoming.method} ${incoming.url}`)
      }
      const json = yield* parse(incoming, bytes)
      if (found === undefined) return yield* notFound(`Cannot ${incoming.method} ${incoming.url}`)
      const { name, parameters, route } = found
      const isPublic = route.throttler === "anonymous"
      if (!settings.available) {
        return yield* unavailable("Service is currently under maintenance. Please try again later.")
      }
      if (!isPublic) yield* throttlers.refuseBlocked("failed-auth", incoming.remoteAddress)
      const caller = isPublic ? undefined : yield* authenticate(incoming)
      const limits = yield* throttlers.count(
        settings.generation === "0.190" && route.throttler === "sandbox-list" ? "authenticated" : route.throttler,
        caller?.organization.id ?? incoming.remoteAddress
      )
      if (caller !== undefined && route.permissions.length > 0 && !route.permissions.some(caller.may)) {
        return yield* forbidden("Access denied")
      }
      if (json !== undefined && jsonDepth(decoder.decode(bytes)) > deepestJson) return yield* unexpected
      const response = yield* handlers[name]({
        ...incoming,
        organization: {
          ...(caller?.organization ?? settings.firstOrganization),
          dashboardUrl: `${incoming.origin}/dashboard`
        },
        parameter: (name) => parameters.get(name) ?? "",
        fields: fields.make(json)
      })
      return HttpServerResponse.setHeaders(response, limits)
    }).pipe(Effect.catchTag("HttpError", (refusal) => explain(refusal, incoming)))

  // Only failed authentication counts. The one that reaches the limit receives 429, and so does everything after it.
  const authenticate = (incoming: IncomingRequest) =>
    Effect.tapError(auth(incoming.headers), ({ status }) =>
      status === 401
        ? Effect.zipRight(
            throttlers.count("failed-auth", incoming.remoteAddress),
            throttlers.refuseBlocked("failed-auth", incoming.remoteAddress)
          )
        : Effect.void
    )

  const explain = (refusal: HttpError, { url }: IncomingRequest) =>
    Effect.map(Clock.currentTimeMillis, (now) => responses.error(refusal, { url, now }))

  return Effect.gen(function* () {
    const incoming = yield* read
    const target = urlTargets.of(incoming)
    const found = target._tag === "Api" ? router(incoming.method, target.path) : undefined
    // A request to a sandbox may stream a body of any length, so it is left to the sandbox to read.
    const isRead = hasBody(incoming) && (target._tag !== "Proxy" || isSmallJson(incoming))
    const bytes = isRead ? yield* body : new Uint8Array(0)
    // The look-up may start a sandbox's runtime, so it is done only when a fault might match.
    const isAsked = target._tag === "Proxy" && (yield* faults.pending).length > 0
    const inside = isAsked ? yield* proxy.endpoint(target.path, incoming.method) : undefined
    const fault = yield* faults.take({
      method: incoming.method,
      path: target._tag === "Api" ? target.path : incoming.rawPath,
      template: found?.route.path ?? inside?.template,
      innerPath: inside?.path
    })
    if (fault?._tag !== "RefuseConnection") {
      const text = decoder.decode(bytes)
      yield* requests.record({
        method: incoming.method,
        path: incoming.rawPath,
        query: Object.fromEntries(incoming.query),
        headers: incoming.headers,
        body: text,
        bodyLength: text.length
      })
    }
    const handled: Answer = Effect.suspend(() => {
      switch (target._tag) {
        case "Api":
          return api(found, incoming, bytes)
        case "Proxy":
          return isRead
            ? Effect.updateService(
                proxy.answer(target.path, incoming),
                HttpServerRequest.HttpServerRequest,
                (request) => withBody(request, bytes)
              )
            : proxy.answer(target.path, incoming)
        case "Storage":
          return storage(target.path, incoming, bytes)
        case "Dashboard":
          return Effect.succeed(responses.dashboard)
      }
    })
    const response = yield* fault === undefined ? handled : applyFault(fault, handled)
    return yield* withCommonHeaders(settings, target._tag === "Api", response)
  })
}

/** The longest body of a request to a sandbox that is recorded, in bytes. */
const mostRecorded = 65_536

const isSmallJson = ({ headers }: IncomingRequest) =>
  (headers["content-type"] ?? "").includes("json") && Number(headers["content-length"] ?? Number.NaN) <= mostRecorded

// A body that was read is put into a web request, which cannot be a TRACE.
const hasBody = ({ method }: IncomingRequest) => !["GET", "HEAD", "TRACE"].includes(method)

/** Deeper bodies exhaust the stack of the server, which then has changed nothing. */
const deepestJson = 2000

const decoder = new TextDecoder()

/** What Express accepts, in bytes. A longer body is answered as if its route did not exist. */
const longestJson = 102_400

const isJson = ({ headers }: IncomingRequest) => (headers["content-type"] ?? "").includes("json")

const invalidJson = badRequest("Invalid JSON in request body")

// Express parses the body before authentication, only if its content type is JSON, and accepts objects and arrays.
const parse = (incoming: IncomingRequest, bytes: Uint8Array): Effect.Effect<unknown, HttpError> =>
  bytes.length === 0 || !isJson(incoming)
    ? Effect.succeed(undefined)
    : Effect.try({ try: (): unknown => JSON.parse(decoder.decode(bytes)), catch: () => invalidJson }).pipe(
        Effect.filterOrFail(
          (json) => typeof json === "object" && json !== null,
          () => invalidJson
        )
      )

const withCommonHeaders = (settings: Settings, isApi: boolean, response: Response): Effect.Effect<Response> =>
  Effect.map(Clock.currentTimeMillis, (now) =>
    // A fault may have set either header on purpose.
    HttpServerResponse.setHeaders(response, {
      date: new Date(now).toUTCString(),
      ...(isApi ? { "x-daytona-api-version": settings.version } : {}),
      ...response.headers
    })
  )
