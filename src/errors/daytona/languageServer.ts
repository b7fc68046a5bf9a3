/** What a language server in a sandbox cannot be asked. */
import * as Schema from "effect/Schema"
import { constant, requestFailureFields } from "../RequestFailure.js"

/**
 * The daemon refuses completions on the first line and before the first character of any line: older ones take a 0 for a
 * missing number. Asking again does not help; asking for a place after it does.
 */
export class PositionRefused extends Schema.TaggedError<PositionRefused>("effect-sandboxes/PositionRefused")(
  "PositionRefused",
  {
    code: constant("POSITION_REFUSED"),
    /** From 0. */
    line: Schema.Number,
    /** From 0. */
    character: Schema.Number,
    ...requestFailureFields
  }
) {}
