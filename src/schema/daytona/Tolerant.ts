/**
 * What keeps an odd value from spoiling a whole answer. The server stores labels and environment variables as they were
 * sent, whatever their type, and an answer to a change is sent after the change: so what is needed to act on a thing
 * must be readable, and the rest may be odd.
 */
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

/** The field of everything that the server returns in lists and in answers to changes. */
export const tolerantFields = {
  /**
   * The fields that the server sent in a form that cannot be read. They are absent here, or empty (`""`, `0`, `{}`)
   * where they cannot be. Absent when everything was readable.
   */
  unreadable: Schema.optional(Schema.Array(Schema.String))
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value))

/** Texts by name. The server also stores values that are no texts; those are read as JSON. */
export const Texts = Schema.transformOrFail(
  Schema.Record({ key: Schema.String, value: Schema.Unknown }),
  Schema.Record({ key: Schema.String, value: Schema.String }),
  {
    strict: true,
    decode: (values, _, ast) =>
      ParseResult.try({
        try: () => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, textOf(value)])),
        catch: () => new ParseResult.Type(ast, values, "must not be nested too deeply")
      }),
    encode: ParseResult.succeed
  }
)
