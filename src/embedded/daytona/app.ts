import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ConnectionFault } from "../ConnectionFault.js"
import { apply as applyFault } from "../faults/apply.js"
import type { FaultSource } from "../faults/Faults.js"
import type { RequestLog } from "../RequestLog.js"
import type { Handler } from "./handlers/Handler.js"
import type { Auth } from "./http/Auth.js"
import * as fields from "./http/fields.js"
import { body, type Incoming, read, withBody } from "./http/incoming.js"
import { badRequest, forbidden, notFound, type Refused, unavailable } from "./http/Refused.js"
import * as respond from "./http/respond.js"
import type { Match, Router } from "./http/router.js"
import type { RouteName } from "./http/routes.js"
import type { Throttlers } from "./http/Throttlers.js"
import type { Places } from "./http/urlTarget.js"
import type { Proxy } from "./runtime/proxy.js"
import type { Settings } from "./Settings.js"

type Response = HttpServerResponse.HttpServerResponse
type Answer = Effect.Effect<Response, ConnectionFault, Scope.Scope | HttpServerRequest.HttpServerRequest>

/** Everything between the connection and the handlers. */
export const make = (dependencies: {
  readonly settings: Settings
  readonly places: Places
  readonly router: Router
  readonly handlers: Readonly<Record<RouteName, Handler>>
  readonly proxy: Proxy
  readonly storage: (path: string, incoming: Incoming, body: Uint8Array) => Answer
  readonly auth: Auth
  readonly throttlers: Throttlers
  readonly faults: FaultSource
  readonly requests: RequestLog
}): HttpApp.Default<ConnectionFault, Scope.Scope> => {
  const { auth, faults, handlers, places, proxy, requests, router, settings, storage, throttlers } = dependencies

  const api = (found: Match | undefined, incoming: Incoming, bytes: Uint8Array) =>
    Effect.gen(function* () {
      const json = yield* parse(incoming, bytes)
      if (found === undefined) return yield* notFound(`Cannot ${incoming.method} ${incoming.url}`)
      const { name, parameters, route } = found
      const isPublic = route.throttler === "anonymous"
      if (!settings.available && !isPublic) {
        return yield* unavailable("Service is currently under maintenance. Please try again later.")
      }
      const caller = isPublic ? undefined : yield* authenticate(incoming)
      const limits = yield* throttlers.count(
        settings.generation === "0.190" && route.throttler === "sandbox-list" ? "authenticated" : route.throttler,
        caller?.organization.id ?? incoming.remoteAddress
      )
      if (caller !== undefined && route.permissions.length > 0 && !route.permissions.some(caller.may)) {
        return yield* forbidden("Access denied")
      }
      const response = yield* handlers[name]({
        ...incoming,
        organization: caller?.organization ?? settings.firstOrganization,
        parameter: (hole) => parameters.get(hole) ?? "",
        fields: fields.make(json)
      })
      return HttpServerResponse.setHeaders(response, limits)
    }).pipe(Effect.catchTag("Refused", (refusal) => explain(refusal, incoming)))

  // Only failures count, and whoever had too many is told so instead.
  const authenticate = (incoming: Incoming) =>
    Effect.tapError(auth(incoming.headers), ({ status }) =>
      status === 401 ? throttlers.count("failed-auth", incoming.remoteAddress) : Effect.void
    )

  const explain = (refusal: Refused, { url }: Incoming) =>
    Effect.map(Clock.currentTimeMillis, (now) => respond.refused(refusal, { url, now }))

  return Effect.gen(function* () {
    const incoming = yield* read
    const place = places.of(incoming)
    const found = place._tag === "Api" ? router(incoming.method, place.path) : undefined
    // What goes into a sandbox may be a stream of any length, so it is left to whoever runs there.
    const isRead = hasBody(incoming) && (place._tag !== "Proxy" || isSmallJson(incoming))
    const bytes = isRead ? yield* body : new Uint8Array(0)
    // Finding out may bring a sandbox to life, so nobody asks unless it matters.
    const isAsked = place._tag === "Proxy" && (yield* faults.pending).length > 0
    const inside = isAsked ? yield* proxy.endpoint(place.path, incoming.method) : undefined
    const fault = yield* faults.strike({
      method: incoming.method,
      path: place._tag === "Api" ? place.path : incoming.rawPath,
      template: found?.route.path ?? inside?.template,
      innerPath: inside?.path
    })
    if (fault?._tag !== "RefuseConnection") {
      const text = new TextDecoder().decode(bytes)
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
      switch (place._tag) {
        case "Api":
          return api(found, incoming, bytes)
        case "Proxy":
          return isRead
            ? Effect.updateService(proxy.answer(place.path, incoming), HttpServerRequest.HttpServerRequest, (request) =>
                withBody(request, bytes)
              )
            : proxy.answer(place.path, incoming)
        case "Storage":
          return storage(place.path, incoming, bytes)
        case "Dashboard":
          return Effect.succeed(respond.dashboard)
      }
    })
    const response = yield* fault === undefined ? handled : applyFault(fault, handled)
    return yield* withCommonHeaders(settings, place._tag === "Api", response)
  })
}

/** The longest body on its way into a sandbox that is recorded, in bytes. */
const mostRecorded = 65_536

const isSmallJson = ({ headers }: Incoming) =>
  (headers["content-type"] ?? "").includes("json") && Number(headers["content-length"] ?? Number.NaN) <= mostRecorded

const hasBody = ({ method }: Incoming) => method !== "GET" && method !== "HEAD"

// Express reads the body before anybody asks who is calling, and only if it says that it is JSON.
const parse = ({ headers }: Incoming, bytes: Uint8Array): Effect.Effect<unknown, Refused> =>
  bytes.length === 0 || !(headers["content-type"] ?? "").includes("json")
    ? Effect.succeed(undefined)
    : Effect.try({
        try: (): unknown => JSON.parse(new TextDecoder().decode(bytes)),
        catch: () => badRequest("Invalid JSON in request body")
      })

const withCommonHeaders = (settings: Settings, isApi: boolean, response: Response): Effect.Effect<Response> =>
  Effect.map(Clock.currentTimeMillis, (now) =>
    // A fault may have set either of them on purpose.
    HttpServerResponse.setHeaders(response, {
      date: new Date(now).toUTCString(),
      ...(isApi ? { "x-daytona-api-version": settings.version } : {}),
      ...response.headers
    })
  )
