/**
 * An `HttpClient` on a dispatcher of undici. It does what those of `@effect/platform` do, for a fraction of their cost: no
 * signal per request, no promise, no cached effect, and no span where nobody looks.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import { type HttpClientError, RequestError } from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import { globalValue } from "effect/GlobalValue"
import type { Dispatcher } from "undici"
import { type AnswerWhole, type WholeAnswerOptions, withWholeAnswers } from "../../internal/bufferedResponse.js"
import * as ClientSpan from "./clientSpan.js"
import { Exchange } from "./exchange.js"
import * as RequestBody from "./requestBody.js"
import { UndiciResponse } from "./response.js"

/** Where `HttpClient.withScope` leaves what ends a request with its scope. */
const scopedRequests = globalValue(
  "@effect/platform/HttpClient/scopedRequests",
  () => new WeakMap<HttpClientRequest.HttpClientRequest, AbortController>()
)

type CallingFiber = Fiber.RuntimeFiber<unknown, unknown>

export const make = (dispatcher: Dispatcher): HttpClient.HttpClient => {
  const execute = <E>(request: HttpClientRequest.HttpClientRequest, whole?: WholeAnswerOptions<E>) =>
    Effect.withFiberRuntime<HttpClientResponse.HttpClientResponse, HttpClientError | E>((fiber) => {
      const url = UrlParams.makeUrl(request.url, request.urlParams, request.hash)
      if (Either.isLeft(url)) {
        return Effect.fail(new RequestError({ request, reason: "InvalidUrl", cause: url.left }))
      }
      const sending = { request, url: url.right, scope: scopedRequests.get(request)?.signal, whole }
      if (whole?.mayBeTraced === false || !ClientSpan.isTraced(fiber, request)) return send(dispatcher, fiber, sending)
      const { parent, redactedNames = [] } = whole ?? {}
      return Effect.flatMap(ClientSpan.make(fiber, request, url.right, { parent, redactedNames }), (span) =>
        send(dispatcher, fiber, { ...sending, request: span.request, span })
      )
    })
  const answerWhole: AnswerWhole = execute
  return withWholeAnswers(
    HttpClient.makeWith<never, never, HttpClientError, never>(
      Effect.flatMap((request) => execute<never>(request)),
      Effect.succeed
    ),
    answerWhole
  )
}

interface Sending<E> {
  readonly request: HttpClientRequest.HttpClientRequest
  readonly url: URL
  readonly scope: AbortSignal | undefined
  readonly whole: WholeAnswerOptions<E> | undefined
  /** Ended once, with what came of it. */
  readonly span?: ClientSpan.ClientSpan
}

const send = <E>(
  dispatcher: Dispatcher,
  fiber: CallingFiber,
  { request, scope, span, url, whole }: Sending<E>
): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError | E> =>
  Effect.async((resume) => {
    let stopTimer = () => {}
    let isAbandoned = false
    const settle = (exit: Exit.Exit<HttpClientResponse.HttpClientResponse, HttpClientError | E>) => {
      stopTimer()
      span?.end(exit)
      resume(exit)
    }
    const fail = (cause: unknown) => Exit.fail(new RequestError({ request, reason: "Transport", cause }))
    if (scope?.aborted === true) return settle(fail(scope.reason))
    const body = RequestBody.make(request.body, fiber, span?.span)
    if (body === undefined) {
      const description = "This transport cannot send such a raw body"
      return settle(Exit.fail(new RequestError({ request, reason: "Encode", description })))
    }
    const { content, contentType, release } = body
    const exchange = new Exchange(
      {
        onAnswer: (status, headers) => settle(Exit.succeed(new UndiciResponse(request, status, headers, exchange))),
        onFailure: (cause) => {
          if (!isAbandoned) settle(fail(cause))
        },
        onEnd: () => {
          scope?.removeEventListener("abort", abort)
          // A server may answer before it has all of it.
          release?.()
        }
      },
      whole?.maxBody
    )
    const abort = () => exchange.abort()
    const abandon = (exit: Exit.Exit<never, HttpClientError | E>) => {
      isAbandoned = true
      exchange.abort()
      settle(exit)
    }
    if (whole !== undefined) stopTimer = whole.startTimer(() => abandon(Exit.fail(whole.onDeadline())))
    scope?.addEventListener("abort", abort)
    try {
      dispatcher.dispatch(
        {
          origin: url.origin,
          path: url.pathname + url.search,
          method: request.method,
          headers: contentType === undefined ? request.headers : { ...request.headers, "content-type": contentType },
          body: content,
          // Deadlines are the caller's.
          headersTimeout: 0,
          bodyTimeout: 0
        },
        exchange
      )
    } catch (cause) {
      // Agents of proxies throw at what they cannot send.
      return abandon(fail(cause))
    }
    return Effect.sync(() => abandon(Exit.interrupt(fiber.id())))
  })
