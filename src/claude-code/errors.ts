/** What can go wrong with Claude Code, the same in every place. */
import * as Schema from "effect/Schema"
import { InvalidRequest } from "../errors/ApiError.js"
import { Admitted, constant } from "../errors/RequestFailure.js"
import { TaggedError } from "../errors/TaggedError.js"
import { ResultMessage } from "../schema/stromboli/ClaudeMessage.js"
import { SessionId } from "../schema/stromboli/Identifiers.js"

const fields = {
  /** Where Claude Code was to run: `command`, `sandbox` or `stromboli`. */
  place: Schema.String,
  /** The method that failed: `ClaudeCode.run`. */
  operation: Schema.String,
  /** What was tried, what happened, and what to do about it. */
  message: Schema.String
}

/** There is no Claude Code in the place. The message says how to install it. */
export class ClaudeNotInstalled extends TaggedError<ClaudeNotInstalled>("effect-sandboxes/ClaudeNotInstalled")(
  "ClaudeNotInstalled",
  {
    code: constant("CLAUDE_NOT_INSTALLED"),
    ...fields,
    /** The command that was not found. */
    command: Schema.String,
    retryable: constant(false),
    admitted: constant("no")
  }
) {}

/**
 * The place failed, not Claude: the server did not answer, the connection was lost, the process could not be started.
 * `cause` is the failure of the place. With `admitted: "no"`, Claude was not asked, and asking again is safe.
 */
export class ClaudePlaceFailed extends TaggedError<ClaudePlaceFailed>("effect-sandboxes/ClaudePlaceFailed")(
  "ClaudePlaceFailed",
  {
    code: constant("CLAUDE_PLACE_FAILED"),
    ...fields,
    cause: Schema.optional(Schema.Defect),
    sessionId: Schema.optional(SessionId),
    retryable: Schema.Boolean,
    admitted: Admitted
  }
) {}

/** Claude Code ended before it had answered: it crashed, was killed, or refused how it was started. */
export class ClaudeExited extends TaggedError<ClaudeExited>("effect-sandboxes/ClaudeExited")("ClaudeExited", {
  code: constant("CLAUDE_EXITED"),
  ...fields,
  /** Absent if a signal ended it, or it is not known. */
  exitCode: Schema.optional(Schema.Number),
  /** The signal that ended it, if one did. */
  signal: Schema.optional(Schema.String),
  /** The end of what it printed on stderr, at most 1 KiB. */
  stderr: Schema.String,
  sessionId: Schema.optional(SessionId),
  retryable: constant(false),
  admitted: Admitted
}) {}

/** Claude answered with an error: out of turns or budget, an error of the model's API, an interrupted turn. */
export class ClaudeFailed extends TaggedError<ClaudeFailed>("effect-sandboxes/ClaudeFailed")("ClaudeFailed", {
  code: constant("CLAUDE_FAILED"),
  ...fields,
  /** `error_max_turns`, `error_max_budget_usd`, `error_during_execution`, … */
  subtype: Schema.String,
  /** Whether the turn was ended by `Conversation.interrupt`, or by a permission that was denied with `interrupt`. */
  interrupted: Schema.Boolean,
  /** What the session has cost so far, in US dollars. */
  totalCostUsd: Schema.optional(Schema.Number),
  /** The steps that Claude took. */
  turns: Schema.optional(Schema.Number),
  sessionId: Schema.optional(SessionId),
  /** All that Claude reported. */
  result: ResultMessage,
  retryable: constant(false),
  admitted: constant("yes")
}) {}

/** The session that was to be resumed does not exist in the place. Claude was not asked. */
export class ClaudeSessionNotFound extends TaggedError<ClaudeSessionNotFound>("effect-sandboxes/ClaudeSessionNotFound")(
  "ClaudeSessionNotFound",
  {
    code: constant("CLAUDE_SESSION_NOT_FOUND"),
    ...fields,
    sessionId: SessionId,
    retryable: constant(false),
    admitted: constant("no")
  }
) {}

/** Claude answered, but its answer does not match the schema. It has been paid for, and is in `result`. */
export class ClaudeAnswerMismatch extends TaggedError<ClaudeAnswerMismatch>("effect-sandboxes/ClaudeAnswerMismatch")(
  "ClaudeAnswerMismatch",
  {
    code: constant("CLAUDE_ANSWER_MISMATCH"),
    ...fields,
    /** The path of the mismatch in the value; empty for the value itself. */
    field: Schema.String,
    sessionId: Schema.optional(SessionId),
    /** All that Claude reported. */
    result: ResultMessage,
    retryable: constant(false),
    admitted: constant("yes")
  }
) {}

/** What every method can fail with, also as a schema. */
export const ClaudeCodeError = Schema.Union(
  InvalidRequest,
  ClaudeNotInstalled,
  ClaudePlaceFailed,
  ClaudeExited,
  ClaudeFailed,
  ClaudeSessionNotFound
)
export type ClaudeCodeError = typeof ClaudeCodeError.Type
