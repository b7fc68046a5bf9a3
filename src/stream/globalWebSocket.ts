/** The `WebSocket` of the platform: browsers, Deno, Bun, workers, and Node from 22 on. */
import * as Effect from "effect/Effect"
import { WebSocketFailed, type WebSocketOpener } from "./WebSocket.js"

export const opener: WebSocketOpener = {
  sendsHeaders: false,
  open: () => Effect.fail(new WebSocketFailed({ cause: "not yet" }))
}
