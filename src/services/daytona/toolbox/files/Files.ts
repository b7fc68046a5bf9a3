/**
 * The files of a sandbox. Relative paths are relative to the work directory; `~` is not expanded, so a path that begins
 * with it is refused. The errors of a request name the file as their `subject`.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Result from "../../../../schema/daytona/toolbox/FileResult.js"
import { Toolbox } from "../Toolbox.js"
import { checked } from "./arguments.js"
import * as Atomic from "./atomic.js"
import type * as FilesContent from "./content.js"
import * as Download from "./download.js"
import * as Entries from "./entries.js"
import type * as Form from "./form.js"
import * as Many from "./many.js"
import type * as Range from "./range.js"
import type * as Resumable from "./resumable.js"
import * as Script from "./script.js"
import * as Search from "./search.js"
import * as Upload from "./upload.js"

/**
 * The files of a sandbox.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Files } from "effect-sandboxes/daytona"
 *
 * const program = Effect.gen(function* () {
 *   const files = yield* Files
 *   yield* files.writeText("notes/today.md", "# Today\\n", { atomic: true })
 *   return yield* files.list("notes")
 * })
 * ```
 */
export class Files extends Context.Tag("effect-sandboxes/daytona/Files")<Files, Files.Service>() {
  /** The service on top of the connection to one sandbox. Building it sends nothing. */
  static readonly layer: Layer.Layer<Files, never, Toolbox> = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

export declare namespace Files {
  /** Listing, searching, downloading and uploading files. */
  interface Service
    extends Entries.FilesEntries,
      Search.FilesSearch,
      Download.FilesDownload,
      Many.FilesMany,
      Upload.FilesUpload {}

  /** A part of a file, in bytes. */
  type ByteRange = Range.ByteRange
  /** The content to write: text, as UTF-8; bytes; or a stream, which is consumed once, with backpressure. */
  type Content<E = never, R = never> = FilesContent.FileContent<E, R>
  /** What a download can fail with. */
  type DownloadError = Resumable.DownloadError
  /** Which part of a file to download, and how to resume. */
  type DownloadOptions = Resumable.DownloadOptions
  /** One of several files, or why it could not be downloaded. */
  type DownloadedFile = Result.DownloadedFile
  /** A file to write. */
  type Entry<E = never, R = never> = Form.FileEntry<E, R>
  /** Receives the number of bytes transferred so far, and the total if known. */
  type OnProgress = Resumable.OnProgress
  /** Which part of a file to read, and the maximum size. */
  type ReadOptions = Download.ReadOptions
  /** The result of `replace` for one file. */
  type ReplacedFile = Result.ReplacedFile
  /** How to write a file, and its length. */
  type UploadOptions = Upload.UploadOptions
  /** How to write a file: in place, or atomically. */
  type WriteOptions = Upload.WriteOptions
}

/** @public Tests find operations by folder. */
export const operations = {
  ...Entries.operations,
  ...Search.operations,
  ...Download.operations,
  ...Many.operations,
  ...Upload.operations,
  replaceFile: Atomic.operations.replace,
  ...Script.operations
}

export const make: Effect.Effect<Files.Service, never, Toolbox> = Effect.map(Toolbox, (toolbox) =>
  checked<Files.Service>({
    ...Entries.make(toolbox),
    ...Search.make(toolbox),
    ...Download.make(toolbox),
    ...Many.make(toolbox),
    ...Upload.make(toolbox)
  })
)
