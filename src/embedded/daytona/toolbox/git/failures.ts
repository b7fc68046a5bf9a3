/** Failures of git as the daemon reports them. */
import type { Machine } from "../Machine.js"
import { type DomainCode, Refusal } from "../Refusal.js"
import type { GitFailed } from "./Git.js"

/** A failure in both generations of the daemon. */
interface Failure {
  readonly status: number
  /** The message of go-git, which the daemon uses. */
  readonly message: string
  readonly code?: DomainCode
  /** The older daemon's status, where it differs. */
  readonly oldStatus?: number
}

export const failures = {
  noRepository: { status: 404, message: "repository does not exist", code: "GIT_REPO_NOT_FOUND" },
  remoteRepositoryNotFound: { status: 404, message: "repository not found", code: "GIT_REPO_NOT_FOUND" },
  emptyRemote: { status: 404, message: "remote repository is empty", code: "GIT_REPO_NOT_FOUND" },
  repositoryExists: { status: 409, message: "repository already exists" },
  noEntry: { status: 500, message: "entry not found" },
  noReference: { status: 404, message: "reference not found", code: "GIT_BRANCH_NOT_FOUND" },
  noObject: { status: 404, message: "object not found" },
  noRemote: { status: 404, message: "remote not found" },
  remoteExists: { status: 409, message: "remote already exists" },
  authentication: { status: 401, message: "authentication required", code: "GIT_AUTH_FAILED" },
  authorization: { status: 403, message: "authorization failed" },
  pushRejected: { status: 409, message: "non-fast-forward update", code: "GIT_PUSH_REJECTED", oldStatus: 500 },
  diverged: { status: 409, message: "non-fast-forward update", code: "GIT_MERGE_CONFLICT" },
  dirty: { status: 409, message: "worktree contains unstaged changes", code: "GIT_DIRTY_WORKTREE" },
  emptyCommit: { status: 500, message: "cannot create empty commit: clean working tree" }
} as const satisfies Record<string, Failure>

/** Maps what git prints to the daemon's errors. The first match counts. */
const stderrPatterns: ReadonlyArray<readonly [RegExp, Failure]> = [
  [/not a git repository|cannot change to/i, failures.noRepository],
  [
    /authentication failed|could not read (username|password)|terminal prompts disabled|returned error: 401/i,
    failures.authentication
  ],
  [/returned error: 403/i, failures.authorization],
  [
    /repository '.*' not found|returned error: 404|repository '.*' does not exist|does not appear to be a git repository/i,
    failures.remoteRepositoryNotFound
  ],
  [
    /remote branch .* not found|src refspec .* does not match|couldn't find remote ref|unknown revision|bad revision|ambiguous argument|needed a single revision|does not have any commits yet|could not resolve head|invalid reference/i,
    failures.noReference
  ],
  [/no such remote/i, failures.noRemote],
  [/remote .* already exists/i, failures.remoteExists],
  [/unable to read tree|not a tree|bad object|not our ref/i, failures.noObject],
  [/non-fast-forward|fetch first|stale info/i, failures.pushRejected],
  [/not possible to fast-forward|diverging branches/i, failures.diverged],
  [/would be overwritten|commit your changes or stash them|not uptodate/i, failures.dirty]
]

/** Failures whose text the daemon passes on, with the newer daemon's status and code. */
const passedOn: ReadonlyArray<readonly [RegExp, Pick<Failure, "status" | "code">]> = [
  [/remote rejected|hook declined/i, { status: 422, code: "GIT_REMOTE_REJECTED" }],
  [
    /could not resolve host|unable to access|failed to connect|connection (refused|timed out|reset)|early eof|unable to connect|could not read from remote|transport '.*' not allowed|remote helper|rpc failed/i,
    { status: 502, code: "GIT_TRANSPORT_FAILED" }
  ],
  [/automatic merge failed|merge conflict|unmerged/i, { status: 409, code: "GIT_MERGE_CONFLICT" }],
  [/a branch named '.*' already exists/i, { status: 409, code: "GIT_BRANCH_EXISTS" }]
]

/** The refusal for a known failure. */
export const refuse = (generation: Machine["generation"], failure: Failure): Refusal => {
  const { code, message, oldStatus, status } = failure
  const answered = generation === "0.190" ? (oldStatus ?? status) : status
  return new Refusal({ status: answered, message, old: answered === 500 ? "unprefixed" : "envelope", code })
}

/** The refusal for what git printed. */
export const classify = (generation: Machine["generation"], { stderr, output }: GitFailed): Refusal => {
  const known = stderrPatterns.find(([pattern]) => pattern.test(stderr) || pattern.test(output))
  if (known !== undefined) return refuse(generation, known[1])
  const text = withoutHints(stderr) || output.trim() || "git failed"
  const named = passedOn.find(([pattern]) => pattern.test(stderr) || pattern.test(output))
  return refuse(generation, { oldStatus: 500, message: text, ...(named?.[1] ?? { status: 500 }) })
}

const withoutHints = (stderr: string): string =>
  stderr
    .split("\n")
    .filter((line) => !line.startsWith("hint:"))
    .join("\n")
    .trim()
