/**
 * The files of a sandbox. Relative paths are relative to the work directory; `~` is not expanded, and refused where a path
 * begins with it. Every error of a request names the file as its `subject`.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Atomic from "./FilesAtomic.js"
import type * as FilesContent from "./FilesContent.js"
import * as Download from "./FilesDownload.js"
import * as Entries from "./FilesEntries.js"
import type * as Form from "./FilesForm.js"
import * as Many from "./FilesMany.js"
import type * as Range from "./FilesRange.js"
import type * as Resumable from "./FilesResumable.js"
import * as Search from "./FilesSearch.js"
import * as Upload from "./FilesUpload.js"
import { Toolbox } from "./Toolbox.js"

export class Files extends Context.Tag("effect-sandboxes/daytona/Files")<Files, Files.Service>() {
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

  type ByteRange = Range.ByteRange
  type Content<E = never, R = never> = FilesContent.FileContent<E, R>
  type DownloadError = Resumable.DownloadError
  type DownloadOptions = Resumable.DownloadOptions
  type DownloadedFile = Many.DownloadedFile
  type Entry<E = never, R = never> = Form.FileEntry<E, R>
  type OnProgress = Resumable.OnProgress
  type ReadOptions = Download.ReadOptions
  type ReplacedFile = Search.ReplacedFile
  type UploadOptions = Upload.UploadOptions
  type WriteOptions = Upload.WriteOptions
}

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
