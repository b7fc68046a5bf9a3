/** Forwards web sockets to servers in the sandbox. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { WebSocket } from "ws"
import type { ConnectionFault } from "../../../ConnectionFault.js"
import type { ServerSocket, WebSocketUpgrade } from "../../../sockets/WebSocketUpgrade.js"
import { wsServerSocket } from "../../../sockets/wsServerSocket.js"

/** How long the server may take to answer a close frame, in milliseconds. */
const closeTimeout = 1000

/**
 * Connects a client to a web socket on this computer and forwards all messages until either end closes. Returns false
 * if the web socket cannot be opened; then the client has not been accepted.
 */
export const bridge = (
  upgrade: WebSocketUpgrade.Service,
  url: string,
  headers: Readonly<Record<string, string>>
): Effect.Effect<boolean, ConnectionFault, Scope.Scope> =>
  Effect.gen(function* () {
    const target = yield* Effect.acquireRelease(
      Effect.sync(() => new WebSocket(url, [...upgrade.protocols], { headers })),
      (socket) => Effect.sync(() => leave(socket))
    )
    const far = wsServerSocket(target)
    const isOpen = yield* Effect.async<boolean>((resume) => {
      target.once("open", () => resume(Effect.succeed(true)))
      target.once("close", () => resume(Effect.succeed(false)))
    })
    if (isOpen) {
      const near = yield* upgrade.accept(target.protocol === "" ? {} : { protocol: target.protocol })
      yield* Effect.raceFirst(forward(near, far), forward(far, near))
    }
    return isOpen
  })

const leave = (socket: WebSocket) => {
  if (socket.readyState === WebSocket.CLOSING) setTimeout(() => socket.terminate(), closeTimeout).unref()
  else socket.terminate()
}

const forward = (from: ServerSocket, to: ServerSocket): Effect.Effect<void> =>
  Effect.flatMap(from.receive, (message) =>
    Option.isSome(message)
      ? Effect.zipRight(
          to.send(message.value),
          Effect.suspend(() => forward(from, to))
        )
      : Effect.flatMap(from.closed, ({ code, reason }) => to.close(code, reason))
  )
