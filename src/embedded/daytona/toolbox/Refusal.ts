/** The errors of the toolbox's daemon, in the forms of both generations. */
import * as Data from "effect/Data"

/** The error codes that only the newer daemon distinguishes. */
export type DomainCode =
  | "GIT_AUTH_FAILED"
  | "GIT_REPO_NOT_FOUND"
  | "GIT_BRANCH_NOT_FOUND"
  | "GIT_BRANCH_EXISTS"
  | "GIT_PUSH_REJECTED"
  | "GIT_DIRTY_WORKTREE"
  | "GIT_MERGE_CONFLICT"
  | "GIT_TRANSPORT_FAILED"
  | "GIT_REMOTE_REJECTED"
  | "FILE_NOT_FOUND"
  | "FILE_ACCESS_DENIED"
  | "INVALID_FILE_PATH"
  | "FILE_READ_FAILED"
  | "LSP_SERVER_NOT_INITIALIZED"
  | "PROCESS_EXECUTION_TIMEOUT"
  | "PROCESS_NOT_FOUND"
  | "SESSION_ENDED"
  | "COMMAND_ALREADY_COMPLETED"
  | "A11Y_UNAVAILABLE"
  | "RECORDING_STILL_ACTIVE"
  | "RECORDING_FFMPEG_NOT_FOUND"

/** How the last open-source daemon renders an error. The newer one has a single envelope for all of them. */
export type OldForm =
  /** A JSON envelope whose message begins with the kind of the error. */
  | "envelope"
  /** The same without a prefix, as for git's internal errors. */
  | "unprefixed"
  /** A status without a body. */
  | "empty"
  /**
   * The envelope of a handler that lost the kind: 500, an empty path and the year 1. `message` is the wrapped message,
   * including the prefix of its kind if it has one: `not found: session not found`.
   */
  | "wrapped"
  /** Another JSON body. */
  | { readonly body: unknown }
  /** `{"error": message}`. */
  | "error"

/** A request that the daemon refuses. */
export class Refusal extends Data.TaggedError("Refusal")<{
  /** The status of the newer daemon, and of the older one where it does not differ. */
  readonly status: number
  /** The daemon's envelopes prepend the prefix of its kind (`not found: `), unless the message already has it. */
  readonly message: string
  readonly old: OldForm
  readonly code?: DomainCode | undefined
}> {}
