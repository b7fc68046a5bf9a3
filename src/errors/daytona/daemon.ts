/** Failures that come of the age of the daemon in a sandbox. */
import * as Schema from "effect/Schema"
import { constant, System } from "../RequestFailure.js"

/**
 * The daemon in this sandbox is older than an option that was asked for, and would ignore it without a word: so nothing was
 * sent. A sandbox from a newer snapshot has a newer daemon.
 */
export class UnsupportedByDaemon extends Schema.TaggedError<UnsupportedByDaemon>(
  "effect-sandboxes/UnsupportedByDaemon"
)("UnsupportedByDaemon", {
  code: constant("UNSUPPORTED_BY_DAEMON"),
  system: System,
  /** The operation as the SDK names it, for example `Git.clone`. */
  operation: Schema.String,
  sandboxId: Schema.String,
  /** The option that it does not know, for example `depth`. */
  field: Schema.String,
  message: Schema.String,
  retryable: constant(false),
  admitted: constant("no")
}) {}
