/** An `HttpClient` on top of an embedded server, without a socket. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type ConnectionFault, toSocketError } from "../ConnectionFault.js"
import * as Exchange from "./Exchange.js"
import * as InMemoryResponse from "./InMemoryResponse.js"
import * as InMemoryWebSockets from "./InMemoryWebSockets.js"
import { toServerRequest } from "./toServerRequest.js"

/**
 * An `HttpClient` whose requests are handled by `app`, in this process and without a socket.
 *
 * It behaves like a network wherever a client could tell the difference: a response is available with the first byte of
 * its body, the body is produced only as fast as it is read, an interrupted client interrupts the handler, and a {@link
 * ConnectionFault} becomes the error of Node's sockets. Everything runs in the caller's runtime, so a `TestClock`
 * controls both client and server.
 *
 * An interrupted client waits for the handler to end, so handlers should be interruptible.
 */
export const make = (app: HttpApp.Default<ConnectionFault, Scope.Scope>): HttpClient.HttpClient =>
  HttpClient.make((request, url, signal) =>
    Effect.gen(function* () {
      const uploadFailed = yield* Deferred.make<never, HttpClientError.RequestError>()
      const serverRequest = yield* toServerRequest(request, url, uploadFailed)
      return yield* Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          const exchange = yield* Exchange.start(app, serverRequest)
          const head = yield* restore(awaitHead(exchange, request, url, uploadFailed)).pipe(
            Effect.onInterrupt(() => exchange.disconnect)
          )
          disconnectOnAbort(exchange, signal)
          return yield* toResponse(exchange, head, request, url)
        })
      )
    })
  )

/** {@link make} as a layer, together with the web sockets of `app`, which services built with the layer use. */
export const layer = (app: HttpApp.Default<ConnectionFault, Scope.Scope>): Layer.Layer<HttpClient.HttpClient> =>
  Layer.merge(
    Layer.sync(HttpClient.HttpClient, () => make(app)),
    InMemoryWebSockets.layer(app)
  )

const awaitHead = (
  exchange: Exchange.Exchange,
  request: HttpClientRequest.HttpClientRequest,
  url: URL,
  uploadFailed: Deferred.Deferred<never, HttpClientError.RequestError>
): Effect.Effect<Exchange.Head, HttpClientError.RequestError> => {
  const head = Effect.mapError(
    Deferred.await(exchange.head),
    (fault) => new HttpClientError.RequestError({ request, reason: "Transport", cause: toSocketError(fault, url) })
  )
  return request.body._tag === "Stream"
    ? Effect.tapError(Effect.raceFirst(head, Deferred.await(uploadFailed)), () => exchange.disconnect)
    : head
}

// Aborted when the response is dropped unread or the scope of a scoped client closes. Nothing waits for it.
const disconnectOnAbort = (exchange: Exchange.Exchange, signal: AbortSignal) => {
  const disconnect = () => exchange.fiber.unsafeInterruptAsFork(FiberId.none)
  if (signal.aborted) {
    disconnect()
  } else {
    signal.addEventListener("abort", disconnect, { once: true })
    exchange.fiber.addObserver(() => signal.removeEventListener("abort", disconnect))
  }
}

const toResponse = (
  exchange: Exchange.Exchange,
  head: Exchange.Head,
  request: HttpClientRequest.HttpClientRequest,
  url: URL
): Effect.Effect<HttpClientResponse.HttpClientResponse> =>
  InMemoryResponse.make({
    request,
    status: head.status,
    headers: head.headers,
    body: (response) =>
      Option.match(head.body, {
        onSome: (bytes) => (bytes.length === 0 ? Stream.empty : Stream.make(bytes)),
        onNone: () => pulledBody(exchange, request, response, url)
      })
  })

const pulledBody = (
  exchange: Exchange.Exchange,
  request: HttpClientRequest.HttpClientRequest,
  response: HttpClientResponse.HttpClientResponse,
  url: URL
) => {
  const pull = Effect.mapError(
    exchange.pull,
    Option.map((fault) => {
      const cause = toSocketError(fault, url)
      return new HttpClientError.ResponseError({ request, response, reason: "Decode", cause })
    })
  )
  return Stream.fromPull(
    Effect.as(
      Effect.addFinalizer(() => exchange.disconnect),
      pull
    )
  )
}
