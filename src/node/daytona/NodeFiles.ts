/** Files between a sandbox and the disk of this machine, of any size and in constant memory. */
import { randomUUID } from "node:crypto"
import * as FileSystem from "node:fs/promises"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { ApiError, NotFound } from "../../errors/ApiError.js"
import type { LocalFileFailed, UploadIncomplete } from "../../errors/daytona/files.js"
import { Files } from "../../services/daytona/toolbox/files/Files.js"
import { attempt, contentOf, open, writeAll } from "./localFile.js"

/** How a file is downloaded, and whether its permissions come along. */
export interface DownloadToFileOptions extends Omit<Files.DownloadOptions, "range"> {
  /** Gives the local file the permissions of the one in the sandbox. Default `false`. */
  readonly keepPermissions?: boolean | undefined
}

/**
 * Downloads a file to the disk, as `Files.download` does: a connection that breaks is taken up again. The bytes go to a file
 * beside `localPath`, which takes its place when it is complete; when it fails or is interrupted, nothing of it is left, and a
 * file that was at `localPath` is what it was. Fails with `LocalFileFailed` when this machine refuses.
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
    // Closed before it is renamed or removed: some systems refuse that of an open file.
    yield* Effect.onExit(
      Effect.zipRight(
        Effect.scoped(write),
        // Whoever is interrupted meanwhile would not know which of the two files is there.
        Effect.uninterruptible(attempt(localPath, () => FileSystem.rename(partial, localPath)))
      ),
      (exit) =>
        Exit.isSuccess(exit)
          ? Effect.void
          : Effect.ignore(attempt(partial, () => FileSystem.rm(partial, { force: true })))
    )
  })

/** How a file is written, and whether its permissions go along. */
export interface UploadFromFileOptions extends Files.WriteOptions {
  /** Gives the file in the sandbox the permissions of the local one. Default `false`. */
  readonly keepPermissions?: boolean | undefined
}

/**
 * Uploads a file from the disk, as `Files.upload` does. A file that grows meanwhile is uploaded as long as it was to begin with;
 * one that becomes shorter is `UploadIncomplete`. Fails with `LocalFileFailed` when this machine refuses.
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
