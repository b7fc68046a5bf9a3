/** Errors of durable runs. They are stored with the runs, so they are schemas, as all errors of this package. */
import * as Schema from "effect/Schema"
import { Admitted, constant } from "../errors/RequestFailure.js"
import { TaggedError } from "../errors/TaggedError.js"
import { JobId, SessionId } from "../schema/stromboli/Identifiers.js"

/** Another process uses the database file. On one file, two processes would do every step twice, at the same time. */
export class DatabaseInUse extends TaggedError<DatabaseInUse>("effect-sandboxes/DatabaseInUse")("DatabaseInUse", {
  code: constant("DATABASE_IN_USE"),
  /** The path of the database. */
  file: Schema.String,
  message: Schema.String,
  retryable: constant(true),
  admitted: constant("no")
}) {}

/**
 * The database, or the engine on top of it, failed. What was asked for may or may not have been recorded. Asking again
 * is safe: a key makes at most one run.
 */
export class EngineFailed extends TaggedError<EngineFailed>("effect-sandboxes/EngineFailed")("EngineFailed", {
  code: constant("ENGINE_FAILED"),
  /** What was tried: `AgentRuns.submit`. */
  operation: Schema.String,
  cause: Schema.optional(Schema.Defect),
  message: Schema.String,
  retryable: constant(true),
  admitted: constant("unknown")
}) {}

/**
 * The stored result of a step does not match the schema that the step has now: the step was changed while the workflow
 * was open. The step is not run again.
 */
export class StepMismatch extends TaggedError<StepMismatch>("effect-sandboxes/StepMismatch")("StepMismatch", {
  code: constant("STEP_MISMATCH"),
  step: Schema.String,
  /** The path in the result of what does not match; empty for the result itself. */
  field: Schema.String,
  message: Schema.String,
  retryable: constant(false),
  admitted: constant("yes")
}) {}

const runFields = {
  /** The key of the run. */
  key: Schema.String,
  message: Schema.String,
  retryable: constant(false)
}

/** No run with this key was submitted to this database. */
export class RunUnknown extends TaggedError<RunUnknown>("effect-sandboxes/RunUnknown")("RunUnknown", {
  code: constant("RUN_UNKNOWN"),
  ...runFields,
  admitted: constant("no")
}) {}

/** A run with this key was submitted before, with another request. Nothing was started, and that run goes on. */
export class RunRequestConflict extends TaggedError<RunRequestConflict>("effect-sandboxes/RunRequestConflict")(
  "RunRequestConflict",
  {
    code: constant("RUN_REQUEST_CONFLICT"),
    ...runFields,
    admitted: constant("no")
  }
) {}

/** What is stored about a run was written by another version of this package, which this one cannot read. */
export class RunVersionMismatch extends TaggedError<RunVersionMismatch>("effect-sandboxes/RunVersionMismatch")(
  "RunVersionMismatch",
  {
    code: constant("RUN_VERSION_MISMATCH"),
    ...runFields,
    /** The version of the format that is stored. */
    stored: Schema.Number,
    /** The version of the format that this package reads and writes. */
    supported: Schema.Number,
    /** The path of what cannot be read, if the versions are the same. */
    field: Schema.optional(Schema.String),
    admitted: Admitted
  }
) {}

const endedFields = {
  message: Schema.String,
  retryable: constant(false),
  /** The job of the run, if one is known. */
  jobId: Schema.optional(JobId),
  sessionId: Schema.optional(SessionId),
  /**
   * Whether the container goes on, and costs money until it ends: the server has no way to stop one. `unknown`: the
   * server could not be asked whether a run had begun.
   */
  continues: Schema.Literal("no", "yes", "unknown"),
  admitted: Admitted
}

/** The run was cancelled. What could be ended has ended; `continues` says whether something goes on. */
export class RunCancelled extends TaggedError<RunCancelled>("effect-sandboxes/RunCancelled")("RunCancelled", {
  code: constant("RUN_CANCELLED"),
  ...endedFields
}) {}

/** The run was not over at its deadline. Nobody waits for it any more. */
export class RunOverdue extends TaggedError<RunOverdue>("effect-sandboxes/RunOverdue")("RunOverdue", {
  code: constant("RUN_OVERDUE"),
  ...endedFields
}) {}

/** A token that was not made by this package, or for something else. */
export class InvalidToken extends TaggedError<InvalidToken>("effect-sandboxes/InvalidToken")("InvalidToken", {
  code: constant("INVALID_TOKEN"),
  message: Schema.String,
  retryable: constant(false),
  admitted: constant("no")
}) {}

/** Nobody made the decision that a workflow waited for. */
export class ApprovalMissing extends TaggedError<ApprovalMissing>("effect-sandboxes/ApprovalMissing")(
  "ApprovalMissing",
  {
    code: constant("APPROVAL_MISSING"),
    name: Schema.String,
    message: Schema.String,
    retryable: constant(false),
    admitted: constant("no")
  }
) {}
