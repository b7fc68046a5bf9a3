/** Failures of terminals. A non-zero exit code of a shell is not a failure: it is a value. */
import * as Schema from "effect/Schema"
import { SandboxId } from "../../schema/daytona/Identifiers.js"
import { PtyId } from "../../schema/daytona/toolbox/Pty.js"
import { constant, System } from "../RequestFailure.js"
import { TaggedError } from "../TaggedError.js"

const commonFields = {
  system: System,
  /** The operation, for example `Pty.attach`. */
  operation: Schema.String,
  sandboxId: SandboxId,
  ptyId: PtyId,
  message: Schema.String
}

/**
 * The connection to a terminal ended, and its shell may still be running. It can be attached again, but output in
 * between is lost, since the daemon does not buffer it.
 *
 * - `lost`: the connection broke.
 * - `slowConsumer`: the output was read too slowly, and the daemon closed the connection. Older daemons mostly just
 *   break it, which is `lost`.
 * - `serverGone`: the daemon, or a proxy in front of it, is stopping or failing.
 * - `left`: the scope of the attachment was closed.
 */
export class PtyDetached extends TaggedError<PtyDetached>("effect-sandboxes/PtyDetached")("PtyDetached", {
  code: constant("PTY_DETACHED"),
  ...commonFields,
  reason: Schema.Literal("lost", "slowConsumer", "serverGone", "left"),
  /** The close code of the web socket; 1006 without a close frame. */
  closeCode: Schema.optional(Schema.Number),
  closeReason: Schema.optional(Schema.String),
  /** Whether attaching again may help. */
  retryable: Schema.Boolean,
  admitted: constant("yes")
}) {}

/** The shell of a terminal has ended, and does not accept input. */
export class PtyEnded extends TaggedError<PtyEnded>("effect-sandboxes/PtyEnded")("PtyEnded", {
  code: constant("PTY_ENDED"),
  ...commonFields,
  exitCode: Schema.Number,
  retryable: constant(false),
  admitted: constant("no")
}) {}

/** The shell of a terminal ended while no client was attached. Its exit code and last output are lost. */
export class PtyEndedUnseen extends TaggedError<PtyEndedUnseen>("effect-sandboxes/PtyEndedUnseen")("PtyEndedUnseen", {
  code: constant("PTY_ENDED_UNSEEN"),
  ...commonFields,
  retryable: constant(false),
  admitted: constant("yes")
}) {}

/** The daemon could not start the shell of a terminal, most often because its `cwd` is not a directory. */
export class PtyNotStarted extends TaggedError<PtyNotStarted>("effect-sandboxes/PtyNotStarted")("PtyNotStarted", {
  code: constant("PTY_NOT_STARTED"),
  ...commonFields,
  /** The reason, as the daemon words it. */
  detail: Schema.String,
  retryable: constant(false),
  admitted: constant("no")
}) {}
