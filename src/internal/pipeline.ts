/**
 * A call, from its input to its outcome, in the order in which it happens: the request is built, a token is fetched,
 * and attempts are made until one succeeds or may not be retried. An attempt sends the request, classifies the response
 * and receives it, and tries once more with a new token when the server refuses the old one.
 */
import type { HttpClientError } from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Tracer from "effect/Tracer"
import { type ApiError, type Conflict, Unauthorized } from "../errors/ApiError.js"
import { RequestOptions, type RequestPolicy } from "../RequestOptions.js"
import { type BuiltRequest, buildRequest, type LooseInput } from "./buildRequest.js"
import { policyProblem } from "./clientOptions.js"
import { propagated, timeOf } from "./clientSpan.js"
import { withDeadline } from "./deadline.js"
import { defaultResponseSize, longestFailure, type Received, rejected, unexpectedType } from "./decodeResponse.js"
import * as failure from "./failure.js"
import type { Operation } from "./Operation.js"
import { Redactions, redact, redactedIn } from "./redaction.js"
import { defaultSchedule, type RetrySchedule, retry } from "./retry.js"
import type { Settings, Token } from "./Settings.js"
import { metricsOf } from "./telemetry.js"
import { inSpan, type Sending, type Transport, type TransportResponse } from "./transport.js"
import * as transportCause from "./transportCause.js"

const defaultTimeout = Duration.seconds(30)

/** How the response to a call is received. */
export interface Receiver<Response extends TransportResponse, A, E> {
  readonly transport: Transport<Response>
  /** What still belongs to an attempt once the headers of a success are there. */
  readonly receive: (received: Received<Response>) => Effect.Effect<A, E>
  /** `receive` reads all of the body, so the transport may wait for it. */
  readonly isBuffered?: boolean
  /** The span of the call, where there are spans: putting it into the fiber costs more than passing it on. */
  readonly span: Tracer.Span | undefined
  /** An upper bound for the deadline of an attempt. */
  readonly longestWait?: ((options: RequestPolicy) => Duration.Duration) | undefined
}

/** What all attempts of a call share, and how many there have been. */
interface Call<Response extends TransportResponse, A, Failure> extends BuiltRequest, Sending {
  readonly operation: Operation<string, never, never, unknown, Failure>
  readonly transport: Transport<Response>
  readonly receive: Receiver<Response, A, ApiError | Failure>["receive"]
  readonly requestId: string
  readonly sandboxId: string | undefined
  readonly subject: string | undefined
  /** Secrets of the request besides its headers, which a response may repeat. */
  readonly secrets: ReadonlyArray<Redacted.Redacted>
  readonly schedule: RetrySchedule
  readonly deadline: Duration.DurationInput | undefined
  /** Of the caller. */
  readonly fiber: Fiber.RuntimeFiber<unknown, unknown>
  attempts: number
  /** One more than attempts where a token was refused and replaced. */
  requests: number
}

/** A refused token could not be replaced. That is not a failure of the request, and a retry would not help. */
class RenewalFailed extends Data.TaggedError("RenewalFailed")<{ readonly cause: ApiError }> {}

/** The headers of every request of a client. */
export interface SentHeaders {
  readonly headers: Readonly<Record<string, string>>
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
    headers[name] = Redacted.isRedacted(value) ? Redacted.value(value) : value
  }
  return { headers, secrets, redactedNames }
}

