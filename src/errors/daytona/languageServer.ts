/** A position that the daemon does not accept. */
import * as Schema from "effect/Schema"
import { constant, requestFailureFields } from "../RequestFailure.js"
import { TaggedError } from "../TaggedError.js"

/**
 * Older daemons mistake a 0 for a missing number, so they refuse completions on the first line and before the first
 * character of any line. Use a later position instead; retrying does not help.
 */
export class PositionRefused extends TaggedError<PositionRefused>("effect-sandboxes/PositionRefused")(
  "PositionRefused",
  {
    code: constant("POSITION_REFUSED"),
    /** Zero-based. */
    line: Schema.Number,
    /** Zero-based. */
    character: Schema.Number,
    ...requestFailureFields
  }
) {}
