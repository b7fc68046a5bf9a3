/** Errors specific to Stromboli. */
import * as Schema from "effect/Schema"
import { AgentId, JobId, RunId, SessionId } from "../../schema/stromboli/Identifiers.js"
import { CrashInfo } from "../../schema/stromboli/Run.js"
import { constant, System } from "../RequestFailure.js"
import { TaggedError } from "../TaggedError.js"

/** The run was started: there is no failed HTTP status, and a retry would cost money again. */
const runFailureFields = {
  system: System,
  operation: Schema.String,
  method: Schema.String,
  path: Schema.String,
  message: Schema.String,
  requestId: Schema.optional(Schema.String),
  retryable: constant(false),
  admitted: constant("yes"),
  runId: Schema.optional(RunId),
  sessionId: Schema.optional(SessionId)
}

/**
 * A run was started and failed: Claude reported an error, or its container crashed before it returned a value. It may
 * have cost money. What Claude reported and what it had printed is kept, as far as the server passes it on.
 */
export class RunFailed extends TaggedError<RunFailed>("effect-sandboxes/RunFailed")("RunFailed", {
  code: constant("RUN_FAILED"),
  ...runFailureFields,
  /** The server's message, at most 2,000 characters. */
  detail: Schema.optional(Schema.String),
  crash: Schema.optional(CrashInfo),
  /** What the run had printed, if known. On a stream, it has been emitted before. */
  output: Schema.optional(Schema.String),
  /** The subtype of Claude's result: `error_max_turns`, `error_max_budget_usd`, `error_during_execution`, … */
  subtype: Schema.optional(Schema.String),
  /** The turns that Claude reports. */
  turns: Schema.optional(Schema.Number),
  /** The cost that Claude reports, in US dollars; for an agent, of its process so far. */
  totalCostUsd: Schema.optional(Schema.Number),
  /** Claude's answer to a `jsonSchema`, if there was one. */
  structuredOutput: Schema.optional(Schema.Unknown)
}) {}

/** Claude answered, but its answer does not match the schema. */
export class StructuredOutputMismatch extends TaggedError<StructuredOutputMismatch>(
  "effect-sandboxes/StructuredOutputMismatch"
)("StructuredOutputMismatch", {
  code: constant("STRUCTURED_OUTPUT_MISMATCH"),
  ...runFailureFields,
  /** The path of the mismatch in the value; empty for the value itself. */
  field: Schema.String,
  /** The whole output of the run. */
  output: Schema.String,
  /** The value that did not match, if the output contained one. Absent if it is nested too deeply to be printed. */
  value: Schema.optional(Schema.Unknown)
}) {}

/**
 * The server has forgotten a job that it knew before: the job ended more than an hour ago, or the server was restarted.
 * Whether its run succeeded can no longer be found out.
 */
export class JobExpired extends TaggedError<JobExpired>("effect-sandboxes/JobExpired")("JobExpired", {
  code: constant("JOB_EXPIRED"),
  retryable: constant(false),
  jobId: JobId,
  /** The status when the job was last polled. */
  lastStatus: Schema.String,
  sessionId: Schema.optional(SessionId),
  message: Schema.String
}) {}

/** A job did not end before its wait did. It keeps running and can be awaited again. */
export class JobWaitTimeout extends TaggedError<JobWaitTimeout>("effect-sandboxes/JobWaitTimeout")("JobWaitTimeout", {
  code: constant("JOB_WAIT_TIMEOUT"),
  retryable: constant(true),
  jobId: JobId,
  lastStatus: Schema.String,
  sessionId: Schema.optional(SessionId),
  message: Schema.String
}) {}

const keyedFields = {
  system: System,
  operation: Schema.String,
  message: Schema.String,
  retryable: constant(false),
  key: Schema.String,
  /** The session of the run of this key: `Sessions.conversation` reads what was said in it. */
  sessionId: SessionId
}

/**
 * The run of a key has begun before, but the server has no job of it any more: it ended more than an hour ago, the
 * server was restarted, or it failed without a result. It may have cost money. This call started nothing.
 */
export class RunForgotten extends TaggedError<RunForgotten>("effect-sandboxes/RunForgotten")("RunForgotten", {
  code: constant("RUN_FORGOTTEN"),
  ...keyedFields,
  admitted: constant("yes")
}) {}

/** The run of a key has another prompt. This call started nothing. */
export class RunKeyConflict extends TaggedError<RunKeyConflict>("effect-sandboxes/RunKeyConflict")("RunKeyConflict", {
  code: constant("RUN_KEY_CONFLICT"),
  ...keyedFields,
  /** The field that differs. */
  field: Schema.Literal("prompt"),
  admitted: constant("no")
}) {}

/** The process of an agent exited during a turn, or before one could start. */
export class AgentExited extends TaggedError<AgentExited>("effect-sandboxes/AgentExited")("AgentExited", {
  code: constant("AGENT_EXITED"),
  agentId: AgentId,
  /** The reason that the server reports, if any. */
  reason: Schema.optional(Schema.String),
  message: Schema.String
}) {}

/**
 * An agent that should have resumed a session began a new one, because the server's agents cannot resume one. The agent
 * was stopped; only a `prompt` in the request of `Agents.create` or `Agents.scoped` may have begun, and cost money. Use
 * `Session` or `Execution.run` to continue the session.
 */
export class SessionNotResumed extends TaggedError<SessionNotResumed>("effect-sandboxes/SessionNotResumed")(
  "SessionNotResumed",
  {
    code: constant("SESSION_NOT_RESUMED"),
    retryable: constant(false),
    agentId: AgentId,
    /** The session that was to be resumed. */
    asked: Schema.optional(SessionId),
    /** The session that the server began instead. */
    sessionId: SessionId,
    message: Schema.String
  }
) {}

/** The server's version is outside the range that this SDK supports. */
export class IncompatibleServer extends TaggedError<IncompatibleServer>("effect-sandboxes/IncompatibleServer")(
  "IncompatibleServer",
  {
    code: constant("INCOMPATIBLE_SERVER"),
    serverVersion: Schema.String,
    supportedRange: Schema.String,
    message: Schema.String
  }
) {}

/** A webhook that was not sent by our server, is too old, or cannot be read. Do not act on it. */
export class InvalidWebhook extends TaggedError<InvalidWebhook>("effect-sandboxes/InvalidWebhook")("InvalidWebhook", {
  code: constant("INVALID_WEBHOOK"),
  reason: Schema.Literal("missing-header", "bad-timestamp", "too-old", "bad-signature", "bad-payload"),
  message: Schema.String
}) {}
