/** Building blocks of requests: strings with suggestions, durations in Go's notation, limits that count bytes. */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

/** Any string; editors suggest the ones that are known, and a value that a newer server knows is not refused. */
export const openLiteral = <const Known extends string>(
  ..._known: ReadonlyArray<Known>
): Schema.Schema<Known | (string & {}), string> => Schema.make<Known | (string & {}), string>(Schema.String.ast)

const isDurationInput = (input: unknown): input is Duration.DurationInput =>
  Option.isSome(Duration.decodeUnknown(input))

/** A duration, sent as Go writes it: `1500ms`. Finite and more than zero. */
export const GoDuration: Schema.Schema<Duration.DurationInput, string> = Schema.transformOrFail(
  Schema.String,
  Schema.declare(isDurationInput, { identifier: 'a duration such as "5 minutes"' }),
  {
    strict: true,
    decode: (text, _, ast) => ParseResult.fail(new ParseResult.Forbidden(ast, text, "durations are only ever sent")),
    encode: (input, _, ast) => {
      const milliseconds = Duration.toMillis(input)
      return Number.isFinite(milliseconds) && milliseconds > 0
        ? ParseResult.succeed(`${milliseconds}ms`)
        : ParseResult.fail(new ParseResult.Type(ast, input, "must be finite and more than zero"))
    }
  }
)

const encoder = new TextEncoder()

/** The length that the server counts: UTF-8 bytes. */
export const byteLength = (text: string): number => encoder.encode(text).length

/** A filter: at most `limit` bytes of UTF-8. A UTF-16 unit takes no more than three, so short texts are never encoded. */
export const atMostBytes = (limit: number) => (text: string) =>
  text.length * 3 <= limit || byteLength(text) <= limit || `must not exceed ${limit} bytes`

/** A filter: at least one character. */
export const notEmpty = (text: string) => text !== "" || "must not be empty"

/** Text of at least one character. */
export const NonEmpty = Schema.String.pipe(Schema.filter(notEmpty))

/** A filter: a session id as the server accepts it. */
export const isSessionId = (id: string) =>
  (id !== "" && !id.includes("/") && !id.includes("..") && !id.includes("\0")) ||
  'must be a session id: not empty, without "/", ".." and NUL characters'
