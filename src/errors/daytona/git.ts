/** Failures of git itself, as opposed to failures of reaching the sandbox. `detail` has git's message. */
import * as Schema from "effect/Schema"
import { constant, requestFailureFields } from "../RequestFailure.js"
import { TaggedError } from "../TaggedError.js"

/**
 * The remote requires credentials, rejects the ones it got, or denies the operation to their owner. The credentials for
 * the sandbox itself are fine: otherwise the error would be `Unauthorized`.
 */
export class GitAuthenticationFailed extends TaggedError<GitAuthenticationFailed>(
  "effect-sandboxes/GitAuthenticationFailed"
)("GitAuthenticationFailed", { code: constant("GIT_AUTHENTICATION_FAILED"), ...requestFailureFields }) {}

/**
 * The repository (local or remote), branch, commit, remote or file does not exist. A repository without commits has no
 * HEAD, so most operations fail in it with `what: "reference"`.
 */
export class GitNotFound extends TaggedError<GitNotFound>("effect-sandboxes/GitNotFound")("GitNotFound", {
  code: constant("GIT_NOT_FOUND"),
  what: Schema.Literal("repository", "reference", "remote", "file", "unknown"),
  ...requestFailureFields
}) {}

/** The repository, branch or remote exists already; `files`: the directory to clone into has other files. */
export class GitAlreadyExists extends TaggedError<GitAlreadyExists>("effect-sandboxes/GitAlreadyExists")(
  "GitAlreadyExists",
  {
    code: constant("GIT_ALREADY_EXISTS"),
    what: Schema.Literal("repository", "branch", "remote", "files"),
    ...requestFailureFields
  }
) {}

/**
 * The remote rejected a push. `diverged`: it has commits that are missing here, so pull first. `refused`: its own rules
 * forbid it, such as protected branches or hooks.
 */
export class GitPushRejected extends TaggedError<GitPushRejected>("effect-sandboxes/GitPushRejected")(
  "GitPushRejected",
  {
    code: constant("GIT_PUSH_REJECTED"),
    reason: Schema.Literal("diverged", "refused"),
    ...requestFailureFields
  }
) {}

/**
 * Uncommitted changes or untracked files prevent the operation. `admitted: "no"`: nothing was changed. `"unknown"`: the
 * daemon refused, and may have moved HEAD; the message says how to find out.
 */
export class GitDirtyWorktree extends TaggedError<GitDirtyWorktree>("effect-sandboxes/GitDirtyWorktree")(
  "GitDirtyWorktree",
  {
    code: constant("GIT_DIRTY_WORKTREE"),
    /** The files in the way, if they are known. */
    files: Schema.optionalWith(Schema.Array(Schema.String), { default: () => [] }),
    ...requestFailureFields
  }
) {}

/** The operation needs the `git` program, which is not installed in the sandbox. Nothing was changed. */
export class GitProgramMissing extends TaggedError<GitProgramMissing>("effect-sandboxes/GitProgramMissing")(
  "GitProgramMissing",
  { code: constant("GIT_PROGRAM_MISSING"), ...requestFailureFields }
) {}

/** The histories have diverged: both sides have commits of their own, and the daemon only fast-forwards. */
export class GitMergeConflict extends TaggedError<GitMergeConflict>("effect-sandboxes/GitMergeConflict")(
  "GitMergeConflict",
  { code: constant("GIT_MERGE_CONFLICT"), ...requestFailureFields }
) {}

/**
 * The sandbox could not connect to the remote, because of its name, its certificate, or the sandbox's network settings.
 */
export class GitRemoteUnreachable extends TaggedError<GitRemoteUnreachable>("effect-sandboxes/GitRemoteUnreachable")(
  "GitRemoteUnreachable",
  { code: constant("GIT_REMOTE_UNREACHABLE"), ...requestFailureFields }
) {}

/** Nothing is staged, and `allowEmpty` was not set. */
export class GitNothingToCommit extends TaggedError<GitNothingToCommit>("effect-sandboxes/GitNothingToCommit")(
  "GitNothingToCommit",
  { code: constant("GIT_NOTHING_TO_COMMIT"), ...requestFailureFields }
) {}

/** All failures of git. Each method lists those it can fail with. */
export type GitFailure =
  | GitAuthenticationFailed
  | GitNotFound
  | GitAlreadyExists
  | GitPushRejected
  | GitDirtyWorktree
  | GitMergeConflict
  | GitRemoteUnreachable
  | GitProgramMissing
  | GitNothingToCommit
