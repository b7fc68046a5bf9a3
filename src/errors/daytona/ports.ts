/** Failures of waiting for what listens in a sandbox. */
import * as Schema from "effect/Schema"
import { SandboxId } from "../../schema/daytona/Identifiers.js"
import { constant, System } from "../RequestFailure.js"

/** Nothing listened on a port, or it did not answer as hoped, when the time was up. It can be awaited again. */
export class PortNotReady extends Schema.TaggedError<PortNotReady>("effect-sandboxes/PortNotReady")("PortNotReady", {
  code: constant("PORT_NOT_READY"),
  system: System,
  /** `Ports.awaitPort` or `Ports.awaitHttp`. */
  operation: Schema.String,
  sandboxId: SandboxId,
  port: Schema.Number,
  /** The last HTTP status that was seen, if there was one. */
  lastStatus: Schema.optional(Schema.Number),
  message: Schema.String,
  retryable: constant(true)
}) {}
