/** Kinds of arguments that several tools take. */
import * as Schema from "effect/Schema"
import { optional } from "./definition.js"

/** Half a surrogate pair is nothing that a sandbox could be sent. */
const wellFormed = Schema.filter<typeof Schema.String>((text) => !/\p{Surrogate}/u.test(text), {
  jsonSchema: {},
  message: () => "must be well-formed text (it contains half of a surrogate pair)"
})

const saying = (words: string) => ({ message: () => words })

export const Text = Schema.String.annotations(saying("must be text")).pipe(wellFormed)
export const FilledText = Text.pipe(Schema.minLength(1, saying("must not be empty")))
export const Flag = Schema.Boolean.annotations(saying("must be true or false"))

const Numeric = Schema.Number.annotations(saying("must be a number"))
// `Schema.Int` would be a reference to a definition, which not every provider follows.
const Whole = Numeric.pipe(Schema.int(saying("must be a whole number")))

const between = (least: number, most: number) =>
  Whole.pipe(Schema.between(least, most, saying(`must be a whole number from ${least} to ${most}`)))

export const Count = Whole.pipe(Schema.greaterThanOrEqualTo(1, saying("must be at least 1")))
export const Seconds = Numeric.pipe(Schema.greaterThan(0, saying("must be more than 0")))
export const Pixel = between(0, 100_000)
export const Port = between(1, 65_535)

export const directory = optional(FilledText, "The directory to run in. Default: the work directory.")
export const repository = optional(FilledText, "The directory of the repository. Default: the work directory.")

/** What every answer may say besides. */
export const note = {
  /** What was cut, and how to get it; or what else to know. */
  note: Schema.optional(Schema.String)
}
