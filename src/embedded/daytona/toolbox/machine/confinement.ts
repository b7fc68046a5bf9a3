/** Keeps paths inside a sandbox's directory, including through symbolic links. */
import { lstat, readlink, realpath } from "node:fs/promises"
import { basename, dirname, join, resolve, sep } from "node:path"

/** How many dangling symbolic links are followed, as on Linux. */
const mostLinks = 40

/** Whether a path, which need not exist, is inside a directory that is given by its real path. */
export const isBelow = async (root: string, path: string): Promise<boolean> => {
  const real = await realPathOf(path, mostLinks)
  return real !== undefined && (real === root || real.startsWith(`${root}${sep}`))
}

/** Where a path leads. A file that does not exist would be created in its parent, or where a dangling link points. */
const realPathOf = async (path: string, links: number): Promise<string | undefined> => {
  const found = await orUndefined(realpath(path))
  if (found !== undefined) return found
  if (links === 0 || path === dirname(path)) return undefined
  const parent = await realPathOf(dirname(path), links)
  if (parent === undefined) return undefined
  const here = join(parent, basename(path))
  const isLink = (await orUndefined(lstat(here)))?.isSymbolicLink() === true
  return isLink ? realPathOf(resolve(parent, await readlink(here)), links - 1) : here
}

const orUndefined = <A>(promise: Promise<A>): Promise<A | undefined> => promise.catch(() => undefined)
