/**
 * The web sockets of the transport. A layer that does better than the platform provides them; the default is the
 * `WebSocket` of the platform.
 */
import * as Context from "effect/Context"
import * as globalWebSocket from "./globalWebSocket.js"
import type { WebSocketOpener } from "./WebSocket.js"

/** The web sockets of the transport. Default: the global `WebSocket`; `NodeTransport.layer` provides its own. */
export class WebSockets extends Context.Reference<WebSockets>()("effect-sandboxes/stream/WebSockets", {
  defaultValue: (): WebSocketOpener => globalWebSocket.opener
}) {}
