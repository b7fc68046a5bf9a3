/**
 * Two channels in one log: every line begins with three bytes that name its channel, `01 01 01` for standard output and
 * `02 02 02` for standard error. Nothing is escaped.
 *
 * What counts as a marker:
 *
 * - At the beginning of a line (and of the log), either one.
 * - Within a line, only that of the *other* channel. Two writers append to one file, a long line in several pieces, so
 *   a line of one may be interrupted by a line of the other. But no writer interrupts itself: the three bytes of its
 *   own channel within a line were printed by the program, as binary output often does, and are left alone.
 * - After the interrupting line, a line without a marker is the rest of the interrupted one, and belongs to its
 *   channel.
 *
 * What precedes the first marker is standard output. Two things cannot be told apart and stay as they are: a line that
 * interrupts and is interrupted itself, and a marker of the other channel that a program prints within a line.
 */
import * as Chunk from "effect/Chunk"
import * as Stream from "effect/Stream"
import { joinBytes } from "./bytes.js"
import { makeUtf8Decoder } from "./Utf8.js"

export type LogChannel = "stdout" | "stderr"

/** Consecutive bytes of one channel. */
export interface LogRun {
  readonly channel: LogChannel
  readonly bytes: Uint8Array
}

export interface LogDemux {
  /** Reads the next piece of the log, cut anywhere. At most two bytes are held back, since they may begin a marker. */
  readonly push: (piece: Uint8Array) => ReadonlyArray<LogRun>
  /** What was held back, and did not begin a marker. */
  readonly end: () => ReadonlyArray<LogRun>
}

const newline = 0x0a
const markerLength = 3
/** The bytes of the markers, which also stand for the channels here. */
const stdoutByte = 1
const stderrByte = 2

const nothing: ReadonlyArray<LogRun> = []

/** How many bytes are allocated at a time, since the messages of a log are small. No byte is written twice. */
const slabLength = 16 * 1024

/** Makes a parser for one log. It looks at every byte once, and copies what it emits. */
export const makeLogDemux = (): LogDemux => {
  let channel = stdoutByte
  /** The channel whose line was interrupted; 0 for none. */
  let interrupted = 0
  let atLineStart = true
  /** How many bytes of a possible marker are held back. All of them are `heldByte`. */
  let held = 0
  let heldByte = 0
  let out = new Uint8Array(0)
  let written = 0
  let runStart = 0
  let runs: Array<LogRun> = []

  const closeRun = () => {
    if (written === runStart) return
    runs.push({ channel: channel === stdoutByte ? "stdout" : "stderr", bytes: out.subarray(runStart, written) })
    runStart = written
  }
  const switchTo = (next: number) => {
    if (next === channel) return
    closeRun()
    channel = next
  }
  /** A line begins without a marker. */
  const beginUnmarked = () => {
    if (atLineStart && interrupted !== 0) {
      switchTo(interrupted)
      interrupted = 0
    }
    atLineStart = false
  }
  const acceptMarker = (byte: number) => {
    interrupted = atLineStart ? (byte === interrupted ? 0 : interrupted) : channel
    switchTo(byte)
    // What follows the marker is within the line, which may end at once.
    atLineStart = false
  }
  /** Completes what is held back, or finds that it is not a marker. */
  const goOnHolding = (byte: number): boolean => {
    if (byte === heldByte) {
      held++
      if (held === markerLength) {
        held = 0
        acceptMarker(byte)
      }
      return true
    }
    beginUnmarked()
    for (; held > 0; held--) out[written++] = heldByte
    return false
  }

  const push = (piece: Uint8Array): ReadonlyArray<LogRun> => {
    const length = piece.length
    if (length === 0) return nothing
    runs = []
    // What is emitted is never longer than the input: markers are removed, and held bytes return.
    if (out.length - written < length + held) {
      out = new Uint8Array(Math.max(length + held, slabLength))
      written = runStart = 0
    }
    // All of it is copied at once, behind its destination; then moving the stretches between markers is cheap.
    const copied = written + held
    out.set(piece, copied)
    const nextNewline = finder(piece, newline)
    const nextStdout = finder(piece, stdoutByte)
    const nextStderr = finder(piece, stderrByte)
    let at = 0
    while (at < length) {
      const byte = piece[at] ?? 0
      if (held > 0) {
        if (goOnHolding(byte)) at++
        continue
      }
      if ((byte === stdoutByte || byte === stderrByte) && (atLineStart || byte !== channel)) {
        if (piece[at + 1] === byte && piece[at + 2] === byte) {
          acceptMarker(byte)
          at += markerLength
        } else {
          held = 1
          heldByte = byte
          at++
        }
        continue
      }
      if (atLineStart) beginUnmarked()
      // Within a line: everything up to its end or to what may be a marker of the other channel.
      const lineEnd = nextNewline(at)
      const end = Math.min(lineEnd + 1, channel === stdoutByte ? nextStderr(at) : nextStdout(at), length)
      out.copyWithin(written, copied + at, copied + end)
      written += end - at
      at = end
      atLineStart = end > lineEnd
    }
    closeRun()
    return runs
  }

  return {
    push,
    end: () => {
      if (held === 0) return nothing
      const bytes = new Uint8Array(held).fill(heldByte)
      held = 0
      const of = atLineStart && interrupted !== 0 ? interrupted : channel
      return [{ channel: of === stdoutByte ? "stdout" : "stderr", bytes }]
    }
  }
}

/** The next index of a byte, or infinity, for starts that only grow. It looks at everything once. */
const finder = (piece: Uint8Array, byte: number): ((from: number) => number) => {
  let found = -1
  return (from) => {
    if (found < from) {
      const index = piece.indexOf(byte, from)
      found = index === -1 ? Number.POSITIVE_INFINITY : index
    }
    return found
  }
}

/** Separates the channels of a log. Elements of one chunk become as few runs as their order allows. */
export const demultiplex = <E, R>(log: Stream.Stream<Uint8Array, E, R>): Stream.Stream<LogRun, E, R> =>
  Stream.suspend(() => {
    const demux = makeLogDemux()
    return Stream.concat(
      // Web sockets bring small messages, which are cheaper to read together.
      Stream.mapChunks(log, (pieces) => Chunk.unsafeFromArray(demux.push(joinBytes(Chunk.toReadonlyArray(pieces))))),
      Stream.suspend(() => Stream.fromIterable(demux.end()))
    )
  })

/** Consecutive text of one channel. */
export interface LogText {
  readonly channel: LogChannel
  readonly text: string
}

/** Decodes UTF-8, each channel separately; characters may be cut anywhere. Bytes that are not UTF-8 become U+FFFD. */
export const decodeRuns = <E, R>(runs: Stream.Stream<LogRun, E, R>): Stream.Stream<LogText, E, R> =>
  Stream.suspend(() => {
    const decoders = { stdout: makeUtf8Decoder(), stderr: makeUtf8Decoder() }
    const decoded = Stream.map(runs, ({ bytes, channel }): LogText => ({ channel, text: decoders[channel](bytes) }))
    const rest = Stream.suspend(() =>
      Stream.make<Array<LogText>>(
        { channel: "stdout", text: restOf(decoders.stdout) },
        { channel: "stderr", text: restOf(decoders.stderr) }
      )
    )
    return Stream.filter(Stream.concat(decoded, rest), ({ text }) => text !== "")
  })

const oneNewline = Uint8Array.of(newline)

/** What a decoder holds back: another byte makes it return that. */
const restOf = (decode: (bytes: Uint8Array) => string): string => decode(oneNewline).slice(0, -1)
