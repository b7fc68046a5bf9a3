/** Where the directory is: what a place has to provide besides running the CLI. */
import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { ClaudePlaceFailed } from "../errors.js"
import type { WorkDirectoryFailed } from "./errors.js"

/** A script for `sh`. */
export interface Script {
  /** The method on whose behalf it runs, for errors: `WorkDirectory.snapshot`. */
  readonly operation: string
  readonly script: string
  /** `$1` and what follows. */
  readonly args: ReadonlyArray<string>
  readonly environment?: Readonly<Record<string, string | Redacted.Redacted>> | undefined
}

/** How a script ended. */
export interface Printed {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** A file to write. */
export interface NewFile {
  readonly path: string
  readonly content: string | Uint8Array
  readonly executable: boolean
}

export interface Machine {
  /** What errors call the place. */
  readonly place: string
  /** Runs a script in the directory that relative paths start from. With the fiber, it ends with what it started. */
  readonly run: (script: Script) => Effect.Effect<Printed, ClaudePlaceFailed>
  /** Writes files, and makes their parent directories. */
  readonly write: (operation: string, files: ReadonlyArray<NewFile>) => Effect.Effect<void, WriteFailure>
  /** Releases something when the scope closes; `what` it is, for the log. */
  readonly hold: (what: string, release: Effect.Effect<void, unknown>) => Effect.Effect<void, never, Scope.Scope>
}

export type WriteFailure = ClaudePlaceFailed | WorkDirectoryFailed
