/**
 * The failures of git. Recent daemons send codes; older ones pass on the messages of go-git, or of the program, at
 * times with the wrong status.
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
import { classifyFailure, type DaemonError, withAdvice } from "../classifyFailure.js"

type MakeFailure = (fields: RequestFailureFields) => GitFailure

const authentication: MakeFailure = (fields) =>
  new GitAuthenticationFailed(
    withAdvice(
      fields,
      "Pass `credentials` that the remote accepts: a user name, and a token with the required permissions."
    )
  )

const missing =
  (what: GitNotFound["what"]): MakeFailure =>
  (fields) =>
    new GitNotFound({ ...fields, what })

const exists =
  (what: GitAlreadyExists["what"]): MakeFailure =>
  (fields) =>
    new GitAlreadyExists({ ...fields, what })

const rejected =
  (reason: GitPushRejected["reason"]): MakeFailure =>
  (fields) =>
    new GitPushRejected({ ...fields, reason })

/** The daemon moves HEAD before it looks at the changes, except to reset. */
const dirty: MakeFailure = (fields) =>
  fields.operation === "Git.reset"
    ? new GitDirtyWorktree(withAdvice(fields, "Nothing was changed. Commit or discard the changes first."))
    : new GitDirtyWorktree({
        ...withAdvice(
          fields,
          "HEAD may have moved although index and files have not: a commit would then revert the commits in between. Compare `status` and `history` with what you expect. With the git program, `git reset --soft <commit>` in the sandbox moves HEAD back without touching index and files."
        ),
        admitted: "unknown"
      })

/** The program names the files, each on a line that begins with a tab. */
const inTheWay: MakeFailure = (fields) =>
  new GitDirtyWorktree({
    ...withAdvice(
      fields,
      "Nothing was changed: branch, index and files are as before. Commit the changes, or move the files away."
    ),
    files: [...(fields.detail ?? "").matchAll(/^\t(.+)$/gm)].map(([, name = ""]) => name)
  })

const missingFile: MakeFailure = (fields) =>
  new GitNotFound({
    ...withAdvice(
      fields,
      "One of the files is neither in the working tree nor in the index. The files before it may have been staged; staging them again changes nothing."
    ),
    what: "file",
    admitted: "unknown"
  })

const conflict: MakeFailure = (fields) =>
  new GitMergeConflict(withAdvice(fields, "The daemon only fast-forwards; merge or rebase with a command instead."))

const nothing: MakeFailure = (fields) =>
  new GitNothingToCommit(withAdvice(fields, "Stage something with `add`, or set `allowEmpty`."))

// A push may have arrived although its response was lost.
const unreachable: MakeFailure = (fields) =>
  new GitRemoteUnreachable({
    ...withAdvice(fields, "The remote must be reachable from within the sandbox."),
    retryable: true,
    admitted: "unknown"
  })

/** The daemon lost the result of the helper that it starts for `file://` and local paths. */
const helperLost: MakeFailure = (fields) =>
  new GitRemoteUnreachable({
    ...withAdvice(
      fields,
      "The daemon is the first process of its container and cannot use remotes that are directories reliably. The operation may have been completed: look at the repositories before repeating it. Use a remote over HTTP, or git as a command."
    ),
    admitted: "unknown"
  })

/** Diverged histories reject a push, and are a merge conflict to a pull. */
const diverged: ReadonlyArray<MakeFailure> = [rejected("diverged"), conflict]

const byCode: ReadonlyMap<string, ReadonlyArray<MakeFailure>> = new Map([
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

/** The first match wins: a refused login also says that the remote could not be accessed. */
const byMessage: ReadonlyArray<readonly [RegExp, ReadonlyArray<MakeFailure>]> = [
  [/waitid: no child processes/i, [helperLost]],
  [/entry not found|pathspec '.*' did not match/i, [missingFile]],
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
  [
    /unstaged changes|would be overwritten|commit your changes or stash them|worktree is not clean|resolve your current index first/i,
    [dirty]
  ],
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

const candidates = ({ code, detail }: Pick<DaemonError, "code" | "detail">): ReadonlyArray<MakeFailure> =>
  byCode.get(code ?? "") ??
  byMessage.find(([pattern]) => pattern.test(detail))?.[1] ??
  (code === "NOT_FOUND" ? [missing("unknown")] : [])

/** What the output of the program stands for. */
export const failuresOfProgram = (fields: RequestFailureFields, output: string): ReadonlyArray<GitFailure> =>
  candidates({ detail: output, code: undefined }).map((makeFailure) =>
    (makeFailure === dirty ? inTheWay : makeFailure)(fields)
  )

/** Narrows the errors of an operation to the failures of git that are possible there. */
export const classifyGitFailure = classifyFailure<GitFailure>((error) =>
  candidates(error).map((makeFailure) => makeFailure(error.fields))
)
