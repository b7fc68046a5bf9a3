/** Files out of a sandbox: as streams that survive broken connections, or whole in memory. */
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
   * The bytes of a file, read from the connection only as fast as they are wanted. When the connection breaks, the rest is
   * asked for over another, on the condition that the file has not changed: it fails with `FileChanged` when it has (which
   * shows in its length, and in the time of its change, to the second). The end is proven by the length that the daemon
   * named; without that it is `StreamInterrupted`.
   *
   * Fails with `NotFound`, with `RangeNotSatisfiable` when the range begins behind the end of the file, and with
   * `BadRequest` for a directory. There is no deadline but for the beginning of an answer; a silence as long
   * as the `idleTimeout` of `withRequestOptions` counts as a broken connection. `GET /files/download`
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
   * The bytes of a file in memory. Fails as `download` does, and with `FileTooLarge` when they are more than `maxBytes`: before
   * any of them is read, where the daemon names the length.
   */
  readonly readBytes: (path: string, options?: ReadOptions) => Effect.Effect<Uint8Array, DownloadError | FileTooLarge>
  /**
   * A file as text, a byte order mark included. Fails as `readBytes` does, and with `FileNotText` when it is not UTF-8: text
   * with replacement characters, written back, would destroy it.
   */
  readonly readText: (
    path: string,
    options?: ReadOptions
  ) => Effect.Effect<string, DownloadError | FileTooLarge | FileNotText>
}

export const operations = { download: operation }

const names = { readBytes: "Files.readBytes", readText: "Files.readText" } as const

export const make = (toolbox: Toolbox.Service): FilesDownload => {
  const { sandboxId } = toolbox
  const read = (operation: string, path: string, { maxBytes = defaultMaxBytes, ...options }: ReadOptions) => {
    const tooLarge = (size?: number) =>
      new FileTooLarge({
        system: "daytona",
        operation,
        sandboxId,
        path,
        maxBytes,
        ...(size === undefined ? {} : { size }),
        message: `${path} ${size === undefined ? "is" : `has ${size} bytes, which is`} more than the ${maxBytes} bytes that may be read at once; \`Files.download\` streams it`
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
              sandboxId,
              path,
              message: `${path} is not UTF-8 text; \`Files.readBytes\` reads it as it is`
            })
        })
      )
  }
}
