/** One attempt at a request: sent with the credentials of the moment, up to the headers of a success. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as FiberId from "effect/FiberId"
import * as FiberRef from "effect/FiberRef"
import * as FiberRefs from "effect/FiberRefs"
import { constTrue, pipe } from "effect/Function"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import { type ApiError, type Timeout, Unauthorized } from "../errors/ApiError.js"
import { type ReadErrorBody, type Received, rejected, unexpectedType } from "./decodeResponse.js"
import * as failure from "./failure.js"
import type { Operation } from "./Operation.js"
import * as transportCause from "./transportCause.js"

export type Token = Option.Option<Redacted.Redacted>

/** The bearer token of the moment, and a way to a better one. */
export interface Credentials {
  readonly current: Token | Effect.Effect<Token, ApiError>
  /** Getting a token may take requests of its own; a call waits for them no longer than for its own. */
  readonly mayWait: boolean
  /** Called with a token that the server refused. None: there is no better one. */
  readonly renew: (refused: Redacted.Redacted) => Effect.Effect<Token, ApiError>
}

/** A token that stays what it is, or none. */
export const fixedToken = (token: Token): Credentials => ({
  current: token,
  mayWait: false,
  renew: () => Effect.succeedNone
})

/** What all attempts of a client have in common. */
export interface AttemptSettings {
  /** Sent with every request; redacted values stay out of spans and errors. */
  readonly headers: Readonly<Record<string, string | Redacted.Redacted>>
  readonly credentials: Credentials
  /** Reads what a failed answer says about itself. */
  readonly readErrorBody: ReadErrorBody
}

export type Http<R> = HttpClient.HttpClient.With<HttpClientError.HttpClientError, R>

/** As a transport sends it, or with the end of its deadline as one more failure. */
export type Execute<R> = (
  request: HttpClientRequest.HttpClientRequest
) => Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError | Timeout, R>

/** What one attempt is made with. */
export interface Attempt<R> {
  readonly execute: Execute<R>
  /** Runs what precedes a second try, within the deadline. */
  readonly limited: <A>(effect: Effect.Effect<A, ApiError>) => Effect.Effect<A, ApiError>
  readonly request: HttpClientRequest.HttpClientRequest
  readonly context: failure.RequestContext
  readonly accept: string | undefined
  /** Secrets in the body, which an answer may repeat. */
  readonly sent: ReadonlyArray<Redacted.Redacted>
}

/** A refused token could not be replaced. It is no failure of the request, and repeating that would not help. */
export class RenewalFailed extends Data.TaggedError("RenewalFailed")<{ readonly cause: ApiError }> {}

const isRedactedText = (value: unknown): value is Redacted.Redacted =>
  Redacted.isRedacted(value) && typeof Redacted.value(value) === "string"

/** The secrets in a body, wherever they are. */
export const redactedIn = (body: unknown): ReadonlyArray<Redacted.Redacted> => {
  if (isRedactedText(body)) return [body]
  return Predicate.isRecord(body) && !Redacted.isRedacted(body) ? Object.values(body).flatMap(redactedIn) : []
}

/** A redirect would carry credentials somewhere else; fetch follows them unless told otherwise. */
const withoutRedirects = (context: Context.Context<never>): Context.Context<never> =>
  Context.add(context, FetchHttpClient.RequestInit, {
    ...Option.getOrElse(Context.getOption(context, FetchHttpClient.RequestInit), () => ({})),
    redirect: "manual"
  })

/** Anything shorter stands in every other word of a message. */
const shortestSecret = 4

const inJson = (text: string): string => JSON.stringify(text).slice(1, -1)

/** A secret as it is or in the single quotes of a shell, and how either looks in JSON, and in JSON that is quoted in JSON. */
const formsOf = (secret: string): ReadonlyArray<string> => {
  const plain = [secret, secret.replaceAll("'", `'\\''`)]
  return [...new Set(plain.flatMap((text) => [text, inJson(text), inJson(inJson(text))]))]
}

