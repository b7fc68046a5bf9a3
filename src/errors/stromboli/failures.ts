/** Failures that only Stromboli has. */
import * as Schema from "effect/Schema"
import { AgentId, JobId, RunId, SessionId } from "../../schema/stromboli/Identifiers.js"
import { CrashInfo } from "../../schema/stromboli/Run.js"
import { constant, System } from "../RequestFailure.js"

/** What a failure of a run tells: the request was answered, so there is no status, and nothing to repeat without cost. */
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
 * A run was started and did not succeed: the server reported its failure in the middle of a stream, or a container crashed
 * where a value was due. It may have cost money.
 */
export class RunFailed extends Schema.TaggedError<RunFailed>("effect-sandboxes/RunFailed")("RunFailed", {
  code: constant("RUN_FAILED"),
  ...runFailureFields,
  /** The server's own words, at most 2,000 characters. */
  detail: Schema.optional(Schema.String),
  crash: Schema.optional(CrashInfo),
  /** What the run had printed, where that is known. */
  output: Schema.optional(Schema.String)
}) {}

/** Claude answered, but not with a value of the schema that was asked for. */
export class StructuredOutputMismatch extends Schema.TaggedError<StructuredOutputMismatch>(
  "effect-sandboxes/StructuredOutputMismatch"
)("StructuredOutputMismatch", {
  code: constant("STRUCTURED_OUTPUT_MISMATCH"),
  ...runFailureFields,
  /** The place in the value, empty for the value itself. */
  field: Schema.String,
  /** What the run printed, whole. */
  output: Schema.String,
  /** The value that did not match, where the output held one. */
  value: Schema.optional(Schema.Unknown)
}) {}

/**
 * A job that was there is gone: it ended more than an hour ago, or the server was restarted. Whether its run succeeded
 * cannot be found out from the server any more.
 */
export class JobExpired extends Schema.TaggedError<JobExpired>("effect-sandboxes/JobExpired")("JobExpired", {
  code: constant("JOB_EXPIRED"),
  retryable: constant(false),
  jobId: JobId,
  /** The status when it was last seen. */
  lastStatus: Schema.String,
  sessionId: Schema.optional(SessionId),
  message: Schema.String
}) {}

/** A job did not end while its caller was prepared to ask for it. It goes on. */
export class JobWaitTimeout extends Schema.TaggedError<JobWaitTimeout>("effect-sandboxes/JobWaitTimeout")(
  "JobWaitTimeout",
  {
    code: constant("JOB_WAIT_TIMEOUT"),
    retryable: constant(true),
    jobId: JobId,
    lastStatus: Schema.String,
    sessionId: Schema.optional(SessionId),
    message: Schema.String
  }
) {}

/** The process of an agent ended in the middle of a turn, or before one could begin. */
export class AgentExited extends Schema.TaggedError<AgentExited>("effect-sandboxes/AgentExited")("AgentExited", {
  code: constant("AGENT_EXITED"),
  agentId: AgentId,
  /** What the server says about it, if anything. */
  reason: Schema.optional(Schema.String),
  message: Schema.String
}) {}

/** The server's version is outside the range that this SDK supports, or (`require`) cannot be told. */
export class IncompatibleServer extends Schema.TaggedError<IncompatibleServer>("effect-sandboxes/IncompatibleServer")(
  "IncompatibleServer",
  {
    code: constant("INCOMPATIBLE_SERVER"),
    serverVersion: Schema.String,
    supportedRange: Schema.String,
    message: Schema.String
  }
) {}

/** A webhook that did not come from our server, or not just now, or cannot be read. Do not act on it. */
export class InvalidWebhook extends Schema.TaggedError<InvalidWebhook>("effect-sandboxes/InvalidWebhook")(
  "InvalidWebhook",
  {
    code: constant("INVALID_WEBHOOK"),
    reason: Schema.Literal("missing-header", "bad-timestamp", "too-old", "bad-signature", "bad-payload"),
    message: Schema.String
  }
) {}
