/** Failures of commands in a sandbox. A non-zero exit code is not a failure: it is a value. */
import * as Schema from "effect/Schema"
import { SandboxId } from "../../schema/daytona/Identifiers.js"
import { CommandId, ProcessSessionId } from "../../schema/daytona/toolbox/Session.js"
import { Admitted, constant, System } from "../RequestFailure.js"
import { TaggedError } from "../TaggedError.js"

const commonFields = {
  system: System,
  /** The operation, for example `Process.execute`. */
  operation: Schema.String,
  sandboxId: SandboxId,
  message: Schema.String
}

const inSession = {
  ...commonFields,
  sessionId: ProcessSessionId,
  /** Absent when it was not known yet. */
  commandId: Schema.optional(CommandId)
}

/**
 * A command exceeded its timeout, and was killed with what it had started: as far as `Process.execute` finds it, or,
 * when `executeMerged` or `codeRun` failed, with its process group only.
 */
export class CommandTimeout extends TaggedError<CommandTimeout>("effect-sandboxes/CommandTimeout")("CommandTimeout", {
  code: constant("COMMAND_TIMEOUT"),
  ...commonFields,
  /** The timeout of the command. */
  timeout: Schema.DurationFromMillis,
  /** The output until then, when it could be read; absent with `executeMerged` and `codeRun`. */
  stdout: Schema.optional(Schema.String),
  stderr: Schema.optional(Schema.String),
  retryable: constant(false),
  admitted: constant("yes")
}) {}

/** A command that had to succeed ended with a non-zero exit code. */
export class CommandFailed extends TaggedError<CommandFailed>("effect-sandboxes/CommandFailed")("CommandFailed", {
  code: constant("COMMAND_FAILED"),
  ...commonFields,
  exitCode: Schema.Number,
  stdout: Schema.String,
  stderr: Schema.String,
  /** Whether `stdout` or `stderr` is only the beginning of the output. */
  truncated: Schema.Boolean,
  retryable: constant(false),
  admitted: constant("yes")
}) {}

const keyed = {
  ...commonFields,
  sessionId: ProcessSessionId,
  key: Schema.String,
  retryable: constant(false)
}

/** Another command has this key in the sandbox. Nothing was run. */
export class CommandKeyConflict extends TaggedError<CommandKeyConflict>("effect-sandboxes/CommandKeyConflict")(
  "CommandKeyConflict",
  { code: constant("COMMAND_KEY_CONFLICT"), ...keyed, admitted: constant("no") }
) {}

/**
 * How the command of a key has ended is lost, wholly or in part, and it was not run again. `Process.forget` makes the
 * key free.
 *
 * - `ended`: it has ended with `exitCode`, but its output is gone with its session.
 * - `killed`: it was killed, by `Process.kill` or its timeout.
 * - `interrupted`: it may have run, whole or in part; the sandbox was stopped meanwhile, for example.
 * - `notRecorded`: it was not run, because the home directory of the sandbox cannot be written to.
 */
export class CommandLost extends TaggedError<CommandLost>("effect-sandboxes/CommandLost")("CommandLost", {
  code: constant("COMMAND_LOST"),
  ...keyed,
  reason: Schema.Literal("ended", "killed", "interrupted", "notRecorded"),
  exitCode: Schema.optional(Schema.Number),
  admitted: Admitted
}) {}

/**
 * The shell of a session has ended: by `exit`, `exec` or `set -e` in one of its commands, or by a signal. Commands that
 * were still running will never have an exit code, and the session can only be deleted.
 */
export class ShellExited extends TaggedError<ShellExited>("effect-sandboxes/ShellExited")("ShellExited", {
  code: constant("SHELL_EXITED"),
  ...inSession,
  retryable: constant(false),
  admitted: constant("yes")
}) {}

/** The session no longer exists: it was deleted, or its sandbox was stopped. */
export class SessionEnded extends TaggedError<SessionEnded>("effect-sandboxes/SessionEnded")("SessionEnded", {
  code: constant("SESSION_ENDED"),
  ...inSession,
  retryable: constant(false),
  admitted: constant("yes")
}) {}

/** A command did not end in time. It is still running, and can be awaited again. */
export class CommandWaitTimeout extends TaggedError<CommandWaitTimeout>("effect-sandboxes/CommandWaitTimeout")(
  "CommandWaitTimeout",
  {
    code: constant("COMMAND_WAIT_TIMEOUT"),
    ...inSession,
    retryable: constant(true),
    admitted: constant("yes")
  }
) {}

/** A command does not accept input: it has ended, or is still waiting for earlier commands. */
export class InputRefused extends TaggedError<InputRefused>("effect-sandboxes/InputRefused")("InputRefused", {
  code: constant("INPUT_REFUSED"),
  ...inSession,
  reason: Schema.Literal("ended", "notStarted"),
  exitCode: Schema.optional(Schema.Number),
  /** Whether it may accept input later. */
  retryable: Schema.Boolean,
  admitted: constant("no")
}) {}

/** The expected text did not appear in the log of a command: the command ended, or the wait timed out. */
export class LogNotSeen extends TaggedError<LogNotSeen>("effect-sandboxes/LogNotSeen")("LogNotSeen", {
  code: constant("LOG_NOT_SEEN"),
  ...inSession,
  reason: Schema.Literal("ended", "timeout"),
  exitCode: Schema.optional(Schema.Number),
  /** The last lines of the log. */
  lastLines: Schema.Array(Schema.String),
  retryable: Schema.Boolean,
  admitted: constant("yes")
}) {}
