/** Files and folders, on this machine or in a sandbox. */
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type { Failure } from "../../frame/failures.js"

/** A file or a folder. */
export interface Entry {
  readonly name: string
  readonly isFolder: boolean
  /** Bytes; 0 for a folder. */
  readonly size: number
}

/** Files and folders, on this machine or in a sandbox. */
export interface Tree {
  /** What is at a path; `undefined`: nothing. */
  readonly look: (path: string) => Effect.Effect<Entry | undefined, Failure>
  /** What is directly in a folder, in the order of the names. Links count as what they lead to. */
  readonly list: (path: string) => Effect.Effect<ReadonlyArray<Entry>, Failure>
  readonly join: (folder: string, name: string) => string
  readonly basename: (path: string) => string
  readonly makeFolder: (path: string) => Effect.Effect<void, Failure>
  /** The SHA-256 of files by path, in hex; those that cannot be read are left out. */
  readonly digests: (paths: ReadonlyArray<string>) => Effect.Effect<ReadonlyMap<string, string>, Failure>
}

/** A file or a folder cannot be copied. Nothing of it was. */
export class NotCopied extends Data.TaggedError("NotCopied")<{ readonly message: string }> {}
