/** Reading a body without letting the server decide how much memory that takes. */
import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { wholeBodyOf } from "./bufferedResponse.js"
import * as transportCause from "./transportCause.js"

const utf8 = new TextDecoder()

export interface BoundedText {
  readonly text: string
  /** There was more than the limit; `text` is the beginning. */
  readonly cut: boolean
}

const causeOf = (error: HttpClientError.ResponseError): transportCause.TransportCause =>
  transportCause.describe(error.cause ?? { message: error.reason })

/** The declared length, when it tells the truth: a compressed body is longer than it says. */
const declaredLength = (response: HttpClientResponse.HttpClientResponse): number | undefined => {
  const { "content-encoding": encoding, "content-length": length } = response.headers
  if (length === undefined || (encoding !== undefined && encoding !== "identity")) return undefined
  const bytes = Number(length)
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

/** The same of a body that has come already; `undefined` for any other. */
export const there = (response: HttpClientResponse.HttpClientResponse, limit: number): BoundedText | undefined => {
  const whole = wholeBodyOf(response)
  if (whole === undefined) return undefined
  const cut = whole.length > limit
  return { text: utf8.decode(cut ? whole.subarray(0, limit) : whole), cut }
}

/** The body as text, and no more of it than `limit` bytes; the rest is not even transferred. */
export const read = (
  response: HttpClientResponse.HttpClientResponse,
  limit: number
): Effect.Effect<BoundedText, transportCause.TransportCause> => {
  const whole = there(response, limit)
  if (whole !== undefined) return Effect.succeed(whole)
  const declared = declaredLength(response)
  // HTTP holds a server to its declared length, so the fast path cannot grow beyond it.
  if (declared !== undefined && declared <= limit) {
    return Effect.mapBoth(response.text, { onFailure: causeOf, onSuccess: (text) => ({ text, cut: false }) })
  }
  return Effect.suspend(() => {
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
}
