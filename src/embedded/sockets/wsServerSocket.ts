import * as Effect from "effect/Effect"
import { WebSocket } from "ws"
import { wsInbox } from "../../node/wsInbox.js"
import { fitsCloseFrame, type ServerSocket, type SocketEnd } from "./WebSocketUpgrade.js"

/** The server's end of a connection of `ws`. To be made before the connection can have anything to say. */
export const wsServerSocket = (socket: WebSocket): ServerSocket => {
  const inbox = wsInbox(socket)
  // The server's own end, once it has one: what the other end makes of it does not count.
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
        // Not at once: a handler that sends without end would keep the end from arriving.
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
