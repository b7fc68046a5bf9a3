/**
 * Runs operations: sends them with the credentials of the moment, keeps deadlines, repeats what may be repeated, and lets
 * operators see it. It knows neither system; a system is what its settings say.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { type ApiError, type StreamInterrupted, type Timeout, Unauthorized } from "../errors/ApiError.js"
import { RequestOptions, type RequestPolicy } from "../RequestOptions.js"
import * as failure from "./failure.js"
import type { Input, Operation } from "./Operation.js"
import { type LooseInput, prepare, type Target } from "./prepare.js"
import { decoded, type ReadErrorBody, rejected, unexpectedType } from "./receive.js"
import { defaultSchedule, repeat } from "./repeat.js"
import { metricsOf, outcomeOf } from "./telemetry.js"
import * as transportCause from "./transportCause.js"

/** The bearer token of the moment, and a way to a better one. */
export interface Credentials {
  readonly current: Effect.Effect<Option.Option<Redacted.Redacted>, ApiError>
  /** Getting a token may take requests of its own; a call waits for them no longer than for its own. */
  readonly mayWait: boolean
  /** Called with a token that the server refused. None: there is no better one. */
  readonly renew: (refused: Redacted.Redacted) => Effect.Effect<Option.Option<Redacted.Redacted>, ApiError>
}

/** A token that stays what it is, or none. */
export const fixedToken = (token: Option.Option<Redacted.Redacted>): Credentials => ({
  current: Effect.succeed(token),
  mayWait: false,
  renew: () => Effect.succeedNone
})

export interface Settings extends Target {
  /** Sent with every request; redacted values stay out of spans and errors. */
  readonly headers: Readonly<Record<string, string | Redacted.Redacted>>
  readonly credentials: Credentials
  readonly policy: RequestPolicy
  readonly readErrorBody: ReadErrorBody
}

type Arguments<Path extends string, Query, Body> =
  {} extends Input<Path, Query, Body> ? [] : [input: Input<Path, Query, Body>]

export interface ApiClient {
  /** Runs an operation and decodes its answer. */
  readonly call: <Path extends string, Query, Body, Success, Failure>(
    operation: Operation<Path, Query, Body, Success, Failure>,
    ...input: Arguments<Path, Query, Body>
  ) => Effect.Effect<Success, ApiError | Failure>
  /**
   * Opens a response that goes on for a while and reads it with `read`. The connection closes when the consumer is done,
   * whatever the reason; when it breaks, the bytes fail with `StreamInterrupted`. What proves a regular end is for `read`
   * to know.
   */
  readonly stream: <Path extends string, Query, Body, Success, Failure, A, E>(
    operation: Operation<Path, Query, Body, Success, Failure>,
    input: Input<Path, Query, Body>,
    read: (opened: OpenedStream) => Stream.Stream<A, E>
  ) => Stream.Stream<A, ApiError | Failure | E>
}

export interface OpenedStream {
  readonly bytes: Stream.Stream<Uint8Array, StreamInterrupted | Timeout>
  /** For the errors that only a reader of the content can recognise. */
  readonly context: failure.RequestContext
}

const defaultTimeout = Duration.seconds(30)

/** Anything shorter stands in every other word of a message. */
const shortestSecret = 4

const displayName = { stromboli: "Stromboli", daytona: "Daytona" } as const

/** Sixteen hex digits, the form that Stromboli makes itself; every attempt of a call carries the same. */
const newRequestId = Effect.map(
  Effect.all([Random.nextIntBetween(0, 2 ** 32), Random.nextIntBetween(0, 2 ** 32)]),
  (halves) => halves.map((half) => half.toString(16).padStart(8, "0")).join("")
)

/** A redirect would carry credentials somewhere else; fetch follows them unless told otherwise. */
const withoutRedirects = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Effect.serviceOption(FetchHttpClient.RequestInit), (init) =>
    Effect.provideService(effect, FetchHttpClient.RequestInit, {
      ...Option.getOrElse(init, () => ({})),
      redirect: "manual"
    })
  )

type Http<R> = HttpClient.HttpClient.With<HttpClientError.HttpClientError, R>

/** What one attempt is made with. */
interface Attempt<R> {
  readonly client: Http<R>
  readonly request: HttpClientRequest.HttpClientRequest
  readonly context: failure.RequestContext
  readonly secretUrl: boolean
  readonly accept: string | undefined
  /** Secrets in the body, which an answer may repeat. */
  readonly sent: ReadonlyArray<Redacted.Redacted>
}

/** A refused token could not be replaced. It is no failure of the request, and repeating that would not help. */
class RenewalFailed extends Data.TaggedError("RenewalFailed")<{ readonly cause: ApiError }> {}

const isRedactedText = (value: unknown): value is Redacted.Redacted =>
  Redacted.isRedacted(value) && typeof Redacted.value(value) === "string"

