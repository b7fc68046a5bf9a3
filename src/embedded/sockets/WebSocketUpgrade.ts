/** Web sockets as an app sees them: the upgrade in its context, and the server's end of a connection. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { ConnectionFault } from "../ConnectionFault.js"

/** How a connection ended: 1006 if there was no close frame. */
export interface SocketEnd {
  readonly code: number
  readonly reason: string
}

/** The server's end of a web socket. */
export interface ServerSocket {
  /**
   * The next message; `None` once the client has closed. Without a receiver only a bounded queue is read from the
   * connection.
   */
  readonly receive: Effect.Effect<Option.Option<string | Uint8Array>>
  /**
   * Completes when the message has been sent, so it waits for a client that does not read. Does nothing after the end
   * of the connection.
   */
  readonly send: (message: string | Uint8Array) => Effect.Effect<void>
  /**
   * Sends a close frame after all earlier messages, and receives nothing more. 1005 sends a frame without a code. A
   * code that the protocol reserves or a reason over 123 bytes cannot be sent and terminates the connection instead.
   */
  readonly close: (code: number, reason?: string) => Effect.Effect<void>
  /** Ends the connection without a close frame: the client sees 1006. */
  readonly terminate: Effect.Effect<void>
  /**
   * Completes with the end of the connection, by either side. The end follows all messages of the client: on a network
   * it is not seen until the queue has room for them.
   */
  readonly closed: Effect.Effect<SocketEnd>
}

/**
 * Present in the context of a request for a web socket. An app that accepts it serves the socket and then returns any
 * response, which is ignored; one that does not accept it responds as to any other request.
 */
export class WebSocketUpgrade extends Context.Tag("effect-sandboxes/embedded/WebSocketUpgrade")<
  WebSocketUpgrade,
  WebSocketUpgrade.Service
>() {}

export declare namespace WebSocketUpgrade {
  interface Service {
    /** The sub-protocols that the client offers. */
    readonly protocols: ReadonlyArray<string>
    /**
     * Completes the handshake; fails if the client has disconnected or the handshake is invalid. The connection ends
     * with the scope at the latest: with 1000, or without a close frame if the scope fails.
     */
    readonly accept: (options?: {
      /** The sub-protocol to choose; default none. */
      readonly protocol?: string | undefined
      /** The longest message to accept, in bytes; a longer one ends the connection with 1009. Default 64 MiB. */
      readonly maxMessage?: number | undefined
    }) => Effect.Effect<ServerSocket, ConnectionFault, Scope.Scope>
  }
}

type App = HttpApp.Default<ConnectionFault, Scope.Scope>

/** The longest message that a server accepts by default, in bytes. */
export const defaultMaxMessage = 64 * 1024 * 1024

/** An upgrade as the transport below the app sees it. */
export interface Upgrade extends WebSocketUpgrade.Service {
  readonly hasAccepted: () => boolean
  /** Terminates the accepted connection. */
  readonly terminate: Effect.Effect<void>
}

/** The sub-protocols of a `Sec-WebSocket-Protocol` header. */
export const parseSubProtocols = (header: string | undefined): ReadonlyArray<string> =>
  (header ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "")

/**
 * The app with an upgrade in its context. After it has accepted, its response is ignored, and a failure terminates the
 * connection.
 */
export const withUpgrade = (app: App, upgrade: Upgrade): App =>
  Effect.provideService(app, WebSocketUpgrade, upgrade).pipe(
    Effect.onInterrupt(() => upgrade.terminate),
    Effect.matchCauseEffect({
      onFailure: (cause) =>
        upgrade.hasAccepted() ? Effect.as(upgrade.terminate, HttpServerResponse.empty()) : Effect.failCause(cause),
      onSuccess: (response) => Effect.succeed(upgrade.hasAccepted() ? HttpServerResponse.empty() : response)
    })
  )

const longestReason = 123

/** The protocol reserves some codes for reporting, which are never sent; 1005 stands for a frame without a code. */
const isSendable = (code: number): boolean =>
  (Number.isInteger(code) && code >= 1000 && code <= 1014 && code !== 1004 && code !== 1006) ||
  (Number.isInteger(code) && code >= 3000 && code <= 4999)

/** Whether a close frame can carry this code and reason. */
export const fitsCloseFrame = (code: number, reason: string): boolean =>
  isSendable(code) && new TextEncoder().encode(reason).length <= longestReason
