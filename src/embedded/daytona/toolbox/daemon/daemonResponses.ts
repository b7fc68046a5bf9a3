/** Renders the errors of the daemon. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as responses from "../../http/responses.js"
import type { Machine } from "../Machine.js"
import type { Refusal } from "../Refusal.js"

/** The code and message prefix of each status in the daemon's envelope. */
const kinds: Readonly<Record<number, { readonly code: string; readonly prefix: string }>> = {
  400: { code: "BAD_REQUEST", prefix: "bad request: " },
  401: { code: "UNAUTHORIZED", prefix: "unauthorized: " },
  403: { code: "FORBIDDEN", prefix: "forbidden: " },
  404: { code: "NOT_FOUND", prefix: "not found: " },
  408: { code: "REQUEST_TIMEOUT", prefix: "request timeout: " },
  409: { code: "CONFLICT", prefix: "conflict: " },
  410: { code: "GONE", prefix: "gone: " },
  422: { code: "UNPROCESSABLE_ENTITY", prefix: "unprocessable entity: " },
  500: { code: "INTERNAL_SERVER_ERROR", prefix: "internal server error: " }
}

const invalidBody = { code: "INVALID_REQUEST_BODY", prefix: "invalid body request: " }

// This kind of 400 is only recognizable by its message prefix.
const kindOf = ({ message, status }: Refusal) =>
  message.startsWith(invalidBody.prefix) ? invalidBody : (kinds[status] ?? { code: undefined, prefix: "" })

/** The message with the prefix of its kind, unless it already has it. */
const prefixed = (refusal: Refusal): string => {
  const { prefix } = kindOf(refusal)
  return refusal.old === "unprefixed" || refusal.message.startsWith(prefix)
    ? refusal.message
    : `${prefix}${refusal.message}`
}

/** The response for an error, in the form of the generation. */
export const response = (
  refusal: Refusal,
  about: {
    readonly generation: Machine["generation"]
    readonly path: string
    readonly method: string
    readonly now: number
  }
): HttpServerResponse.HttpServerResponse => {
  const { generation, method, path } = about
  const timestamp = new Date(about.now).toISOString()
  const { code } = kindOf(refusal)
  if (generation === "current") {
    return responses.json(refusal.status, {
      statusCode: refusal.status,
      message: prefixed(refusal),
      code: refusal.code ?? code,
      source: "DAYTONA_DAEMON",
      timestamp,
      path,
      method
    })
  }
  switch (refusal.old) {
    case "empty":
      return empty(refusal.status)
    case "error":
      return responses.json(refusal.status, { error: refusal.message })
    case "wrapped":
      return envelope(500, {
        statusCode: 500,
        message: `failed to execute command: ${refusal.message}`,
        timestamp: "0001-01-01T00:00:00Z",
        path: ""
      })
    case "envelope":
    case "unprefixed":
      return envelope(refusal.status, {
        statusCode: refusal.status,
        message: prefixed(refusal),
        code,
        timestamp,
        path,
        method
      })
    default:
      return responses.json(refusal.status, refusal.old.body)
  }
}

// Unlike other JSON, it has no charset.
const envelope = (status: number, body: unknown): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(JSON.stringify(body), { status, contentType: "application/json" })

/** A status without a body and content type. */
export const empty = (status: number): HttpServerResponse.HttpServerResponse =>
  withLength(HttpServerResponse.empty({ status }))

/** The response with the length of its body when it has none, as Go states it unless the status implies it. */
export const withLength = (response: HttpServerResponse.HttpServerResponse): HttpServerResponse.HttpServerResponse =>
  response.body._tag === "Empty" && response.status !== 204 && response.status !== 304
    ? HttpServerResponse.setHeader(response, "content-length", "0")
    : response

/** Redirects to the same path with or without its last slash, as Gin does. */
export const redirect = (method: string, location: string): HttpServerResponse.HttpServerResponse =>
  method === "GET"
    ? HttpServerResponse.text(`<a href="${htmlEscaped(location)}">Moved Permanently</a>.\n\n`, {
        status: 301,
        headers: { location },
        contentType: "text/html; charset=utf-8"
      })
    : empty(307).pipe(HttpServerResponse.setHeader("location", location))

const htmlEscaped = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&#34;")
    .replaceAll("'", "&#39;")
