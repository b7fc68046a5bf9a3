/** Several ranges of a file as one body. */
import { randomBytes } from "node:crypto"
import * as Stream from "effect/Stream"
import type { ConnectionFault } from "../../../ConnectionFault.js"
import type { Range } from "./rangeRequest.js"

/** A body, or a part of one. */
export interface Content {
  readonly contentType: string
  /** In bytes. */
  readonly length: number
  readonly stream: Stream.Stream<Uint8Array, ConnectionFault>
}

/** The header `Content-Range` of a range of a file of this size. */
export const contentRange = ({ length, start }: Range, size: number): string =>
  `bytes ${start}-${start + length - 1}/${size}`

/** A body of type `multipart/byteranges` with the content of each range. */
export const multipart = (ranges: ReadonlyArray<Range>, size: number, content: (range: Range) => Content): Content => {
  const boundary = randomBytes(30).toString("hex")
  const parts = ranges.flatMap((range, index): ReadonlyArray<Pick<Content, "length" | "stream">> => {
    const part = content(range)
    const head = [
      `${index === 0 ? "" : "\r\n"}--${boundary}`,
      `Content-Range: ${contentRange(range, size)}`,
      `Content-Type: ${part.contentType}`
    ]
    return [text(`${head.join("\r\n")}\r\n\r\n`), part]
  })
  const all = [...parts, text(`\r\n--${boundary}--\r\n`)]
  return {
    contentType: `multipart/byteranges; boundary=${boundary}`,
    length: all.reduce((sum, { length }) => sum + length, 0),
    stream: Stream.flatMap(Stream.fromIterable(all), ({ stream }) => stream)
  }
}

const text = (content: string): Pick<Content, "length" | "stream"> => {
  const bytes = new TextEncoder().encode(content)
  return { length: bytes.length, stream: Stream.make(bytes) }
}
