/** What git itself objects to, in a sandbox: told apart from failures of the way to the sandbox. `detail` has git's words. */
import * as Schema from "effect/Schema"
import { constant, requestFailureFields } from "../RequestFailure.js"

/**
 * The remote wants credentials, or refuses those that it got, or does not let their owner do this. Nothing is wrong with the
 * access to the sandbox: that would be `Unauthorized`.
 */
export class GitAuthenticationFailed extends Schema.TaggedError<GitAuthenticationFailed>(
  "effect-sandboxes/GitAuthenticationFailed"
)("GitAuthenticationFailed", { code: constant("GIT_AUTHENTICATION_FAILED"), ...requestFailureFields }) {}

/**
 * There is no such repository (here, or at the remote), branch, commit or remote. A repository without commits has no
 * HEAD, so that most operations miss a `reference` in it.
 */
export class GitNotFound extends Schema.TaggedError<GitNotFound>("effect-sandboxes/GitNotFound")("GitNotFound", {
  code: constant("GIT_NOT_FOUND"),
  what: Schema.Literal("repository", "reference", "remote", "unknown"),
  ...requestFailureFields
}) {}

/** There is one of that name, or at that place, already. */
export class GitAlreadyExists extends Schema.TaggedError<GitAlreadyExists>("effect-sandboxes/GitAlreadyExists")(
  "GitAlreadyExists",
  {
    code: constant("GIT_ALREADY_EXISTS"),
    what: Schema.Literal("repository", "branch", "remote"),
    ...requestFailureFields
  }
) {}

/**
 * The remote did not take a push: it has commits that are not here (`diverged`), so pull first; or it has rules of its own
 * (`refused`), such as protected branches and hooks.
 */
export class GitPushRejected extends Schema.TaggedError<GitPushRejected>("effect-sandboxes/GitPushRejected")(
  "GitPushRejected",
  {
    code: constant("GIT_PUSH_REJECTED"),
    reason: Schema.Literal("diverged", "refused"),
    ...requestFailureFields
  }
) {}

/** Changes that are not committed are in the way. */
export class GitDirtyWorktree extends Schema.TaggedError<GitDirtyWorktree>("effect-sandboxes/GitDirtyWorktree")(
  "GitDirtyWorktree",
  { code: constant("GIT_DIRTY_WORKTREE"), ...requestFailureFields }
) {}

/** Two histories do not fit together: the daemon only fast-forwards, and both sides have commits of their own. */
export class GitMergeConflict extends Schema.TaggedError<GitMergeConflict>("effect-sandboxes/GitMergeConflict")(
  "GitMergeConflict",
  { code: constant("GIT_MERGE_CONFLICT"), ...requestFailureFields }
) {}

/** The sandbox did not get through to the remote: its name, its certificate, or the network rules of the sandbox. */
export class GitRemoteUnreachable extends Schema.TaggedError<GitRemoteUnreachable>(
  "effect-sandboxes/GitRemoteUnreachable"
)("GitRemoteUnreachable", { code: constant("GIT_REMOTE_UNREACHABLE"), ...requestFailureFields }) {}

/** Nothing is staged, and an empty commit was not asked for. */
export class GitNothingToCommit extends Schema.TaggedError<GitNothingToCommit>("effect-sandboxes/GitNothingToCommit")(
  "GitNothingToCommit",
  { code: constant("GIT_NOTHING_TO_COMMIT"), ...requestFailureFields }
) {}

/** Everything that git can object to; each method tells which of it is possible there. */
export type GitFailure =
  | GitAuthenticationFailed
  | GitNotFound
  | GitAlreadyExists
  | GitPushRejected
  | GitDirtyWorktree
  | GitMergeConflict
  | GitRemoteUnreachable
  | GitNothingToCommit
