import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type ServerSocket, WebSocketUpgrade } from "../sockets/WebSocketUpgrade.js"

/** What a fault makes of the socket that a handler gets. */
type Change = (socket: ServerSocket) => Effect.Effect<ServerSocket>

/** The handler with another socket, should it be asked for one and accept. */
export const onSocket = <A, E, R>(handler: Effect.Effect<A, E, R>, change: Change): Effect.Effect<A, E, R> =>
  Effect.flatMap(
    Effect.serviceOption(WebSocketUpgrade),
    Option.match({
      onNone: () => handler,
      onSome: (upgrade) =>
        Effect.provideService(handler, WebSocketUpgrade, {
          protocols: upgrade.protocols,
          accept: (options) => Effect.flatMap(upgrade.accept(options), change)
        })
    })
  )

/** The handler as it is for a web socket, and struck for all else. */
export const exceptSockets = <A, E, R>(
  handler: Effect.Effect<A, E, R>,
  struck: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.flatMap(Effect.serviceOption(WebSocketUpgrade), (upgrade) => (Option.isSome(upgrade) ? handler : struck))

/** Ends the socket when the server has sent that many bytes. */
export const endAfter =
  (afterBytes: number, end: (socket: ServerSocket) => Effect.Effect<void>): Change =>
  (socket) => {
    let left = afterBytes
    const send = (message: string | Uint8Array): Effect.Effect<void> =>
      Effect.suspend(() => {
        const length = typeof message === "string" ? new TextEncoder().encode(message).length : message.length
        if (length < left) {
          left -= length
          return socket.send(message)
        }
        // What other fibers send while the last part leaves comes too late.
        if (left === 0) return Effect.void
        const last = length === left ? message : typeof message === "string" ? undefined : message.subarray(0, left)
        left = 0
        return last === undefined ? end(socket) : Effect.zipRight(socket.send(last), end(socket))
      })
    const changed = { ...socket, send }
    return afterBytes > 0 ? Effect.succeed(changed) : Effect.as(end(socket), changed)
  }

/** Sends binary messages in pieces of at most that many bytes. */
export const inPieces =
  (bytes: number): Change =>
  (socket) => {
    const most = Math.max(1, bytes)
    const send = (message: string | Uint8Array): Effect.Effect<void> =>
      typeof message === "string" || message.length <= most
        ? socket.send(message)
        : Effect.zipRight(
            socket.send(message.subarray(0, most)),
            Effect.suspend(() => send(message.subarray(most)))
          )
    return Effect.succeed({ ...socket, send })
  }