/** Makes the attempts of one client. */
export const makeAttempt = (settings: AttemptSettings) => {
  const redacted = Object.entries(settings.headers).flatMap(([name, value]) =>
    Redacted.isRedacted(value) ? [{ name, value }] : []
  )
  // A redirect to a log-in page may repeat what was sent, and the spans of HTTP clients show the headers of answers.
  const redactedNames = ["location", ...redacted.map(({ name }) => name.toLowerCase())]
  const headers = Object.fromEntries(
    Object.entries(settings.headers).map(([name, value]): [string, string] => [
      name,
      Redacted.isRedacted(value) ? Redacted.value(value) : value
    ])
  )

  /** Some transports quote the header that they stumble over, some servers what they were sent. */
  const cleaner =
    (token: Token, sent: ReadonlyArray<Redacted.Redacted>) =>
    (text: string): string =>
      [...Option.toArray(token), ...redacted.map(({ value }) => value), ...sent]
        .map(Redacted.value)
        .filter((secret) => secret.length >= shortestSecret)
        .flatMap(formsOf)
        // One may be the beginning of another one.
        .sort((one, other) => other.length - one.length)
        .reduce((clean, secret) => clean.replaceAll(secret, "<redacted>"), text)

  const headed = <R>({ accept, context, request }: Attempt<R>, token: Token) =>
    HttpClientRequest.setHeaders(request, {
      ...headers,
      ...(accept === undefined ? undefined : { accept }),
      "x-request-id": context.requestId,
      // What a request says itself is more particular than what its client says.
      ...request.headers,
      ...(Option.isNone(token) ? undefined : { authorization: `Bearer ${Redacted.value(token.value)}` })
    })

  /** One attempt, and what becomes of a success. A 401 is worth one look for a better token. */
  const attempt = <Query, Body, Success, Failure, R, A>(
    operation: Operation<string, Query, Body, Success, Failure>,
    given: Attempt<R>,
    token: Token,
    finish: (received: Received) => Effect.Effect<A, ApiError | Failure>
  ): Effect.Effect<A, ApiError | Failure | RenewalFailed, R> => {
    const { context, sent } = given
    const once = (current: Token): Effect.Effect<A, ApiError | Failure, R> => {
      const withoutSecrets = cleaner(current, sent)
      const answered = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<A, ApiError | Failure> => {
        if (response.status < 200 || response.status >= 300) {
          return rejected(operation, context, response, settings.readErrorBody, withoutSecrets)
        }
        const stranger = unexpectedType(operation, context, response)
        return stranger === undefined ? finish({ context, response, withoutSecrets }) : Effect.fail(stranger)
      }
      return Effect.matchEffect(given.execute(headed(given, current)), {
        onSuccess: answered,
        onFailure: (error) => {
          if (error._tag === "Timeout") return Effect.fail(error)
          if (error._tag === "ResponseError" && error.reason === "StatusCode") return answered(error.response)
          const cause = transportCause.describe(error.cause ?? { message: error.reason })
          return Effect.fail(failure.noResponse(context, { ...cause, summary: withoutSecrets(cause.summary) }))
        }
      })
    }
    if (Option.isNone(token)) return once(token)
    return Effect.catchAll(once(token), (error): Effect.Effect<A, ApiError | Failure | RenewalFailed, R> => {
      if (!(error instanceof Unauthorized)) return Effect.fail(error)
      return given.limited(settings.credentials.renew(token.value)).pipe(
        Effect.mapError((cause) => new RenewalFailed({ cause })),
        Effect.flatMap((renewed) => (Option.isSome(renewed) ? once(renewed) : Effect.fail(error)))
      )
    })
  }

  /** What the transport of an attempt sees of its surroundings. */
  const surroundings =
    ({ secretUrl }: { readonly secretUrl: boolean }) =>
    (refs: FiberRefs.FiberRefs, fiberId: FiberId.Single): FiberRefs.FiberRefs => {
      const update =
        <A>(fiberRef: FiberRef.FiberRef<A>, change: (value: A) => A) =>
        (self: FiberRefs.FiberRefs) =>
          FiberRefs.updateAs(self, { fiberId, fiberRef, value: change(FiberRefs.getOrDefault(self, fiberRef)) })
      const changed = pipe(
        refs,
        update(FiberRef.currentContext, withoutRedirects),
        update(Headers.currentRedactedNames, (names) => [...names, ...redactedNames])
      )
      return secretUrl ? update(HttpClient.currentTracerDisabledWhen, () => constTrue)(changed) : changed
    }
  return {
    attempt,
    redactedNames,
    surroundings: { plain: surroundings({ secretUrl: false }), secretUrl: surroundings({ secretUrl: true }) }
  }
}
