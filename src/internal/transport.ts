/**
 * How a client sends its requests. The strategy is chosen once, when the client is made:
 *
 * - A tuned client (`NodeTransport`) keeps deadlines itself and responds when the body is complete, so that an attempt
 *   takes no fiber and waits once.
 * - A tuned client with changed requests (`HttpClient.mapRequest`) sends the same way; a change that takes time, takes
 *   it from the deadline.
 * - Any other client is executed in a fiber with a deadline, and in a scope where its response is a stream.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import { type HttpClientError, ResponseError } from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as FiberId from "effect/FiberId"
import * as FiberRef from "effect/FiberRef"
import * as FiberRefs from "effect/FiberRefs"
import { constTrue } from "effect/Function"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import type { Timeout } from "../errors/ApiError.js"
import * as NextChunk from "../stream/nextChunk.js"
import * as boundedBody from "./boundedBody.js"
import * as ClientSpan from "./clientSpan.js"
import { withDeadline } from "./deadline.js"
import { ContentEncodingError } from "./transportCause.js"

type Request = HttpClientRequest.HttpClientRequest

/** What a transport has to know about the call that it sends a request for. */
export interface Sending<E = Timeout> {
  /** The deadline of one attempt. */
  readonly timeout: Duration.Duration
  readonly onTimeout: () => E
  /**
   * The body is read to its end, up to this many bytes, so the response may come when it is complete. `undefined`: the
   * response comes with its headers.
   */
  readonly maxBody: number | undefined
  /** What matters, in bytes, of a body that is read to its end but is not that of a success. */
  readonly maxFailure: number
  /** `false`: no span may show the URL. */
  readonly isTraced: boolean
  /**
   * Called by a tuned client when it has a response, before the fiber has it: a fiber that is interrupted in between
   * never gets it, and could not close its connection.
   */
  readonly onResponse?: ((response: TunedResponse) => void) | undefined
  /** The span of the operation, where there are spans. Passed on, since putting it into the fiber costs more. */
  readonly span: Tracer.Span | undefined
}

/** A response as the core reads it. */
export interface TransportResponse extends Pick<HttpClientResponse.HttpClientResponse, "status" | "headers"> {
  /** Reads the body as text, up to `limit` bytes. */
  readonly readBody: <A, E>(limit: number, reader: boundedBody.BodyReader<A, E>) => Effect.Effect<A, E>
}

/** A response that outlives its attempt. */
export interface StreamedResponse extends TransportResponse {
  /** Begins to read the body, once, instead of `readBody`. */
  readonly content: Effect.Effect<NextChunk.NextChunk<Uint8Array, ResponseError>>
  /** Waits a moment for the end of a body of which the rest does not matter: then its connection can be used again. */
  readonly conclude: Effect.Effect<void>
}

/** By lower-case names. */
export type RequestHeaders = Readonly<Record<string, string>>

export interface Transport<Response extends TransportResponse = TransportResponse> {
  /** `headers`: all that are sent, those of the request among them. A copy of the request with them would cost more. */
  readonly send: (
    request: Request,
    headers: RequestHeaders,
    sending: Sending
  ) => Effect.Effect<Response, HttpClientError | Timeout>
  /** Runs a whole attempt, from its request to the last byte that is read. Keeps the deadline, unless `send` does. */
  readonly limitAttempt: <A, E>(attempt: Effect.Effect<A, E>, sending: Sending) => Effect.Effect<A, E | Timeout>
  /** Runs what precedes a second request of the same attempt. Keeps the deadline where `limitAttempt` does not. */
  readonly limitRenewal: <A, E>(renewal: Effect.Effect<A, E>, sending: Sending) => Effect.Effect<A, E | Timeout>
}

/** For one response that outlives its attempt. */
export interface StreamTransport extends Transport<StreamedResponse> {
  /** Closes its connection, at any time. */
  readonly close: Effect.Effect<void>
}

