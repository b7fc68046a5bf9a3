/**
 * Opens web sockets. A handshake is a request: it has credentials, a deadline and retries, and a refusal has a status
 * and a body. So it is sent by a transport, whose response to a successful handshake is the open connection.
 */

import * as Headers from "@effect/platform/Headers"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import type { Connection, WebSocketFailed, WebSocketOpener } from "../stream/WebSocket.js"
import * as ClientSpan from "./clientSpan.js"
import { deadlineAround, type Transport, type TransportResponse } from "./transport.js"

export interface Opening {
  readonly opener: WebSocketOpener
  /** The connection closes with it. */
  readonly scope: Scope.Scope
  readonly protocols: ReadonlyArray<string>
  /** Replaces the credentials on platforms whose handshakes carry no headers. */
  readonly query: Readonly<Record<string, Redacted.Redacted>>
  /** Headers that nothing may show. */
  readonly redactedNames: ReadonlyArray<string>
}

/** The response to a handshake: a connection, or a refusal with a status that is not 2xx. */
export interface HandshakeResponse extends TransportResponse {
  readonly connection: Option.Option<Connection>
}

export const socketTransport = (opening: Opening): Transport<HandshakeResponse> => ({
  ...deadlineAround(opening.redactedNames),
  send: (request, headers, { isTraced, span }) =>
    Effect.withFiberRuntime((fiber) => {
      const url = UrlParams.makeUrl(request.url, request.urlParams, request.hash)
      if (Either.isLeft(url)) {
        return Effect.fail(new HttpClientError.RequestError({ request, reason: "InvalidUrl", cause: url.left }))
      }
      const told =
        span === undefined || !isTraced ? undefined : ClientSpan.ofOperation(fiber, request, headers, url.right, span)
      return handshake(opening, request, url.right, { ...headers, ...told })
    })
})

const handshake = (
  { opener, protocols, query, scope }: Opening,
  request: HttpClientRequest.HttpClientRequest,
  url: URL,
  headers: Readonly<Record<string, string>>
): Effect.Effect<HandshakeResponse, HttpClientError.RequestError> => {
  const address = new URL(url)
  address.protocol = url.protocol === "https:" ? "wss:" : "ws:"
  if (!opener.sendsHeaders) {
    for (const [name, value] of Object.entries(query)) address.searchParams.set(name, Redacted.value(value))
  }
  return opener.open({ url: address.href, protocols, headers }).pipe(
    Scope.extend(scope),
    Effect.matchEffect({
      onSuccess: (connection) => Effect.succeed(opened(connection)),
      onFailure: (failed) => {
        const status = refusalStatus(failed)
        return status === undefined
          ? Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", cause: failed.cause }))
          : Effect.succeed(refused(failed, status))
      }
    })
  )
}

const refusalStatus = ({ status }: WebSocketFailed): number | undefined =>
  status !== undefined && status >= 200 && status <= 599 ? status : undefined

const opened = (connection: Connection): HandshakeResponse => response(200, {}, "", Option.some(connection))

const refused = ({ body = "", contentType, headers }: WebSocketFailed, status: number): HandshakeResponse =>
  response(
    status,
    { ...headers, ...(contentType === undefined ? {} : { "content-type": contentType }) },
    body,
    Option.none()
  )

const response = (
  status: number,
  headers: Headers.Input,
  text: string,
  connection: Option.Option<Connection>
): HandshakeResponse => ({
  status,
  headers: Headers.fromInput(headers),
  readBody: (_limit, { onBody }) => onBody({ text, cut: false }),
  connection
})
