/** Kinds of arguments that several tools take. */
import * as Schema from "effect/Schema"
import { optional } from "./definition.js"

export const Text = Schema.String
export const FilledText = Schema.NonEmptyString
export const Flag = Schema.Boolean
// `Schema.Int` would be a reference to a definition, which not every provider follows.
const Whole = Schema.Number.pipe(Schema.int())
export const Count = Whole.pipe(Schema.greaterThanOrEqualTo(1))
export const Seconds = Schema.Number.pipe(Schema.greaterThan(0), Schema.finite())
export const Pixel = Whole.pipe(Schema.between(0, 100_000))
export const Port = Whole.pipe(Schema.between(1, 65_535))

export const directory = optional(FilledText, "The directory to run in. Default: the work directory.")
export const repository = optional(FilledText, "The directory of the repository. Default: the work directory.")

/** What every answer may say besides. */
export const note = {
  /** What was cut, and how to get it; or what else to know. */
  note: Schema.optional(Schema.String)
}
