import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"

/** Something that goes wrong with one answer of the server. Made with the functions of this module. */
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
}>

/** The answer that a `status` fault gives; everything is optional and absent by default. */
export interface StatusOptions {
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | undefined
  readonly contentType?: string | undefined
}

const fault = Data.taggedEnum<Fault>()

/** Tells one kind of fault from another. */
export const match = fault.$match

/** Answers with this status instead of doing anything: a proxy's 502 with an empty body, its HTML with 200, a bare 429. */
export const status = (code: number, options: StatusOptions = {}): Fault => fault.Status({ ...options, status: code })

/** Never answers, and never starts the work. */
export const hang: Fault = fault.Hang()

/** As if nobody listened. The request is not logged, because no server saw it. On a real port the socket is reset at once. */
export const refuseConnection: Fault = fault.RefuseConnection()

/** Does what was asked for and drops the connection instead of telling. */
export const resetAfterRequest: Fault = fault.ResetAfterRequest()

/** Does what was asked for and keeps the answer back for a while. */
export const slowFirstByte = (delay: Duration.DurationInput): Fault => fault.SlowFirstByte({ delay })

/** Lets that many bytes of the body through; then the connection breaks, or the body ends as if it were complete. */
export const cutBody = (afterBytes: number, end: "reset" | "clean"): Fault => fault.CutBody({ afterBytes, end })

/** Sends only the first half of the body, as a complete answer. */
export const truncatedJson: Fault = fault.TruncatedJson()

/** Does what was asked for and sends another body with the same status. */
export const replaceBody = (body: string | Uint8Array, contentType?: string): Fault =>
  fault.ReplaceBody({ body, contentType })

/** Pads the JSON object in the body, as it is being sent, by a member `padding` of that many bytes. */
export const oversizedBody = (bytes: number): Fault => fault.OversizedBody({ bytes })

/** Begins an event stream with one `data:` line of that many bytes. */
export const oversizedLine = (bytes: number): Fault => fault.OversizedLine({ bytes })

/** Sends every event of an event stream twice. */
export const duplicateDelivery: Fault = fault.DuplicateDelivery()
