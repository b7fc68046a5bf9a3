/** Git repositories in a sandbox: clone, look, change, commit, push. */
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
import { failingWith } from "./failures.js"
import { operations } from "./operations.js"
import type { GitCloneOptions, GitCommitOptions, GitPullOptions, GitPushOptions, GitRemoteError } from "./options.js"
import { authorFields, credentialFields, newerOptions, withoutSecret } from "./requests.js"
import { byName, type GitSettings, makeSettings } from "./settings.js"

export type * from "./options.js"

/**
 * Git repositories in a sandbox: clone, look, change, commit, push.
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
   * `path` is always the directory of a repository; a relative one is relative to the work directory of the sandbox. What
   * git objects to is a failure of its own; what an operation cannot classify is an `ApiError` with git's words in `detail`.
   *
   * Deadlines: 30 minutes where a remote takes part, 2 minutes where files or commits are gone through. The daemon goes on
   * after them. Cloning, committing, pulling and pushing are never repeated once they may have arrived.
   */
  interface Service extends GitSettings {
    /**
     * Clones a repository over HTTPS; without ssh keys. One branch is fetched; the directory and its parents are made.
     * Fails with `GitAlreadyExists` when there is a repository at `path` already. `POST /git/clone`
     */
    readonly clone: (
      options: GitCloneOptions
    ) => Effect.Effect<void, GitRemoteError | GitNotFound | GitAlreadyExists | UnsupportedByDaemon>
    /** The branch, and the files that differ from what was committed, by name. `GET /git/status` */
    readonly status: (path: string) => Effect.Effect<GitStatus, ApiError | GitNotFound>
    /** Stages files; default: all. That a file is gone is staged too. `POST /git/add` */
    readonly add: (
      path: string,
      options?: {
        /** Relative to the repository; `.` is everything. */
        readonly files?: readonly [string, ...ReadonlyArray<string>] | undefined
      }
    ) => Effect.Effect<void, ApiError | GitNotFound>
    /**
     * Commits what is staged, and returns the hash. Fails with `GitNothingToCommit`. The proxy before the sandbox may
     * deliver a request twice; the second then finds nothing to commit, or makes an empty commit where that is allowed.
     * `POST /git/commit`
     */
    readonly commit: (
      path: string,
      options: GitCommitOptions
    ) => Effect.Effect<string, ApiError | GitNotFound | GitNothingToCommit | GitMergeConflict>
    /**
     * Pushes the current branch to its namesake at `origin`. Nothing to push is a success. Fails with `GitPushRejected`
     * when the remote has commits that are not here, or refuses. `POST /git/push`
     */
    readonly push: (
      path: string,
      options?: GitPushOptions
    ) => Effect.Effect<void, GitRemoteError | GitNotFound | GitPushRejected | UnsupportedByDaemon>
    /**
     * Brings the current branch up to date with `origin`, by fast-forward only: fails with `GitMergeConflict` when there are
     * commits on both sides, and with `GitDirtyWorktree` when changes are in the way. `POST /git/pull`
     */
    readonly pull: (
      path: string,
      options?: GitPullOptions
    ) => Effect.Effect<void, GitRemoteError | GitNotFound | GitMergeConflict | GitDirtyWorktree | UnsupportedByDaemon>
    /** The local branches, by name. `GET /git/branches` */
    readonly branches: (path: string) => Effect.Effect<GitBranches, ApiError | GitNotFound>
    /** Creates a branch at HEAD **and checks it out**. `POST /git/branches` */
    readonly createBranch: (
      path: string,
      options: { readonly name: string }
    ) => Effect.Effect<void, ApiError | GitNotFound | GitAlreadyExists | GitDirtyWorktree>
    /**
     * Deletes a local branch, also one that is not merged or is checked out. One that does not exist is no failure.
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
    /** Every commit that leads to HEAD, from HEAD back, all at once. `GET /git/history` */
    readonly history: (path: string) => Effect.Effect<ReadonlyArray<GitCommit>, ApiError | GitNotFound>
    /** Makes an empty repository. Recent daemons only. `POST /git/init` */
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
        /** Default `mixed`: the index, not the files. `hard` loses changes. */
        readonly mode?: GitResetMode | undefined
        /** A commit or branch; default HEAD. */
        readonly target?: string | undefined
        /** Only these files. */
        readonly files?: ReadonlyArray<string> | undefined
      }
    ) => Effect.Effect<void, ApiError | GitNotFound | GitDirtyWorktree>
    /** Puts files back as they were; their changes are lost. Recent daemons only. `POST /git/restore` */
    readonly restore: (
      path: string,
      options: {
        readonly files: readonly [string, ...ReadonlyArray<string>]
        /** In the index. */
        readonly staged?: boolean | undefined
        /** In the working tree: the default, unless `staged`. */
        readonly worktree?: boolean | undefined
        /** A commit or branch; default: the index, or HEAD for `staged`. */
        readonly source?: string | undefined
      }
    ) => Effect.Effect<void, ApiError | GitNotFound>
  }
}

