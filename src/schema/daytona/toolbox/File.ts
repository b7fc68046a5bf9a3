/** Files and directories in a sandbox. */
import * as Schema from "effect/Schema"
import { wireStruct } from "../../wireStruct.js"
import { FileMode, FilePath } from "./FilePath.js"

const fileInfoFields = {
  name: Schema.String,
  /** Not sent by older daemons. */
  path: Schema.optional(Schema.String),
  /** Bytes. */
  size: Schema.Number,
  isDirectory: Schema.Boolean,
  /** As in `ls -l`, such as `-rw-r--r--` or `drwxr-xr-x`. */
  mode: Schema.String,
  /** The same in octal, such as `0644`. */
  permissions: Schema.String,
  /** The user id, as text. */
  owner: Schema.String,
  /** The group id, as text. */
  group: Schema.String,
  /** ISO 8601, with nanoseconds. */
  modifiedAt: Schema.String
}

/** A file or directory; for a symbolic link, its target. */
export interface FileInfo extends Schema.Struct.Type<typeof fileInfoFields> {}
export const FileInfo = wireStruct(fileInfoFields, { wireNames: { isDirectory: "isDir" } })

/** Go encodes an empty list as `null`. */
const listOf = <A, I>(item: Schema.Schema<A, I>) => Schema.NullOr(Schema.Array(item))

export const FileInfoList = listOf(FileInfo)

const textMatchFields = {
  /** The path of the file. */
  file: Schema.String,
  /** One-based. */
  line: Schema.Number,
  /** The whole line. */
  content: Schema.String
}

/** A line that contains the text. */
export interface TextMatch extends Schema.Struct.Type<typeof textMatchFields> {}
export const TextMatch = wireStruct(textMatchFields)
export const TextMatchList = listOf(TextMatch)

export const FoundPaths = wireStruct({ files: Schema.Array(Schema.String) }, { absent: { files: [] } })

export const Replacement = wireStruct(
  {
    files: Schema.NonEmptyArray(FilePath),
    pattern: Schema.NonEmptyString,
    replacement: Schema.String
  },
  { wireNames: { replacement: "newValue" } }
)

const replacedFileFields = {
  file: Schema.optional(Schema.String),
  success: Schema.optional(Schema.Boolean),
  error: Schema.optional(Schema.String)
}
export const ReplacedFile = wireStruct(replacedFileFields)
export const ReplacedFileList = listOf(ReplacedFile)

export const PathQuery = Schema.Struct({ path: FilePath })

export const ListQuery = Schema.Struct({
  path: FilePath,
  depth: Schema.optional(Schema.Int.pipe(Schema.positive({ message: () => "must be a positive integer" })))
})

export const FolderQuery = Schema.Struct({
  path: FilePath,
  mode: FileMode.pipe(
    Schema.filter((mode) =>
      Number.parseInt(mode, 8) > 0o777 ? "must be at most `0777`: the daemon drops the other bits" : undefined
    )
  )
})

export const DeleteQuery = Schema.Struct({ path: FilePath, recursive: Schema.optional(Schema.Literal(true)) })

const moveFields = { from: FilePath, to: FilePath }
export const MoveQuery = wireStruct(moveFields, { wireNames: { from: "source", to: "destination" } })

/** `error`: the file was copied, but the original could not be removed. */
export const MoveAnswer = wireStruct({ message: Schema.optional(Schema.String), error: Schema.optional(Schema.String) })

export const PermissionsQuery = Schema.Struct({
  path: FilePath,
  mode: Schema.optional(FileMode),
  owner: Schema.optional(Schema.NonEmptyString),
  group: Schema.optional(Schema.NonEmptyString)
})

export const SearchQuery = Schema.Struct({ path: FilePath, pattern: Schema.NonEmptyString })

export const DownloadBody = wireStruct({ paths: Schema.Array(FilePath) })

const writtenFileFields = { path: Schema.String, bytes: Schema.Number }

/** A file that the daemon has written. */
export interface WrittenFile extends Schema.Struct.Type<typeof writtenFileFields> {}
export const WrittenFile = wireStruct(writtenFileFields)

export const UploadAnswer = wireStruct({ files: Schema.Array(WrittenFile) }, { absent: { files: [] } })
