/**
 * A call, from its input to its outcome, in the order in which it happens: the request is built, a token is fetched,
 * and attempts are made until one succeeds or may not be retried. An attempt sends the request, classifies the response
 * and receives it, and tries once more with a new token when the server refuses the old one.
 */
import type { HttpClientError } from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Tracer from "effect/Tracer"
import { type ApiError, type Conflict, type Timeout, Unauthorized } from "../errors/ApiError.js"
import { RequestOptions, type RequestPolicy } from "../RequestOptions.js"
import { type BuiltRequest, buildRequest, type LooseInput } from "./buildRequest.js"
import { policyProblem } from "./clientOptions.js"
import { propagation, timeOf } from "./clientSpan.js"
import { withDeadline } from "./deadline.js"
import { defaultResponseSize, longestFailure, type Received, rejected, unexpectedType } from "./decodeResponse.js"
import * as failure from "./failure.js"
import type { Operation } from "./Operation.js"
import type { CallingFiber } from "./observed.js"
import { Redactions, redact, redactedIn } from "./redaction.js"
import { defaultSchedule, type RetryOptions, type RetrySchedule, retry } from "./retry.js"
import type { Settings, Token } from "./Settings.js"
import type { OperationMetrics } from "./telemetry.js"
import { inSpan, type RequestHeaders, type Sending, type Transport, type TransportResponse } from "./transport.js"
import * as transportCause from "./transportCause.js"

const defaultTimeout = Duration.seconds(30)

/** How the responses to an operation are received. */
export interface Receiver<Response extends TransportResponse, A, E> {
  readonly transport: Transport<Response>
  /** What still belongs to an attempt once the headers of a success are there. */
  readonly receive: (received: Received<Response>) => Effect.Effect<A, E>
  /** `receive` reads all of the body, so the transport may wait for it. */
  readonly isBuffered?: boolean
  /** An upper bound for the deadline of an attempt. */
  readonly longestWait?: ((options: RequestPolicy) => Duration.Duration) | undefined
}

/** A refused token could not be replaced. That is not a failure of the request, and a retry would not help. */
class RenewalFailed extends Data.TaggedError("RenewalFailed")<{ readonly cause: ApiError }> {}

/** The headers of every request of a client. */
export interface SentHeaders {
  readonly headers: RequestHeaders
  readonly secrets: ReadonlyArray<Redacted.Redacted>
  /** A redirect to a log-in page may repeat what was sent, and a request or response may be logged. */
  readonly redactedNames: ReadonlyArray<string>
}

export const sentHeaders = (given: Settings["headers"]): SentHeaders => {
  const headers: Record<string, string> = {}
  const secrets: Array<Redacted.Redacted> = []
  const redactedNames = ["location"]
  for (const [name, value] of Object.entries(given)) {
    if (Redacted.isRedacted(value)) {
      secrets.push(value)
      redactedNames.push(name.toLowerCase())
    }
    headers[name.toLowerCase()] = Redacted.isRedacted(value) ? Redacted.value(value) : value
  }
  return { headers, secrets, redactedNames }
}

/** What the calls of a client share. */
export interface Client {
  readonly settings: Settings
  readonly sent: SentHeaders
  readonly metrics: (operation: string) => OperationMetrics
  readonly newRequestId: () => string
}

/**
 * A call that can be run, with its span where there are spans: passing it on costs less than putting it into the fiber.
 */
export type Prepared<A, E> = (span: Tracer.Span | undefined) => Effect.Effect<A, E>

/** Reads the input of a call and the policy of its fiber. What runs keeps neither. */
export const prepare = <Query, Body, Success, Failure, Response extends TransportResponse, A>(
  client: Client,
  fiber: CallingFiber,
  operation: Operation<string, Query, Body, Success, Failure>,
  input: LooseInput<Query, Body>,
  receiver: Receiver<Response, A, ApiError | Failure>
): Prepared<A, ApiError | Failure> => {
  const built = buildRequest(client.settings, operation, input)
  if (Either.isLeft(built)) return () => Effect.fail(built.left)
  const problem = policyProblem(Context.get(fiber.currentContext, RequestOptions))
  if (problem === undefined) return started(new Call(client, fiber, operation, input, built.right, receiver))
  const { method, name } = operation
  const at = { system: client.settings.system.name, operation: name, method }
  return () => Effect.fail(failure.invalidRequest(at, problem.field, problem.problem))
}

