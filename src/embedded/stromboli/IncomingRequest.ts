/** The request that is being handled, with its body. */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { ConnectionFault } from "../ConnectionFault.js"

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
      query: new URLSearchParams(rawQuery),
      headers: request.headers,
      remoteAddress: Option.getOrElse(request.remoteAddress, () => "unknown"),
      body: hasBody ? yield* Effect.mapError(request.text, () => new ConnectionFault({ kind: "reset" })) : ""
    }
  }
)
