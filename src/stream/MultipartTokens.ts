/** The parser of multipart bodies (RFC 2046): bytes in, cut anywhere, tokens out. It is linear in its input. */
import { type PartHeaders, partHeaders } from "./MultipartHeaders.js"

export type Token =
  | { readonly _tag: "Part"; readonly part: PartHeaders }
  /** At least one byte of the part. The bytes are a view of what was pushed. */
  | { readonly _tag: "Data"; readonly bytes: Uint8Array }
  | { readonly _tag: "PartEnd" }
  /** The closing boundary. What follows it is ignored. */
  | { readonly _tag: "End" }
  | { readonly _tag: "Malformed"; readonly problem: string }
  /** No boundary follows the content of a part whose length was announced. */
  | { readonly _tag: "WrongLength" }
  /** More bytes are needed. */
  | { readonly _tag: "More" }

export interface Tokens {
  /** Adds bytes, which must not be changed afterwards. */
  readonly push: (bytes: Uint8Array) => void
  readonly next: () => Token
}

const more: Token = { _tag: "More" }
const partEnd: Token = { _tag: "PartEnd" }
const end: Token = { _tag: "End" }
const malformed = (problem: string): Token => ({ _tag: "Malformed", problem })

const encoder = new TextEncoder()
const decoder = new TextDecoder()

const carriageReturn = 0x0d
const lineFeed = 0x0a
const dash = 0x2d
const isBlank = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x09

export const make = (boundary: string, maxHeaderBytes: number): Tokens => {
  const delimiter = encoder.encode(`\r\n--${boundary}`)
  const headerEnd = encoder.encode("\r\n\r\n")

  // A body may begin with its first boundary, which this line break then precedes.
  let buffer: Uint8Array = encoder.encode("\r\n")
  let from = 0
  let to = buffer.length
  /** The buffer is our own, with room behind `to`. */
  let owned = false
  /** Up to here, the current search has found nothing. */
  let searched = 0
  let state: "preamble" | "boundary" | "headers" | "counted" | "scanned" | "closing" | "end" = "preamble"
  let left = 0

  const push = (bytes: Uint8Array) => {
    const rest = to - from
    if (rest === 0) {
      buffer = bytes
      from = searched = 0
      to = bytes.length
      owned = false
      return
    }
    if (!owned || to + bytes.length > buffer.length) {
      const room = new Uint8Array(2 * rest + bytes.length)
      room.set(buffer.subarray(from, to))
      searched = Math.max(searched - from, 0)
      from = 0
      to = rest
      buffer = room
      owned = true
    }
    buffer.set(bytes, to)
    to += bytes.length
  }

  const matchesAt = (index: number, wanted: Uint8Array): boolean => {
    const limit = Math.min(wanted.length, to - index)
    for (let offset = 0; offset < limit; offset++) {
      if (buffer[index + offset] !== wanted[offset]) return false
    }
    return true
  }

  /** Where `wanted` begins, also if the end of the buffer cuts it off; or else `to`. */
  const search = (wanted: Uint8Array): number => {
    const filled = buffer.subarray(0, to)
    let index = Math.max(searched, from)
    while (true) {
      index = filled.indexOf(carriageReturn, index)
      if (index === -1) {
        searched = to
        return to
      }
      if (matchesAt(index, wanted)) {
        searched = index
        return index
      }
      index++
    }
  }

  const data = (until: number): Token => {
    const bytes = buffer.subarray(from, until)
    from = until
    return { _tag: "Data", bytes }
  }

  /** A line that merely begins with the delimiter is content. */
  const followsDelimiter = (index: number): boolean | undefined => {
    const first = buffer[index + delimiter.length]
    if (index + delimiter.length >= to) return undefined
    if (first === carriageReturn || isBlank(first)) return true
    if (first !== dash) return false
    return index + delimiter.length + 1 >= to ? undefined : buffer[index + delimiter.length + 1] === dash
  }

  /** Bytes up to the next delimiter, which is then behind `from`. */
  const scan = (onContent: (until: number) => Token | undefined): Token => {
    while (true) {
      const index = search(delimiter)
      const content = index > from ? onContent(index) : undefined
      if (content !== undefined) return content
      const proper = index + delimiter.length <= to ? followsDelimiter(index) : undefined
      if (proper === undefined) return more
      if (proper) {
        from = searched = index + delimiter.length
        const wasContent = state === "scanned"
        state = "boundary"
        return wasContent ? partEnd : next()
      }
      searched = index + 1
    }
  }

  const boundaryLine = (): Token => {
    while (from < to && isBlank(buffer[from])) from++
    if (to - from < 2) return more
    if (buffer[from] === dash && buffer[from + 1] === dash) {
      state = "end"
      return end
    }
    if (buffer[from] !== carriageReturn || buffer[from + 1] !== lineFeed) {
      return malformed("a boundary is not followed by the end of its line")
    }
    // The line break stays: in a part without headers it is the empty line.
    searched = from
    state = "headers"
    return next()
  }

  const headers = (): Token => {
    const index = search(headerEnd)
    if (Math.min(index, to) - from > maxHeaderBytes) {
      return malformed(`the header of a part is longer than ${maxHeaderBytes} bytes`)
    }
    if (index + headerEnd.length > to) return more
    const part = partHeaders(decoder.decode(buffer.subarray(Math.min(from + 2, index), index)))
    from = searched = index + headerEnd.length
    if (part.length === undefined) {
      // The delimiter of an empty part may follow its header at once, so the line break is not consumed twice.
      state = "scanned"
    } else {
      state = "counted"
      left = part.length
    }
    return { _tag: "Part", part }
  }

  const counted = (): Token => {
    if (left > 0) {
      if (from === to) return more
      const until = Math.min(to, from + left)
      left -= until - from
      return data(until)
    }
    state = "closing"
    return closing()
  }

  /** Content of a known length can be followed by a delimiter only. */
  const closing = (): Token => {
    if (!matchesAt(from, delimiter)) return { _tag: "WrongLength" }
    if (to - from < delimiter.length) return more
    from = searched = from + delimiter.length
    state = "boundary"
    return partEnd
  }

  const next = (): Token => {
    switch (state) {
      case "preamble":
        return scan((until) => {
          from = until
          return undefined
        })
      case "scanned":
        return scan(data)
      case "boundary":
        return boundaryLine()
      case "headers":
        return headers()
      case "counted":
        return counted()
      case "closing":
        return closing()
      case "end":
        return end
    }
  }

  return { push, next }
}
