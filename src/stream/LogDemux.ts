/**
 * Two channels in one log: every line begins with three bytes that say which channel it is of, `01 01 01` for standard output
 * and `02 02 02` for standard error. Nothing is escaped.
 *
 * What counts as a marker:
 *
 * - At the beginning of a line (and of the log), either one does.
 * - Within a line, only that of the *other* channel does. The two writers of such a log append to one file, a long line in several
 *   pieces, so the line of one may be interrupted by a line of the other. But no writer interrupts itself: three bytes of the own
 *   channel within a line are what a program printed, which binary output does all the time, and are left alone.
 * - After the interrupting line, a line without a marker is the rest of the interrupted one, and goes to its channel.
 *
 * What comes before the first marker is standard output. What cannot be told apart stays where it is: a line that interrupts and
 * is interrupted itself, and the bytes of the other channel's marker printed by a program within a line.
 */
import * as Chunk from "effect/Chunk"
import * as Stream from "effect/Stream"
import { joinBytes } from "./bytes.js"
import { makeUtf8Decoder } from "./Utf8.js"

export type LogChannel = "stdout" | "stderr"

/** Bytes of one channel that follow each other. */
export interface LogRun {
  readonly channel: LogChannel
  readonly bytes: Uint8Array
}

export interface LogDemux {
  /** The runs in the next piece of the log, which may be cut anywhere. At most two bytes are held back, which may begin a marker. */
  readonly push: (piece: Uint8Array) => ReadonlyArray<LogRun>
  /** What was held back: it began no marker. */
  readonly end: () => ReadonlyArray<LogRun>
}

const newline = 0x0a
const markerLength = 3
/** The bytes of the markers, which stand for the channels here as well. */
const stdoutByte = 1
const stderrByte = 2

const nothing: ReadonlyArray<LogRun> = []

/** Memory is allocated so many bytes at a time, since the messages of a log are small. Nothing in it is written twice. */
const slabLength = 16 * 1024

/** Makes the parser of one log. It looks at every byte once, and copies what it emits. */
export const makeLogDemux = (): LogDemux => {
  let channel = stdoutByte
  /** The channel whose line was interrupted; 0 for none. */
  let interrupted = 0
  let atLineStart = true
  /** So many bytes of a possible marker, all of them `heldByte`, are held back. */
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
  /** A line begins with something that is no marker. */
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
    // The rest of a marked line is within the line, but an empty one may end at once.
    atLineStart = false
  }
  /** What was held back is complete, or no marker after all. */
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
    // Nothing that is emitted is longer than what came in: markers go away, and held bytes come back.
    if (out.length - written < length + held) {
      out = new Uint8Array(Math.max(length + held, slabLength))
      written = runStart = 0
    }
    // All of it is copied at once, behind where it can end up; moving the stretches between the markers is cheap then.
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

/** Where a byte is next, from an index that only grows; behind the end when it is not there. It looks at everything once. */
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

/** Takes a log apart. Elements that arrive together become as few runs as their order allows. */
export const demultiplex = <E, R>(log: Stream.Stream<Uint8Array, E, R>): Stream.Stream<LogRun, E, R> =>
  Stream.suspend(() => {
    const demux = makeLogDemux()
    return Stream.concat(
      // Web sockets bring small messages, which are cheaper to read together.
      Stream.mapChunks(log, (pieces) => Chunk.unsafeFromArray(demux.push(joinBytes(Chunk.toReadonlyArray(pieces))))),
      Stream.suspend(() => Stream.fromIterable(demux.end()))
    )
  })

/** Text of one channel that follows each other. */
export interface LogText {
  readonly channel: LogChannel
  readonly text: string
}

/** Decodes UTF-8, each channel by itself; characters may be cut anywhere. Bytes that are not UTF-8 become U+FFFD. */
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

/** What a decoder still holds: another byte makes it give that up. */
const restOf = (decode: (bytes: Uint8Array) => string): string => decode(oneNewline).slice(0, -1)
