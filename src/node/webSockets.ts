/** Web sockets on npm `ws`: handshakes with headers, refusals with a status, and sockets that can be paused. */
import type { IncomingMessage } from "node:http"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { WebSocket } from "ws"
import { answered, isWrongProtocol, maxBody, wrongProtocol } from "../stream/handshakeRefusal.js"
import {
  type Connection,
  type Handshake,
  type Message,
  WebSocketClosed,
  WebSocketFailed,
  type WebSocketOpener
} from "../stream/WebSocket.js"
import { type WsInbox, wsInbox } from "./wsInbox.js"

/** What may be on its way out before `send` waits, in bytes. */
const mayBeUnsent = 1024 * 1024

/** The longest message that is taken, in bytes; a longer one ends the connection. */
const maxMessage = 100 * 1024 * 1024

/** How long the other end has to answer a close frame, in milliseconds. */
const closeGrace = 1_500

export const opener: WebSocketOpener = {
  sendsHeaders: true,
  open: (handshake) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const socket = yield* create(handshake)
        const inbox = wsInbox(socket)
        yield* Effect.onError(restore(opened(socket, handshake)), () => Effect.sync(() => socket.terminate()))
        yield* Effect.addFinalizer(() => leave(socket, inbox))
        const connection: Connection = {
          protocol: socket.protocol,
          messages: Stream.repeatEffectChunk(inbox.take),
          send: (message) => send(socket, inbox, message)
        }
        return connection
      })
    )
}

const create = ({ headers, protocols, url }: Handshake): Effect.Effect<WebSocket, WebSocketFailed> =>
  Effect.try({
    try: () =>
      new WebSocket(new URL(url), [...protocols], {
        headers: { ...headers },
        followRedirects: false,
        perMessageDeflate: false,
        maxPayload: maxMessage
      }),
    // What Node says about an invalid URL quotes it, and its query may hold a credential.
    catch: (cause) => new WebSocketFailed({ cause: URL.canParse(url) ? cause : new Error("Not a URL") })
  })

const opened = (socket: WebSocket, { protocols }: Handshake): Effect.Effect<void, WebSocketFailed> =>
  Effect.async<void, WebSocketFailed>((resume) => {
    socket.once("open", () => resume(Effect.void))
    socket.once("upgrade", ({ headers }) => {
      const chosen = headers["sec-websocket-protocol"]
      if (isWrongProtocol(protocols, chosen)) resume(Effect.fail(wrongProtocol(chosen)))
    })
    socket.once("error", (cause) => resume(Effect.fail(new WebSocketFailed({ cause }))))
    socket.once("unexpected-response", (_, response) => resume(Effect.flatMap(refusal(response), Effect.fail)))
  })

const refusal = (response: IncomingMessage): Effect.Effect<WebSocketFailed> =>
  Effect.map(beginningOf(response), (body) =>
    answered({
      status: response.statusCode ?? 0,
      headers: Object.fromEntries(
        Object.entries(response.headersDistinct).map(([name, values = []]) => [name, values.join(", ")])
      ),
      body
    })
  )

/** What came of a body, also when the rest does not. */
const beginningOf = (response: IncomingMessage): Effect.Effect<Buffer> =>
  Effect.async<Buffer>((resume) => {
    const parts: Array<Buffer> = []
    let length = 0
    const finish = () => resume(Effect.succeed(Buffer.concat(parts)))
    response.on("data", (part: Buffer) => {
      parts.push(part)
      length += part.length
      if (length >= maxBody) finish()
    })
    response.once("close", finish)
    response.once("error", finish)
  })

const send = (socket: WebSocket, inbox: WsInbox, message: Message): Effect.Effect<void, WebSocketClosed> =>
  Effect.async<void, WebSocketClosed>((resume) => {
    const over = Effect.flatMap(inbox.ended, Effect.fail)
    if (inbox.hasEnded() || socket.readyState !== WebSocket.OPEN) return resume(over)
    socket.send(message, (error) => resume(error === undefined || error === null ? Effect.void : over))
    if (socket.bufferedAmount <= mayBeUnsent) resume(Effect.void)
  })

/** Closes, and breaks off when that is not answered in time. */
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
