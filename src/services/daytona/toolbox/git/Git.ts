/** Git repositories in a sandbox: clone, inspect, change, commit, push. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { ApiError } from "../../../../errors/ApiError.js"
import type { UnsupportedByDaemon } from "../../../../errors/daytona/daemon.js"
import type {
  GitAlreadyExists,
  GitDirtyWorktree,
  GitMergeConflict,
  GitNotFound,
  GitNothingToCommit,
  GitPushRejected
} from "../../../../errors/daytona/git.js"
import type { GitBranches, GitCommit, GitResetMode, GitStatus } from "../../../../schema/daytona/toolbox/Git.js"
import { Toolbox } from "../Toolbox.js"
import { classifyGitFailure } from "./failures.js"
import { operations } from "./operations.js"
import type * as Options from "./options.js"
import { authorFields, credentialFields, supportsOptions, withoutSecret } from "./requests.js"
import { byName, type GitSettings, makeSettings } from "./settings.js"

/**
 * Git repositories in a sandbox: clone, inspect, change, commit, push.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Git } from "effect-sandboxes/daytona"
 *
 * const program = Effect.gen(function* () {
 *   const git = yield* Git
 *   yield* git.clone({ url: "https://github.com/octocat/Hello-World.git", path: "app", depth: 1 })
 *   return yield* git.status("app")
 * })
 * ```
 */
