/** Codecs that never throw. */
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import type * as Schema from "effect/Schema"

/**
 * Runs a codec. A value that it cannot walk is a parse error: one that is nested too deeply for a recursive schema, or
 * an object of the caller with a getter that throws.
 */
export const caught = <In, Out>(
  schema: Schema.Schema.All,
  codec: (input: In) => Either.Either<Out, ParseResult.ParseError>,
  input: In
): Either.Either<Out, ParseResult.ParseError> => {
  try {
    return codec(input)
  } catch (cause) {
    const problem = cause instanceof RangeError ? "is nested too deeply" : "cannot be read"
    return Either.left(ParseResult.parseError(new ParseResult.Type(schema.ast, undefined, problem)))
  }
}
