/** Files of this machine, to be put into the directory in which Claude works. */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import type { WorkDirectory } from "./WorkDirectory.js"

/** Which files to take. */
export interface LocalFilesOptions {
  /**
   * Whether to leave out a file or a directory, by its path from the directory, with `/` between its parts. Default:
   * `.git`, and the directories of packages that npm has installed.
   */
  readonly exclude?: ((path: string) => boolean) | undefined
}

const isExcluded = (path: string): boolean => /(?:^|\/)(?:\.git|node_modules)$/.test(path)

/**
 * Reads all files of a directory into memory, for `WorkDirectory.put`. Links are followed to files, and left out
 * otherwise. Whether a file may be executed is kept.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { localFiles, WorkDirectory } from "effect-sandboxes/claude-code"
 *
 * const program = Effect.gen(function* () {
 *   const directory = yield* WorkDirectory
 *   yield* directory.put(yield* localFiles("./fixtures"))
 * })
 * ```
 */
export const localFiles = (
  directory: string,
  { exclude = isExcluded }: LocalFilesOptions = {}
): Effect.Effect<
  Readonly<Record<string, WorkDirectory.FileContent>>,
  PlatformError,
  FileSystem.FileSystem | Path.Path
> =>
  Effect.gen(function* () {
    const fileSystem = yield* FileSystem.FileSystem
    const { join } = yield* Path.Path

    const inDirectory = (
      parent: string
    ): Effect.Effect<ReadonlyArray<readonly [string, WorkDirectory.FileContent]>, PlatformError> =>
      Effect.flatMap(fileSystem.readDirectory(join(directory, parent)), (names) =>
        Effect.map(
          Effect.forEach(names.sort(), (name) => entry(parent === "" ? name : `${parent}/${name}`)),
          (entries) => entries.flat()
        )
      )

    const entry = (path: string) =>
      Effect.gen(function* () {
        if (exclude(path)) return []
        const local = join(directory, path)
        // A link to a directory may lead back to where it is.
        const isLink = yield* Effect.isSuccess(fileSystem.readLink(local))
        const found = yield* isLink ? Effect.option(fileSystem.stat(local)) : Effect.asSome(fileSystem.stat(local))
        if (found._tag === "None") return []
        const { mode, type } = found.value
        if (type === "Directory") return isLink ? [] : yield* inDirectory(path)
        if (type !== "File") return []
        const content = yield* fileSystem.readFile(local)
        return [[path, { content, executable: (mode & 0o100) !== 0 }] as const]
      })

    return Object.fromEntries(yield* inDirectory(""))
  })
