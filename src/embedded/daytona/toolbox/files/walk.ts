import { lstat, readdir } from "node:fs/promises"
import { join } from "node:path"

/** Something that a walk comes across; `path` begins with the root as it was given. */
export interface Found {
  readonly path: string
  readonly absolute: string
  readonly name: string
  readonly isDirectory: boolean
  readonly isLink: boolean
}

/** The root and all that is below it, in the order of names. Links are not followed; what cannot be read is left out. */
export async function* walk(root: string, absolute: string, name: string): AsyncGenerator<Found> {
  const stats = await lstat(absolute).catch(() => undefined)
  if (stats === undefined) return
  yield { path: root, absolute, name, isDirectory: stats.isDirectory(), isLink: stats.isSymbolicLink() }
  if (stats.isDirectory()) {
    const names = await readdir(absolute).catch(() => Array.of<string>())
    for (const below of names.sort()) {
      yield* walk(join(root, below), join(absolute, below), below)
    }
  }
}
