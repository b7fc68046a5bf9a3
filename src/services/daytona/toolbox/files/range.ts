/** Ranges of files, and what the headers of a download announce. */
import type { OpenedStream } from "../../../../internal/ApiClient.js"
import { declaredLength } from "../../../../stream/exactLength.js"

/** A part of a file, in bytes. */
export interface ByteRange {
  /** Default 0. */
  readonly offset?: number | undefined
  /** The maximum length; default: up to the end of the file. */
  readonly length?: number | undefined
}

export interface Announced {
  /** The offset of the bytes in the file, for a partial response. */
  readonly start: number | undefined
  /** The number of bytes that follow, if known. */
  readonly length: number | undefined
  /** The size of the whole file, if known. */
  readonly size: number | undefined
  /** `Last-Modified`, verbatim. */
  readonly modified: string | undefined
}

export const isEncoded = ({ "content-encoding": encoding = "identity" }: OpenedStream["headers"]): boolean =>
  encoding !== "identity"

const contentRange = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/

export const announced = ({ headers, status }: Pick<OpenedStream, "headers" | "status">): Announced => {
  const { "last-modified": modified } = headers
  const [, first, last, total] = (status === 206 && contentRange.exec(headers["content-range"] ?? "")) || []
  if (first !== undefined && last !== undefined) {
    const size = total === "*" ? undefined : Number(total)
    return { start: Number(first), length: Number(last) - Number(first) + 1, size, modified }
  }
  const length = declaredLength(headers)
  return { start: undefined, length, size: length, modified }
}

/** The `Range` header for what is left of a range; `undefined` for a whole file. */
export const rangeHeader = ({ length, offset = 0 }: ByteRange, received: number): string | undefined =>
  offset === 0 && length === undefined && received === 0
    ? undefined
    : `bytes=${offset + received}-${length === undefined ? "" : offset + length - 1}`
