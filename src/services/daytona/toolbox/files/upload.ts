/** Uploads files: from streams of any length or from memory, one or several at a time. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { ApiError, InvalidRequest } from "../../../../errors/ApiError.js"
import { type UploadIncomplete, UploadsFailed } from "../../../../errors/daytona/files.js"
import { describeParseError, invalidRequest } from "../../../../internal/failure.js"
import * as Operation from "../../../../internal/Operation.js"
import { UploadAnswer, type WrittenFile } from "../../../../schema/daytona/toolbox/File.js"
import { FormPath } from "../../../../schema/daytona/toolbox/FilePath.js"
import type { Toolbox } from "../Toolbox.js"
import { replacing } from "./atomic.js"
import type { FileContent } from "./content.js"
import { type FileEntry, send } from "./form.js"
import type { OnProgress } from "./resumable.js"

export interface WriteOptions {
  /** Runs for every chunk; the transfer waits for it. */
  readonly onProgress?: OnProgress | undefined
  /**
   * Writes to a temporary file and moves it into place when it is complete, so that nobody sees a partial file, and an
   * upload that fails leaves the file as it was. The permissions stay, except set-user-ID, set-group-ID and sticky
   * bits; the owner becomes that of the daemon. A symbolic link to a file stays, and that file is replaced; any other
   * link is replaced itself. An upload that is interrupted in its last step, the move, may have been completed. Default
   * `false`: the file is truncated and written in place.
   */
  readonly atomic?: boolean | undefined
}

export interface UploadOptions extends WriteOptions {
  /**
   * The length of a stream in bytes, if known. It is announced to the server, and a stream of another length is
   * `UploadIncomplete`.
   */
  readonly length?: number | undefined
}

export interface FilesUpload {
  /**
   * Writes a file and creates its parent directories. A stream is consumed with backpressure, and its failure is that
   * of the upload. Fails with `UploadIncomplete` when the daemon counted another number of bytes than were sent, and
   * with `BadRequest` when it cannot write the file.
   *
   * Without `atomic`, the file is written in place, and an upload that is interrupted, or fails without a response,
   * deletes it: its previous content is lost. The daemon may create the file after that, when it reads what has arrived
   * already; so the deletion is repeated for up to two seconds, until the file stays missing. A stream is sent once;
   * text and bytes are retried only if the first attempt provably did not arrive. There is no deadline;
   * `withRequestOptions` sets one. `POST /files/bulk-upload`, which old and new daemons have
   *
   * @example
   * ```ts
   * import * as Effect from "effect/Effect"
   * import { Files } from "effect-sandboxes/daytona"
   *
   * const copy = Effect.flatMap(Files, (files) => files.upload("backup/data.bin", files.download("data.bin")))
   * ```
   */
  readonly upload: <E = never, R = never>(
    path: string,
    content: FileContent<E, R>,
    options?: UploadOptions
  ) => Effect.Effect<void, ApiError | UploadIncomplete | NoInfer<E>, NoInfer<R>>
  /** `upload` of a text, as UTF-8. */
  readonly writeText: (
    path: string,
    text: string,
    options?: WriteOptions
  ) => Effect.Effect<void, ApiError | UploadIncomplete>
  /** `upload` of bytes in memory. */
  readonly writeBytes: (
    path: string,
    bytes: Uint8Array,
    options?: WriteOptions
  ) => Effect.Effect<void, ApiError | UploadIncomplete>
  /**
   * Writes several files in place with one request, one after another, and returns the sizes that the daemon counted.
   * Fails with `UploadsFailed` when some could not be written: it lists those that were, which stay. Otherwise like
   * `upload`. `POST /files/bulk-upload`
   */
  readonly uploadMany: <E = never, R = never>(
    files: Iterable<FileEntry<E, R>>
  ) => Effect.Effect<ReadonlyArray<WrittenFile>, ApiError | UploadsFailed | UploadIncomplete | NoInfer<E>, NoInfer<R>>
}

const upload = <const Failures extends ReadonlyArray<unknown> = []>(
  name: string,
  fails: { readonly [Index in keyof Failures]: Operation.StatusFailure<Failures[Index]> }
) =>
  Operation.make(name, "POST", "/files/bulk-upload", {
    success: UploadAnswer,
    fails,
    timeout: Duration.infinity,
    meanings: { 400: "it cannot be written" }
  })

export const operations = {
  upload: upload("Files.upload", []),
  uploadMany: upload("Files.uploadMany", [UploadsFailed])
}

const checked = (
  operation: string,
  prefix: string,
  { length = 0, path }: Pick<FileEntry, "length" | "path">
): Either.Either<void, InvalidRequest> => {
  const at = { system: "daytona", operation } as const
  if (!Number.isSafeInteger(length) || length < 0) {
    return Either.left(invalidRequest(at, `${prefix}length`, "must be a non-negative integer"))
  }
  return Either.mapBoth(Schema.decodeUnknownEither(FormPath)(path), {
    onLeft: (error) => invalidRequest(at, `${prefix}path`, describeParseError(error).expected),
    onRight: () => undefined
  })
}

export const make = (toolbox: Toolbox.Service): FilesUpload => {
  const upload: FilesUpload["upload"] = (path, content, { atomic = false, ...options } = {}) => {
    const write = (target: string) =>
      Effect.asVoid(send(toolbox, operations.upload, [{ ...options, path: target, content }], path))
    return Effect.zipRight(
      checked(operations.upload.name, "", { ...options, path }),
      atomic ? replacing(toolbox, path, write) : write(path)
    )
  }
  return {
    upload,
    writeText: upload,
    writeBytes: upload,
    uploadMany: (files) =>
      Effect.suspend(() => {
        const all = [...files]
        const { name } = operations.uploadMany
        const checks = Effect.forEach(all, (entry, index) => checked(name, `files.${index}.`, entry), { discard: true })
        const sent =
          all.length === 0 ? Effect.succeed([]) : send(toolbox, operations.uploadMany, all, `${all.length} files`)
        return Effect.zipRight(checks, sent)
      })
  }
}
