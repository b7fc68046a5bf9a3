/** Sends a file as Go's file server does: whole, in parts, or not at all. */
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type * as Stream from "effect/Stream"
import type { ConnectionFault } from "../../../ConnectionFault.js"
import * as daemonResponses from "../daemon/daemonResponses.js"
import * as byteRanges from "./byteRanges.js"
import { evaluateRange, type Range } from "./rangeRequest.js"

export interface ServedFile {
  readonly contentType: string
  readonly modifiedAt: Date
  /** In bytes. */
  readonly size: number
  readonly bytes: (range: Range) => Stream.Stream<Uint8Array, ConnectionFault>
  /** What else the response says about the file. */
  readonly headers?: Readonly<Record<string, string>>
}

/** The response to a request with these headers. */
export const serveContent = (
  headers: Readonly<Record<string, string>>,
  file: ServedFile
): HttpServerResponse.HttpServerResponse => {
  const { bytes, contentType, modifiedAt, size } = file
  const about = { "last-modified": modifiedAt.toUTCString(), "accept-ranges": "bytes", ...file.headers }
  const answer = (
    status: number,
    { contentType, length, stream }: byteRanges.Content,
    more: Readonly<Record<string, string>> = {}
  ) =>
    HttpServerResponse.empty({ status, headers: { ...about, ...more } }).pipe(
      HttpServerResponse.setBody(HttpBody.stream(stream, contentType, length)),
      // The platform would omit a length of 0.
      HttpServerResponse.setHeader("content-length", `${length}`)
    )
  const content = (range: Range): byteRanges.Content => ({ contentType, length: range.length, stream: bytes(range) })
  const part = evaluateRange(headers, size, modifiedAt)
  switch (part._tag) {
    case "Whole":
      return answer(200, content({ start: 0, length: size }))
    case "Part":
      return answer(206, content(part.range), { "content-range": byteRanges.contentRange(part.range, size) })
    case "Parts":
      return answer(206, byteRanges.multipart(part.ranges, size, content))
    case "Unsatisfiable":
      return HttpServerResponse.text(`${part.reason}\n`, {
        status: 416,
        headers: part.contentRange === undefined ? {} : { "content-range": part.contentRange },
        contentType: "text/plain; charset=utf-8"
      })
    case "NotModified":
      return HttpServerResponse.empty({ status: 304, headers: about })
    case "PreconditionFailed":
      return daemonResponses.empty(412)
  }
}