const everything: readonly [string] = ["."]

export const make: Effect.Effect<Git.Service, never, Toolbox> = Effect.map(Toolbox, (toolbox) => {
  const known = newerOptions(toolbox)

  return Git.of({
    ...makeSettings(toolbox),
    clone: ({ credentials, depth, ...options }) =>
      Effect.gen(function* () {
        const operation = operations.clone
        yield* withoutSecret(operation, options.url, "give `credentials` instead")
        const login = yield* credentialFields(operation, credentials)
        yield* known(operation, { depth })
        yield* toolbox
          .call(operation, { body: { ...options, ...login, depth }, subject: options.path })
          .pipe(failingWith("GitAuthenticationFailed", "GitRemoteUnreachable", "GitNotFound", "GitAlreadyExists"))
      }),
    status: (path) =>
      toolbox.call(operations.status, { query: { path }, subject: path }).pipe(
        failingWith("GitNotFound"),
        Effect.map((status) => ({ ...status, fileStatus: [...status.fileStatus].sort(byName) }))
      ),
    add: (path, { files = everything } = {}) =>
      toolbox.call(operations.add, { body: { path, files }, subject: path }).pipe(failingWith("GitNotFound")),
    commit: (path, { author, ...options }) =>
      Effect.flatMap(authorFields(operations.commit, author), (identity) =>
        toolbox.call(operations.commit, { body: { ...options, ...identity, path }, subject: path })
      ).pipe(
        failingWith("GitNotFound", "GitNothingToCommit", "GitMergeConflict"),
        Effect.map(({ hash }) => hash)
      ),
    push: (path, { credentials, ...options } = {}) =>
      Effect.gen(function* () {
        const operation = operations.push
        const login = yield* credentialFields(operation, credentials)
        yield* known(operation, options)
        yield* toolbox
          .call(operation, { body: { ...options, ...login, path }, subject: path })
          .pipe(failingWith("GitAuthenticationFailed", "GitRemoteUnreachable", "GitNotFound", "GitPushRejected"))
      }),
    pull: (path, { credentials, ...options } = {}) =>
      Effect.gen(function* () {
        const operation = operations.pull
        const login = yield* credentialFields(operation, credentials)
        yield* known(operation, options)
        yield* toolbox
          .call(operation, { body: { ...options, ...login, path }, subject: path })
          .pipe(
            failingWith(
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
        failingWith("GitNotFound"),
        Effect.map((found) => ({ ...found, branches: [...found.branches].sort() }))
      ),
    createBranch: (path, { name }) =>
      toolbox
        .call(operations.createBranch, { body: { path, name }, subject: path })
        .pipe(failingWith("GitNotFound", "GitAlreadyExists", "GitDirtyWorktree")),
    deleteBranch: (path, { name }) =>
      toolbox.call(operations.deleteBranch, { body: { path, name }, subject: path }).pipe(failingWith("GitNotFound")),
    checkout: (path, { branch }) =>
      toolbox
        .call(operations.checkout, { body: { path, branch }, subject: path })
        .pipe(failingWith("GitNotFound", "GitDirtyWorktree")),
    history: (path) =>
      toolbox.call(operations.history, { query: { path }, subject: path }).pipe(
        failingWith("GitNotFound"),
        Effect.map((commits) => commits ?? [])
      ),
    init: (path, options = {}) =>
      toolbox
        .call(operations.init, { body: { ...options, path }, subject: path })
        .pipe(failingWith("GitAlreadyExists")),
    reset: (path, options = {}) =>
      toolbox
        .call(operations.reset, { body: { ...options, path }, subject: path })
        .pipe(failingWith("GitNotFound", "GitDirtyWorktree")),
    restore: (path, options) =>
      toolbox.call(operations.restore, { body: { ...options, path }, subject: path }).pipe(failingWith("GitNotFound"))
  })
})
