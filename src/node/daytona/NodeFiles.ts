/** Copies files between a sandbox and the local disk, of any size and in constant memory. */
import { randomUUID } from "node:crypto"
import * as FileSystem from "node:fs/promises"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { ApiError, NotFound } from "../../errors/ApiError.js"
import type { LocalFileFailed, UploadIncomplete } from "../../errors/daytona/files.js"
import { Files } from "../../services/daytona/toolbox/files/Files.js"
import { attempt, contentOf, open, writeAll } from "./localFile.js"

/** Options of `downloadToFile`. */
export interface DownloadToFileOptions extends Omit<Files.DownloadOptions, "range"> {
  /** Gives the local file the permissions of the one in the sandbox. Default `false`. */
  readonly keepPermissions?: boolean | undefined
}

/**
 * Downloads a file to the local disk, as `Files.download` does: broken connections are resumed. The bytes are written
 * to a temporary file next to `localPath`, which replaces `localPath` when it is complete. On failure or interruption
 * it is removed, and a file at `localPath` stays unchanged. Fails with `LocalFileFailed` if the file cannot be written.
 *
 * @example
 * ```ts
 * import { NodeFiles } from "effect-sandboxes/node/daytona"
 *
 * const program = NodeFiles.downloadToFile("results/model.bin", "./model.bin")
 * ```
 */
export const downloadToFile = (
  path: string,
  localPath: string,
  { keepPermissions = false, ...options }: DownloadToFileOptions = {}
): Effect.Effect<void, Files.DownloadError | LocalFileFailed, Files> =>
  Effect.gen(function* () {
    const files = yield* Files
    const partial = `${localPath}.${randomUUID()}.part`
    const write = Effect.flatMap(open(partial, "wx"), (handle) =>
      Effect.gen(function* () {
        yield* writeAll(partial, handle, files.download(path, options))
        if (!keepPermissions) return
        const { permissions } = yield* files.info(path)
        yield* attempt(partial, () => handle.chmod(Number.parseInt(permissions, 8)))
      })
    )
    // Closed before it is renamed or removed, which some systems refuse for open files.
    yield* Effect.onExit(
      Effect.zipRight(
        Effect.scoped(write),
        // After an interruption here, it would not be known which of the two files exists.
        Effect.uninterruptible(attempt(localPath, () => FileSystem.rename(partial, localPath)))
      ),
      (exit) =>
        Exit.isSuccess(exit)
          ? Effect.void
          : Effect.ignore(attempt(partial, () => FileSystem.rm(partial, { force: true })))
    )
  })

/** Options of `uploadFromFile`. */
export interface UploadFromFileOptions extends Files.WriteOptions {
  /** Gives the file in the sandbox the permissions of the local one. Default `false`. */
  readonly keepPermissions?: boolean | undefined
}

/**
 * Uploads a file from the local disk, as `Files.upload` does, with the length that it has at the start: what is
 * appended meanwhile is ignored, and a file that is truncated fails with `UploadIncomplete`. Fails with
 * `LocalFileFailed` if the file cannot be read.
 */
export const uploadFromFile = (
  localPath: string,
  path: string,
  { keepPermissions = false, ...options }: UploadFromFileOptions = {}
): Effect.Effect<void, ApiError | NotFound | UploadIncomplete | LocalFileFailed, Files> =>
  Effect.scoped(
    Effect.gen(function* () {
      const files = yield* Files
      const handle = yield* open(localPath, "r")
      const { mode, size } = yield* attempt(localPath, () => handle.stat())
      yield* files.upload(path, contentOf(localPath, handle, size), { ...options, length: size })
      if (!keepPermissions) return
      yield* files.setPermissions(path, { mode: `0${(mode & 0o7777).toString(8).padStart(3, "0")}` })
    })
  )