/** Makes the function that runs the calls of a client. */
export const make = (settings: Settings, sent: SentHeaders, newRequestId: () => string) => {
  const { credentials, policy, system } = settings
  const metrics = metricsOf(system.name)

  const run = <Query, Body, Success, Failure, Response extends TransportResponse, A>(
    operation: Operation<string, Query, Body, Success, Failure>,
    input: LooseInput<Query, Body>,
    { isBuffered = false, longestWait, receive, span, transport }: Receiver<Response, A, ApiError | Failure>
  ): Effect.Effect<A, ApiError | Failure> =>
    Effect.withFiberRuntime((fiber) => {
      const built = buildRequest(settings, operation, input)
      if (Either.isLeft(built)) return Effect.fail(built.left)
      const { path, request, isTraced } = built.right
      const options = Context.get(fiber.currentContext, RequestOptions)
      const redactions = Context.get(fiber.currentContext, Redactions)
      const problem = policyProblem(options)
      if (problem !== undefined) {
        const { method, name } = operation
        return Effect.fail(
          failure.invalidRequest({ system: system.name, operation: name, method }, problem.field, problem.problem)
        )
      }
      const maxBody = isBuffered
        ? (options.maxResponseSize ?? policy.maxResponseSize ?? defaultResponseSize)
        : undefined
      const timeout = Duration.decode(options.timeout ?? operation.timeout ?? policy.timeout ?? defaultTimeout)
      const call: Call<Response, A, Failure> = {
        operation,
        transport,
        receive,
        request,
        path,
        isTraced,
        requestId: newRequestId(),
        sandboxId: input.sandboxId ?? settings.sandboxId,
        subject: input.subject,
        secrets: operation.secretBody ? [...redactions, ...redactedIn(input.body)] : redactions,
        timeout: longestWait === undefined ? timeout : Duration.min(timeout, longestWait(options)),
        onTimeout: () => failure.deadlineExceeded(contextOf(call), call.timeout),
        maxBody,
        maxFailure: longestFailure(operation, maxBody),
        schedule: options.retry ?? policy.retry ?? defaultSchedule,
        deadline: options.deadline ?? policy.deadline,
        span,
        fiber,
        attempts: 0,
        requests: 0
      }
      span?.attribute("effect_sandboxes.request_id", call.requestId)
      return Effect.mapError(withToken(call), (error) => (error instanceof RenewalFailed ? error.cause : error))
    })

  /** A log-in before a call has retries and deadlines of its own, which those of the call do not extend. */
  const withToken = <Response extends TransportResponse, A, Failure>(call: Call<Response, A, Failure>) => {
    const { current, mayWait } = credentials
    if (Option.isOption(current)) return attempts(call, current)
    const token = mayWait
      ? withDeadline(inSpan(current, call.span), { deadline: call.timeout, onDeadline: call.onTimeout })
      : current
    return Effect.flatMap(token, (token) => attempts(call, token))
  }

  const attempts = <Response extends TransportResponse, A, Failure>(call: Call<Response, A, Failure>, token: Token) =>
    retry(() => attempt(call, token), {
      retry: call.operation.retry,
      schedule: call.schedule,
      deadline: call.deadline,
      onRetry: (error) =>
        Effect.zipRight(
          retrying(call, error),
          inSpan(
            Effect.logDebug(`${call.operation.name}: attempt ${call.attempts} failed with ${error._tag}; trying again`),
            call.span
          )
        ),
      onDeadline: (limit) => failure.deadlineExceeded(contextOf(call), limit)
    })

  const retrying = <Response extends TransportResponse, A, Failure>(
    { fiber, operation, span }: Call<Response, A, Failure>,
    error: ApiError | Conflict
  ) => {
    span?.event("http.retry", timeOf(fiber), {
      "error.type": error._tag,
      ...("status" in error && error.status !== undefined ? { "http.response.status_code": error.status } : undefined)
    })
    return metrics(operation.name).retry(error._tag)
  }

  const attempt = <Response extends TransportResponse, A, Failure>(
    call: Call<Response, A, Failure>,
    token: Token
  ): Effect.Effect<A, ApiError | Failure | RenewalFailed> => {
    call.attempts++
    return call.transport.limitAttempt(Option.isNone(token) ? send(call, token) : sendRenewing(call, token), call)
  }

  /** A 401 is worth one look for a better token. */
  const sendRenewing = <Response extends TransportResponse, A, Failure>(
    call: Call<Response, A, Failure>,
    token: Option.Some<Redacted.Redacted>
  ) =>
    Effect.catchAll(send(call, token), (error): Effect.Effect<A, ApiError | Failure | RenewalFailed> => {
      if (!(error instanceof Unauthorized)) return Effect.fail(error)
      return call.transport.limitRenewal(credentials.renew(token.value), call).pipe(
        Effect.mapError((cause) => new RenewalFailed({ cause })),
        Effect.flatMap((renewed) =>
          Option.isSome(renewed) ? Effect.zipRight(retrying(call, error), send(call, renewed)) : Effect.fail(error)
        )
      )
    })

  const send = <Response extends TransportResponse, A, Failure>(
    call: Call<Response, A, Failure>,
    token: Token
  ): Effect.Effect<A, ApiError | Failure> => {
    const context = contextOf(call)
    noteRequest(call)
    // Some transports quote a header that they cannot send, some servers what they were sent.
    const withoutSecrets = (text: string) => redact(text, token, [...sent.secrets, ...call.secrets])
    return Effect.matchEffect(call.transport.send(withHeaders(call, token), call), {
      onSuccess: (response) => classify(call, { context, response, maxBody: call.maxBody, withoutSecrets }),
      onFailure: (error) => Effect.fail(error._tag === "Timeout" ? error : notAnswered(context, error, withoutSecrets))
    })
  }

  const withHeaders = <Response extends TransportResponse, A, Failure>(
    { fiber, isTraced, maxBody, operation, request, requestId, span }: Call<Response, A, Failure>,
    token: Token
  ) =>
    // Where spans may not show the URL, transports do not look at them.
    HttpClientRequest.setHeaders(span === undefined || isTraced ? request : propagated(fiber, request, span), {
      ...sent.headers,
      ...(operation.accept === undefined ? undefined : { accept: operation.accept }),
      "x-request-id": requestId,
      // What is read as it arrives must not wait in a compressor; lengths and ranges are those of the content.
      ...(maxBody === undefined ? { "accept-encoding": "identity" } : undefined),
      // Headers of the request win over those of the client.
      ...request.headers,
      ...(Option.isNone(token) ? undefined : { authorization: `Bearer ${Redacted.value(token.value)}` })
    })

  const classify = <Response extends TransportResponse, A, Failure>(
    { operation, receive, span }: Call<Response, A, Failure>,
    received: Received<Response>
  ): Effect.Effect<A, ApiError | Failure> => {
    const { status } = received.response
    span?.attribute("http.response.status_code", status)
    if (status < 200 || status >= 300) return rejected(settings, operation, received)
    const unexpected = unexpectedType(system, operation, received)
    return unexpected === undefined ? receive(received) : Effect.fail(unexpected)
  }

  const contextOf = <Response extends TransportResponse, A, Failure>({
    attempts,
    operation,
    path,
    requestId,
    sandboxId,
    subject
  }: Call<Response, A, Failure>): failure.RequestContext => ({
    system: system.name,
    operation: operation.name,
    method: operation.method,
    path,
    requestId,
    attempts,
    startsNothing: operation.startsNothing,
    ...(sandboxId === undefined ? undefined : { sandboxId }),
    ...(subject === undefined ? undefined : { subject })
  })

  return run
}

const notAnswered = (
  context: failure.RequestContext,
  error: HttpClientError,
  withoutSecrets: (text: string) => string
) => {
  const cause = transportCause.describe(error.cause ?? { message: error.reason })
  return failure.noResponse(context, { ...cause, summary: withoutSecrets(cause.summary) })
}

/** Each request is an event of the span, when it is sent. */
const noteRequest = <Response extends TransportResponse, A, Failure>(call: Call<Response, A, Failure>): void => {
  const { fiber, span } = call
  const resends = call.requests++
  if (span === undefined) return
  if (resends === 0) {
    span.event("http.request", timeOf(fiber))
    return
  }
  const count = { "http.request.resend_count": resends }
  span.event("http.request", timeOf(fiber), count)
  span.attribute("http.request.resend_count", resends)
}
