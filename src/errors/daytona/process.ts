/** Failures of what runs in a sandbox. That a program ends with another code than 0 is none: it is a value. */
import * as Schema from "effect/Schema"
import { SandboxId } from "../../schema/daytona/Identifiers.js"
import { CommandId, ProcessSessionId } from "../../schema/daytona/toolbox/Session.js"
import { constant, System } from "../RequestFailure.js"

const commonFields = {
  system: System,
  /** The operation as the SDK names it, for example `Process.execute`. */
  operation: Schema.String,
  sandboxId: SandboxId,
  message: Schema.String
}

const inSession = {
  ...commonFields,
  sessionId: ProcessSessionId,
  /** Absent where it was not known yet. */
  commandId: Schema.optional(CommandId)
}

/** A command did not end in the time that it was given, and was killed with all that it had started. */
export class CommandTimeout extends Schema.TaggedError<CommandTimeout>("effect-sandboxes/CommandTimeout")(
  "CommandTimeout",
  {
    code: constant("COMMAND_TIMEOUT"),
    ...commonFields,
    /** The time that it was given. */
    timeout: Schema.DurationFromMillis,
    /** What it had printed until then, where that could be had: not with `executeMerged` and `codeRun`. */
    stdout: Schema.optional(Schema.String),
    stderr: Schema.optional(Schema.String),
    retryable: constant(false),
    admitted: constant("yes")
  }
) {}

/** A command ended with another code than 0, where 0 was asked for. */
export class CommandFailed extends Schema.TaggedError<CommandFailed>("effect-sandboxes/CommandFailed")(
  "CommandFailed",
  {
    code: constant("COMMAND_FAILED"),
    ...commonFields,
    exitCode: Schema.Number,
    stdout: Schema.String,
    stderr: Schema.String,
    /** Whether one of them is only the beginning of what was printed. */
    truncated: Schema.Boolean,
    retryable: constant(false),
    admitted: constant("yes")
  }
) {}

/**
 * The shell of a session is gone, by `exit`, `exec` or `set -e` in one of its commands or by a signal. Commands that had not ended
 * have no exit code and will get none; the session can only be deleted.
 */
export class ShellExited extends Schema.TaggedError<ShellExited>("effect-sandboxes/ShellExited")("ShellExited", {
  code: constant("SHELL_EXITED"),
  ...inSession,
  retryable: constant(false),
  admitted: constant("yes")
}) {}

/** The session is no more: it was deleted, or its sandbox was stopped. */
export class SessionEnded extends Schema.TaggedError<SessionEnded>("effect-sandboxes/SessionEnded")("SessionEnded", {
  code: constant("SESSION_ENDED"),
  ...inSession,
  retryable: constant(false),
  admitted: constant("yes")
}) {}

/** A command had not ended when the time was up. It goes on, and can be awaited again. */
export class CommandWaitTimeout extends Schema.TaggedError<CommandWaitTimeout>("effect-sandboxes/CommandWaitTimeout")(
  "CommandWaitTimeout",
  {
    code: constant("COMMAND_WAIT_TIMEOUT"),
    ...inSession,
    retryable: constant(true),
    admitted: constant("yes")
  }
) {}

/** A command takes no input: it has ended, or it still waits for those before it. */
export class InputRefused extends Schema.TaggedError<InputRefused>("effect-sandboxes/InputRefused")("InputRefused", {
  code: constant("INPUT_REFUSED"),
  ...inSession,
  reason: Schema.Literal("ended", "notStarted"),
  exitCode: Schema.optional(Schema.Number),
  /** Whether it may take input later. */
  retryable: Schema.Boolean,
  admitted: constant("no")
}) {}

/** What was waited for did not appear in the log of a command: the command ended, or the time was up. */
export class LogNotSeen extends Schema.TaggedError<LogNotSeen>("effect-sandboxes/LogNotSeen")("LogNotSeen", {
  code: constant("LOG_NOT_SEEN"),
  ...inSession,
  reason: Schema.Literal("ended", "timeout"),
  exitCode: Schema.optional(Schema.Number),
  /** The last lines of the log. */
  lastLines: Schema.Array(Schema.String),
  retryable: Schema.Boolean,
  admitted: constant("yes")
}) {}
