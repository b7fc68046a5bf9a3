/** Downloads files: as streams that survive broken connections, or into memory. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Stream from "effect/Stream"
import { FileNotText, FileTooLarge } from "../../../../errors/daytona/files.js"
import type { Toolbox } from "../Toolbox.js"
import { collected, defaultMaxBytes } from "./content.js"
import { type DownloadError, type DownloadOptions, download, operation } from "./resumable.js"

export interface ReadOptions extends DownloadOptions {
  /** Default 64 MiB. */
  readonly maxBytes?: number | undefined
}

export interface FilesDownload {
  /**
   * The bytes of a file, with backpressure. When the connection breaks, the download resumes over another one, or fails
   * with `FileChanged` when the file has changed in the meantime (judged by its length, and its modification time to
   * the second). It is complete only when the length that the daemon announced has arrived; otherwise it fails with
   * `StreamInterrupted`.
   *
   * Fails with `NotFound`, with `RangeNotSatisfiable` when the range begins past the end of the file, with `BadRequest`
   * for a directory, and with `FileWithoutLength` for a file that has content but no length, such as those of `/proc`,
   * and for a pipe or a socket. Older daemons wait for something to be written into a pipe, so that it fails only when
   * the `timeout` of the call has passed.
   *
   * To tell a file without a length from an empty one, a second request follows when the length is 0
   * (`POST /process/execute`). Only the start of a response has a deadline; a silence longer than the `idleTimeout` of
   * `withRequestOptions` counts as a broken connection. `GET /files/download`
   *
   * @example
   * ```ts
   * import * as Effect from "effect/Effect"
   * import * as Stream from "effect/Stream"
   * import { Files } from "effect-sandboxes/daytona"
   *
   * const lines = Stream.unwrap(Effect.map(Files, (files) => files.download("logs/server.log"))).pipe(
   *   Stream.decodeText(),
   *   Stream.splitLines
   * )
   * ```
   */
  readonly download: (path: string, options?: DownloadOptions) => Stream.Stream<Uint8Array, DownloadError>
  /**
   * The bytes of a file in memory. Fails like `download`, and with `FileTooLarge` when there are more than `maxBytes`:
   * before reading any of them, if the daemon announces the length.
   */
  readonly readBytes: (path: string, options?: ReadOptions) => Effect.Effect<Uint8Array, DownloadError | FileTooLarge>
  /**
   * A file as text, including a byte order mark. Fails like `readBytes`, and with `FileNotText` when it is not UTF-8,
   * because writing back text with replacement characters would destroy it.
   */
  readonly readText: (
    path: string,
    options?: ReadOptions
  ) => Effect.Effect<string, DownloadError | FileTooLarge | FileNotText>
}

export const operations = { download: operation }

const names = { readBytes: "Files.readBytes", readText: "Files.readText" } as const

export const make = (toolbox: Toolbox.Service): FilesDownload => {
  const read = (operation: string, path: string, { maxBytes = defaultMaxBytes, ...options }: ReadOptions) => {
    const tooLarge = (size?: number) =>
      new FileTooLarge({
        system: "daytona",
        operation,
        sandboxId: toolbox.sandboxId,
        path,
        maxBytes,
        ...(size === undefined ? {} : { size }),
        message: `${path} ${size === undefined ? "is larger" : `has ${size} bytes, more`} than the limit of ${maxBytes} bytes; \`Files.download\` streams files of any size`
      })
    const bytes = download(toolbox, path, options, (size) =>
      size !== undefined && size > maxBytes ? Either.left(tooLarge(size)) : Either.void
    )
    return collected(bytes, { maxBytes, tooLarge })
  }
  return {
    download: (path, options = {}) => download(toolbox, path, options, () => Either.void),
    readBytes: (path, options = {}) => read(names.readBytes, path, options),
    readText: (path, options = {}) =>
      Effect.flatMap(read(names.readText, path, options), (bytes) =>
        Effect.try({
          try: () => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes),
          catch: () =>
            new FileNotText({
              system: "daytona",
              operation: names.readText,
              sandboxId: toolbox.sandboxId,
              path,
              message: `${path} is not UTF-8 text; use \`Files.readBytes\``
            })
        })
      )
  }
}
