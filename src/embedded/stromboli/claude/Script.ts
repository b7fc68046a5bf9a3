/** Outputs of scripted processes, for tests. */
import * as Chunk from "effect/Chunk"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { RunInput } from "./ClaudeProcess.js"
import { exited, killedBy, type ProcessFailed } from "./ProcessFailed.js"
import * as StreamJson from "./StreamJson.js"

/** The output of a scripted process. */
export type Output = Stream.Stream<string, ProcessFailed>

/** Prints lines and exits successfully. */
export const says = (...lines: ReadonlyArray<string>): Output => Stream.fromIterable(lines)

/** Answers in the requested output format: plain text, the JSON envelope or stream-json. */
export const replies = (input: RunInput, text: string, structured?: unknown): Output =>
  Stream.fromIterable(StreamJson.format(input, text, structured))

/** Prints lines and exits with a code. Codes above 128 are crashes, 1 to 128 failures. */
export const exits = (code: number, ...lines: ReadonlyArray<string>): Output =>
  Stream.concat(says(...lines), code === 0 ? Stream.empty : Stream.fail(exited(code)))

/** Prints lines and is killed by a signal. */
export const dies = (signal: NodeJS.Signals, ...lines: ReadonlyArray<string>): Output =>
  Stream.concat(says(...lines), Stream.fail(killedBy(signal)))

/** Prints lines and hangs. */
export const hangs = (...lines: ReadonlyArray<string>): Output => Stream.concat(says(...lines), Stream.never)

/** Prints this many bytes in lines of the given length, produced only as they are read. */
export const floods = (bytes: number, lineLength = 8_192): Output => {
  const line = "x".repeat(lineLength - 1)
  const fewLines = Chunk.makeBy(8, () => line)
  return Stream.unfoldChunk(Math.ceil(bytes / lineLength), (left) =>
    left <= 0 ? Option.none() : Option.some([Chunk.take(fewLines, left), left - 8] as const)
  )
}
