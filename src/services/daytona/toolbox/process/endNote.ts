/**
 * Recognizes the end of a command whose output is still held open. The shell then notes the end in both outputs: what
 * comes before the note is all that the command itself has printed, and what comes after it is not its output.
 */
import * as Stream from "effect/Stream"
import type { LogChannel, LogRun } from "../../../../stream/LogDemux.js"

const newline = 0x0a

/** One character for each byte, in both directions of an index. */
const latin1 = new TextDecoder("latin1")

/** How many of the last characters may begin the note. */
const begunAt = (text: string, note: string): number => {
  if (text.endsWith("\n")) return 0
  for (let length = Math.min(text.length, note.length - 1); length > 0; length--) {
    if (text.endsWith(note.slice(0, length))) return length
  }
  return 0
}

const joined = (first: Uint8Array, second: Uint8Array): Uint8Array => {
  if (first.length === 0) return second
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}

/** Reads one output, cut anywhere. `note` ends before the exit code, which ends with the line. */
const makeReader = (note: string) => {
  let held: Uint8Array = new Uint8Array()
  let isWholeLine = true
  let exitCode: number | undefined

  const emit = (bytes: Uint8Array): Uint8Array => {
    if (bytes.length > 0) isWholeLine = bytes[bytes.length - 1] === newline
    return bytes
  }

  return {
    exitCode: () => exitCode,
    /** What of it is output. */
    push: (bytes: Uint8Array): Uint8Array => {
      if (exitCode !== undefined) return new Uint8Array()
      const all = joined(held, bytes)
      const text = latin1.decode(all)
      const at = text.indexOf(note)
      if (at === -1) {
        const end = all.length - begunAt(text, note)
        held = all.subarray(end)
        return emit(all.subarray(0, end))
      }
      const lineEnd = text.indexOf("\n", at)
      if (lineEnd === -1) {
        held = all.subarray(at)
        return emit(all.subarray(0, at))
      }
      const code = text.slice(at + note.length, lineEnd)
      exitCode = Number.parseInt(code, 10)
      held = new Uint8Array()
      emit(all.subarray(0, at))
      // The daemon completes the last line of a command, but here the note did.
      return isWholeLine ? all.subarray(0, at) : joined(all.subarray(0, at), Uint8Array.of(newline))
    },
    /** What was held back: it did not begin the note. */
    end: (): Uint8Array => held
  }
}

/** The output up to the note, or all of it if there is none. `onExit` is called before the stream ends. */
export const untilNote = <E, R>(
  note: string,
  follow: (onExit: (exitCode: number) => void) => Stream.Stream<LogRun, E, R>,
  onExit: (exitCode: number) => void
): Stream.Stream<LogRun, E, R> =>
  Stream.suspend(() => {
    const readers = { stdout: makeReader(note), stderr: makeReader(note) }
    const rest = (channel: LogChannel): LogRun => ({ channel, bytes: readers[channel].end() })
    /** The exit code, once both outputs have the note. */
    const exitCode = () => (readers.stderr.exitCode() === undefined ? undefined : readers.stdout.exitCode())
    return Stream.concat(
      follow(onExit).pipe(
        Stream.map(({ bytes, channel }) => ({ channel, bytes: readers[channel].push(bytes), exitCode: exitCode() })),
        Stream.takeUntil((run) => run.exitCode !== undefined),
        Stream.map(({ exitCode, ...run }): LogRun => {
          if (exitCode !== undefined) onExit(exitCode)
          return run
        })
      ),
      Stream.suspend(() => Stream.make(rest("stdout"), rest("stderr")))
    ).pipe(Stream.filter(({ bytes }) => bytes.length > 0))
  })
