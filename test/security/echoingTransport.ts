/** Transports to a toolbox that respond with everything they were sent. */
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { type Handshake, WebSocketClosed, WebSocketFailed } from "../../src/stream/WebSocket.js"
import { WebSockets } from "../../src/stream/WebSockets.js"

/** Makes a response from the quoted request. */
export type Answer = (quoted: string) => Response

const json = (status: number, body: unknown) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } })

const envelope =
  (status: number): Answer =>
  (quoted) =>
    json(status, { statusCode: status, message: `no use for ${quoted}`, code: quoted, source: quoted })

export const answers: ReadonlyArray<readonly [string, Answer]> = [
  ...[400, 401, 404, 409, 410, 422, 500].map((status) => [`${status}`, envelope(status)] as const),
  ["an error of the old terminals", (quoted) => json(400, { error: `no use for ${quoted}` })],
  ["an error of an upload", (quoted) => json(400, { errors: [quoted], files: null })],
  ["plain text", (quoted) => new Response(quoted, { status: 400, headers: { "content-type": "text/plain" } })],
  ["a page", (quoted) => new Response(`<html>${quoted}`, { status: 502, headers: { "content-type": "text/html" } })],
  [
    "a redirect",
    (quoted) => new Response(null, { status: 302, headers: { location: `/?was=${encodeURIComponent(quoted)}` } })
  ],
  [
    "a success that cannot be read",
    (quoted) => json(200, { quoted, exitCode: quoted, commands: [{ command: quoted }] })
  ],
  ["a success that is broken off", (quoted) => new Response(`{"quoted":"${quoted}`, { status: 200 })]
]

const bodyOf = ({ body }: HttpClientRequest.HttpClientRequest): string =>
  body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : ""

/** Sessions are really created and deleted, so that later requests reach them. */
const passes = (request: HttpClientRequest.HttpClientRequest): boolean =>
  !request.url.includes("/toolbox/") ||
  request.url.endsWith("/process/session") ||
  (request.method === "DELETE" && request.url.includes("/process/session/"))

/** Responds to requests to the toolbox with the requests themselves. */
export const echoingRequests = (answer: Answer) =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.map(HttpClient.HttpClient, (inner) => {
      // The daemon returns the commands of a session to every later request about it.
      const commands = new Map<string, string>()
      return HttpClient.make((request) => {
        if (passes(request)) return inner.execute(request)
        const session = /\/process\/session\/([^/]+)/.exec(request.url)?.[1] ?? ""
        const body = bodyOf(request)
        if (session !== "") commands.set(session, `${commands.get(session) ?? ""}${body}`)
        const texts = body.startsWith("{") ? Object.values<unknown>(JSON.parse(body)).map(String) : []
        const quoted = [body, commands.get(session), ...texts, ...Object.values(request.headers)].join(" ")
        return Effect.succeed(HttpClientResponse.fromWeb(request, answer(quoted)))
      })
    })
  )

export type Refuse = (quoted: string) => WebSocketFailed | WebSocketClosed

export const refusals: ReadonlyArray<readonly [string, Refuse]> = [
  ...[401, 403, 404, 500].map((status): readonly [string, Refuse] => [
    `refused with ${status}`,
    (quoted) =>
      new WebSocketFailed({
        status,
        contentType: "application/json",
        headers: { location: quoted },
        body: JSON.stringify({ message: `no use for ${quoted}`, error: quoted, code: quoted }),
        cause: new Error(quoted)
      })
  ]),
  ["broken off", (quoted) => new WebSocketFailed({ cause: new TypeError(`cannot open ${quoted}`) })],
  ["closed with a reason", (quoted) => new WebSocketClosed({ code: 1011, reason: quoted })],
  [
    "closed with a reason in JSON",
    (quoted) => new WebSocketClosed({ code: 1008, reason: JSON.stringify({ error: quoted }) })
  ]
]

/** Web sockets that are refused, or opened and closed, quoting their handshake and their messages. */
export const echoingSockets = ({ refuse, sendsHeaders }: { readonly refuse: Refuse; readonly sendsHeaders: boolean }) =>
  Layer.succeed(WebSockets, {
    sendsHeaders,
    open: ({ headers, url }: Handshake) => {
      const handshake = [decodeURIComponent(url), url, ...(sendsHeaders ? Object.values(headers) : [])].join(" ")
      const end = refuse(handshake)
      if (end._tag === "WebSocketFailed") return Effect.fail(end)
      let sent = ""
      const closed = Effect.suspend(() => {
        const last = refuse(`${handshake} ${sent}`)
        return last._tag === "WebSocketClosed" ? Effect.fail(last) : Effect.never
      })
      return Effect.succeed({
        protocol: "",
        messages: Stream.fromEffect(Effect.zipRight(Effect.yieldNow(), closed)),
        send: (message: string | Uint8Array) =>
          Effect.sync(() => {
            sent += typeof message === "string" ? message : new TextDecoder().decode(message)
          })
      })
    }
  })
