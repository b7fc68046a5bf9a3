/** The incoming messages of a `ws` socket, of a client or a server, at the pace of their reader. */
import { Buffer } from "node:buffer"
import type { RawData, WebSocket } from "ws"
import * as Inbox from "../stream/inbox.js"
import { type Message, WebSocketClosed } from "../stream/WebSocket.js"

/** What is read ahead, besides what one read of the connection returns. */
const limits: Inbox.Limits = { messages: 8192, bytes: 1024 * 1024 }

export interface WsInbox extends Inbox.Inbox {
  /** Discards further messages and reads on, to the response to a close frame. */
  readonly discard: () => void
}

/** To be called before the socket can receive anything. */
export const wsInbox = (socket: WebSocket): WsInbox => {
  const inbox = Inbox.make(limits)
  let discarding = false
  let failure = ""
  socket.on("message", (data, isBinary) => {
    if (discarding) return
    inbox.offer(messageOf(data, isBinary))
    if (inbox.isFull() && !socket.isPaused) {
      socket.pause()
      inbox.whenRoom(() => socket.resume())
    }
  })
  // An error is always followed by `close`; without a listener it would end the process.
  socket.on("error", (error) => {
    failure = error.message
  })
  socket.on("close", (code, reason) =>
    inbox.end(new WebSocketClosed({ code, reason: code === 1006 ? failure : reason.toString() }))
  )
  return {
    ...inbox,
    discard: () => {
      discarding = true
      socket.resume()
    }
  }
}

const messageOf = (data: RawData, isBinary: boolean): Message => {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data)
  // Not a Buffer, whose `slice` and `toString` differ from those of its type.
  return isBinary ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : bytes.toString()
}
