/** From a response to a value, or to the failure that it stands for. */
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { ApiError, InvalidResponse } from "../errors/ApiError.js"
import type { ErrorBody } from "../errors/ErrorBody.js"
import * as boundedBody from "./boundedBody.js"
import * as failure from "./failure.js"
import type { Operation } from "./Operation.js"
import { retryAfter } from "./retryAfter.js"

/** What the body of a success may have, in bytes. */
export const longestBody = 10 * 1024 * 1024
const failureLimit = 64 * 1024

export type ReadErrorBody = (status: number, contentType: string, body: string) => ErrorBody

type AnyOperation<Success, Failure> = Operation<string, never, never, Success, Failure>

const contentTypeOf = (response: HttpClientResponse.HttpClientResponse): string =>
  (response.headers["content-type"] ?? "").toLowerCase()

/** A failure that is read from its body may hold as much as a success: all that a paid run printed, for example. */
const failureLimitOf = <Success, Failure>({ fails }: AnyOperation<Success, Failure>, { status }: { status: number }) =>
  fails.some((declared) => declared.status === status && declared.fromBody !== undefined) ? longestBody : failureLimit

/** The failure that a status other than 2xx stands for. Always fails. */
export const rejected = <Success, Failure>(
  operation: AnyOperation<Success, Failure>,
  context: failure.RequestContext,
  response: HttpClientResponse.HttpClientResponse,
  readErrorBody: ReadErrorBody,
  withoutSecrets: (text: string) => string
) =>
  Effect.flatMap(
    Effect.all([
      Clock.currentTimeMillis,
      // A body that breaks off is a poor explanation, but the status stands.
      Effect.orElseSucceed(boundedBody.read(response, failureLimitOf(operation, response)), () => ({
        text: "",
        cut: true
      }))
    ]),
    ([now, body]) => {
      const { status, headers } = response
      const words = readErrorBody(status, contentTypeOf(response), body.text)
      const detail = words.detail ?? operation.meanings[words.standsFor ?? status]
      return Effect.fail(
        failure.fromStatus(
          context,
          {
            status,
            ...words,
            ...(words.serverCode === undefined ? {} : { serverCode: withoutSecrets(words.serverCode) }),
            ...(words.serverSource === undefined ? {} : { serverSource: withoutSecrets(words.serverSource) }),
            body: operation.secretBody ? "" : withoutSecrets(body.text),
            detail:
              detail === undefined || (operation.secretBody && !words.fromServer && words.detail !== undefined)
                ? undefined
                : withoutSecrets(detail),
            // Its query may repeat what was sent, encoded in whatever way.
            location: headers["location"] && withoutSecrets(headers["location"].replace(/[?#].*/s, "")),
            retryAfter: retryAfter(status, headers, now)
          },
          operation.fails
        )
      )
    }
  )

/** A success that is not of the type that was asked for: it comes from somebody on the way. */
export const unexpectedType = <Success, Failure>(
  operation: AnyOperation<Success, Failure>,
  context: failure.RequestContext,
  response: HttpClientResponse.HttpClientResponse
): ApiError | undefined => {
  const contentType = contentTypeOf(response)
  return operation.accept === undefined || contentType.startsWith(operation.accept)
    ? undefined
    : failure.unreadable(context, response.status, {
        what: contentType.includes("html")
          ? webPage[context.system]
          : `it is "${contentType.slice(0, 100)}" where ${operation.accept} was due`,
        admitted: "unknown"
      })
}

/** A success, as far as its headers. */
export interface Received {
  readonly context: failure.RequestContext
  readonly response: HttpClientResponse.HttpClientResponse
  readonly withoutSecrets: (text: string) => string
}

/** The decoded body of a success. */
export const decoded = <Success, Failure>(
  operation: AnyOperation<Success, Failure>,
  received: Received
): Effect.Effect<Success, ApiError> => {
  const { context, response, withoutSecrets } = received
  if (operation.ignoresBody) {
    // A web page answers everything with 200, also what is answered with an empty body here.
    return Effect.flatMap(discarded(response), () =>
      contentTypeOf(response).includes("html")
        ? Either.left(unreadable(operation, received, webPage[context.system], ""))
        : fromJson(operation, received, undefined, "")
    )
  }
  const there = boundedBody.there(response, longestBody)
  if (there !== undefined) return fromText(operation, received, there)
  return Effect.matchEffect(boundedBody.read(response, longestBody), {
    onFailure: (cause) =>
      Effect.fail(failure.brokenBody(context, response.status, { ...cause, summary: withoutSecrets(cause.summary) })),
    onSuccess: (body) => fromText(operation, received, body)
  })
}

const fromText = <Success, Failure>(
  operation: AnyOperation<Success, Failure>,
  received: Received,
  { cut, text }: boundedBody.BoundedText
): Either.Either<Success, InvalidResponse> => {
  const wrong = (what: string) => Either.left(unreadable(operation, received, what, text))
  if (cut) return wrong(`its body is larger than ${longestBody} bytes`)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return wrong(
      text.trim() === ""
        ? "its body is empty where JSON was due"
        : notJson(received.context, contentTypeOf(received.response), text)
    )
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

const webPage = {
  stromboli: "it is an HTML page where JSON was due: is `baseUrl` that of a proxy or a web page?",
  daytona: "it is an HTML page, as the dashboard serves them: does `apiUrl` lack its `/api` at the end?"
} as const

const notJson = ({ system }: failure.RequestContext, contentType: string, text: string): string =>
  contentType.includes("html") || text.trimStart().startsWith("<")
    ? webPage[system]
    : "its body is not valid JSON: cut off, or not from this API"

/** Lets a connection go whose answer nobody wants. */
const discarded = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<void> =>
  Effect.ignore(boundedBody.read(response, failureLimit))
