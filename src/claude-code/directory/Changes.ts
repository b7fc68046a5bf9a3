/** What has changed in a directory, as files and as a patch. */
import * as Schema from "effect/Schema"

const fileFields = {
  /** From the directory, with `/` between its parts. Bytes that are not UTF-8 become U+FFFD: see `pathBytes`. */
  path: Schema.String,
  /** The path as it is; only there if it is not UTF-8. */
  pathBytes: Schema.optional(Schema.Uint8ArrayFromBase64),
  /** `renamed` files may have other changes as well. */
  change: Schema.Literal("added", "modified", "deleted", "renamed"),
  /** Of a file that was renamed. */
  previousPath: Schema.optional(Schema.String),
  kind: Schema.Literal("file", "link", "repository"),
  /** Whether its owner may execute it. */
  isExecutable: Schema.Boolean,
  /** Whether it is no text: it has NUL bytes, or is not UTF-8. */
  isBinary: Schema.Boolean,
  /** Lines of text; 0 if it is binary. */
  linesAdded: Schema.Number,
  linesRemoved: Schema.Number,
  /** In bytes; of a link, the length of its target. Absent where there was none. */
  sizeBefore: Schema.optional(Schema.Number),
  sizeAfter: Schema.optional(Schema.Number),
  /** Whether the patch has the change. One that is too long is left out, and a link to a path that is not UTF-8. */
  isInPatch: Schema.Boolean
}

/** A file that has changed. */
export interface FileChange extends Schema.Struct.Type<typeof fileFields> {}
export const FileChange = Schema.Struct(fileFields)

const fields = {
  /** By path, at most `maxFiles` of them. */
  files: Schema.Array(FileChange),
  /**
   * The changes for `git apply`, binary files included. It has whole files only, as many as fit into `maxPatchBytes`;
   * `isInPatch` says which. Empty if nothing has changed.
   */
  patch: Schema.String,
  /** How many files have changed in all. */
  fileCount: Schema.Number,
  /** The lines of all files. */
  linesAdded: Schema.Number,
  linesRemoved: Schema.Number,
  /**
   * Whether `files` has all files, and `patch` all changes. What is missing, `Snapshot.changes` has for its `paths`.
   */
  isComplete: Schema.Boolean,
  /** What could not be read, in the words of git; at most 20 lines. Such files count as not there. */
  warnings: Schema.Array(Schema.String)
}

/** What has changed in a directory. */
export interface Changes extends Schema.Struct.Type<typeof fields> {}
export const Changes = Schema.Struct(fields)
