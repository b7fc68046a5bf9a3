/**
 * What a transport may be able to do besides `HttpClient`: to keep a deadline by itself, and to answer when the body is there.
 * Where it can, a request takes no fiber for its deadline, and one wait instead of two. A client that somebody has made from
 * it, with `HttpClient.mapRequest` say, is another client, and is used as any other.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type * as Effect from "effect/Effect"
import type * as Tracer from "effect/Tracer"

export interface WholeAnswerOptions<E> {
  /** Runs a task at the deadline, and returns what prevents it. */
  readonly startTimer: (task: () => void) => () => void
  readonly onDeadline: () => E
  /**
   * The answer comes when its body is whole, or has more bytes than that: what is there then is its beginning. `undefined`: it
   * comes with its headers.
   */
  readonly maxBody: number | undefined
  /** Headers that its span hides, besides those that are hidden anyway. */
  readonly redactedNames: ReadonlyArray<string>
  /** Whether it may have a span at all. */
  readonly mayBeTraced: boolean
  /** The parent of its span; default: the span of the fiber. */
  readonly parent: Tracer.AnySpan | undefined
}

/** Where a response has a body that is there already; absent when it broke off. */
export const wholeBody: unique symbol = Symbol.for("effect-sandboxes/internal/wholeBody")

export const wholeBodyOf = (response: HttpClientResponse.HttpClientResponse): Uint8Array | undefined => {
  if (!(wholeBody in response)) return undefined
  const body = response[wholeBody]
  return body instanceof Uint8Array ? body : undefined
}

export type AnswerWhole = <E>(
  request: HttpClientRequest.HttpClientRequest,
  options: WholeAnswerOptions<E>
) => Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError | E>

const clients = new WeakMap<object, AnswerWhole>()

/** The same client, known to be able to. Redirects are for it not to follow. */
export const withWholeAnswers = (client: HttpClient.HttpClient, answerWhole: AnswerWhole): HttpClient.HttpClient => {
  clients.set(client, answerWhole)
  return client
}

export const wholeAnswersOf = (client: object): AnswerWhole | undefined => clients.get(client)
