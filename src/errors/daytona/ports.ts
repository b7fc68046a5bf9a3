/** A server in a sandbox did not become ready. */
import * as Schema from "effect/Schema"
import { SandboxId } from "../../schema/daytona/Identifiers.js"
import { constant, System } from "../RequestFailure.js"
import { TaggedError } from "../TaggedError.js"

/** Nothing listened on a port in time, or it did not respond as expected. It can be awaited again. */
export class PortNotReady extends TaggedError<PortNotReady>("effect-sandboxes/PortNotReady")("PortNotReady", {
  code: constant("PORT_NOT_READY"),
  system: System,
  /** `Ports.awaitPort` or `Ports.awaitHttp`. */
  operation: Schema.String,
  sandboxId: SandboxId,
  port: Schema.Number,
  /** The last HTTP status, if there was a response. */
  lastStatus: Schema.optional(Schema.Number),
  message: Schema.String,
  retryable: constant(true)
}) {}