export class Git extends Context.Tag("effect-sandboxes/daytona/Git")<Git, Git.Service>() {
  /** The service on top of the connection to one sandbox. Building it sends nothing. */
  static readonly layer: Layer.Layer<Git, never, Toolbox> = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

export declare namespace Git {
  /**
   * `path` is the directory of a repository, relative to the work directory of the sandbox. Errors of git are failures
   * of their own; an error that cannot be classified is an `ApiError` with the message of git in `detail`.
   *
   * Deadlines: 30 minutes for operations that contact a remote, 2 minutes for those that read files or commits. They do
   * not stop the daemon. Cloning, committing, pulling and pushing are never retried once they may have arrived.
   */
  interface Service extends GitSettings {
    /**
     * Clones a repository over HTTPS (not SSH). Only one branch is fetched; the directory and its parents are created.
     * Fails with `GitAlreadyExists` when `path` is a repository already. `POST /git/clone`
     */
    readonly clone: (
      options: CloneOptions
    ) => Effect.Effect<void, RemoteError | GitNotFound | GitAlreadyExists | UnsupportedByDaemon>
    /** The branch, and the files that differ from HEAD, sorted by name. `GET /git/status` */
    readonly status: (path: string) => Effect.Effect<GitStatus, ApiError | GitNotFound>
    /** Stages files, including deleted ones; default: all. `POST /git/add` */
    readonly add: (
      path: string,
      options?: {
        /** Relative to the repository; `.` means everything. */
        readonly files?: readonly [string, ...ReadonlyArray<string>] | undefined
      }
    ) => Effect.Effect<void, ApiError | GitNotFound>
    /**
     * Commits what is staged, and returns the hash. Fails with `GitNothingToCommit`. The proxy in front of the sandbox
     * may deliver a request twice: the duplicate finds nothing to commit, or makes an empty commit with `allowEmpty`.
     * `POST /git/commit`
     */
    readonly commit: (
      path: string,
      options: CommitOptions
    ) => Effect.Effect<string, ApiError | GitNotFound | GitNothingToCommit | GitMergeConflict>
    /**
     * Pushes the current branch to the branch of the same name at `origin`. Succeeds when there is nothing to push.
     * Fails with `GitPushRejected` when the remote has commits that are missing here, or refuses. `POST /git/push`
     */
    readonly push: (
      path: string,
      options?: PushOptions
    ) => Effect.Effect<void, RemoteError | GitNotFound | GitPushRejected | UnsupportedByDaemon>
    /**
     * Updates the current branch from `origin`, by fast-forward only: fails with `GitMergeConflict` when both sides
     * have new commits, and with `GitDirtyWorktree` when local changes would be overwritten. `POST /git/pull`
     */
    readonly pull: (
      path: string,
      options?: PullOptions
    ) => Effect.Effect<void, RemoteError | GitNotFound | GitMergeConflict | GitDirtyWorktree | UnsupportedByDaemon>
    /** The local branches, sorted by name. `GET /git/branches` */
    readonly branches: (path: string) => Effect.Effect<GitBranches, ApiError | GitNotFound>
    /** Creates a branch at HEAD **and checks it out**. `POST /git/branches` */
    readonly createBranch: (
      path: string,
      options: { readonly name: string }
    ) => Effect.Effect<void, ApiError | GitNotFound | GitAlreadyExists | GitDirtyWorktree>
    /**
     * Deletes a local branch, even if it is checked out or not merged. Succeeds when it does not exist.
     * `DELETE /git/branches`
     */
    readonly deleteBranch: (
      path: string,
      options: { readonly name: string }
    ) => Effect.Effect<void, ApiError | GitNotFound>
    /** Checks out a branch, or a commit by its **full** hash. `POST /git/checkout` */
    readonly checkout: (
      path: string,
      options: { readonly branch: string }
    ) => Effect.Effect<void, ApiError | GitNotFound | GitDirtyWorktree>
    /** All commits reachable from HEAD, newest first, in one response. `GET /git/history` */
    readonly history: (path: string) => Effect.Effect<ReadonlyArray<GitCommit>, ApiError | GitNotFound>
    /** Creates an empty repository. Recent daemons only. `POST /git/init` */
    readonly init: (
      path: string,
      options?: {
        /** Without a working tree. */
        readonly bare?: boolean | undefined
        readonly initialBranch?: string | undefined
      }
    ) => Effect.Effect<void, ApiError | GitAlreadyExists>
    /**
     * Moves the current branch to a commit, or unstages files. Recent daemons only. `POST /git/reset`
     */
    readonly reset: (
      path: string,
      options?: {
        /** Default `mixed`: resets the index but not the files. `hard` discards changes. */
        readonly mode?: GitResetMode | undefined
        /** A commit or branch; default HEAD. */
        readonly target?: string | undefined
        /** Unstages only these files. */
        readonly files?: ReadonlyArray<string> | undefined
      }
    ) => Effect.Effect<void, ApiError | GitNotFound | GitDirtyWorktree>
    /** Restores files and discards their changes. Recent daemons only. `POST /git/restore` */
    readonly restore: (
      path: string,
      options: {
        readonly files: readonly [string, ...ReadonlyArray<string>]
        /** Restores the index. */
        readonly staged?: boolean | undefined
        /** Restores the working tree; the default unless `staged`. */
        readonly worktree?: boolean | undefined
        /** A commit or branch; default: the index, or HEAD for `staged`. */
        readonly source?: string | undefined
      }
    ) => Effect.Effect<void, ApiError | GitNotFound>
  }

