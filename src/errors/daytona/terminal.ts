/** Failures of terminals. That a shell ends with another code than 0 is none: it is a value. */
import * as Schema from "effect/Schema"
import { SandboxId } from "../../schema/daytona/Identifiers.js"
import { PtyId } from "../../schema/daytona/toolbox/Pty.js"
import { constant, System } from "../RequestFailure.js"

const commonFields = {
  system: System,
  /** The operation as the SDK names it, for example `Pty.attach`. */
  operation: Schema.String,
  sandboxId: SandboxId,
  ptyId: PtyId,
  message: Schema.String
}

/**
 * A terminal is no longer connected, and its shell may still run. It can be attached to again; what it printed meanwhile is lost,
 * since the daemon keeps nothing.
 *
 * - `lost`: the connection broke.
 * - `slowConsumer`: the output was read more slowly than it was printed, and the daemon gave up.
 * - `serverGone`: the daemon, or something before it, is stopping or has a problem.
 * - `left`: the scope that the terminal was attached in is closed.
 */
export class PtyDetached extends Schema.TaggedError<PtyDetached>("effect-sandboxes/PtyDetached")("PtyDetached", {
  code: constant("PTY_DETACHED"),
  ...commonFields,
  reason: Schema.Literal("lost", "slowConsumer", "serverGone", "left"),
  /** How the web socket closed; 1006 without a close frame. */
  closeCode: Schema.optional(Schema.Number),
  closeReason: Schema.optional(Schema.String),
  /** Whether attaching again may help. */
  retryable: Schema.Boolean,
  admitted: constant("yes")
}) {}

/** The shell of a terminal has ended and takes no input. */
export class PtyEnded extends Schema.TaggedError<PtyEnded>("effect-sandboxes/PtyEnded")("PtyEnded", {
  code: constant("PTY_ENDED"),
  ...commonFields,
  exitCode: Schema.Number,
  retryable: constant(false),
  admitted: constant("no")
}) {}

/** The shell of a terminal ended while nobody was attached: how, and what it printed last, nobody knows. */
export class PtyEndedUnseen extends Schema.TaggedError<PtyEndedUnseen>("effect-sandboxes/PtyEndedUnseen")(
  "PtyEndedUnseen",
  {
    code: constant("PTY_ENDED_UNSEEN"),
    ...commonFields,
    retryable: constant(false),
    admitted: constant("yes")
  }
) {}

/** The daemon knows the terminal and cannot start its shell, most often since its `cwd` is no directory. */
export class PtyNotStarted extends Schema.TaggedError<PtyNotStarted>("effect-sandboxes/PtyNotStarted")(
  "PtyNotStarted",
  {
    code: constant("PTY_NOT_STARTED"),
    ...commonFields,
    /** The daemon's own words. */
    detail: Schema.String,
    retryable: constant(false),
    admitted: constant("no")
  }
) {}
