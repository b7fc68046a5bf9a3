import * as Either from "effect/Either"
import { firstValue } from "./jsonSyntax.js"

/**
 * Reads the first JSON value of a text the way Go's decoder does: what follows it is ignored, and what is wrong with it is
 * said in Go's words (`EOF`, `unexpected EOF`, `invalid character 'x' looking for beginning of value`, …).
 */
export const parse = (text: string): Either.Either<unknown, string> =>
  Either.orElse(parseStrictly(text), () =>
    Either.flatMap(firstValue(text), (value) => Either.mapLeft(parseStrictly(value), () => "unexpected EOF"))
  )

const parseStrictly = (text: string): Either.Either<unknown, unknown> => Either.try((): unknown => JSON.parse(text))

const escapes: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029"
}

/** Writes JSON as Go does, with HTML's special characters escaped. */
export const stringify = (value: unknown): string =>
  JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => escapes[character] ?? character)
