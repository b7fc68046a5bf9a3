/** What requests are checked for before they are sent: byte limits, well-formed text, durations that Go can parse. */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type { DurationWithUnit } from "../refused.js"

const isDurationInput = (input: unknown): input is DurationWithUnit => Option.isSome(Duration.decodeUnknown(input))

/** Every form in which Effect accepts a duration. */
export const DurationInput = Schema.declare(isDurationInput, { identifier: 'a duration such as "5 minutes"' })

/** Go counts nanoseconds in 63 bits: a little more than 292 years. */
const longestGoDuration = 9_223_372_036_854

/** A duration, sent in Go's notation: `1500ms`. Greater than zero, and at most what Go can represent. */
export const GoDuration: Schema.Schema<DurationWithUnit, string> = Schema.transformOrFail(
  Schema.String,
  DurationInput,
  {
    strict: true,
    // A server sends none, but a request that was stored is read again.
    decode: (text, _, ast) => {
      const [, milliseconds] = /^(\d+(?:\.\d+)?)ms$/.exec(text) ?? []
      return milliseconds === undefined
        ? ParseResult.fail(new ParseResult.Type(ast, text, "must be a duration in milliseconds, such as 1500ms"))
        : ParseResult.succeed(Duration.millis(Number(milliseconds)))
    },
    encode: (input, _, ast) => {
      const milliseconds = Duration.toMillis(input)
      return milliseconds > 0 && milliseconds <= longestGoDuration
        ? ParseResult.succeed(`${milliseconds}ms`)
        : ParseResult.fail(new ParseResult.Type(ast, input, "must be greater than zero and less than 292 years"))
    }
  }
)

const encoder = new TextEncoder()

/** The length that the server counts: UTF-8 bytes. */
export const byteLength = (text: string): number => encoder.encode(text).length

/** The length of a text for a shell, without the quotes around it. A quote in it becomes four characters. */
export const quotedBytes = (text: string): number => byteLength(text.replaceAll("'", "'\\''"))

/** A filter: at most `limit` bytes of UTF-8. A UTF-16 unit takes at most three, so short texts are never encoded. */
export const atMostBytes = (limit: number) => (text: string) =>
  text.length * 3 <= limit || byteLength(text) <= limit || `must not exceed ${limit} bytes`

/** A filter: at least one character. */
export const notEmpty = (text: string) => text !== "" || "must not be empty"

/** A filter: no lone surrogate. UTF-8 cannot encode one, so it would arrive as another character. */
export const wellFormed = (text: string) =>
  !/\p{Surrogate}/u.test(text) || "must be well-formed text (it contains a lone surrogate)"

/** A filter: no NUL character, which no command line can contain. */
export const withoutNul = (text: string) => !text.includes("\0") || "must not contain a NUL character"

/**
 * The largest argument of a command line, in bytes. The server passes prompts and options to Claude Code as arguments,
 * and Linux takes 128 KiB for each, the NUL at its end included.
 */
export const maxArgumentBytes = 131_071

/** One argument of a command line. */
export const Argument = Schema.String.pipe(
  Schema.filter(atMostBytes(maxArgumentBytes)),
  Schema.filter(wellFormed),
  Schema.filter(withoutNul)
)

/** Text of at least one character. */
export const NonEmpty = Schema.String.pipe(Schema.filter(notEmpty))

/** A filter: a session id as Claude Code accepts it. */
export const isSessionId = (id: string) =>
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id) || "must be a UUID: Claude Code refuses any other session id"
