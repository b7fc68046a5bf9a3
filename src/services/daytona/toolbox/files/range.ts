/** What the headers of a download say about the bytes that follow, and about the file that they are of. */
import type { OpenedStream } from "../../../../internal/ApiClient.js"

/** Part of a file, in bytes. */
export interface ByteRange {
  /** Where it begins; default 0. */
  readonly offset?: number | undefined
  /** How long it is at most; default: up to the end of the file. */
  readonly length?: number | undefined
}

export interface Announced {
  /** Where in the file the bytes begin, when they are a part of it. */
  readonly start: number | undefined
  /** How many bytes follow, where that is known. */
  readonly length: number | undefined
  /** The size of the whole file, where that is known. */
  readonly size: number | undefined
  /** When the file was changed last, as the server writes it. */
  readonly modified: string | undefined
}

const contentRange = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/

export const announced = ({ headers, status }: Pick<OpenedStream, "headers" | "status">): Announced => {
  const { "content-encoding": encoding = "identity", "last-modified": modified } = headers
  const [, first, last, total] = (status === 206 && contentRange.exec(headers["content-range"] ?? "")) || []
  if (first !== undefined && last !== undefined) {
    const size = total === "*" ? undefined : Number(total)
    return { start: Number(first), length: Number(last) - Number(first) + 1, size, modified }
  }
  // A compressed body is longer than it says.
  const declared = encoding === "identity" && /^\d{1,15}$/.test(headers["content-length"] ?? "")
  const length = declared ? Number(headers["content-length"]) : undefined
  return { start: undefined, length, size: length, modified }
}

/** The header that asks for the rest of a range of which some bytes are here. None: for all of a file. */
export const rangeHeader = ({ length, offset = 0 }: ByteRange, received: number): string | undefined =>
  offset === 0 && length === undefined && received === 0
    ? undefined
    : `bytes=${offset + received}-${length === undefined ? "" : offset + length - 1}`
