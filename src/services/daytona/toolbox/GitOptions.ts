/** What can be said about cloning, committing, pulling and pushing. */
import type * as Redacted from "effect/Redacted"
import type { ApiError } from "../../../errors/ApiError.js"
import type { GitAuthenticationFailed, GitRemoteUnreachable } from "../../../errors/DaytonaGit.js"
import type { GitConfigScope } from "../../../schema/daytona/toolbox/Git.js"

/** A user name and a password or token, for one operation. They go over HTTPS, as basic authentication. */
export interface GitCredentials {
  readonly username: string
  readonly password: Redacted.Redacted
}

/** What can go wrong wherever a remote takes part. */
export type GitRemoteError = ApiError | GitAuthenticationFailed | GitRemoteUnreachable

export interface GitCloneOptions {
  /** Without credentials in it: `InvalidRequest`. */
  readonly url: string
  readonly path: string
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

export interface GitCommitOptions {
  readonly message: string
  readonly author: { readonly name: string; readonly email: string }
  /** Also when nothing is staged; default `false`. */
  readonly allowEmpty?: boolean | undefined
}

export interface GitPullOptions {
  readonly credentials?: GitCredentials | undefined
  /** Recent daemons only: else `UnsupportedByDaemon`. */
  readonly branch?: string | undefined
  /** Default `origin`. Recent daemons only: else `UnsupportedByDaemon`. */
  readonly remote?: string | undefined
}

export interface GitPushOptions extends GitPullOptions {
  /** Remember where the branch was pushed to. Recent daemons only: else `UnsupportedByDaemon`. */
  readonly setUpstream?: boolean | undefined
}

export interface GitConfigPlace {
  /** Default `global`: of the user. */
  readonly scope?: GitConfigScope | undefined
  /** The repository, for `local`. */
  readonly path?: string | undefined
}
