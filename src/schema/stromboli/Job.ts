/** A run in the background. */
import * as Schema from "effect/Schema"
import { lenient } from "../lenient.js"
import { openLiteral } from "../openLiteral.js"
import { snakeCase } from "../snakeCase.js"
import type { ResultMessage } from "./ClaudeMessage.js"
import { JobId, SessionId } from "./Identifiers.js"
import { CrashInfo } from "./Run.js"
import { outputOfFailure, resultIn } from "./runOutput.js"

/** `cancelled` is not final: the server overwrites it with the real outcome when the container ends. */
export const JobStatus = openLiteral("pending", "running", "completed", "failed", "crashed", "cancelled")
export type JobStatus = typeof JobStatus.Type

const fields = {
  id: JobId,
  status: JobStatus,
  /** RFC 3339, in whole seconds, with the server's UTC offset. */
  createdAt: Schema.String,
  /** RFC 3339. The server forgets a finished job an hour later. */
  updatedAt: Schema.String,
  output: Schema.optional(Schema.String),
  structuredOutput: Schema.optional(Schema.Unknown),
  /** Why it `failed`. If Claude ended with an error, it contains all that was printed: see `resultOf`. */
  error: Schema.optional(Schema.String),
  /** Absent from a failed job, even if it had one while it ran. */
  sessionId: Schema.optional(SessionId),
  crashInfo: Schema.optional(CrashInfo)
}

/** A run in the background, with its status and output. */
export interface Job extends Schema.Struct.Type<typeof fields> {}
export const Job = lenient(snakeCase(fields), { createdAt: "", updatedAt: "" })

const has =
  (...statuses: ReadonlyArray<JobStatus>) =>
  (job: Pick<Job, "status">): boolean =>
    statuses.includes(job.status)

/** It has not started. */
export const isPending = has("pending")
/** Its container is running. */
export const isRunning = has("running")
/** It ran to completion. */
export const isCompleted = has("completed")
/** It could not be run; `error` says why. */
export const isFailed = has("failed")
/** Its container died; `crashInfo` says how. */
export const isCrashed = has("crashed")
/** It is marked as cancelled; its run may still finish and overwrite the mark. */
export const isCancelled = has("cancelled")

/** The job is over and will not change again: completed, failed or crashed. */
export const isFinal = has("completed", "failed", "crashed")

/**
 * What Claude reported at the end of the run: subtype, text, turns, cost, session. Also of a failed job, whose output
 * is in its `error`. Absent from the output format `text`.
 */
export const resultOf = ({ error, output }: Pick<Job, "error" | "output">): ResultMessage | undefined =>
  resultIn(output ?? outputOfFailure(error ?? "") ?? "")
