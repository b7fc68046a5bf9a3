/** The server's end of a web socket of npm `ws`. */
import * as Effect from "effect/Effect"
import { WebSocket } from "ws"
import { wsInbox } from "../../node/wsInbox.js"
import { fitsCloseFrame, type ServerSocket, type SocketEnd } from "./WebSocketUpgrade.js"

/** Wraps a connection of `ws`. Call it before the connection can receive anything. */
export const wsServerSocket = (socket: WebSocket): ServerSocket => {
  const inbox = wsInbox(socket)
  // How the server ended the connection, if it did; then the client's close frame is ignored.
  let own: SocketEnd | undefined
  let tooLong = false
  socket.on("error", (error) => {
    tooLong = "code" in error && error.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH"
  })
  const terminate = Effect.sync(() => {
    own ??= { code: 1006, reason: "" }
    socket.terminate()
  })
  return {
    receive: Effect.option(inbox.takeOne),
    send: (message) =>
      Effect.async<void>((resume) => {
        // Not immediately: a handler that sends in a loop would prevent the end from arriving.
        if (socket.readyState !== WebSocket.OPEN) return resume(Effect.asVoid(inbox.ended))
        socket.send(message, () => resume(Effect.void))
      }),
    close: (code, reason = "") =>
      Effect.suspend(() => {
        if (socket.readyState !== WebSocket.OPEN) return Effect.void
        if (!fitsCloseFrame(code, reason)) return terminate
        own ??= { code, reason }
        inbox.discard()
        if (code === 1005) socket.close()
        else socket.close(code, reason)
        return Effect.void
      }),
    terminate,
    closed: Effect.map(inbox.ended, ({ code, reason }) => own ?? { code: tooLong ? 1009 : code, reason })
  }
}
