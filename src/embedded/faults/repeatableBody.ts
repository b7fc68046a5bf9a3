import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** Gives a handler a request of its own, whose body nobody has read. */
type Repeatable = <A, E, R>(handler: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

const asItIs: Repeatable = (handler) => handler

/** Reads the body of the current request, whole, so that handlers can read it as often as they like. */
export const withRepeatableBody = <A, E, R>(
  use: (repeatable: Repeatable) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.flatMap(
    Effect.serviceOption(HttpServerRequest.HttpServerRequest),
    Option.match({
      onNone: () => use(asItIs),
      onSome: (request) =>
        Effect.matchEffect(request.arrayBuffer, {
          // Somebody else has read it and passes it on, or the client broke off, which handlers find out themselves.
          onFailure: () => use(asItIs),
          onSuccess: (body) =>
            use((handler) =>
              Effect.provideService(handler, HttpServerRequest.HttpServerRequest, withBody(request, body))
            )
        })
    })
  )

const withBody = (
  { headers, method, originalUrl, remoteAddress, url }: HttpServerRequest.HttpServerRequest,
  body: ArrayBuffer
): HttpServerRequest.HttpServerRequest => {
  const address = URL.canParse(originalUrl) ? originalUrl : `http://${headers["host"] ?? "127.0.0.1"}${originalUrl}`
  const hasBody = method !== "GET" && method !== "HEAD"
  const request = HttpServerRequest.fromWeb(new Request(address, { method, headers, body: hasBody ? body : null }))
  return request.modify({
    url,
    headers,
    ...Option.match(remoteAddress, { onNone: () => ({}), onSome: (remoteAddress) => ({ remoteAddress }) })
  })
}
