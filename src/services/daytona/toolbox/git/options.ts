/** What can be said about cloning, committing, pulling and pushing. */
import type * as Redacted from "effect/Redacted"
import type { ApiError } from "../../../../errors/ApiError.js"
import type { GitAuthenticationFailed, GitRemoteUnreachable } from "../../../../errors/daytona/git.js"
import type { GitConfigScope } from "../../../../schema/daytona/toolbox/Git.js"

/** A user name and a password or token, for one operation. They go over HTTPS, as basic authentication. */
export interface GitCredentials {
  readonly username: string
  readonly password: Redacted.Redacted
}

/** What can go wrong wherever a remote takes part. */
export type GitRemoteError = ApiError | GitAuthenticationFailed | GitRemoteUnreachable

/** What to clone, and where to. */
export interface GitCloneOptions {
  /** Without credentials in it: `InvalidRequest`. */
  readonly url: string
  /** The directory that the repository is made in. */
  readonly path: string
  /** For a remote that wants them; default: none. */
  readonly credentials?: GitCredentials | undefined
  /** Default: the remote's own. */
  readonly branch?: string | undefined
  /** Check out this commit of the branch; HEAD is on no branch then. */
  readonly commitId?: string | undefined
  /** Accept any certificate of the remote. */
  readonly insecureSkipTls?: boolean | undefined
  /** Only so many commits. Recent daemons only: else `UnsupportedByDaemon`. */
  readonly depth?: number | undefined
}

/** What is recorded with a commit. */
export interface GitCommitOptions {
  /** The message of the commit. */
  readonly message: string
  /** Who is named as its author. */
  readonly author: { readonly name: string; readonly email: string }
  /** Also when nothing is staged; default `false`. */
  readonly allowEmpty?: boolean | undefined
}

/** What to pull, and as whom. */
export interface GitPullOptions {
  /** For a remote that wants them; default: none. */
  readonly credentials?: GitCredentials | undefined
  /** Recent daemons only: else `UnsupportedByDaemon`. */
  readonly branch?: string | undefined
  /** Default `origin`. Recent daemons only: else `UnsupportedByDaemon`. */
  readonly remote?: string | undefined
}

/** What to push, and as whom. */
export interface GitPushOptions extends GitPullOptions {
  /** Remember where the branch was pushed to. Recent daemons only: else `UnsupportedByDaemon`. */
  readonly setUpstream?: boolean | undefined
}

/** Which configuration is meant. */
export interface GitConfigPlace {
  /** Default `global`: of the user. */
  readonly scope?: GitConfigScope | undefined
  /** The repository, for `local`. */
  readonly path?: string | undefined
}
