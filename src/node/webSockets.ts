/** Web sockets on npm `ws`: handshakes with headers, refusals with a status, and sockets that can be paused. */
import type { IncomingMessage } from "node:http"
import type { Socket } from "node:net"
import * as Effect from "effect/Effect"
import { WebSocket } from "ws"
import { messagesOf } from "../stream/inbox.js"
import {
  type Connection,
  type Handshake,
  isWrongProtocol,
  maxRefusalBody,
  refusedHandshake,
  WebSocketClosed,
  WebSocketFailed,
  type WebSocketOpener,
  wrongProtocol
} from "../stream/WebSocket.js"
import { tunnelTo } from "./proxy.js"
import { type Options, tlsOf } from "./transportOptions.js"
import { type WsInbox, wsInbox } from "./wsInbox.js"
import { wsOutbox } from "./wsOutbox.js"

/** The longest message, in bytes; a longer one ends the connection. */
const maxMessage = 100 * 1024 * 1024

/** How long the server has to respond to a close frame, in milliseconds. */
const closeGrace = 1_500

/** With the proxy, the TLS options and the time to connect of the transport. */
export const make = (options: Options): WebSocketOpener => ({
  sendsHeaders: true,
  open: (handshake) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const connecting = new AbortController()
        const socket = yield* create(handshake, options, connecting.signal)
        const inbox = wsInbox(socket)
        const terminate = Effect.sync(() => {
          connecting.abort()
          socket.terminate()
        })
        const stream = yield* Effect.onError(restore(opened(socket, handshake)), () => terminate)
        yield* Effect.addFinalizer(() => leave(socket, inbox))
        const connection: Connection = {
          protocol: socket.protocol,
          messages: messagesOf(inbox),
          send: wsOutbox(socket, stream, inbox)
        }
        return connection
      })
    )
})

/** With the defaults of Node. */
export const opener: WebSocketOpener = make({})

const create = (
  { headers, protocols, url }: Handshake,
  options: Options,
  signal: AbortSignal
): Effect.Effect<WebSocket, WebSocketFailed> =>
  Effect.try({
    try: () => {
      const address = new URL(url)
      const agent = tunnelTo(options, address, signal)
      return new WebSocket(address, [...protocols], {
        ...tlsOf(options.tls),
        headers: { ...headers },
        followRedirects: false,
        perMessageDeflate: false,
        maxPayload: maxMessage,
        ...(agent === undefined ? {} : { agent })
      })
    },
    // The error of Node for an invalid URL quotes it, and its query may hold a credential.
    catch: (cause) => new WebSocketFailed({ cause: URL.canParse(url) ? cause : new Error("Not a URL") })
  })

/** Waits until the socket is open, and returns the connection that it uses. */
const opened = (socket: WebSocket, { protocols }: Handshake): Effect.Effect<Socket, WebSocketFailed> =>
  Effect.async<Socket, WebSocketFailed>((resume) => {
    socket.once("upgrade", ({ headers, socket: stream }) => {
      const chosen = headers["sec-websocket-protocol"]
      if (isWrongProtocol(protocols, chosen)) resume(Effect.fail(wrongProtocol(chosen)))
      else socket.once("open", () => resume(Effect.succeed(stream)))
    })
    socket.once("error", (cause) => resume(Effect.fail(new WebSocketFailed({ cause }))))
    socket.once("unexpected-response", (_, response) => resume(Effect.flatMap(refusal(response), Effect.fail)))
  })

const refusal = (response: IncomingMessage): Effect.Effect<WebSocketFailed> =>
  Effect.map(beginningOf(response), (body) =>
    refusedHandshake({
      status: response.statusCode ?? 0,
      headers: Object.fromEntries(
        Object.entries(response.headersDistinct).map(([name, values = []]) => [name, values.join(", ")])
      ),
      body
    })
  )

/** The beginning of a body, also if the rest never arrives. */
const beginningOf = (response: IncomingMessage): Effect.Effect<Buffer> =>
  Effect.async<Buffer>((resume) => {
    const parts: Array<Buffer> = []
    let length = 0
    const finish = () => resume(Effect.succeed(Buffer.concat(parts)))
    response.on("data", (part: Buffer) => {
      parts.push(part)
      length += part.length
      if (length >= maxRefusalBody) finish()
    })
    response.once("close", finish)
    response.once("error", finish)
  })

/** Closes the socket, and terminates it if the server does not respond in time. */
const leave = (socket: WebSocket, inbox: WsInbox): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    inbox.end(new WebSocketClosed({ code: 1000, reason: "" }))
    if (socket.readyState === WebSocket.CLOSED) return resume(Effect.void)
    const timer = setTimeout(() => socket.terminate(), closeGrace)
    socket.once("close", () => {
      clearTimeout(timer)
      resume(Effect.void)
    })
    inbox.discard()
    socket.close(1000)
  })