const started =
  <Response extends TransportResponse, A, Failure>(call: Call<Response, A, Failure>): Prepared<A, ApiError | Failure> =>
  (span) =>
    call.run(span)

/**
 * What all attempts of a call share, and how many there have been. A class, since literals that live as long as a
 * request cost more than all that is done here.
 */
class Call<Response extends TransportResponse, A, Failure> implements Sending, RetryOptions {
  readonly timeout: Duration.Duration
  readonly maxBody: number | undefined
  readonly maxFailure: number
  readonly isTraced: boolean
  readonly schedule: RetrySchedule
  readonly deadline: Duration.DurationInput | undefined
  span: Tracer.Span | undefined
  readonly #client: Client
  readonly #fiber: CallingFiber
  readonly #operation: Operation<string, never, never, unknown, Failure>
  readonly #receiver: Receiver<Response, A, ApiError | Failure>
  readonly #request: HttpClientRequest.HttpClientRequest
  readonly #path: string
  readonly #requestId: string
  readonly #sandboxId: string | undefined
  readonly #subject: string | undefined
  /** Secrets of the request besides its headers, which a response may repeat. */
  readonly #secrets: ReadonlyArray<Redacted.Redacted>
  #attemptCount = 0
  /** One more than attempts where a token was refused and replaced. */
  #requestCount = 0

  constructor(
    client: Client,
    fiber: CallingFiber,
    operation: Operation<string, never, never, unknown, Failure>,
    input: LooseInput<unknown, unknown>,
    { isTraced, path, request }: BuiltRequest,
    receiver: Receiver<Response, A, ApiError | Failure>
  ) {
    const { policy, sandboxId } = client.settings
    const { isBuffered = false, longestWait } = receiver
    const options = Context.get(fiber.currentContext, RequestOptions)
    const redactions = Context.get(fiber.currentContext, Redactions)
    const timeout = Duration.decode(options.timeout ?? operation.timeout ?? policy.timeout ?? defaultTimeout)
    this.timeout = longestWait === undefined ? timeout : Duration.min(timeout, longestWait(options))
    this.maxBody = isBuffered ? (options.maxResponseSize ?? policy.maxResponseSize ?? defaultResponseSize) : undefined
    this.maxFailure = longestFailure(operation, this.maxBody)
    this.isTraced = isTraced
    this.schedule = options.retry ?? policy.retry ?? defaultSchedule
    this.deadline = options.deadline ?? policy.deadline
    this.#client = client
    this.#fiber = fiber
    this.#operation = operation
    this.#receiver = receiver
    this.#request = request
    this.#path = path
    this.#requestId = client.newRequestId()
    this.#sandboxId = input.sandboxId ?? sandboxId
    this.#subject = input.subject
    this.#secrets = operation.secretBody ? [...redactions, ...redactedIn(input.body)] : redactions
  }

