/** A request that was sent, until its response comes. */
import { type HttpClientError, RequestError } from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import type { Dispatcher } from "undici"
import type * as ClientSpan from "../../internal/clientSpan.js"
import { startTimer } from "../../internal/deadline.js"
import type { RequestHeaders, Sending } from "../../internal/transport.js"
import { describe, NothingSent } from "../../internal/transportCause.js"
import { acceptedEncodings } from "./contentDecoder.js"
import { Exchange, type Outcome, type ResponseHeaders } from "./exchange.js"
import * as RequestBody from "./requestBody.js"
import { UndiciResponse } from "./response.js"
import type { Target } from "./target.js"

type CallingFiber = Fiber.RuntimeFiber<unknown, unknown>

export interface Dispatched<E> {
  readonly request: HttpClientRequest.HttpClientRequest
  readonly headers: RequestHeaders
  /** Headers that tell the server of a span. */
  readonly told?: RequestHeaders | undefined
  readonly target: Target
  /** Aborts the request when the scope ends that it belongs to. */
  readonly scope: AbortSignal | undefined
  readonly sending?: Sending<E>
  /** Of a request that belongs to no operation. Ended once, with the outcome. */
  readonly span?: ClientSpan.ClientSpan
}

/**
 * All that lives while a request is in flight is an instance of a class: V8 moves literals that live so long to old
 * space, with all that they hold, and collecting that costs more than the request.
 */
export class Pending<E> implements Outcome {
  readonly #dispatcher: Dispatcher
  readonly #fiber: CallingFiber
  readonly #request: HttpClientRequest.HttpClientRequest
  readonly #given: RequestHeaders
  readonly #told: RequestHeaders | undefined
  readonly #target: Target
  readonly #sending: Sending<E> | undefined
  readonly #span: ClientSpan.ClientSpan | undefined
  readonly #scope: AbortSignal | undefined
  readonly #exchange: Exchange
  #resume: ((exit: Exit.Exit<UndiciResponse, HttpClientError | E>) => void) | undefined
  #stopTimer: (() => void) | undefined
  #release: (() => void) | undefined
  #onScopeEnd: (() => void) | undefined
  #isAbandoned = false

  constructor(
    dispatcher: Dispatcher,
    fiber: CallingFiber,
    { headers, request, scope, sending, span, target, told }: Dispatched<E>
  ) {
    this.#dispatcher = dispatcher
    this.#fiber = fiber
    this.#request = request
    this.#given = headers
    this.#told = told
    this.#target = target
    this.#sending = sending
    this.#span = span
    this.#scope = scope
    this.#exchange = new Exchange(this, sending?.maxBody, sending?.maxFailure)
  }

  start(resume: (exit: Exit.Exit<UndiciResponse, HttpClientError | E>) => void): void {
    this.#resume = resume
    if (this.#scope?.aborted === true) this.#settle(this.#failed(this.#scope.reason))
    else this.#send()
  }

  #send(): void {
    const request = this.#request
    const body = RequestBody.make(request.body, this.#fiber, this.#span?.span ?? this.#sending?.span)
    if (body !== undefined) {
      this.#dispatch(body)
      return
    }
    const description = "This transport cannot send such a raw body"
    this.#settle(Exit.fail(new RequestError({ request, reason: "Encode", description })))
  }

  #dispatch({ content, contentType, release }: RequestBody.RequestBody): void {
    const sending = this.#sending
    this.#release = release
    if (sending !== undefined) {
      this.#stopTimer = startTimer(this.#fiber.currentDefaultServices, sending.timeout, () =>
        this.#abandon(Exit.fail(sending.onTimeout()))
      )
    }
    if (this.#scope !== undefined) {
      this.#onScopeEnd = () => this.#exchange.abort()
      this.#scope.addEventListener("abort", this.#onScopeEnd)
    }
    try {
      const sent = new Sent(this.#target, this.#request.method, this.#headers(contentType), content)
      this.#dispatcher.dispatch(sent, this.#exchange)
    } catch (cause) {
      // Proxy agents throw on requests that they cannot send.
      this.#abandon(this.#failed(cause))
    }
  }

  /** Closes the connection of a response that its fiber will never see. */
  interrupt(): void {
    this.#abandon(Exit.interrupt(this.#fiber.id()))
  }

  onResponse(status: number, headers: ResponseHeaders): void {
    const response = new UndiciResponse(this.#request, status, headers, this.#exchange)
    this.#sending?.onResponse?.(response)
    this.#settle(Exit.succeed(response))
  }

  onFailure(cause: unknown, isUnsent: boolean): void {
    if (this.#isAbandoned) return
    // Other users of this client get the causes of the stock client.
    const isUntold = isUnsent && this.#sending !== undefined && !describe(cause).unsent
    this.#settle(this.#failed(isUntold ? new NothingSent(cause) : cause))
  }

  onEnd(): void {
    if (this.#onScopeEnd !== undefined) this.#scope?.removeEventListener("abort", this.#onScopeEnd)
    // A server may respond before it has received all of the body.
    this.#release?.()
  }

  #headers(contentType: string | undefined): Record<string, string> {
    // A body that is read as it arrives is asked for as it is.
    const sent: Record<string, string> =
      this.#sending?.maxBody === undefined
        ? { ...this.#given, ...this.#told }
        : { "accept-encoding": acceptedEncodings, ...this.#given, ...this.#told }
    if (contentType !== undefined) sent["content-type"] = contentType
    return sent
  }

  #failed(cause: unknown): Exit.Exit<never, RequestError> {
    return Exit.fail(new RequestError({ request: this.#request, reason: "Transport", cause }))
  }

  #abandon(exit: Exit.Exit<never, HttpClientError | E>): void {
    this.#isAbandoned = true
    this.#exchange.abort()
    this.#settle(exit)
  }

  #settle(exit: Exit.Exit<UndiciResponse, HttpClientError | E>): void {
    const resume = this.#resume
    if (resume === undefined) return
    this.#resume = undefined
    this.#stopTimer?.()
    this.#span?.end(exit)
    resume(exit)
  }
}

/** What undici is told of a request. */
class Sent implements Dispatcher.DispatchOptions {
  readonly origin: string
  readonly path: string
  readonly method: HttpClientRequest.HttpClientRequest["method"]
  readonly headers: Record<string, string>
  readonly body: RequestBody.RequestBody["content"]
  // Deadlines are the caller's.
  readonly headersTimeout = 0
  readonly bodyTimeout = 0

  constructor(
    { origin, path }: Target,
    method: HttpClientRequest.HttpClientRequest["method"],
    headers: Record<string, string>,
    body: RequestBody.RequestBody["content"]
  ) {
    this.origin = origin
    this.path = path
    this.method = method
    this.headers = headers
    this.body = body
  }
}

/**
 * The response. An interruption is noticed around the wait, not by a canceler, which would live as long as the wait.
 */
export const answer = <E>(pending: Pending<E>): Effect.Effect<UndiciResponse, HttpClientError | E> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.catchAllCause(
      restore(Effect.async<UndiciResponse, HttpClientError | E>((resume) => pending.start(resume))),
      (cause) => {
        pending.interrupt()
        return Effect.failCause(cause)
      }
    )
  )
