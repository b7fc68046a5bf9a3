/** Git repositories in a sandbox: clone, inspect, change, commit, push. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { ApiError } from "../../../../errors/ApiError.js"
import type { UnsupportedByDaemon } from "../../../../errors/daytona/daemon.js"
import {
  GitAlreadyExists,
  type GitDirtyWorktree,
  type GitMergeConflict,
  type GitNotFound,
  type GitNothingToCommit,
  type GitProgramMissing,
  type GitPushRejected
} from "../../../../errors/daytona/git.js"
import type { GitBranches, GitCommit, GitResetMode, GitStatus } from "../../../../schema/daytona/toolbox/Git.js"
import { Toolbox } from "../Toolbox.js"
import { checked } from "./arguments.js"
import { classifyGitFailure } from "./failures.js"
import * as Guarded from "./guarded.js"
import { operations } from "./operations.js"
import type * as Options from "./options.js"
import * as Program from "./program.js"
import {
  authorFields,
  checkedBody,
  credentialFields,
  supportsOptions,
  validBranchName,
  withoutNul,
  withoutSecret
} from "./requests.js"
import * as Scripts from "./scripts.js"
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
   * `checkout`, `createBranch`, `pull` and `fetch` run the git program of the sandbox, without hooks: unlike the
   * library in the daemon, it loses nothing that is not committed. In a sandbox without it, `fetch` fails with
   * `GitProgramMissing`; the others use the daemon, and only if `status` shows nothing that could be lost. Ignored
   * files are not in `status`: the daemon overwrites those that the other commit has too.
   *
   * Deadlines: 30 minutes for operations that contact a remote, 2 minutes for those that read files or commits. They do
   * not stop the daemon. Cloning, committing, pulling and pushing are never retried once they may have arrived.
   */
  interface Service extends GitSettings {
    /**
     * Clones a repository over HTTPS (not SSH). Only one branch is fetched; the directory and its parents are created.
     * Fails with `GitAlreadyExists` when `path` is a repository or has other files (see `overwrite`).
     *
     * After a clone without `branch`, the daemon knows nothing about the branches of the remote. The git program of the
     * sandbox mends that. Without it, name the branch: otherwise `status` reports `branchPublished: false` until
     * `fetch`. `GET /files`, `POST /git/clone`, `POST /process/execute`
     */
    readonly clone: (
      options: CloneOptions
    ) => Effect.Effect<void, RemoteError | GitNotFound | GitAlreadyExists | UnsupportedByDaemon>
    /** The branch, and the files that differ from HEAD, sorted by name. `GET /git/status` */
    readonly status: (path: string) => Effect.Effect<GitStatus, ApiError | GitNotFound>
    /**
     * Stages files, including deleted ones; default: all. Fails with `GitNotFound` (`what: "file"`) for a file that
     * does not exist; the files before it have been staged then. `POST /git/add`
     */
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
     * Fetches the branches of a remote, without changing any local branch or file. Afterwards `status` compares with
     * them, `checkout` finds them, and git's own `fetch` includes them. Fails with `GitProgramMissing`. The credentials
     * are in the environment of git while it runs. `POST /process/execute`
     */
    readonly fetch: (
      path: string,
      options?: FetchOptions
    ) => Effect.Effect<void, RemoteError | GitNotFound | GitProgramMissing>
    /**
     * Updates the current branch from the branch of the same name at `origin`, by fast-forward only: fails with
     * `GitMergeConflict` when both sides have new commits. Uncommitted changes stay. Fails with `GitDirtyWorktree` when
     * the new commits would overwrite them, or an untracked or ignored file: nothing has changed then, and `files`
     * names them. The credentials are in the environment of git while it runs. `POST /process/execute`
     *
     * Without the git program, it fails with `GitDirtyWorktree` if there is any uncommitted change or untracked file,
     * and older daemons pull the default branch of the remote, whatever the current branch. Newer daemons find only
     * branches that the clone fetched. `GET /git/status`, `POST
     * /git/pull`
     */
    readonly pull: (
      path: string,
      options?: PullOptions
    ) => Effect.Effect<
      void,
      RemoteError | GitNotFound | GitMergeConflict | GitDirtyWorktree | GitProgramMissing | UnsupportedByDaemon
    >
    /** The local branches, sorted by name. `GET /git/branches` */
    readonly branches: (path: string) => Effect.Effect<GitBranches, ApiError | GitNotFound>
    /**
     * Creates a branch at HEAD **and checks it out**. Uncommitted changes stay, staged or not. `POST /process/execute`
     *
     * Without the git program, it fails with `GitDirtyWorktree` if there are any. `GET /git/status`,
     * `POST /git/branches`
     */
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
    /**
     * Checks out a branch, or a commit by its **full** hash. A branch that only `origin` has becomes a local branch.
     * Uncommitted changes stay. Fails with `GitDirtyWorktree` when the checkout would overwrite them, or an untracked
     * or ignored file: nothing has changed then, and `files` names them. `POST /process/execute`
     *
     * Without the git program, it fails with `GitDirtyWorktree` if there is any uncommitted change or untracked file,
     * and with `GitProgramMissing` for `discardChanges`. `GET /git/status`, `POST /git/checkout`
     */
    readonly checkout: (
      path: string,
      options: CheckoutOptions
    ) => Effect.Effect<void, ApiError | GitNotFound | GitDirtyWorktree | GitProgramMissing>
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
  /** What to check out. */
  type CheckoutOptions = Options.CheckoutOptions
  /** What to fetch, and with which credentials. */
  type FetchOptions = Options.FetchOptions
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

/** The daemon can do the same in some way, but not discard changes. */
const orElse =
  <E>(withDaemon: Effect.Effect<void, E>, discardChanges: boolean) =>
  (error: GitProgramMissing): Effect.Effect<void, E | GitProgramMissing> =>
    discardChanges ? Effect.fail(error) : withDaemon

const everything: readonly [string] = ["."]

export const make: Effect.Effect<Git.Service, never, Toolbox> = Effect.map(Toolbox, (toolbox) => {
  const requireSupport = supportsOptions(toolbox)

  /** Files would be overwritten that are not even in a repository. */
  const nothingThere = (path: string) =>
    toolbox.call(operations.cloneTarget, { query: { path, depth: undefined }, subject: path }).pipe(
      Effect.map((found) => found ?? []),
      // Whatever is wrong with the directory, the daemon says it better.
      Effect.catchTag("NotFound", "BadRequest", () => Effect.succeed([])),
      Effect.flatMap((found) => {
        if (found.length === 0 || found.some(({ name }) => name === ".git")) return Effect.void
        const { method, name, path: endpoint } = operations.clone
        return new GitAlreadyExists({
          system: "daytona",
          operation: name,
          method,
          path: endpoint,
          subject: path,
          sandboxId: toolbox.sandboxId,
          what: "files",
          message: `${name} to ${path} was not sent: the directory has files, and those that the repository has too would be overwritten. Clone into another directory, or set \`overwrite\`.`,
          attempts: 0,
          retryable: false,
          admitted: "no"
        })
      })
    )

  return checked<Git.Service>({
    ...makeSettings(toolbox),
    clone: ({ credentials, depth, overwrite = false, ...options }) =>
      Effect.gen(function* () {
        const operation = operations.clone
        yield* withoutSecret(operation, options.url, "pass `credentials` instead")
        const login = yield* credentialFields(operation, credentials)
        const body = { ...options, ...login, depth }
        yield* checkedBody(operation, body)
        yield* requireSupport(operation, { depth })
        if (!overwrite) yield* nothingThere(options.path)
        yield* toolbox
          .call(operation, { body, subject: options.path })
          .pipe(
            classifyGitFailure("GitAuthenticationFailed", "GitRemoteUnreachable", "GitNotFound", "GitAlreadyExists")
          )
        // The clone is there, whether or not this works.
        if (options.branch === undefined) {
          const script = Scripts.followClonedBranch(options.path)
          yield* Effect.ignore(Program.run(toolbox, operations.followClonedBranch, { path: options.path, script }))
        }
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
    fetch: (path, { branch, credentials, remote = "origin" } = {}) =>
      Effect.gen(function* () {
        const operation = operations.fetch
        yield* withoutNul(operation, { path, branch, remote })
        const login = yield* credentialFields(operation, credentials)
        const script = Scripts.fetch(path, { name: remote, withCredentials: credentials !== undefined }, branch)
        yield* Program.run(
          toolbox,
          operation,
          { path, script, credentials: login },
          "GitAuthenticationFailed",
          "GitRemoteUnreachable",
          "GitNotFound"
        )
      }),
    pull: (path, { credentials, discardChanges = false, ...options } = {}) =>
      Effect.gen(function* () {
        const { branch, remote = "origin" } = options
        const operation = operations.pull
        yield* withoutNul(operation, { path, branch, remote })
        const login = yield* credentialFields(operation, credentials)
        const at = { name: remote, withCredentials: credentials !== undefined }
        const withDaemon = Effect.gen(function* () {
          yield* requireSupport(operation, options)
          const current = yield* Guarded.nothingToLose(toolbox, operation, path, { untracked: "refused" })
          // Without a branch, the daemon would pull the default branch of the remote.
          yield* toolbox
            .call(operation, { body: { ...options, branch: branch ?? current, ...login, path }, subject: path })
            .pipe(
              classifyGitFailure(
                "GitAuthenticationFailed",
                "GitRemoteUnreachable",
                "GitNotFound",
                "GitMergeConflict",
                "GitDirtyWorktree"
              )
            )
        })
        yield* Program.run(
          toolbox,
          operations.pullWithProgram,
          { path, script: Scripts.pull(path, at, branch, discardChanges), credentials: login },
          "GitAuthenticationFailed",
          "GitRemoteUnreachable",
          "GitNotFound",
          "GitMergeConflict",
          "GitDirtyWorktree"
        ).pipe(Effect.catchTag("GitProgramMissing", orElse(withDaemon, discardChanges)))
      }),
    branches: (path) =>
      toolbox.call(operations.branches, { query: { path }, subject: path }).pipe(
        classifyGitFailure("GitNotFound"),
        Effect.map((found) => ({ ...found, branches: [...found.branches].sort() }))
      ),
    createBranch: (path, { name }) =>
      Effect.gen(function* () {
        const operation = operations.createBranch
        yield* withoutNul(operation, { path, name })
        yield* validBranchName(operation, name)
        const withDaemon = Effect.zipRight(
          Guarded.nothingToLose(toolbox, operation, path, { untracked: "safe" }),
          toolbox
            .call(operation, { body: { path, name }, subject: path })
            .pipe(classifyGitFailure("GitNotFound", "GitAlreadyExists", "GitDirtyWorktree"))
        )
        yield* Program.run(
          toolbox,
          operations.createBranchWithProgram,
          { path, script: Scripts.createBranch(path, name) },
          "GitNotFound",
          "GitAlreadyExists",
          "GitDirtyWorktree"
        ).pipe(Effect.catchTag("GitProgramMissing", () => withDaemon))
      }),
    deleteBranch: (path, { name }) =>
      toolbox
        .call(operations.deleteBranch, { body: { path, name }, subject: path })
        .pipe(classifyGitFailure("GitNotFound")),
    checkout: (path, { branch, discardChanges = false }) =>
      Effect.gen(function* () {
        const operation = operations.checkout
        yield* withoutNul(operation, { path, branch })
        const withDaemon = Effect.gen(function* () {
          yield* Guarded.nothingToLose(toolbox, operation, path, { untracked: "refused" })
          yield* Guarded.existingBranch(toolbox, operation, path, branch)
          yield* toolbox
            .call(operation, { body: { path, branch }, subject: path })
            .pipe(classifyGitFailure("GitNotFound", "GitDirtyWorktree"))
        })
        yield* Program.run(
          toolbox,
          operations.checkoutWithProgram,
          { path, script: Scripts.checkout(path, branch, discardChanges) },
          "GitNotFound",
          "GitDirtyWorktree"
        ).pipe(Effect.catchTag("GitProgramMissing", orElse(withDaemon, discardChanges)))
      }),
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
