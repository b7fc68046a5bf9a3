/** Lets several handlers read the body of the same request. */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** Gives a handler its own copy of the request, with an unread body. */
type Repeatable = <A, E, R>(handler: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

const asItIs: Repeatable = (handler) => handler

/** Buffers the body of the current request, so that several handlers can read it. */
export const withRepeatableBody = <A, E, R>(
  use: (repeatable: Repeatable) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.flatMap(
    Effect.serviceOption(HttpServerRequest.HttpServerRequest),
    Option.match({
      onNone: () => use(asItIs),
      onSome: (request) =>
        Effect.matchEffect(request.arrayBuffer, {
          // The body was already read, or the client aborted, which handlers notice themselves.
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
