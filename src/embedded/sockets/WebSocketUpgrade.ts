import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { ConnectionFault } from "../ConnectionFault.js"

/** How the other end, or the connection itself, came to an end: 1006 when there was no close frame. */
export interface SocketEnd {
  readonly code: number
  readonly reason: string
}

/** The server's end of a web socket. */
export interface ServerSocket {
  /**
   * The next message; `None` when the other end has closed. Nothing is read from the connection while nobody takes, but for
   * a bounded queue.
   */
  readonly receive: Effect.Effect<Option.Option<string | Uint8Array>>
  /** Completes when the message has left, so a client that does not read makes this wait. Nothing happens once the connection is over. */
  readonly send: (message: string | Uint8Array) => Effect.Effect<void>
  /**
   * Sends a close frame, behind all that was sent before, and takes nothing more. 1005 sends a frame without a code. What
   * cannot be sent, which are codes that the protocol reserves and reasons over 123 bytes, breaks the connection off instead.
   */
  readonly close: (code: number, reason?: string) => Effect.Effect<void>
  /** Breaks the connection off without a close frame: the client sees 1006. */
  readonly terminate: Effect.Effect<void>
  /**
   * Completes with the end of the connection, whoever ended it. The end stands behind all that the other end has sent: on a
   * network it is not seen before there is room in the queue for what comes first.
   */
  readonly closed: Effect.Effect<SocketEnd>
}

/**
 * The request is one for a web socket. An app that accepts serves the socket, and returns any response when it is done with it,
 * which nobody sees; one that does not accept answers the request as any other.
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
     * Completes the handshake; fails when the client has gone or the handshake is none. The connection ends with the scope at
     * the latest: with 1000, or without a close frame when the scope fails.
     */
    readonly accept: (options?: {
      /** The one that the server chooses; default none. */
      readonly protocol?: string | undefined
      /** The longest message in bytes that it takes; a longer one ends the connection with 1009. Default 64 MiB. */
      readonly maxMessage?: number | undefined
    }) => Effect.Effect<ServerSocket, ConnectionFault, Scope.Scope>
  }
}

type App = HttpApp.Default<ConnectionFault, Scope.Scope>

/** The longest message in bytes that a server takes unless it says otherwise. */
export const defaultMaxMessage = 64 * 1024 * 1024

/** A request for a web socket, as the transport under the app sees it. */
export interface Upgrade extends WebSocketUpgrade.Service {
  readonly hasAccepted: () => boolean
  /** Breaks off what was accepted. */
  readonly terminate: Effect.Effect<void>
}

/** The sub-protocols of a `Sec-WebSocket-Protocol` header. */
export const parseSubProtocols = (header: string | undefined): ReadonlyArray<string> =>
  (header ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "")

/** The app for a request for a web socket. Once that is open nobody is left to see a response; a failure breaks it off. */
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

/** Codes that only say something about a connection are never sent, but for 1005, which stands for a frame without a code. */
const isSendable = (code: number): boolean =>
  (Number.isInteger(code) && code >= 1000 && code <= 1014 && code !== 1004 && code !== 1006) ||
  (Number.isInteger(code) && code >= 3000 && code <= 4999)

/** Whether there can be a close frame with this code and reason. */
export const fitsCloseFrame = (code: number, reason: string): boolean =>
  isSendable(code) && new TextEncoder().encode(reason).length <= longestReason