export interface ClientTransport extends Transport {
  readonly forStream: Effect.Effect<StreamTransport>
}

/** A response of a tuned client. */
export interface TunedResponse extends StreamedResponse, HttpClientResponse.HttpClientResponse {
  /** Closes the connection, unless the body has ended. */
  readonly abort: () => void
}

/**
 * Sends a request without following redirects. Without `sending` there is no deadline, and the response comes with its
 * headers. Without `headers` those of the request are sent.
 */
export type TunedSend = <E = never>(
  request: Request,
  sending?: Sending<E>,
  headers?: RequestHeaders
) => Effect.Effect<TunedResponse, HttpClientError | E>

/** By what a client does with a request, which `HttpClient.mapRequest` and its like leave as it is. */
const tunedSends = new WeakMap<object, TunedSend>()

/** A client that `make` recognises, also after its requests have been changed. */
export const tunedClient = (send: TunedSend): HttpClient.HttpClient => {
  const execute = Effect.flatMap((request: Request) => send(request))
  tunedSends.set(execute, send)
  return HttpClient.makeWith<never, never, HttpClientError, never>(execute, unchanged)
}

const unchanged: HttpClient.HttpClient.Preprocess<never, never> = Effect.succeed

/** The transport of a client. `redactedNames`: headers that its requests have and that nothing may show. */
export const make = (client: HttpClient.HttpClient, redactedNames: ReadonlyArray<string>): ClientTransport => {
  const { postprocess, preprocess } = partsOf(client)
  const send = Predicate.isFunction(postprocess) ? tunedSends.get(postprocess) : undefined
  if (send === undefined || preprocess === undefined) return general(client, redactedNames)
  return tuned(preprocess === unchanged ? inTime(send) : changed(send, preprocess, redactedNames))
}

/** `HttpClient.makeWith` keeps what it is given. Were it to stop, every client would be any other client. */
const partsOf = (
  client: HttpClient.HttpClient & {
    readonly postprocess?: unknown
    readonly preprocess?: HttpClient.HttpClient.Preprocess<HttpClientError, never>
  }
) => client

const tuned = (transport: Transport<TunedResponse>): ClientTransport => ({
  ...transport,
  forStream: Effect.sync(() => {
    let current: TunedResponse | undefined
    return {
      ...transport,
      send: (request, headers, sending) =>
        transport.send(
          request,
          headers,
          sendingWith(sending, {
            onResponse: (response) => {
              current = response
            }
          })
        ),
      close: Effect.sync(() => current?.abort())
    }
  })
})

/** With something else in its place. A spread would leave out what an instance of a class inherits. */
const sendingWith = (sending: Sending, changes: Partial<Sending>): Sending => ({
  timeout: sending.timeout,
  onTimeout: () => sending.onTimeout(),
  maxBody: sending.maxBody,
  maxFailure: sending.maxFailure,
  isTraced: sending.isTraced,
  onResponse: sending.onResponse,
  span: sending.span,
  ...changes
})

const inTime = (send: TunedSend): Transport<TunedResponse> => ({
  send: (request, headers, sending) => send(request, sending, headers),
  limitAttempt: (attempt) => attempt,
  limitRenewal: (renewal, sending) =>
    withDeadline(inSpan(renewal, sending.span), {
      deadline: sending.timeout,
      onDeadline: () => sending.onTimeout()
    })
})

