/**
 * The files of a sandbox. Relative paths are relative to the work directory; `~` is not expanded, and refused where a path
 * begins with it. Every error of a request names the file as its `subject`.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Toolbox } from "../Toolbox.js"
import * as Atomic from "./atomic.js"
import type * as FilesContent from "./content.js"
import * as Download from "./download.js"
import * as Entries from "./entries.js"
import type * as Form from "./form.js"
import * as Many from "./many.js"
import type * as Range from "./range.js"
import type * as Resumable from "./resumable.js"
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
  /** Each part is documented where it is declared. */
  interface Service
    extends Entries.FilesEntries,
      Search.FilesSearch,
      Download.FilesDownload,
      Many.FilesMany,
      Upload.FilesUpload {}

  /** Part of a file, in bytes. */
  type ByteRange = Range.ByteRange
  /** What is written: text, as UTF-8; bytes; or a stream, which is read once, and only as fast as it can be sent. */
  type Content<E = never, R = never> = FilesContent.FileContent<E, R>
  /** What a download can fail with. */
  type DownloadError = Resumable.DownloadError
  /** Which part of a file is had, and how stubbornly. */
  type DownloadOptions = Resumable.DownloadOptions
  /** One of several files, or why it could not be had. */
  type DownloadedFile = Many.DownloadedFile
  /** A file to be written. */
  type Entry<E = never, R = never> = Form.FileEntry<E, R>
  /** Is told how many bytes there have been, and how many there will be, where that is known. */
  type OnProgress = Resumable.OnProgress
  /** Which part of a file is read, and how much of it at most. */
  type ReadOptions = Download.ReadOptions
  /** What became of one file of `replace`. */
  type ReplacedFile = Search.ReplacedFile
  /** How a file is written, and how long it has to be. */
  type UploadOptions = Upload.UploadOptions
  /** How a file is written: in place, or beside it and then put there in one step. */
  type WriteOptions = Upload.WriteOptions
}

/** @public Tests find operations by folder. */
export const operations = {
  ...Entries.operations,
  ...Search.operations,
  ...Download.operations,
  ...Many.operations,
  ...Upload.operations,
  replaceFile: Atomic.operations.replace
}

export const make: Effect.Effect<Files.Service, never, Toolbox> = Effect.map(Toolbox, (toolbox) =>
  Files.of({
    ...Entries.make(toolbox),
    ...Search.make(toolbox),
    ...Download.make(toolbox),
    ...Many.make(toolbox),
    ...Upload.make(toolbox)
  })
)
