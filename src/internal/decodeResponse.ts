/** From a response to a value, or to the failure that it stands for. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { ApiError, InvalidResponse } from "../errors/ApiError.js"
import type { BoundedText } from "./boundedBody.js"
import * as failure from "./failure.js"
import type { Operation } from "./Operation.js"
import { retryAfter } from "./retryAfter.js"
import type { Settings, SystemProfile } from "./Settings.js"
import type { TransportResponse } from "./transport.js"

/** The longest body of a success, in bytes. */
export const longestBody = 10 * 1024 * 1024
const failureLimit = 64 * 1024

type AnyOperation<Success, Failure> = Operation<string, never, never, Success, Failure>

/** A response, as far as its headers. */
export interface Received<Response extends TransportResponse = TransportResponse> {
  readonly context: failure.RequestContext
  readonly response: Response
  readonly withoutSecrets: (text: string) => string
}

const contentTypeOf = (response: TransportResponse): string => (response.headers["content-type"] ?? "").toLowerCase()

/** A failure that is read from its body may hold as much as a success: all that a paid run printed, for example. */
const failureLimitOf = <Success, Failure>({ fails }: AnyOperation<Success, Failure>, { status }: { status: number }) =>
  fails.some((declared) => declared.status === status && declared.fromBody !== undefined) ? longestBody : failureLimit

/** The failure that a status other than 2xx stands for. Always fails. */
export const rejected = <Success, Failure>(
  { readErrorBody, system }: Settings,
  operation: AnyOperation<Success, Failure>,
  { context, response, withoutSecrets }: Received
) => {
  const fail = (body: string) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const { status, headers } = response
      const words = readErrorBody(status, contentTypeOf(response), body)
      const detail = words.detail ?? operation.meanings[words.standsFor ?? status]
      const isHidden = operation.secretBody && !words.fromServer && words.detail !== undefined
      return Effect.fail(
        failure.fromStatus(
          context,
          {
            status,
            ...words,
            ...(words.serverCode === undefined ? {} : { serverCode: withoutSecrets(words.serverCode) }),
            ...(words.serverSource === undefined ? {} : { serverSource: withoutSecrets(words.serverSource) }),
            body: operation.secretBody ? "" : withoutSecrets(body),
            detail: detail === undefined || isHidden ? undefined : withoutSecrets(detail),
            // Its query may repeat what was sent, in any encoding.
            location: headers["location"] && withoutSecrets(headers["location"].replace(/[?#].*/s, "")),
            retryAfter: retryAfter(status, headers, now)
          },
          operation.fails,
          system.addressOption
        )
      )
    })
  return response.readBody(failureLimitOf(operation, response), {
    onBody: ({ text }) => fail(text),
    // The status stands, also without the explanation.
    onBroken: () => fail("")
  })
}

/** A success that is not of the type that was requested: it comes from a server in between. */
export const unexpectedType = <Success, Failure>(
  system: SystemProfile,
  { accept }: AnyOperation<Success, Failure>,
  { context, response }: Received
): ApiError | undefined => {
  const contentType = contentTypeOf(response)
  return accept === undefined || contentType.startsWith(accept)
    ? undefined
    : failure.unreadable(context, response.status, {
        what: contentType.includes("html")
          ? system.webPage
          : `the response is "${contentType.slice(0, 100)}" where ${accept} was expected`,
        admitted: "unknown"
      })
}

/** The decoded body of a success. */
export const decoded = <Success, Failure>(
  system: SystemProfile,
  operation: AnyOperation<Success, Failure>,
  received: Received
): Effect.Effect<Success, ApiError> => {
  const { context, response, withoutSecrets } = received
  if (operation.ignoresBody) {
    // A web page may come with 200 from anywhere, also where an empty body is expected.
    const ignored = () =>
      contentTypeOf(response).includes("html")
        ? Either.left(unreadable(operation, received, system.webPage, ""))
        : fromJson(operation, received, undefined, "")
    return response.readBody(failureLimit, { onBody: ignored, onBroken: ignored })
  }
  return response.readBody<Success, ApiError>(longestBody, {
    onBody: (body) => fromText(system, operation, received, body),
    onBroken: (cause) =>
      Effect.fail(failure.brokenBody(context, response.status, { ...cause, summary: withoutSecrets(cause.summary) }))
  })
}

const fromText = <Success, Failure>(
  system: SystemProfile,
  operation: AnyOperation<Success, Failure>,
  received: Received,
  { cut, text }: BoundedText
): Either.Either<Success, InvalidResponse> => {
  const wrong = (what: string) => Either.left(unreadable(operation, received, what, text))
  if (cut) return wrong(`the body is larger than ${longestBody} bytes`)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    if (text.trim() === "") return wrong("the body is empty where JSON was expected")
    const isPage = contentTypeOf(received.response).includes("html") || text.trimStart().startsWith("<")
    return wrong(isPage ? system.webPage : "the body is not valid JSON: it is cut off, or not from this API")
  }
  return fromJson(operation, received, json, text)
}

const fromJson = <Success, Failure>(
  operation: AnyOperation<Success, Failure>,
  received: Received,
  json: unknown,
  text: string
): Either.Either<Success, InvalidResponse> => {
  const success = operation.decodeSuccess(json)
  if (Either.isRight(success)) return Either.right(success.right)
  const { field, expected } = failure.describeParseError(success.left)
  const what = `\`${field}\` of the body is not as expected: ${expected}`
  return Either.left(unreadable(operation, received, what, text, field))
}

const unreadable = <Success, Failure>(
  operation: AnyOperation<Success, Failure>,
  { context, response, withoutSecrets }: Received,
  what: string,
  body: string,
  field?: string
): InvalidResponse =>
  failure.unreadable(context, response.status, {
    what,
    admitted: contentTypeOf(response).includes("json") ? "yes" : "unknown",
    ...(field === undefined || field === "" ? {} : { field }),
    ...(operation.secretBody ? {} : { body: withoutSecrets(body) })
  })
