/** From a response to a value, or to the failure that it stands for. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { ApiError, InvalidResponse } from "../errors/ApiError.js"
import { isObject, parsedJson, textAt } from "../schema/jsonFields.js"
import type { BoundedText } from "./boundedBody.js"
import * as failure from "./failure.js"
import type { Operation } from "./Operation.js"
import { retryAfter } from "./retryAfter.js"
import type { Settings, SystemProfile } from "./Settings.js"
import type { TransportResponse } from "./transport.js"

/** The longest body of a success, in bytes, unless the policy says otherwise. */
export const defaultResponseSize = 64 * 1024 * 1024
/** The longest body that is read of a failure, or where no body is expected. */
const failureLimit = 64 * 1024

type AnyOperation<Success, Failure> = Operation<string, never, never, Success, Failure>

/** A response, as far as its headers. */
export interface Received<Response extends TransportResponse = TransportResponse> {
  readonly context: failure.RequestContext
  readonly response: Response
  /** The longest body of a success, in bytes; `undefined`: it is not read into memory. */
  readonly maxBody: number | undefined
  readonly withoutSecrets: (text: string) => string
}

const tooLarge = (limit: number | undefined): string => `the body is larger than \`maxResponseSize\` (${limit} bytes)`

const contentTypeOf = (response: TransportResponse): string => (response.headers["content-type"] ?? "").toLowerCase()

/**
 * The longest body that is read of a failure, with one of these statuses. A failure that is read from its body may hold
 * as much as a success: all that a paid run printed, for example.
 */
export const longestFailure = <Success, Failure>(
  { fails }: Pick<AnyOperation<Success, Failure>, "fails">,
  maxBody = failureLimit,
  isPossible: (status: number) => boolean = () => true
): number =>
  fails.some(({ fromBody, status }) => fromBody !== undefined && isPossible(status)) ? maxBody : failureLimit

/** The failure that a status other than 2xx stands for. Always fails. */
export const rejected = <Success, Failure>(
  { readErrorBody, system }: Settings,
  operation: AnyOperation<Success, Failure>,
  received: Received
) => {
  const { context, response, withoutSecrets } = received
  const limit = longestFailure(operation, received.maxBody, (status) => status === response.status)
  const fail = (body: string, cut = false) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const { status, headers } = response
      const words = readErrorBody(status, contentTypeOf(response), body)
      const said = words.detail ?? operation.meanings[words.standsFor ?? status]
      const detail = cut && limit === received.maxBody ? `${tooLarge(limit)}; it begins with: ${said}` : said
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
  return response.readBody(limit, {
    onBody: ({ cut, text }) => fail(text, cut),
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

/** A handshake that was answered as if it were any other request. Always fails. */
export const notConnected = ({ context, response, withoutSecrets }: Received): Effect.Effect<never, InvalidResponse> =>
  response.readBody(failureLimit, {
    onBody: ({ text }) =>
      Effect.fail(
        failure.unreadable(context, response.status, {
          what: `the handshake of a web socket was answered with ${isPage(response, text) ? "an HTML page" : "an ordinary response"}: a server in between does not support web sockets, or does not let them through`,
          admitted: "unknown",
          body: withoutSecrets(text)
        })
      ),
    onBroken: (cause) =>
      Effect.fail(
        failure.unreadable(context, response.status, { what: withoutSecrets(cause.summary), admitted: "unknown" })
      )
  })

/** The decoded body of a success. */
export const decoded = <Success, Failure>(
  system: SystemProfile,
  operation: AnyOperation<Success, Failure>,
  received: Received
): Effect.Effect<Success, ApiError> => {
  const { context, maxBody = Number.POSITIVE_INFINITY, response, withoutSecrets } = received
  if (operation.ignoresBody) {
    const ignored = (text: string | undefined) => {
      const what = whyNoSuccess(system, response, text)
      return what === undefined
        ? fromJson(operation, received, undefined, "")
        : Either.left(unreadable(operation, received, what, text ?? ""))
    }
    return response.readBody(failureLimit, { onBody: ({ text }) => ignored(text), onBroken: () => ignored(undefined) })
  }
  return response.readBody<Success, ApiError>(maxBody, {
    onBody: (body) => fromText(system, operation, received, body),
    onBroken: (cause) =>
      Effect.fail(failure.brokenBody(context, response.status, { ...cause, summary: withoutSecrets(cause.summary) }))
  })
}

/**
 * What in a body that nobody wants says that the status is not true: a web page, which may come with 200 from anywhere
 * (object storage calls nothing HTML), or an error.
 */
const whyNoSuccess = (
  system: SystemProfile,
  response: TransportResponse,
  text: string | undefined
): string | undefined => {
  if (text?.trim() !== "" && isPage(response, text ?? "")) return system.webPage
  const json = text?.trimStart().startsWith("{") === true ? parsedJson(text) : undefined
  const error = isObject(json) ? textAt(json, "error") : undefined
  return error === undefined || error === "" ? undefined : "the body reports an error, which the status does not"
}

const isPage = (response: TransportResponse, text: string): boolean =>
  contentTypeOf(response).includes("html") || text.trimStart().startsWith("<")

const fromText = <Success, Failure>(
  system: SystemProfile,
  operation: AnyOperation<Success, Failure>,
  received: Received,
  { cut, text }: BoundedText
): Either.Either<Success, InvalidResponse> => {
  const wrong = (what: string) => Either.left(unreadable(operation, received, what, text))
  if (cut) return wrong(tooLarge(received.maxBody))
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    if (text.trim() === "") return wrong("the body is empty where JSON was expected")
    return wrong(
      isPage(received.response, text)
        ? system.webPage
        : "the body is not valid JSON: it is cut off, or not from this API"
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
