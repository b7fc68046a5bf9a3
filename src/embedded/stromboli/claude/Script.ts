/** Outputs of scripted processes, for tests. */
import * as Chunk from "effect/Chunk"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { RunInput } from "./ClaudeProcess.js"
import { exited, killedBy, type ProcessFailed, type Signal } from "./ProcessFailed.js"
import * as StreamJson from "./StreamJson.js"

/** The output of a scripted process. */
export type Output = Stream.Stream<string, ProcessFailed>

/** Prints lines and exits successfully. */
export const says = (...lines: ReadonlyArray<string>): Output => Stream.fromIterable(lines)

/** Answers in the requested output format: plain text, the JSON envelope or stream-json. */
export const replies = (input: RunInput, text: string, structured?: unknown): Output =>
  Stream.fromIterable(StreamJson.format(input, text, { structured }))

/** What {@link delegates} says. */
export interface Delegation {
  /** The answer to the prompt. */
  readonly answer: string
  /** What the CLI says when the sub-agent has ended. */
  readonly news: string
  /** The structured output of the answer and of the news. Default none. */
  readonly structured?: { readonly answer: unknown; readonly news: unknown }
  /** How long the sub-agent works. Default 0. */
  readonly delay?: Duration.DurationInput
}

/**
 * Answers, and once a sub-agent in the background has ended, takes a turn of its own, as the CLI does since 2.1: an
 * agent prints a second result, with an `origin`, whether or not another prompt waits for one. A run in the formats
 * `text` and
 * `json` prints the news instead of the answer. Without background tasks (`CLAUDE_CODE_DISABLE_BACKGROUND_TASKS` in
 * `settings`), only the answer is printed.
 */
export const delegates = (input: RunInput, { answer, delay = 0, news, structured }: Delegation): Output => {
  const answered = Stream.fromIterable(StreamJson.format(input, answer, { structured: structured?.answer }))
  if (/"CLAUDE_CODE_DISABLE_BACKGROUND_TASKS"\s*:\s*"1"/.test(input.claude.settings)) return answered
  const origin = { kind: "task-notification", producer: "session-task" }
  const ownTurn = StreamJson.format({ ...input, prompt: "" }, news, { origin, structured: structured?.news })
  const later = Stream.drain(Stream.fromEffect(Effect.sleep(delay)))
  return input.claude.output_format === "stream-json"
    ? answered.pipe(
        Stream.concat(later),
        Stream.concat(says(StreamJson.taskNotification(input.sessionId, news), ...ownTurn))
      )
    : Stream.concat(later, says(...ownTurn))
}

/**
 * Fails like the CLI with an error result, such as `error_max_turns`: prints it, in the formats that have one, and
 * exits with 1. An agent goes on.
 */
export const failsWith = (input: RunInput, subtype: string, message: string): Output => {
  const printed = says(...StreamJson.format(input, message, { subtype }))
  return input.claude.input_format === "stream-json" ? printed : Stream.concat(printed, Stream.fail(exited(1)))
}

/** Prints lines and exits with a code. Codes above 128 are crashes, 1 to 128 failures. */
export const exits = (code: number, ...lines: ReadonlyArray<string>): Output =>
  Stream.concat(says(...lines), code === 0 ? Stream.empty : Stream.fail(exited(code)))

/** Prints lines and is killed by a signal. */
export const dies = (signal: Signal, ...lines: ReadonlyArray<string>): Output =>
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
