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

/** What to pull, and with which credentials. */
export interface PullOptions {
  /** Default: none. */
  readonly credentials?: Credentials | undefined
  /** Recent daemons only; older ones: `UnsupportedByDaemon`. */
  readonly branch?: string | undefined
  /** Default `origin`. Recent daemons only; older ones: `UnsupportedByDaemon`. */
  readonly remote?: string | undefined
}

/** What to push, and with which credentials. */
export interface PushOptions extends PullOptions {
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
