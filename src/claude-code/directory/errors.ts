/** What can go wrong with the directory in which Claude works. */
import * as Schema from "effect/Schema"
import { InvalidRequest } from "../../errors/ApiError.js"
import { Admitted, constant } from "../../errors/RequestFailure.js"
import { TaggedError } from "../../errors/TaggedError.js"
import { ClaudePlaceFailed } from "../errors.js"
import { worded } from "../failures.js"

const fields = {
  /** Where the directory is: `command` or `sandbox`. */
  place: Schema.String,
  /** The method that failed: `WorkDirectory.snapshot`. */
  operation: Schema.String,
  /** What was tried, what happened, and what to do about it. */
  message: Schema.String
}

/** There is no git in the place, which snapshots and clones are made with. */
export class GitNotInstalled extends TaggedError<GitNotInstalled>("effect-sandboxes/GitNotInstalled")(
  "GitNotInstalled",
  { code: constant("GIT_NOT_INSTALLED"), ...fields, retryable: constant(false), admitted: constant("no") }
) {}

/**
 * The place did not do what was asked of its directory: a disk is full, a file may not be written, a repository cannot
 * be cloned. The message has what its programs said.
 */
export class WorkDirectoryFailed extends TaggedError<WorkDirectoryFailed>("effect-sandboxes/WorkDirectoryFailed")(
  "WorkDirectoryFailed",
  {
    code: constant("WORK_DIRECTORY_FAILED"),
    ...fields,
    /** The end of what was printed on standard error, at most 2,000 characters. */
    stderr: Schema.String,
    retryable: constant(false),
    admitted: Admitted
  }
) {}

export const notWritten = (place: string, operation: string, stderr: string): WorkDirectoryFailed =>
  new WorkDirectoryFailed({
    place,
    operation,
    message: worded({ place, operation }, `a file could not be written: ${stderr.trim().slice(-2000)}`),
    stderr: stderr.trim().slice(-2000),
    admitted: "unknown"
  })

/** What every method can fail with, also as a schema. */
export const WorkDirectoryError = Schema.Union(InvalidRequest, ClaudePlaceFailed, GitNotInstalled, WorkDirectoryFailed)
export type WorkDirectoryError = typeof WorkDirectoryError.Type
