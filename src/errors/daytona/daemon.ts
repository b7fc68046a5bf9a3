/** The daemon in a sandbox is too old for an option. */
import * as Schema from "effect/Schema"
import { constant, System } from "../RequestFailure.js"
import { TaggedError } from "../TaggedError.js"

/**
 * The daemon in this sandbox does not support an option and would silently ignore it, so nothing was sent. A sandbox
 * from a newer snapshot has a newer daemon.
 */
export class UnsupportedByDaemon extends TaggedError<UnsupportedByDaemon>("effect-sandboxes/UnsupportedByDaemon")(
  "UnsupportedByDaemon",
  {
    code: constant("UNSUPPORTED_BY_DAEMON"),
    system: System,
    /** The operation, for example `Git.clone`. */
    operation: Schema.String,
    sandboxId: Schema.String,
    /** The unsupported option, for example `depth`. */
    field: Schema.String,
    message: Schema.String,
    retryable: constant(false),
    admitted: constant("no")
  }
) {}