  run(span: Tracer.Span | undefined): Effect.Effect<A, ApiError | Failure> {
    this.span = span
    span?.attribute("effect_sandboxes.request_id", this.#requestId)
    return Effect.mapError(this.#withToken, (error) => (error instanceof RenewalFailed ? error.cause : error))
  }

  /** A log-in before a call has retries and deadlines of its own, which those of the call do not extend. */
  get #withToken() {
    const { current, mayWait } = this.#client.settings.credentials
    if (Option.isOption(current)) return this.#attempts(current)
    const token = mayWait
      ? withDeadline(inSpan(current, this.span), { deadline: this.timeout, onDeadline: () => this.onTimeout() })
      : current
    return Effect.flatMap(token, (token) => this.#attempts(token))
  }

  #attempts(token: Token) {
    return retry(() => this.#attempt(token), this)
  }

  #attempt(token: Token): Effect.Effect<A, ApiError | Failure | RenewalFailed> {
    this.#attemptCount++
    const sent = Option.isNone(token) ? this.#send(token) : this.#sendRenewing(token)
    return this.#receiver.transport.limitAttempt(sent, this)
  }

  /** A 401 is worth one look for a better token. */
  #sendRenewing(token: Option.Some<Redacted.Redacted>) {
    const { renew } = this.#client.settings.credentials
    return Effect.catchAll(this.#send(token), (error): Effect.Effect<A, ApiError | Failure | RenewalFailed> => {
      if (!(error instanceof Unauthorized)) return Effect.fail(error)
      return this.#receiver.transport.limitRenewal(renew(token.value), this).pipe(
        Effect.mapError((cause) => new RenewalFailed({ cause })),
        Effect.flatMap((renewed) =>
          Option.isSome(renewed) ? Effect.zipRight(this.#noteRetry(error), this.#send(renewed)) : Effect.fail(error)
        )
      )
    })
  }

  #send(token: Token): Effect.Effect<A, ApiError | Failure> {
    this.#noteRequest()
    // Some transports quote a header that they cannot send, some servers what they were sent.
    const withoutSecrets = (text: string) => redact(text, token, [...this.#client.sent.secrets, ...this.#secrets])
    return Effect.matchEffect(this.#receiver.transport.send(this.#request, this.#headers(token), this), {
      onSuccess: (response) =>
        this.#classify({ context: this.#context, response, maxBody: this.maxBody, withoutSecrets }),
      onFailure: (error) =>
        Effect.fail(error._tag === "Timeout" ? error : notAnswered(this.#context, error, withoutSecrets))
    })
  }

  #headers(token: Token): RequestHeaders {
    const { span } = this
    // Where spans may not show the URL, transports do not look at them.
    const told = span === undefined || this.isTraced ? undefined : propagation(this.#fiber, span)
    return {
      ...told,
      ...this.#client.sent.headers,
      ...(this.#operation.accept === undefined ? undefined : { accept: this.#operation.accept }),
      "x-request-id": this.#requestId,
      // What is read as it arrives must not wait in a compressor; lengths and ranges are those of the content.
      ...(this.maxBody === undefined ? { "accept-encoding": "identity" } : undefined),
      // Headers of the request win over those of the client.
      ...this.#request.headers,
      ...(Option.isNone(token) ? undefined : { authorization: `Bearer ${Redacted.value(token.value)}` })
    }
  }

  #classify(received: Received<Response>): Effect.Effect<A, ApiError | Failure> {
    const { settings } = this.#client
    const { status } = received.response
    this.span?.attribute("http.response.status_code", status)
    if (status < 200 || status >= 300) return rejected(settings, this.#operation, received)
    const unexpected = unexpectedType(settings.system, this.#operation, received)
    return unexpected === undefined ? this.#receiver.receive(received) : Effect.fail(unexpected)
  }

  get retry() {
    return this.#operation.retry
  }

  onTimeout(): Timeout {
    return failure.deadlineExceeded(this.#context, this.timeout)
  }

  onDeadline(limit: Duration.Duration): Timeout {
    return failure.deadlineExceeded(this.#context, limit)
  }

  onRetry(error: ApiError | Conflict): Effect.Effect<void> {
    const log = `${this.#operation.name}: attempt ${this.#attemptCount} failed with ${error._tag}; trying again`
    return Effect.zipRight(this.#noteRetry(error), inSpan(Effect.logDebug(log), this.span))
  }

  #noteRetry(error: ApiError | Conflict): Effect.Effect<void> {
    this.span?.event("http.retry", timeOf(this.#fiber), {
      "error.type": error._tag,
      ...("status" in error && error.status !== undefined ? { "http.response.status_code": error.status } : undefined)
    })
    return this.#client.metrics(this.#operation.name).retry(error._tag)
  }

  /** Each request is an event of the span, when it is sent. */
  #noteRequest(): void {
    const { span } = this
    const resends = this.#requestCount++
    if (span === undefined) return
    if (resends === 0) {
      span.event("http.request", timeOf(this.#fiber))
      return
    }
    const count = { "http.request.resend_count": resends }
    span.event("http.request", timeOf(this.#fiber), count)
    span.attribute("http.request.resend_count", resends)
  }

  get #context(): failure.RequestContext {
    const { method, name, startsNothing } = this.#operation
    return {
      system: this.#client.settings.system.name,
      operation: name,
      method,
      path: this.#path,
      requestId: this.#requestId,
      attempts: this.#attemptCount,
      startsNothing,
      ...(this.#sandboxId === undefined ? undefined : { sandboxId: this.#sandboxId }),
      ...(this.#subject === undefined ? undefined : { subject: this.#subject })
    }
  }
}

const notAnswered = (
  context: failure.RequestContext,
  error: HttpClientError,
  withoutSecrets: (text: string) => string
) => {
  const cause = transportCause.describe(error.cause ?? { message: error.reason })
  return failure.noResponse(context, { ...cause, summary: withoutSecrets(cause.summary) })
}
