/** Faults of web sockets. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type ServerSocket, WebSocketUpgrade } from "../sockets/WebSocketUpgrade.js"

/** How a fault changes the socket of a handler. */
type Change = (socket: ServerSocket) => Effect.Effect<ServerSocket>

/** Changes the socket that the handler accepts, if it is for a web socket. */
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

/** Applies a fault to all requests but those for web sockets. */
export const exceptSockets = <A, E, R>(
  handler: Effect.Effect<A, E, R>,
  struck: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.flatMap(Effect.serviceOption(WebSocketUpgrade), (upgrade) => (Option.isSome(upgrade) ? handler : struck))

/** Ends the socket once the server has sent this many bytes. */
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
        // Messages that other fibers send during the last part are dropped.
        if (left === 0) return Effect.void
        const last = length === left ? message : typeof message === "string" ? undefined : message.subarray(0, left)
        left = 0
        return last === undefined ? end(socket) : Effect.zipRight(socket.send(last), end(socket))
      })
    const changed = { ...socket, send }
    return afterBytes > 0 ? Effect.succeed(changed) : Effect.as(end(socket), changed)
  }

/** Splits binary messages into pieces of at most this many bytes. */
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
