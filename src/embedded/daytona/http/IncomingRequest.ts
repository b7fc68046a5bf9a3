/** The request that is being handled: its head, its body, and where it came from. */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { ConnectionFault } from "../../ConnectionFault.js"

/** The head of a request. Its body has not been read. */
export interface IncomingRequest {
  readonly method: string
  /** Path and query, as sent. */
  readonly url: string
  /** Without the query, still encoded. */
  readonly rawPath: string
  /** Without the `?`. */
  readonly rawQuery: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string>>
  readonly remoteAddress: string
  /** Scheme, host and port by which the client reached the server. URLs in responses start with it. */
  readonly origin: string
}

/** Reads the head of the current request. */
export const read: Effect.Effect<IncomingRequest, never, HttpServerRequest.HttpServerRequest> = Effect.map(
  HttpServerRequest.HttpServerRequest,
  (request) => {
    const mark = request.url.indexOf("?")
    const rawQuery = mark === -1 ? "" : request.url.slice(mark + 1)
    return {
      method: request.method,
      url: request.url,
      rawPath: mark === -1 ? request.url : request.url.slice(0, mark),
      rawQuery,
      query: new URLSearchParams(rawQuery),
      headers: request.headers,
      remoteAddress: Option.getOrElse(request.remoteAddress, () => "unknown"),
      origin: originOf(request)
    }
  }
)

/** The whole body. A client that aborts its upload gets no response. */
export const body: Effect.Effect<Uint8Array, ConnectionFault, HttpServerRequest.HttpServerRequest> = Effect.flatMap(
  HttpServerRequest.HttpServerRequest,
  (request) =>
    Effect.mapError(
      // In memory it is there already.
      request.source instanceof Request
        ? Effect.map(request.arrayBuffer, (buffer) => new Uint8Array(buffer))
        : joined(request.stream),
      () => new ConnectionFault({ kind: "reset" })
    )
)

/** Joins once: `arrayBuffer` copies what it has for every piece that arrives. */
const joined = <E>(pieces: Stream.Stream<Uint8Array, E>): Effect.Effect<Uint8Array, E> =>
  Effect.map(Stream.runCollect(pieces), (all) => Buffer.concat(Chunk.toReadonlyArray(all)))

/**
 * The request with a body that can be read again. A body can be read only once from the connection, but is needed both
 * for the request log and by the handler.
 */
export const withBody = (
  request: HttpServerRequest.HttpServerRequest,
  body: Uint8Array
): HttpServerRequest.HttpServerRequest =>
  HttpServerRequest.fromWeb(
    new Request("http://localhost", { method: request.method, body: new Uint8Array(body) })
  ).modify({
    url: request.url,
    headers: request.headers,
    ...Option.match(request.remoteAddress, { onNone: () => ({}), onSome: (remoteAddress) => ({ remoteAddress }) })
  })

// In memory the request has its whole URL and no Host header; on a socket it is the other way round.
const originOf = (request: HttpServerRequest.HttpServerRequest): string =>
  URL.canParse(request.originalUrl)
    ? new URL(request.originalUrl).origin
    : `http://${request.headers["host"] ?? "127.0.0.1"}`