  /** What to clone, and where to. */
  type CloneOptions = Options.CloneOptions
  /** What to record with a commit. */
  type CommitOptions = Options.CommitOptions
  /** What to pull, and with which credentials. */
  type PullOptions = Options.PullOptions
  /** What to push, and with which credentials. */
  type PushOptions = Options.PushOptions
  /** A user name and a password or token, for one operation. */
  type Credentials = Options.Credentials
  /** Which configuration to read or change. */
  type ConfigLocation = Options.ConfigLocation
  /** What any operation that contacts a remote can fail with. */
  type RemoteError = Options.RemoteError
}

const everything: readonly [string] = ["."]

export const make: Effect.Effect<Git.Service, never, Toolbox> = Effect.map(Toolbox, (toolbox) => {
  const requireSupport = supportsOptions(toolbox)

  return Git.of({
    ...makeSettings(toolbox),
    clone: ({ credentials, depth, ...options }) =>
      Effect.gen(function* () {
        const operation = operations.clone
        yield* withoutSecret(operation, options.url, "pass `credentials` instead")
        const login = yield* credentialFields(operation, credentials)
        yield* requireSupport(operation, { depth })
        yield* toolbox
          .call(operation, { body: { ...options, ...login, depth }, subject: options.path })
          .pipe(
            classifyGitFailure("GitAuthenticationFailed", "GitRemoteUnreachable", "GitNotFound", "GitAlreadyExists")
          )
      }),
    status: (path) =>
      toolbox.call(operations.status, { query: { path }, subject: path }).pipe(
        classifyGitFailure("GitNotFound"),
        Effect.map((status) => ({ ...status, fileStatus: [...status.fileStatus].sort(byName) }))
      ),
    add: (path, { files = everything } = {}) =>
      toolbox.call(operations.add, { body: { path, files }, subject: path }).pipe(classifyGitFailure("GitNotFound")),
    commit: (path, { author, ...options }) =>
      Effect.flatMap(authorFields(operations.commit, author), (identity) =>
        toolbox.call(operations.commit, { body: { ...options, ...identity, path }, subject: path })
      ).pipe(
        classifyGitFailure("GitNotFound", "GitNothingToCommit", "GitMergeConflict"),
        Effect.map(({ hash }) => hash)
      ),
    push: (path, { credentials, ...options } = {}) =>
      Effect.gen(function* () {
        const operation = operations.push
        const login = yield* credentialFields(operation, credentials)
        yield* requireSupport(operation, options)
        yield* toolbox
          .call(operation, { body: { ...options, ...login, path }, subject: path })
          .pipe(classifyGitFailure("GitAuthenticationFailed", "GitRemoteUnreachable", "GitNotFound", "GitPushRejected"))
      }),
    pull: (path, { credentials, ...options } = {}) =>
      Effect.gen(function* () {
        const operation = operations.pull
        const login = yield* credentialFields(operation, credentials)
        yield* requireSupport(operation, options)
        yield* toolbox
          .call(operation, { body: { ...options, ...login, path }, subject: path })
          .pipe(
            classifyGitFailure(
              "GitAuthenticationFailed",
              "GitRemoteUnreachable",
              "GitNotFound",
              "GitMergeConflict",
              "GitDirtyWorktree"
            )
          )
      }),
    branches: (path) =>
      toolbox.call(operations.branches, { query: { path }, subject: path }).pipe(
        classifyGitFailure("GitNotFound"),
        Effect.map((found) => ({ ...found, branches: [...found.branches].sort() }))
      ),
    createBranch: (path, { name }) =>
      toolbox
        .call(operations.createBranch, { body: { path, name }, subject: path })
        .pipe(classifyGitFailure("GitNotFound", "GitAlreadyExists", "GitDirtyWorktree")),
    deleteBranch: (path, { name }) =>
      toolbox
        .call(operations.deleteBranch, { body: { path, name }, subject: path })
        .pipe(classifyGitFailure("GitNotFound")),
    checkout: (path, { branch }) =>
      toolbox
        .call(operations.checkout, { body: { path, branch }, subject: path })
        .pipe(classifyGitFailure("GitNotFound", "GitDirtyWorktree")),
    history: (path) =>
      toolbox.call(operations.history, { query: { path }, subject: path }).pipe(
        classifyGitFailure("GitNotFound"),
        Effect.map((commits) => commits ?? [])
      ),
    init: (path, options = {}) =>
      toolbox
        .call(operations.init, { body: { ...options, path }, subject: path })
        .pipe(classifyGitFailure("GitAlreadyExists")),
    reset: (path, options = {}) =>
      toolbox
        .call(operations.reset, { body: { ...options, path }, subject: path })
        .pipe(classifyGitFailure("GitNotFound", "GitDirtyWorktree")),
    restore: (path, options) =>
      toolbox
        .call(operations.restore, { body: { ...options, path }, subject: path })
        .pipe(classifyGitFailure("GitNotFound"))
  })
})