/** A change that does nothing asynchronous is made at once. Any other takes time from the deadline of the request. */
const changed = (
  send: TunedSend,
  change: HttpClient.HttpClient.Preprocess<HttpClientError, never>,
  redactedNames: ReadonlyArray<string>
): Transport<TunedResponse> => ({
  ...inTime(send),
  send: (request, headers, sending) =>
    Effect.withFiberRuntime((fiber) => {
      const clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
      const start = clock.unsafeCurrentTimeMillis()
      const changing = Runtime.runFork(
        Runtime.make({
          context: fiber.currentContext,
          fiberRefs: fiber.getFiberRefs(),
          runtimeFlags: Runtime.defaultRuntimeFlags
        }),
        inSpan(change(HttpClientRequest.setHeaders(request, headers)), sending.span),
        { updateRefs: (refs, id) => withRedactedNames(refs, id, redactedNames) }
      )
      const exit = changing.unsafePoll()
      if (exit !== null) return Exit.isSuccess(exit) ? send(exit.value, sending) : Exit.failCause(exit.cause)
      const { timeout } = sending
      const waiting = Effect.onInterrupt(Fiber.join(changing), () => Fiber.interrupt(changing))
      return Effect.flatMap(
        withDeadline(waiting, { deadline: timeout, onDeadline: () => sending.onTimeout() }),
        (changed) => {
          const left = Duration.subtract(timeout, Duration.millis(clock.unsafeCurrentTimeMillis() - start))
          return send(changed, sendingWith(sending, { timeout: left }))
        }
      )
    })
})

const general = (client: HttpClient.HttpClient, redactedNames: ReadonlyArray<string>): ClientTransport => {
  const scoped = HttpClient.withScope(client)
  const limits = deadlineAround(redactedNames)
  return {
    ...limits,
    send: (request, headers) =>
      received(
        client.execute(HttpClientRequest.setHeaders(request, headers)),
        (response) => new GeneralResponse(response)
      ),
    forStream: Effect.map(Scope.make(), (scope) => ({
      ...limits,
      send: (request, headers) =>
        Scope.extend(
          received(
            scoped.execute(HttpClientRequest.setHeaders(request, headers)),
            (response) => new GeneralStream(response, scope)
          ),
          scope
        ),
      close: Scope.close(scope, Exit.void)
    }))
  }
}

/** A client may fail for a status (`HttpClient.filterStatusOk`), but the response is there. */
const received = <Response, R>(
  sent: Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError, R>,
  of: (response: HttpClientResponse.HttpClientResponse) => Response
): Effect.Effect<Response, HttpClientError, R> =>
  Effect.matchEffect(sent, {
    onSuccess: (response) => Effect.succeed(of(response)),
    onFailure: (error) =>
      error._tag === "ResponseError" && error.reason === "StatusCode"
        ? Effect.succeed(of(error.response))
        : Effect.fail(error)
  })

/**
 * The encoding of a body that the client hands on as it arrived. The clients on `node:http` and undici decode nothing,
 * and their responses can be told by the name that Node has for a status. Fetch leaves the header of a body that it
 * has decoded, so of any other client nothing is known.
 */
const undecoded = (response: HttpClientResponse.HttpClientResponse): string | undefined => {
  const encoding = response.headers["content-encoding"]?.trim() ?? ""
  if (encoding === "" || encoding.toLowerCase() === "identity") return undefined
  // The platform wraps responses whose scope it closes itself.
  const received = Predicate.hasProperty(response, "original") ? response.original : response
  return Predicate.hasProperty(received, "source") && Predicate.hasProperty(received.source, "statusCode")
    ? encoding
    : undefined
}

/** Fails at the first byte: a body without bytes, as that of a `HEAD`, is not encoded at all. */
const refused = (response: HttpClientResponse.HttpClientResponse, encoding: string) => {
  const shown = JSON.stringify(encoding.slice(0, 100))
  const cause = new ContentEncodingError(
    `the body is encoded as ${shown}, although that was not asked for, and the HTTP client does not decode it; ` +
      "`NodeTransport` and `FetchHttpClient` do"
  )
  const error = new ResponseError({ request: response.request, response, reason: "Decode", cause })
  return Stream.mapEffect(response.stream, (bytes) => (bytes.length === 0 ? Effect.succeed(bytes) : Effect.fail(error)))
}

class GeneralResponse implements TransportResponse {
  readonly #response: HttpClientResponse.HttpClientResponse

  constructor(response: HttpClientResponse.HttpClientResponse) {
    this.#response = response
  }

  get status() {
    return this.#response.status
  }