const redactedIn = (body: unknown): ReadonlyArray<Redacted.Redacted> =>
  typeof body === "object" && body !== null ? Object.values(body).filter(isRedactedText) : []

interface Received {
  readonly context: failure.RequestContext
  readonly response: HttpClientResponse.HttpClientResponse
  readonly withoutSecrets: (text: string) => string
}

export const make = (settings: Settings): Effect.Effect<ApiClient, never, HttpClient.HttpClient> =>
  Effect.map(HttpClient.HttpClient, (http) => {
    const scopedHttp = HttpClient.withScope(http)
    const metrics = metricsOf(settings.system)
    const redacted = Object.entries(settings.headers).flatMap(([name, value]) =>
      Redacted.isRedacted(value) ? [{ name, value }] : []
    )
    const headers = Object.fromEntries(
      Object.entries(settings.headers).map(([name, value]): [string, string] => [
        name,
        Redacted.isRedacted(value) ? Redacted.value(value) : value
      ])
    )

    /** Some transports quote the header that they stumble over, some servers what they were sent. */
    const cleaner =
      (token: Option.Option<Redacted.Redacted>, sent: ReadonlyArray<Redacted.Redacted>) =>
      (text: string): string =>
        [...Option.toArray(token), ...redacted.map(({ value }) => value), ...sent]
          .map(Redacted.value)
          .filter((secret) => secret.length >= shortestSecret)
          .reduce((clean, secret) => clean.replaceAll(secret, "<redacted>"), text)

    const execute = <R>(
      { accept, client, context, request, secretUrl }: Attempt<R>,
      token: Option.Option<Redacted.Redacted>,
      withoutSecrets: (text: string) => string
    ): Effect.Effect<HttpClientResponse.HttpClientResponse, ApiError, R> => {
      const headed = HttpClientRequest.setHeaders(request, {
        ...headers,
        ...(accept === undefined ? {} : { accept }),
        "x-request-id": context.requestId
      })
      const sent = client.execute(
        Option.match(token, { onNone: () => headed, onSome: (value) => HttpClientRequest.bearerToken(headed, value) })
      )
      const noResponse = (error: HttpClientError.HttpClientError) => {
        const cause = transportCause.describe(error.cause ?? { message: error.reason })
        return failure.noResponse(context, { ...cause, summary: withoutSecrets(cause.summary) })
      }
      return sent.pipe(
        Effect.catchAll((error) =>
          error._tag === "ResponseError" && error.reason === "StatusCode"
            ? Effect.succeed(error.response)
            : Effect.fail(noResponse(error))
        ),
        withoutRedirects,
        secretUrl ? Effect.locally(HttpClient.currentTracerDisabledWhen, () => true) : identity,
        redacted.length > 0
          ? Effect.locallyWith(Headers.currentRedactedNames, (names) => [...names, ...redacted.map(({ name }) => name)])
          : identity
      )
    }

    /** One attempt, up to the headers of a success. A 401 is worth one look for a better token. */
    const attempt = <Query, Body, Success, Failure, R>(
      operation: Operation<string, Query, Body, Success, Failure>,
      given: Attempt<R>,
      token: Option.Option<Redacted.Redacted>
    ): Effect.Effect<Received, ApiError | Failure | RenewalFailed, R> => {
      const { context, sent } = given
      const once = (current: Option.Option<Redacted.Redacted>) => {
        const withoutSecrets = cleaner(current, sent)
        return Effect.flatMap(
          execute(given, current, withoutSecrets),
          (response): Effect.Effect<Received, ApiError | Failure> => {
            if (response.status < 200 || response.status >= 300) {
              return rejected(operation, context, response, settings.readErrorBody, withoutSecrets)
            }
            const stranger = unexpectedType(operation, context, response)
            return stranger === undefined
              ? Effect.succeed({ context, response, withoutSecrets })
              : Effect.fail(stranger)
          }
        )
      }
      return Effect.catchAll(once(token), (error): Effect.Effect<Received, ApiError | Failure | RenewalFailed, R> => {
        if (!(error instanceof Unauthorized) || Option.isNone(token)) return Effect.fail(error)
        return settings.credentials.renew(token.value).pipe(
          Effect.mapError((cause) => new RenewalFailed({ cause })),
          Effect.flatMap((renewed) => (Option.isSome(renewed) ? once(renewed) : Effect.fail(error)))
        )
      })
    }

    /**
     * All attempts of one call; `finish` is what still belongs to an attempt once its headers are here. A log-in before it
     * has repeats and deadlines of its own, and none of ours on top.
     */
    const run = <Query, Body, Success, Failure, R, A>(
      operation: Operation<string, Query, Body, Success, Failure>,
      input: LooseInput<Query, Body>,
      client: Http<R>,
      finish: (received: Received) => Effect.Effect<A, ApiError | Failure>,
      longestWait: (options: RequestPolicy) => Duration.Duration = () => Duration.infinity
    ): Effect.Effect<A, ApiError | Failure, R> =>
      Effect.flatMap(Effect.all([RequestOptions, newRequestId]), ([options, requestId]) => {
        const prepared = prepare(settings, operation, input)
        if (Either.isLeft(prepared)) return Effect.fail(prepared.left)
        const { request, path, secretUrl } = prepared.right
        const { policy, system } = settings
        const perAttempt = Duration.min(
          Duration.decode(options.timeout ?? operation.timeout ?? policy.timeout ?? defaultTimeout),
          longestWait(options)
        )
        const deadline = options.deadline ?? policy.deadline
        const sent = operation.secretBody ? redactedIn(input.body) : []
        let attempts = 0
        const context = () => ({
          system,
          operation: operation.name,
          method: operation.method,
          path,
          requestId,
          attempts,
          startsNothing: operation.startsNothing,
          ...(input.sandboxId === undefined ? {} : { sandboxId: input.sandboxId })
        })
        const limited = <B, E, R2>(effect: Effect.Effect<B, E, R2>) =>
          Duration.isFinite(perAttempt)
            ? Effect.timeoutFail(effect, {
                duration: perAttempt,
                onTimeout: () => failure.deadlineExceeded(context(), perAttempt)
              })
            : effect
        const single = (token: Option.Option<Redacted.Redacted>) =>
          Effect.suspend(() => {
            attempts++
            const given = { client, request, context: context(), secretUrl, accept: operation.accept, sent }
            const answered = Effect.flatMap(attempt(operation, given, token), finish)
            return limited(answered)
          })
        const repeated = (token: Option.Option<Redacted.Redacted>) =>
          repeat(single(token), {
            repeat: operation.repeat,
            schedule: options.retry ?? policy.retry ?? defaultSchedule,
            deadline: deadline === undefined ? undefined : Duration.decode(deadline),
            onRepeat: (error) =>
              Effect.zipRight(
                metrics(operation.name).retry(error._tag),
                Effect.logDebug(`${operation.name}: attempt ${attempts} failed with ${error._tag}; trying again`)
              ),
            onDeadline: (limit) => failure.deadlineExceeded(context(), limit)
          })
        const { current, mayWait } = settings.credentials
        const token = mayWait ? limited(current) : current
        return token.pipe(
          Effect.flatMap(repeated),
          Effect.mapError((error) => (error instanceof RenewalFailed ? error.cause : error)),
          Effect.tapBoth({
            onSuccess: () => metrics(operation.name).outcome("ok"),
            onFailure: (error) => metrics(operation.name).outcome(outcomeOf(error))
          }),
          Effect.ensuring(Effect.suspend(() => Effect.annotateCurrentSpan({ attempts, requestId })))
        )
      })

    const spanOf = (operation: { readonly name: string }, parameters: Readonly<Record<string, unknown>> | undefined) =>
      [
        `${displayName[settings.system]}.${operation.name}`,
        { attributes: { system: settings.system, ...parameters }, captureStackTrace: false }
      ] as const

    const longestSilence = (options: RequestPolicy) =>
      Duration.decode(options.idleTimeout ?? settings.policy.idleTimeout ?? Duration.infinity)

    return {
      call: <Query, Body, Success, Failure>(
        operation: Operation<string, Query, Body, Success, Failure>,
        input: LooseInput<Query, Body> = {}
      ) =>
        run(operation, input, http, ({ context, response, withoutSecrets }) =>
          decoded(operation, context, response, withoutSecrets)
        ).pipe(Effect.withSpan(...spanOf(operation, input.path))),

      stream: <Query, Body, Success, Failure, A, E>(
        operation: Operation<string, Query, Body, Success, Failure>,
        input: LooseInput<Query, Body>,
        read: (opened: OpenedStream) => Stream.Stream<A, E>
      ) =>
        // The headers may come as late as the first event does, and a silence is a silence.
        run(operation, input, scopedHttp, Effect.succeed, longestSilence).pipe(
          Effect.tap(() =>
            Effect.acquireRelease(metrics(operation.name).stream(1), () => metrics(operation.name).stream(-1))
          ),
          Effect.zipWith(RequestOptions, ({ context, response, withoutSecrets }, options) => {
            const bytes = Stream.mapError(response.stream, (error) => {
              const cause = transportCause.describe(error.cause ?? { message: error.reason })
              return failure.streamInterrupted(context, withoutSecrets(cause.summary), cause)
            })
            const limit = longestSilence(options)
            return Duration.isFinite(limit)
              ? read({ context, bytes: Stream.timeoutFail(bytes, () => failure.silence(context, limit), limit) })
              : read({ context, bytes })
          }),
          Stream.unwrapScoped,
          Stream.withSpan(...spanOf(operation, input.path))
        )
    }
  })
