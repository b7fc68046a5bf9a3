/** Reads a body without letting the server decide how much memory that takes. */
import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { declaredLength } from "../stream/exactLength.js"
import * as transportCause from "./transportCause.js"

const utf8 = new TextDecoder()

export interface BoundedText {
  readonly text: string
  /** The body is longer than the limit; `text` is its beginning. */
  readonly cut: boolean
}

/** What becomes of a body. */
export interface BodyReader<A, E> {
  readonly onBody: (body: BoundedText) => Effect.Effect<A, E>
  /** The connection broke before all of the body was received. */
  readonly onBroken: (cause: transportCause.TransportCause) => Effect.Effect<A, E>
}

/** The text of a body that is in memory. */
export const fromBytes = (bytes: Uint8Array, limit: number): BoundedText => {
  const cut = bytes.length > limit
  return { text: utf8.decode(cut ? bytes.subarray(0, limit) : bytes), cut }
}

const causeOf = (error: HttpClientError.ResponseError): transportCause.TransportCause =>
  transportCause.describe(error.cause ?? { message: error.reason })

/** Reads a body as text, up to `limit` bytes; the rest is not even transferred. */
export const read = <A, E>(
  response: Pick<HttpClientResponse.HttpClientResponse, "headers" | "stream" | "text">,
  limit: number,
  { onBody, onBroken }: BodyReader<A, E>
): Effect.Effect<A, E> => {
  const declared = declaredLength(response.headers)
  // HTTP holds a server to the length that it declares, so this body cannot grow beyond it.
  const body =
    declared !== undefined && declared <= limit
      ? Effect.mapBoth(response.text, { onFailure: causeOf, onSuccess: (text) => ({ text, cut: false }) })
      : streamed(response, limit)
  return Effect.matchEffect(body, { onSuccess: onBody, onFailure: onBroken })
}

const streamed = (
  response: Pick<HttpClientResponse.HttpClientResponse, "stream">,
  limit: number
): Effect.Effect<BoundedText, transportCause.TransportCause> =>
  Effect.suspend(() => {
    const decoder = new TextDecoder()
    const parts: Array<string> = []
    let size = 0
    return response.stream.pipe(
      // Mapped before it runs: the raw error holds the whole request, and the runtime may log it.
      Stream.catchAll((error) => (error.reason === "EmptyBody" ? Stream.empty : Stream.fail(causeOf(error)))),
      Stream.takeUntil((bytes) => {
        const room = limit - size
        size += bytes.length
        parts.push(decoder.decode(bytes.length > room ? bytes.subarray(0, room) : bytes, { stream: true }))
        return size > limit
      }),
      Stream.runDrain,
      Effect.map(() => ({ text: parts.join("") + decoder.decode(), cut: size > limit }))
    )
  })
