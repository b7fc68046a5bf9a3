/** The options of `Git`. */
import type * as Redacted from "effect/Redacted"
import type { ApiError } from "../../../../errors/ApiError.js"
import type { GitAuthenticationFailed, GitRemoteUnreachable } from "../../../../errors/daytona/git.js"
import type { GitConfigScope } from "../../../../schema/daytona/toolbox/Git.js"

/** A user name and a password or token, for one operation. They are sent over HTTPS, as basic authentication. */
export interface Credentials {
  readonly username: string
  readonly password: Redacted.Redacted
}

/** What any operation that contacts a remote can fail with. */
export type RemoteError = ApiError | GitAuthenticationFailed | GitRemoteUnreachable

/** What to clone, and where to. */
export interface CloneOptions {
  /** Must not contain credentials: `InvalidRequest`. */
  readonly url: string
  /** The directory of the new repository. */
  readonly path: string
  /** Default: none. */
  readonly credentials?: Credentials | undefined
  /** Default: that of the remote. */
  readonly branch?: string | undefined
  /** Checks out this commit of the branch, with a detached HEAD. */
  readonly commitId?: string | undefined
  /** Accepts any certificate of the remote. */
  readonly insecureSkipTls?: boolean | undefined
  /** Clones only this many commits. Recent daemons only; older ones: `UnsupportedByDaemon`. */
  readonly depth?: number | undefined
  /**
   * Also clones into a directory that has files, and overwrites those that the repository has too. Default `false`:
   * `GitAlreadyExists`.
   */
  readonly overwrite?: boolean | undefined
}

/** What to record with a commit. */
export interface CommitOptions {
  /** The commit message; must not be empty. */
  readonly message: string
  /** The author, who is the committer too. */
  readonly author: { readonly name: string; readonly email: string }
  /** Commits even when nothing is staged; default `false`. */
  readonly allowEmpty?: boolean | undefined
}

/** What to fetch, and with which credentials. */
export interface FetchOptions {
  /** Default: none. */
  readonly credentials?: Credentials | undefined
  /** Default: all branches. */
  readonly branch?: string | undefined
  /** Default `origin`. */
  readonly remote?: string | undefined
}

/** What to pull, and with which credentials. */
export interface PullOptions {
  /** Default: none. */
  readonly credentials?: Credentials | undefined
  /** Default: the branch of the remote with the name of the current one. */
  readonly branch?: string | undefined
  /** Default `origin`. */
  readonly remote?: string | undefined
  /** Discards uncommitted changes, and overwrites untracked files that are in the way. Default `false`. */
  readonly discardChanges?: boolean | undefined
}

/** What to check out. */
export interface CheckoutOptions {
  /** A local branch, the **full** hash of a commit, or a branch that `fetch` has found at `origin`. */
  readonly branch: string
  /** Discards uncommitted changes, and overwrites untracked files that are in the way. Default `false`. */
  readonly discardChanges?: boolean | undefined
}

/** What to push, and with which credentials. */
export interface PushOptions {
  /** Default: none. */
  readonly credentials?: Credentials | undefined
  /** Recent daemons only; older ones: `UnsupportedByDaemon`. */
  readonly branch?: string | undefined
  /** Default `origin`. Recent daemons only; older ones: `UnsupportedByDaemon`. */
  readonly remote?: string | undefined
  /** Sets the upstream of the branch. Recent daemons only; older ones: `UnsupportedByDaemon`. */
  readonly setUpstream?: boolean | undefined
}

/** Which configuration to read or change. */
export interface ConfigLocation {
  /** Default `global`: that of the user. */
  readonly scope?: GitConfigScope | undefined
  /** The repository, for `local`. */
  readonly path?: string | undefined
}
