/**
 * An `HttpClient` on a dispatcher of undici. It does what those of `@effect/platform` do at a fraction of their cost:
 * no signal per request, no promise, no cached effect, and no span unless it is traced.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import { type HttpClientError, RequestError } from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { globalValue } from "effect/GlobalValue"
import type { Dispatcher } from "undici"
import * as ClientSpan from "../../internal/clientSpan.js"
import { type RequestHeaders, type Sending, type TunedSend, tunedClient } from "../../internal/transport.js"
import { answer, Pending } from "./pending.js"
import type { UndiciResponse } from "./response.js"
import * as Target from "./target.js"

/** Where `HttpClient.withScope` keeps the controller that aborts a request with its scope. */
const scopedRequests = globalValue(
  "@effect/platform/HttpClient/scopedRequests",
  () => new WeakMap<HttpClientRequest.HttpClientRequest, AbortController>()
)

export const make = (dispatcher: Dispatcher): HttpClient.HttpClient => {
  const send: TunedSend = <E = never>(
    request: HttpClientRequest.HttpClientRequest,
    sending?: Sending<E>,
    headers: RequestHeaders = request.headers
  ) =>
    Effect.withFiberRuntime<UndiciResponse, HttpClientError | E>((fiber) => {
      const found = Target.of(request)
      if (Either.isLeft(found)) {
        return Effect.fail(new RequestError({ request, reason: "InvalidUrl", cause: found.left }))
      }
      const target = found.right
      const scope = scopedRequests.get(request)?.signal
      if (sending !== undefined) {
        const { isTraced, span } = sending
        const told =
          span === undefined || !isTraced ? undefined : ClientSpan.ofOperation(fiber, request, headers, target, span)
        return answer(new Pending(dispatcher, fiber, { request, headers, told, target, scope, sending }))
      }
      if (!ClientSpan.isTraced(fiber, request)) {
        return answer(new Pending<E>(dispatcher, fiber, { request, headers, target, scope }))
      }
      return Effect.flatMap(ClientSpan.make(fiber, request, new URL(target.href)), (span) =>
        answer(new Pending<E>(dispatcher, fiber, { request, headers, told: span.headers, target, scope, span }))
      )
    })
  return tunedClient(send)
}
