import { lstat, readlink, realpath } from "node:fs/promises"
import { basename, dirname, join, resolve, sep } from "node:path"

/** How many dangling symbolic links may follow each other, as in Linux. */
const mostLinks = 40

/** Whether something is below a directory, which is given by its real path; it need not exist. */
export const isBelow = async (root: string, path: string): Promise<boolean> => {
  const real = await realPathOf(path, mostLinks)
  return real !== undefined && (real === root || real.startsWith(`${root}${sep}`))
}

/** Where a path leads. What does not exist yet would come to be in its parent, or where a dangling link points. */
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
