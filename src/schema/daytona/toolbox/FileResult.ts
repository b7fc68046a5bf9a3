/** What became of each of several files. */
import * as Schema from "effect/Schema"
import { FileFailed, FileTooLarge } from "../../../errors/daytona/files.js"

const downloadedFields = {
  /** As it was passed. */
  path: Schema.String,
  result: Schema.Either({ right: Schema.Uint8ArrayFromBase64, left: Schema.Union(FileFailed, FileTooLarge) })
}

/** One of several files, or why it could not be downloaded. */
export interface DownloadedFile extends Schema.Struct.Type<typeof downloadedFields> {}
export const DownloadedFile = Schema.Struct(downloadedFields)

const replacedFields = {
  path: Schema.String,
  /** The daemon's message if it failed; absent if it succeeded, even without a match. */
  error: Schema.optional(Schema.String)
}

/** The result of `replace` for one file. */
export interface ReplacedFile extends Schema.Struct.Type<typeof replacedFields> {}
export const ReplacedFile = Schema.Struct(replacedFields)
