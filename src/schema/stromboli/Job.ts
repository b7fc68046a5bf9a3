/** A run in the background. */
import * as Schema from "effect/Schema"
import { snakeCase } from "../snakeCase.js"
import { JobId, SessionId } from "./Identifiers.js"
import { CrashInfo } from "./Run.js"
import { openLiteral } from "./requestFields.js"

/** `cancelled` is not the end: the server overwrites it with the real outcome when the container ends. */
export const JobStatus = openLiteral("pending", "running", "completed", "failed", "crashed", "cancelled")
export type JobStatus = typeof JobStatus.Type

const fields = {
  id: JobId,
  status: JobStatus,
  /** RFC 3339, in whole seconds, with the server's own offset. */
  createdAt: Schema.String,
  /** RFC 3339. An ended job is forgotten an hour after this. */
  updatedAt: Schema.String,
  output: Schema.optional(Schema.String),
  structuredOutput: Schema.optional(Schema.Unknown),
  /** Why it `failed`. */
  error: Schema.optional(Schema.String),
  /** Missing from a failed job, although it had one while it ran. */
  sessionId: Schema.optional(SessionId),
  crashInfo: Schema.optional(CrashInfo)
}

export interface Job extends Schema.Struct.Type<typeof fields> {}
export const Job = snakeCase(fields)

export const JobList = snakeCase({ jobs: Schema.optional(Schema.Array(Job)) })

export const JobCancelled = snakeCase({ cancelled: Schema.Boolean, jobId: Schema.optional(JobId) })

const has =
  (...statuses: ReadonlyArray<JobStatus>) =>
  (job: Pick<Job, "status">): boolean =>
    statuses.includes(job.status)

export const isPending = has("pending")
export const isRunning = has("running")
export const isCompleted = has("completed")
export const isFailed = has("failed")
export const isCrashed = has("crashed")
export const isCancelled = has("cancelled")

/** The job is over, and nothing about it changes any more: completed, failed or crashed. */
export const isFinal = has("completed", "failed", "crashed")
