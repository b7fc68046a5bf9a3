/** The request that is being handled, with its body. */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { ConnectionFault } from "../ConnectionFault.js"
import * as GoQuery from "./go/query.js"

/** A request with its body as text. */
export interface IncomingRequest {
  readonly method: string
  /** Without the query, still encoded. */
  readonly rawPath: string
  /** With the leading `?`, or empty. */
  readonly rawQuery: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string>>
  readonly remoteAddress: string
  readonly body: string
}

/** Reads the current request. A client that aborts its upload gets no response. */
export const read: Effect.Effect<IncomingRequest, ConnectionFault, HttpServerRequest.HttpServerRequest> = Effect.gen(
  function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const mark = request.url.indexOf("?")
    const rawQuery = mark === -1 ? "" : request.url.slice(mark)
    const hasBody = request.method !== "GET" && request.method !== "HEAD"
    return {
      method: request.method,
      rawPath: mark === -1 ? request.url : request.url.slice(0, mark),
      rawQuery,
      query: GoQuery.parse(rawQuery.slice(1)),
      headers: request.headers,
      remoteAddress: Option.getOrElse(request.remoteAddress, () => "unknown"),
      body: hasBody ? yield* bodyOf(request) : ""
    }
  }
)

// Go does not skip a byte order mark, as the text of a request in memory would. On a port, the text has it, and bytes
// take a time that grows with the square of their number.
const bodyOf = (request: HttpServerRequest.HttpServerRequest) =>
  (request.source instanceof Request ? Effect.map(request.arrayBuffer, decodeWithMark) : request.text).pipe(
    Effect.mapError(() => new ConnectionFault({ kind: "reset" }))
  )

const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
const decodeWithMark = (bytes: ArrayBuffer): string => decoder.decode(bytes)
