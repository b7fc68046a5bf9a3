/**
 * How a command's log distinguishes its two streams: every line begins with three bytes that identify the stream, and
 * ends with a newline. Nothing is escaped.
 */

/** Precedes a line of stdout. */
export const stdoutMarker = Uint8Array.of(1, 1, 1)
/** Precedes a line of stderr. */
export const stderrMarker = Uint8Array.of(2, 2, 2)

const newline = 0x0a

/** How much of an unfinished line is held back, in bytes; a longer one is written in pieces. */
const longestHeldLine = 1024 * 1024

/** Turns chunks of one stream of a command into marked lines. */
export interface LineMarker {
  /** The lines that are now complete. */
  readonly push: (chunk: Uint8Array) => Uint8Array
  /** The last line, if it has no newline. */
  readonly end: () => Uint8Array
}

/** NUL bytes are dropped, as by the shell that reads the lines in the real daemon. */
export const lineMarker = (marker: Uint8Array): LineMarker => {
  let held: Array<Uint8Array> = []
  let heldLength = 0
  // The beginning of the current line is already in the log.
  let begun = false

  const take = (tail: Uint8Array): Uint8Array => {
    const taken = Buffer.concat([...held, tail])
    held = []
    heldLength = 0
    return taken
  }

  return {
    push: (chunk) => {
      const bytes = chunk.includes(0) ? chunk.filter((byte) => byte !== 0) : chunk
      const afterLast = bytes.lastIndexOf(newline) + 1
      const lines = afterLast === 0 ? new Uint8Array() : markLines(marker, take(bytes.subarray(0, afterLast)), begun)
      begun &&= afterLast === 0
      held.push(bytes.subarray(afterLast))
      heldLength += bytes.length - afterLast
      if (heldLength <= longestHeldLine) return lines
      const piece = Buffer.concat(begun ? [lines, take(new Uint8Array())] : [lines, marker, take(new Uint8Array())])
      begun = true
      return piece
    },
    end: () => {
      if (heldLength === 0 && !begun) return new Uint8Array()
      return Buffer.concat([...(begun ? [] : [marker]), take(Uint8Array.of(newline))])
    }
  }
}

/** Puts the marker before each line. All lines are complete. */
const markLines = (marker: Uint8Array, lines: Uint8Array, begun: boolean): Uint8Array => {
  const pieces: Array<Uint8Array> = []
  for (let from = 0; from < lines.length; ) {
    const to = lines.indexOf(newline, from) + 1
    if (from > 0 || !begun) pieces.push(marker)
    pieces.push(lines.subarray(from, to))
    from = to
  }
  return Buffer.concat(pieces)
}

/** The part of a log between two markers. */
interface Stretch {
  /** `none`: before the first marker. */
  readonly from: "stdout" | "stderr" | "none"
  readonly bytes: Uint8Array
}

const streams = { 1: "stdout", 2: "stderr" } as const

const markerAt = (log: Uint8Array, at: number): "stdout" | "stderr" | undefined => {
  const byte = log[at]
  return (byte === 1 || byte === 2) && log[at + 1] === byte && log[at + 2] === byte ? streams[byte] : undefined
}

const stretches = (log: Uint8Array): ReadonlyArray<Stretch> => {
  const found: Array<Stretch> = []
  let from: Stretch["from"] = "none"
  let start = 0
  for (let at = 0; at < log.length; ) {
    const marker = markerAt(log, at)
    if (marker === undefined) {
      at += 1
    } else {
      found.push({ from, bytes: log.subarray(start, at) })
      from = marker
      at += 3
      start = at
    }
  }
  found.push({ from, bytes: log.subarray(start) })
  return found
}

/** One of the two streams of a whole log. */
export const streamOf = (stream: "stdout" | "stderr", log: Uint8Array): Uint8Array =>
  Buffer.concat(stretches(log).flatMap(({ bytes, from }) => (from === stream ? [bytes] : [])))

/** A whole log without its markers: both streams in the order of writing. */
export const withoutMarkers = (log: Uint8Array): Uint8Array => Buffer.concat(stretches(log).map(({ bytes }) => bytes))

/** Removes the markers of a log in chunks; `undefined` ends it. */
export const markerRemover = (): ((piece: Uint8Array | undefined) => Uint8Array) => {
  let held: Uint8Array = new Uint8Array()
  return (piece) => {
    const bytes = piece === undefined ? held : Buffer.concat([held, piece])
    const ready = piece === undefined ? bytes.length : bytes.length - unfinishedMarker(bytes)
    held = bytes.subarray(ready)
    return withoutMarkers(bytes.subarray(0, ready))
  }
}

/** How many trailing bytes may be the beginning of a marker. */
const unfinishedMarker = (bytes: Uint8Array): number => {
  const last = bytes.at(-1)
  if (last !== 1 && last !== 2) return 0
  let run = 1
  while (run < bytes.length && bytes[bytes.length - run - 1] === last) run += 1
  return run % 3
}
