/**
 * An `HttpClient` on a dispatcher of undici. It does what those of `@effect/platform` do at a fraction of their cost:
 * no signal per request, no promise, no cached effect, and no span unless it is traced.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import { type HttpClientError, RequestError } from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import { globalValue } from "effect/GlobalValue"
import type { Dispatcher } from "undici"
import * as ClientSpan from "../../internal/clientSpan.js"
import { startTimer } from "../../internal/deadline.js"
import { type Sending, type TunedSend, tunedClient } from "../../internal/transport.js"
import { describe, NothingSent } from "../../internal/transportCause.js"
import { acceptedEncodings } from "./contentDecoder.js"
import { Exchange } from "./exchange.js"
import * as RequestBody from "./requestBody.js"
import { UndiciResponse } from "./response.js"

/** Where `HttpClient.withScope` keeps the controller that aborts a request with its scope. */
const scopedRequests = globalValue(
  "@effect/platform/HttpClient/scopedRequests",
  () => new WeakMap<HttpClientRequest.HttpClientRequest, AbortController>()
)

type CallingFiber = Fiber.RuntimeFiber<unknown, unknown>

export const make = (dispatcher: Dispatcher): HttpClient.HttpClient => {
  const send: TunedSend = <E = never>(request: HttpClientRequest.HttpClientRequest, sending?: Sending<E>) =>
    Effect.withFiberRuntime<UndiciResponse, HttpClientError | E>((fiber) => {
      const url = UrlParams.makeUrl(request.url, request.urlParams, request.hash)
      if (Either.isLeft(url)) return Effect.fail(new RequestError({ request, reason: "InvalidUrl", cause: url.left }))
      const dispatched = { request, url: url.right, scope: scopedRequests.get(request)?.signal, sending }
      if (sending !== undefined) {
        const { isTraced, span } = sending
        return dispatch(
          dispatcher,
          fiber,
          span === undefined || !isTraced
            ? dispatched
            : { ...dispatched, request: ClientSpan.ofOperation(fiber, request, url.right, span) }
        )
      }
      return ClientSpan.isTraced(fiber, request)
        ? Effect.flatMap(ClientSpan.make(fiber, request, url.right), (span) =>
            dispatch(dispatcher, fiber, { ...dispatched, request: span.request, span })
          )
        : dispatch(dispatcher, fiber, dispatched)
    })
  return tunedClient(send)
}

interface Dispatched<E> {
  readonly request: HttpClientRequest.HttpClientRequest
  readonly url: URL
  readonly scope: AbortSignal | undefined
  readonly sending: Sending<E> | undefined
  /** Of a request that belongs to no operation. Ended once, with the outcome. */
  readonly span?: ClientSpan.ClientSpan
}

const dispatch = <E>(
  dispatcher: Dispatcher,
  fiber: CallingFiber,
  { request, scope, sending, span, url }: Dispatched<E>
): Effect.Effect<UndiciResponse, HttpClientError | E> =>
  Effect.async((resume) => {
    let stopTimer = () => {}
    let isAbandoned = false
    const settle = (exit: Exit.Exit<UndiciResponse, HttpClientError | E>) => {
      stopTimer()
      span?.end(exit)
      resume(exit)
    }
    const fail = (cause: unknown) => Exit.fail(new RequestError({ request, reason: "Transport", cause }))
    if (scope?.aborted === true) return settle(fail(scope.reason))
    const body = RequestBody.make(request.body, fiber, span?.span ?? sending?.span)
    if (body === undefined) {
      const description = "This transport cannot send such a raw body"
      return settle(Exit.fail(new RequestError({ request, reason: "Encode", description })))
    }
    const { content, contentType, release } = body
    const exchange = new Exchange(
      {
        onResponse: (status, headers) => {
          const response = new UndiciResponse(request, status, headers, exchange)
          sending?.onResponse?.(response)
          settle(Exit.succeed(response))
        },
        onFailure: (cause, isUnsent) => {
          if (isAbandoned) return
          // Other users of this client get the causes of the stock client.
          const isUntold = isUnsent && sending !== undefined && !describe(cause).unsent
          settle(fail(isUntold ? new NothingSent(cause) : cause))
        },
        onEnd: () => {
          scope?.removeEventListener("abort", abort)
          // A server may respond before it has received all of the body.
          release?.()
        }
      },
      sending?.maxBody,
      sending?.maxFailure
    )
    const abort = () => exchange.abort()
    const abandon = (exit: Exit.Exit<never, HttpClientError | E>) => {
      isAbandoned = true
      exchange.abort()
      settle(exit)
    }
    if (sending !== undefined) {
      stopTimer = startTimer(fiber.currentDefaultServices, sending.timeout, () =>
        abandon(Exit.fail(sending.onTimeout()))
      )
    }
    scope?.addEventListener("abort", abort)
    try {
      dispatcher.dispatch(
        {
          origin: url.origin,
          path: url.pathname + url.search,
          method: request.method,
          headers: {
            // A body that is read as it arrives is asked for as it is.
            ...(sending?.maxBody === undefined ? undefined : { "accept-encoding": acceptedEncodings }),
            ...request.headers,
            ...(contentType === undefined ? undefined : { "content-type": contentType })
          },
          body: content,
          // Deadlines are the caller's.
          headersTimeout: 0,
          bodyTimeout: 0
        },
        exchange
      )
    } catch (cause) {
      // Proxy agents throw on requests that they cannot send.
      return abandon(fail(cause))
    }
    return Effect.sync(() => abandon(Exit.interrupt(fiber.id())))
  })
