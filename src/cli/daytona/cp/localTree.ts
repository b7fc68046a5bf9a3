/** The files of this machine. */
import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { mkdir, readdir, stat } from "node:fs/promises"
import { basename, join, resolve } from "node:path"
import { pipeline } from "node:stream/promises"
import * as Effect from "effect/Effect"
import { hasProperty } from "effect/Predicate"
import { type Entry, NotCopied, type Tree } from "./Tree.js"

const attempt = <A>(doing: string, action: () => Promise<A>) =>
  Effect.tryPromise({
    try: action,
    catch: (problem) =>
      new NotCopied({ message: `${doing}: ${problem instanceof Error ? problem.message : String(problem)}` })
  })

const isMissing = (problem: unknown) =>
  hasProperty(problem, "code") && (problem.code === "ENOENT" || problem.code === "ENOTDIR")

/** What a path, and links at its end, lead to. */
const entryAt = (path: string): Effect.Effect<Entry | undefined, NotCopied> =>
  attempt(`${path} cannot be read`, async () => {
    try {
      const found = await stat(path)
      return { name: basename(resolve(path)), isFolder: found.isDirectory(), size: found.isFile() ? found.size : 0 }
    } catch (problem) {
      if (isMissing(problem)) return undefined
      return Promise.reject(problem)
    }
  })

const digestOf = async (path: string): Promise<string> => {
  const hash = createHash("sha256")
  await pipeline(createReadStream(path), hash)
  return hash.digest("hex")
}

export const localTree: Tree = {
  look: entryAt,
  list: (path) =>
    Effect.flatMap(
      attempt(`${path} cannot be listed`, () => readdir(path)),
      (names) =>
        Effect.map(
          Effect.forEach(names.sort(), (name) =>
            Effect.map(entryAt(join(path, name)), (entry) => (entry === undefined ? undefined : { ...entry, name }))
          ),
          // Links that lead nowhere.
          (entries) => entries.filter((entry) => entry !== undefined)
        )
    ),
  join,
  basename: (path) => basename(resolve(path)),
  makeFolder: (path) =>
    Effect.asVoid(attempt(`The folder ${path} cannot be created`, () => mkdir(path, { recursive: true }))),
  digests: (paths) =>
    Effect.map(
      Effect.forEach(paths, (path) =>
        Effect.option(
          Effect.map(
            attempt(path, () => digestOf(path)),
            (digest) => [path, digest] as const
          )
        )
      ),
      (found) => new Map(found.flatMap((each) => (each._tag === "Some" ? [each.value] : [])))
    )
}