  get headers() {
    return this.#response.headers
  }

  get stream() {
    const encoding = undecoded(this.#response)
    return encoding === undefined ? this.#response.stream : refused(this.#response, encoding)
  }

  get text() {
    return this.#response.text
  }

  readBody<A, E>(limit: number, reader: boundedBody.BodyReader<A, E>): Effect.Effect<A, E> {
    return boundedBody.read(this, limit, reader)
  }
}

class GeneralStream extends GeneralResponse implements StreamedResponse {
  readonly conclude = Effect.void
  readonly #scope: Scope.Scope

  constructor(response: HttpClientResponse.HttpClientResponse, scope: Scope.Scope) {
    super(response)
    this.#scope = scope
  }

  get content(): Effect.Effect<NextChunk.NextChunk<Uint8Array, ResponseError>> {
    const bytes = Stream.catchAll(this.stream, (error) =>
      error.reason === "EmptyBody" ? Stream.empty : Stream.fail(error)
    )
    return Scope.extend(NextChunk.fromStream(bytes), this.#scope)
  }
}

/**
 * Deadlines for a `send` that keeps none: around the attempt, which sees what the client has to know in its fiber refs.
 */
export const deadlineAround = (
  redactedNames: ReadonlyArray<string>
): Pick<Transport, "limitAttempt" | "limitRenewal"> => {
  const refs = surroundings(redactedNames)
  return {
    limitAttempt: (attempt, sending) =>
      withDeadline(inSpan(attempt, sending.span), {
        deadline: sending.timeout,
        onDeadline: () => sending.onTimeout(),
        refs: refs(sending.isTraced ? sending.span : undefined)
      }),
    limitRenewal: (renewal) => renewal
  }
}

/** A redirect would carry credentials to another server; fetch follows them by default. */
const withoutRedirects = (context: Context.Context<never>): Context.Context<never> =>
  Context.add(context, FetchHttpClient.RequestInit, {
    ...Option.getOrElse(Context.getOption(context, FetchHttpClient.RequestInit), () => ({})),
    redirect: "manual"
  })

/** So that a request which is logged or inspected hides them. */
const withRedactedNames = (
  refs: FiberRefs.FiberRefs,
  fiberId: FiberId.Single,
  redactedNames: ReadonlyArray<string>
): FiberRefs.FiberRefs =>
  FiberRefs.updateAs(refs, {
    fiberId,
    fiberRef: Headers.currentRedactedNames,
    value: [...FiberRefs.getOrDefault(refs, Headers.currentRedactedNames), ...redactedNames]
  })

/** `span`: that of the operation, unless it may not show the URL. */
const surroundings =
  (redactedNames: ReadonlyArray<string>) =>
  (span: Tracer.Span | undefined) =>
  (refs: FiberRefs.FiberRefs, fiberId: FiberId.Single): FiberRefs.FiberRefs => {
    const update = <A>(self: FiberRefs.FiberRefs, fiberRef: FiberRef.FiberRef<A>, change: (value: A) => A) =>
      FiberRefs.updateAs(self, { fiberId, fiberRef, value: change(FiberRefs.getOrDefault(self, fiberRef)) })
    const changed = withRedactedNames(update(refs, FiberRef.currentContext, withoutRedirects), fiberId, redactedNames)
    return span === undefined
      ? update(changed, HttpClient.currentTracerDisabledWhen, () => constTrue)
      : update(changed, DefaultServices.currentServices, (services) =>
          Context.add(services, Tracer.Tracer, ClientSpan.tracerOfOperation(Context.get(services, Tracer.Tracer), span))
        )
  }

/** Gives an effect a span that its fiber does not have. */
export const inSpan = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  span: Tracer.AnySpan | undefined
): Effect.Effect<A, E, R> =>
  span === undefined
    ? effect
    : Effect.mapInputContext(effect, (all: Context.Context<R>) => Context.add(all, Tracer.ParentSpan, span))
