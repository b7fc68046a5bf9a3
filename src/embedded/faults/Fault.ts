/** The faults that can be injected into an embedded server. */
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"

/**
 * A failure of a single response. Made with the functions of this module. Faults of web sockets do not affect other
 * requests, and faults of bodies do not affect open web sockets.
 */
export type Fault = Data.TaggedEnum<{
  Status: StatusOptions & { readonly status: number }
  Hang: {}
  RefuseConnection: {}
  ResetAfterRequest: {}
  SlowFirstByte: { readonly delay: Duration.DurationInput }
  CutBody: { readonly afterBytes: number; readonly end: "reset" | "clean" }
  TruncatedJson: {}
  ReplaceBody: { readonly body: string | Uint8Array; readonly contentType?: string | undefined }
  OversizedBody: { readonly bytes: number }
  OversizedLine: { readonly bytes: number }
  DuplicateDelivery: {}
  ReplayRequest: {}
  CutSocket: { readonly afterBytes: number }
  CloseSocket: { readonly afterBytes: number; readonly code: number; readonly reason: string }
  ReframeSocket: { readonly bytes: number }
}>

/** The response of a `status` fault. All options are optional. */
export interface StatusOptions {
  /** Default none. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Default empty. */
  readonly body?: string | undefined
  /** The `Content-Type` of the body; default `text/plain`. */
  readonly contentType?: string | undefined
}

const fault = Data.taggedEnum<Fault>()

/** Matches on the kind of a fault. */
export const match = fault.$match

/** Responds with this status without calling the handler: a proxy's empty 502, its HTML with 200, a bare 429. */
export const status = (code: number, options: StatusOptions = {}): Fault => fault.Status({ ...options, status: code })

/** Never responds and never calls the handler. */
export const hang: Fault = fault.Hang()

/**
 * Refuses the connection as if nothing listened. The request is not logged, because no server saw it. On a real port
 * the socket is reset immediately.
 */
export const refuseConnection: Fault = fault.RefuseConnection()

/** Handles the request, then resets the connection instead of responding. */
export const resetAfterRequest: Fault = fault.ResetAfterRequest()

/** Handles the request, then delays the response. */
export const slowFirstByte = (delay: Duration.DurationInput): Fault => fault.SlowFirstByte({ delay })

/** Sends this many bytes of the body; then the connection is reset, or the body ends as if it were complete. */
export const cutBody = (afterBytes: number, end: "reset" | "clean"): Fault => fault.CutBody({ afterBytes, end })

/** Sends only the first half of the body, as if it were complete. */
export const truncatedJson: Fault = fault.TruncatedJson()

/** Handles the request and replaces the body of the response. */
export const replaceBody = (body: string | Uint8Array, contentType?: string): Fault =>
  fault.ReplaceBody({ body, contentType })

/** Adds a member `padding` of this many bytes to the JSON object in the body, while it is sent. */
export const oversizedBody = (bytes: number): Fault => fault.OversizedBody({ bytes })

/** Begins an event stream with a `data:` line of this many bytes. */
export const oversizedLine = (bytes: number): Fault => fault.OversizedLine({ bytes })

/** Sends every event of an event stream twice. */
export const duplicateDelivery: Fault = fault.DuplicateDelivery()

/**
 * Handles the request twice and sends the second response, like a proxy that retries after its connection broke. It
 * duplicates the effect, {@link duplicateDelivery} the response. Web sockets are not replayed.
 */
export const replayRequest: Fault = fault.ReplayRequest()

/**
 * Lets through this many bytes that the server sends over a web socket, splitting binary messages but not text ones;
 * then the connection breaks without a close frame. With 0 it breaks right after the handshake.
 */
export const cutSocket = (afterBytes: number): Fault => fault.CutSocket({ afterBytes })

/** Like {@link cutSocket}, but the server closes with a code and a reason of at most 123 bytes. */
export const closeSocket = (options: {
  readonly afterBytes: number
  readonly code: number
  readonly reason?: string
}): Fault => fault.CloseSocket({ reason: "", ...options })

/** Splits the binary messages of a web socket into messages of at most this many bytes. */
export const reframe = (bytes: number): Fault => fault.ReframeSocket({ bytes })
