/**
 * Answers whose essentials can be read are read: a field that is not as expected is left out, or replaced by a
 * placeholder, and an element of a list that cannot be read even so is left out. Only what is unexpected takes this
 * way.
 */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { firstIssue } from "./firstIssue.js"
import { toSnakeCase } from "./snakeCase.js"
import { withFallback } from "./wireStruct.js"

/** What stands in a required field that cannot be read, by its name in TypeScript. */
export type Placeholders = Readonly<Record<string, unknown>>

/** One object of which only the fields that are required and have no placeholder have to be right. */
export const lenient = <A, I>(schema: Schema.Schema<A, I>, placeholders: Placeholders = {}): Schema.Schema<A, I> =>
  // Decodes the object again and again, each time without the field that was wrong.
  withFallback(schema, ({ actual }) => {
    const decode = ParseResult.decodeUnknownEither(schema)
    let current = actual
    // What was wrong with each field that was left out. A field that is needed is wrong again, because it is missing.
    const mended = new Map<string, Either.Left<ParseResult.ParseIssue, A>>()
    for (;;) {
      const decoded = decode(current)
      if (Either.isRight(decoded)) return decoded
      const field = firstIssue(decoded.left)?.path[0]
      if (typeof field !== "string" || !Predicate.isRecord(current)) return decoded
      const before = mended.get(field)
      if (before !== undefined) return before
      mended.set(field, decoded)
      current = { ...current, [toSnakeCase(field)]: placeholders[field] }
    }
  })

/** A list without the elements that cannot be read. If none of them can be read, it is no such list. */
export const lenientList = <A, I>(item: Schema.Schema<A, I>): Schema.Schema<ReadonlyArray<A>, ReadonlyArray<I>> =>
  withFallback(Schema.Array(item), (issue) => {
    const decode = ParseResult.decodeUnknownOption(item)
    const elements: ReadonlyArray<unknown> = Array.isArray(issue.actual) ? issue.actual : []
    const read = elements.flatMap((element) => Option.toArray(decode(element)))
    return read.length === 0 ? Either.left(issue) : Either.right(read)
  })
