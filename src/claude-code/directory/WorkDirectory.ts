/** The directory in which Claude works: files that are put there before a run, and what has changed after it. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { Changes } from "./Changes.js"
import type { WorkDirectoryError } from "./errors.js"

/**
 * The directory in which Claude works: files that are put there before a run, and what has changed after it.
 *
 * `layerCommand` and `layerSandbox` provide it together with `ClaudeCode`. `layerStromboli` does not, since a container
 * of Stromboli has no files before and after its run; so a program that needs it does not compile there.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { ClaudeCode, WorkDirectory } from "effect-sandboxes/claude-code"
 *
 * const program = Effect.gen(function* () {
 *   const claude = yield* ClaudeCode
 *   const directory = yield* WorkDirectory
 *   yield* directory.clone({ url: "https://github.com/acme/app.git", ref: "main", workingDirectory: "app" })
 *   const { changes } = yield* directory.changesOf(
 *     claude.run({ prompt: "Fix the failing test", workingDirectory: "app", permissionMode: "acceptEdits" }),
 *     { workingDirectory: "app" }
 *   )
 *   return changes.patch
 * })
 * ```
 */
export class WorkDirectory extends Context.Tag("effect-sandboxes/claude-code/WorkDirectory")<
  WorkDirectory,
  WorkDirectory.Service
>() {}

export declare namespace WorkDirectory {
  /**
   * All methods fail with `InvalidRequest`, which names the option, before anything is done; with `ClaudePlaceFailed`
   * when the place does not answer; and with `WorkDirectoryFailed` when it cannot do what it is asked.
   */
  interface Service {
    /**
     * Writes files, by their paths from the directory, and makes the directories that they are in. Files that are there
     * are replaced.
     */
    readonly put: (
      files: Readonly<Record<string, FileContent>>,
      options?: DirectoryOptions
    ) => Effect.Effect<void, WorkDirectoryError>
    /**
     * Clones a repository into the directory, which must be empty or not there, and returns the commit. Fails with
     * `GitNotInstalled`, and with `WorkDirectoryFailed` when the repository or the ref does not exist, or the token is
     * not accepted.
     */
    readonly clone: (options: CloneOptions) => Effect.Effect<ClonedRepository, WorkDirectoryError>
    /**
     * Remembers what is in the directory, for as long as the scope is open. It need not be a repository; if it is one,
     * its index, its HEAD and its files stay as they are. What `.gitignore` names is left out.
     *
     * Takes git, and room for a compressed copy of the files in the directory for temporary files. Fails with
     * `GitNotInstalled`.
     */
    readonly snapshot: (options?: DirectoryOptions) => Effect.Effect<Snapshot, WorkDirectoryError, Scope.Scope>
    /**
     * What an effect changes in the directory, together with its result. If the effect fails, so does this: `snapshot`
     * also tells what a failed run has left.
     */
    readonly changesOf: <A, E, R>(
      run: Effect.Effect<A, E, R>,
      options?: DirectoryOptions & ChangesOptions
    ) => Effect.Effect<ChangesOf<A>, E | WorkDirectoryError, R>
  }

  /** Which directory. */
  interface DirectoryOptions {
    /** As for `ClaudeCode`. Default: that of the layer. */
    readonly workingDirectory?: string | undefined
  }

  /** Text, as UTF-8, or bytes. */
  type FileContent =
    | string
    | Uint8Array
    | {
        readonly content: string | Uint8Array
        /** Whether it may be executed; default `false`. */
        readonly executable?: boolean | undefined
      }

  /** What to clone. */
  interface CloneOptions extends DirectoryOptions {
    /** Without a user or a password, which would be kept in the clone. */
    readonly url: string
    /** A branch, a tag, or the full id of a commit. Default: the branch that the repository names. */
    readonly ref?: string | undefined
    /** The most commits of its history. Default: all. */
    readonly depth?: number | undefined
    /** For an `https` repository: used once, and kept nowhere. */
    readonly token?: Redacted.Redacted | undefined
    /** The user that the token is of. Default `x-access-token`, as GitHub has it for all tokens. */
    readonly username?: string | undefined
  }

  /** A repository that was cloned. */
  interface ClonedRepository {
    /** The id of the commit that is checked out. */
    readonly commit: string
  }

  /** How much to tell of what has changed. */
  interface ChangesOptions {
    /** Only these files, and what is in these directories; from the directory. Default: all. */
    readonly paths?: ReadonlyArray<string> | undefined
    /** The most files to list; default 1,000, at most 10,000. */
    readonly maxFiles?: number | undefined
    /** The most bytes of the patch; default 1 MiB, at most 8 MiB. */
    readonly maxPatchBytes?: number | undefined
  }

  /** What was in a directory at some time. */
  interface Snapshot {
    /** How the directory differs from it now. Fails with `WorkDirectoryFailed` after the scope of the snapshot. */
    readonly changes: (options?: ChangesOptions) => Effect.Effect<Changes, WorkDirectoryError>
  }

  /** What an effect has returned, and what it has changed. */
  interface ChangesOf<A> {
    readonly result: A
    readonly changes: Changes
  }
}
