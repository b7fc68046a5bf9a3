/** The interface of web sockets: messages at the pace of their reader, and an end with a reason. */
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"

/** The request for a connection. */
export interface Handshake {
  /** `ws:` or `wss:`. */
  readonly url: string
  /** Sub-protocols, in order of preference. */
  readonly protocols: ReadonlyArray<string>
  /** Sent if `sendsHeaders` is true. */
  readonly headers: Readonly<Record<string, string>>
}

/** A text message, or the bytes of a binary one. */
export type Message = string | Uint8Array

/** The handshake failed: without a response, or with the status of one. */
export class WebSocketFailed extends Data.TaggedError("WebSocketFailed")<{
  /** Where the transport reports it. */
  readonly status?: number | undefined
  readonly contentType?: string | undefined
  /** The beginning of the body of the response, at most 64 KiB. */
  readonly body?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** What the platform reported. */
  readonly cause: unknown
}> {}

/**
 * How a connection ended: with the code and reason of the close frame of the peer, or with 1006 if there was none. A
 * reader that cannot keep up, on a platform whose sockets cannot be paused, gets 1008 `slow consumer`.
 */
export class WebSocketClosed extends Data.TaggedError("WebSocketClosed")<{
  readonly code: number
  readonly reason: string
}> {}

/** An open connection. It closes with the scope that it was opened in. */
export interface Connection {
  /** The sub-protocol that the server chose; `""` if none. */
  readonly protocol: string
  /**
   * The messages received, in order, for one reader. Every connection ends, so this always fails; the code says whether
   * that is an error. Backpressure reaches the server where the platform supports it. To be run once: messages arrive
   * in chunks, and if a run ends early, the rest of its last chunk is lost.
   */
  readonly messages: Stream.Stream<Message, WebSocketClosed>
  /** Passes a message to the platform. Waits while more than 1 MiB is unsent. */
  readonly send: (message: Message) => Effect.Effect<void, WebSocketClosed>
}

/** Opens web sockets. */
export interface WebSocketOpener {
  /** Whether handshakes carry headers, which browsers do not allow. */
  readonly sendsHeaders: boolean
  /** Opens a connection, which closes with the scope. */
  readonly open: (handshake: Handshake) => Effect.Effect<Connection, WebSocketFailed, Scope.Scope>
}

/** How much of the body of a refusal is kept, in bytes. */
export const maxRefusalBody = 64 * 1024

/** The server sent a response instead of accepting the connection. */
export const refusedHandshake = (response: {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}): WebSocketFailed =>
  new WebSocketFailed({
    status: response.status,
    contentType: response.headers["content-type"],
    headers: response.headers,
    body: new TextDecoder().decode(response.body.subarray(0, maxRefusalBody)),
    cause: new Error(`The server responded with status ${response.status}`)
  })

/** The server accepted, but chose a sub-protocol that was not offered, or none of those that were. */
export const wrongProtocol = (chosen: string | undefined): WebSocketFailed =>
  new WebSocketFailed({
    cause: new Error(
      chosen === undefined
        ? "The server chose none of the offered sub-protocols"
        : "The server chose a sub-protocol that was not offered"
    )
  })

/** Whether the server did that. If none is offered, it must choose none. */
export const isWrongProtocol = (offered: ReadonlyArray<string>, chosen: string | undefined): boolean =>
  chosen === undefined ? offered.length > 0 : !offered.includes(chosen)
