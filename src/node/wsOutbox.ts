/** The outgoing messages of a `ws` socket. */
import type { Socket } from "node:net"
import * as Effect from "effect/Effect"
import { WebSocket } from "ws"
import type { Message, WebSocketClosed } from "../stream/WebSocket.js"
import type { WsInbox } from "./wsInbox.js"

/** How many bytes may be unsent before `send` waits. */
const mayBeUnsent = 1024 * 1024

/** How many bytes are written without waiting for further messages of the same turn. */
const enoughForOneWrite = 64 * 1024

/** The maximum of bytes per UTF-16 code unit. */
const longestCharacter = 3

export type Send = (message: Message) => Effect.Effect<void, WebSocketClosed>

/** Sends on an open socket over `connection`. */
export const wsOutbox = (socket: WebSocket, connection: Socket, inbox: WsInbox): Send => {
  const over = Effect.flatMap(inbox.ended, Effect.fail)
  let isCorked = false

  const leave = () => {
    if (!isCorked) return
    isCorked = false
    connection.uncork()
  }

  // One write for all messages that are sent before the program yields: a write costs more than a small message.
  const gather = () => {
    if (isCorked) return
    isCorked = true
    connection.cork()
    queueMicrotask(leave)
  }

  const whenSent = (message: Message): Effect.Effect<void, WebSocketClosed> =>
    Effect.async<void, WebSocketClosed>((resume) => {
      socket.send(message, (error) => resume(error === undefined || error === null ? Effect.void : over))
      leave()
      if (socket.bufferedAmount <= mayBeUnsent) resume(Effect.void)
    })

  return (message) =>
    Effect.suspend(() => {
      if (inbox.hasEnded() || socket.readyState !== WebSocket.OPEN) return over
      const unsent = socket.bufferedAmount + longestLength(message)
      if (unsent > mayBeUnsent) return whenSent(message)
      gather()
      // A failure is reported by the end of the connection.
      socket.send(message)
      if (unsent >= enoughForOneWrite) leave()
      return Effect.void
    })
}

const longestLength = (message: Message): number =>
  typeof message === "string" ? message.length * longestCharacter : message.length
