/**
 * A handshake is a request: it has credentials, a deadline and repeats, and a refusal has a status and a body. So the request
 * core gets a client that answers every request by opening a web socket.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import type { Connection, WebSocketFailed, WebSocketOpener } from "../stream/WebSocket.js"

export interface Opening {
  readonly opener: WebSocketOpener
  /** The connection closes with it. */
  readonly scope: Scope.Scope
  readonly protocols: ReadonlyArray<string>
  /** What takes the place of the headers in the query, on platforms whose handshakes carry none. */
  readonly query: Readonly<Record<string, Redacted.Redacted>>
  readonly onOpen: (connection: Connection) => void
}

/** A status that stands for no failure, for a request that was answered with a connection. */
const opened = 200

const addressOf = (url: URL, { opener, query }: Opening): string => {
  const address = new URL(url)
  address.protocol = url.protocol === "https:" ? "wss:" : "ws:"
  if (!opener.sendsHeaders) {
    for (const [name, value] of Object.entries(query)) address.searchParams.set(name, Redacted.value(value))
  }
  return address.href
}

const refusal = ({ body, contentType, headers, status }: WebSocketFailed & { readonly status: number }): Response =>
  new Response(status === 204 || status === 304 ? null : (body ?? ""), {
    status,
    headers: { ...headers, ...(contentType === undefined ? {} : { "content-type": contentType }) }
  })

/** The status of a refused handshake; what `Response` does not take is none that a server should send. */
const statusOf = ({ status }: WebSocketFailed): number | undefined =>
  status !== undefined && status >= 200 && status <= 599 ? (status < 300 ? 599 : status) : undefined

/** Answers each request with an open connection, which goes to `onOpen`, or with the refusal of the handshake. */
export const socketClient = (opening: Opening): HttpClient.HttpClient =>
  HttpClient.make((request, url) =>
    opening.opener.open({ url: addressOf(url, opening), protocols: opening.protocols, headers: request.headers }).pipe(
      Scope.extend(opening.scope),
      Effect.map((connection) => {
        opening.onOpen(connection)
        return HttpClientResponse.fromWeb(request, new Response(null, { status: opened }))
      }),
      Effect.catchAll((failed) => {
        const status = statusOf(failed)
        return status === undefined
          ? Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", cause: failed.cause }))
          : Effect.succeed(HttpClientResponse.fromWeb(request, refusal(Object.assign(failed, { status }))))
      })
    )
  )
