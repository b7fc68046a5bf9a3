/** A web socket connection in memory. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Inbox from "../../stream/inbox.js"
import { type Connection, type Message, WebSocketClosed } from "../../stream/WebSocket.js"
import { fitsCloseFrame, type ServerSocket } from "../sockets/WebSocketUpgrade.js"

/** How much is buffered in each direction before the sender waits, as a network would. */
const limits: Inbox.Limits = { messages: 256, bytes: 256 * 1024 }

export interface SocketPair {
  readonly server: ServerSocket
  readonly client: Connection
  /** Ends the connection from the client's side: 1000 with a close frame, 1006 without one. */
  readonly leave: (code: 1000 | 1006) => void
}

/** The two ends of a connection in memory. */
export const make = (options: { readonly protocol: string; readonly maxMessage: number }): SocketPair => {
  const toServer = Inbox.make(limits)
  const toClient = Inbox.make(limits)
  const end = (code: number, reason: string) => {
    const closed = new WebSocketClosed({ code, reason })
    toServer.end(closed)
    toClient.end(closed)
  }
  const terminate = Effect.sync(() => end(1006, ""))
  return {
    server: {
      receive: Effect.option(toServer.takeOne),
      send: (message) => send(toClient, message),
      close: (code, reason = "") =>
        fitsCloseFrame(code, reason) ? Effect.sync(() => end(code, code === 1005 ? "" : reason)) : terminate,
      terminate,
      closed: Effect.map(toServer.ended, ({ code, reason }) => ({ code, reason }))
    },
    client: {
      protocol: options.protocol,
      messages: Stream.repeatEffectChunk(toClient.take),
      send: (message) =>
        Effect.suspend(() => {
          if (!toServer.hasEnded() && bytesIn(message) > options.maxMessage) end(1009, "")
          return toServer.hasEnded() ? Effect.flatMap(toServer.ended, Effect.fail) : send(toServer, message)
        })
    },
    leave: (code) => end(code, "")
  }
}

const bytesIn = (message: Message): number =>
  typeof message === "string" ? new TextEncoder().encode(message).length : message.length

// Copies the bytes: the sender may reuse its buffer, as with a real socket.
const send = (inbox: Inbox.Inbox, message: Message): Effect.Effect<void> =>
  Effect.suspend(() => {
    inbox.offer(typeof message === "string" ? message : new Uint8Array(message))
    return inbox.isFull() ? room(inbox) : Effect.void
  })

const room = (inbox: Inbox.Inbox): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    const forget = inbox.whenRoom(() => resume(Effect.void))
    return Effect.sync(forget)
  })
