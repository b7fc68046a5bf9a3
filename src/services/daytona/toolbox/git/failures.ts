/**
 * What git objected to. Recent daemons have codes for it; older ones pass on the words of go-git, or of the program, with
 * the wrong status now and then.
 */
import {
  GitAlreadyExists,
  GitAuthenticationFailed,
  GitDirtyWorktree,
  type GitFailure,
  GitMergeConflict,
  GitNotFound,
  GitNothingToCommit,
  GitPushRejected,
  GitRemoteUnreachable
} from "../../../../errors/daytona/git.js"
import type { RequestFailureFields } from "../../../../errors/RequestFailure.js"
import { advised, classifier, type Told } from "../classifyFailure.js"

type Reading = (fields: RequestFailureFields) => GitFailure

const authentication: Reading = (fields) =>
  new GitAuthenticationFailed(
    advised(fields, "The remote wants other `credentials`: a user name, and a token that may do this.")
  )

const missing =
  (what: GitNotFound["what"]): Reading =>
  (fields) =>
    new GitNotFound({ ...fields, what })

const exists =
  (what: GitAlreadyExists["what"]): Reading =>
  (fields) =>
    new GitAlreadyExists({ ...fields, what })

const rejected =
  (reason: GitPushRejected["reason"]): Reading =>
  (fields) =>
    new GitPushRejected({ ...fields, reason })

const dirty: Reading = (fields) => new GitDirtyWorktree(advised(fields, "Commit or discard the changes first."))

const conflict: Reading = (fields) =>
  new GitMergeConflict(advised(fields, "The daemon only fast-forwards; merge or rebase with a command instead."))

const nothing: Reading = (fields) =>
  new GitNothingToCommit(advised(fields, "Stage something with `add`, or set `allowEmpty`."))

// A push may have got through, and its answer not.
const unreachable: Reading = (fields) =>
  new GitRemoteUnreachable({
    ...advised(fields, "The remote must be reachable from within the sandbox."),
    retryable: true,
    admitted: "unknown"
  })

/** What a pull calls a conflict of two histories is a rejection to a push. */
const diverged: ReadonlyArray<Reading> = [rejected("diverged"), conflict]

const byCode: ReadonlyMap<string, ReadonlyArray<Reading>> = new Map([
  ["GIT_AUTH_FAILED", [authentication]],
  ["GIT_REPO_NOT_FOUND", [missing("repository")]],
  ["GIT_BRANCH_NOT_FOUND", [missing("reference")]],
  ["GIT_BRANCH_EXISTS", [exists("branch")]],
  ["GIT_PUSH_REJECTED", diverged],
  ["GIT_REMOTE_REJECTED", [rejected("refused")]],
  ["GIT_DIRTY_WORKTREE", [dirty]],
  ["GIT_MERGE_CONFLICT", [conflict, rejected("diverged")]],
  ["GIT_TRANSPORT_FAILED", [unreachable]]
])

/** The first that matches counts: a refused log-in also says that the remote could not be accessed. */
const byWords: ReadonlyArray<readonly [RegExp, ReadonlyArray<Reading>]> = [
  [
    /authentication required|authorization failed|invalid auth method|authentication failed for|could not read (username|password)|terminal prompts disabled|returned error: 40[13]/i,
    [authentication]
  ],
  [/remote rejected|hook declined|protected branch/i, [rejected("refused")]],
  [/non-fast-forward|fetch first|not possible to fast-forward|diverging branches/i, diverged],
  [/cannot create empty commit|nothing to commit|nothing added to commit|no changes added to commit/i, [nothing]],
  [/repository already exists/i, [exists("repository")]],
  [/(^|: )remote\b.* already exists/i, [exists("remote")]],
  [/(branch|reference)\b.* already exists/i, [exists("branch")]],
  [/unstaged changes|would be overwritten|commit your changes or stash them|worktree is not clean/i, [dirty]],
  [/merge conflict|automatic merge failed|unmerged/i, [conflict]],
  [/remote not found|no such remote/i, [missing("remote")]],
  [
    /couldn't find remote ref|remote branch .* not found|(reference|branch|object|commit|tag) not found|failed to checkout branch or commit|unknown revision|bad revision|does not have any commits/i,
    [missing("reference")]
  ],
  [
    /repository\b.* (does not exist|not found)|repository is empty|not a git repository|does not appear to be a git repository|returned error: 404/i,
    [missing("repository")]
  ],
  [
    /dial tcp|no such host|could not resolve|connection (refused|reset|timed out)|x509:|tls: |i\/o timeout|unable to access|failed to connect|could not read from remote|unexpected eof|early eof|rpc failed/i,
    [unreachable]
  ]
]

const readings = ({ code, words }: Told): ReadonlyArray<Reading> =>
  byCode.get(code ?? "") ??
  byWords.find(([pattern]) => pattern.test(words))?.[1] ??
  (code === "NOT_FOUND" ? [missing("unknown")] : [])

/** Gives an operation those failures of git that are possible there. */
export const failingWith = classifier<GitFailure>((told) => readings(told).map((read) => read(told.fields)))
