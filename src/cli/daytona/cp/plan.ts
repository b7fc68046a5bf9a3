/** What to copy where: the folders to make, and the files. */
import * as Effect from "effect/Effect"
import { type Failure, UsageError } from "../../frame/failures.js"
import { expand } from "./glob.js"
import { type Entry, NotCopied, type Tree } from "./Tree.js"

/** A file to copy. */
export interface Copy {
  readonly from: string
  readonly to: string
  readonly size: number
}

/** What to copy where. */
export interface Plan {
  readonly folders: ReadonlyArray<string>
  readonly files: ReadonlyArray<Copy>
}

/** Nothing that is meant is that deep: a link that leads to a folder above it is. Systems follow 40 links. */
const deepest = 32

/** Everything below a file or folder. */
const below = (
  from: Tree,
  to: Tree,
  entry: Entry,
  source: string,
  target: string,
  depth = 0
): Effect.Effect<Plan, Failure> =>
  Effect.gen(function* () {
    if (!entry.isFolder) return { folders: [], files: [{ from: source, to: target, size: entry.size }] }
    if (depth > deepest) {
      return yield* new NotCopied({
        message: `${source} is more than ${deepest} folders deep: is there a link to a folder above it?`
      })
    }
    const plans = yield* Effect.forEach(
      yield* from.list(source),
      (child) => below(from, to, child, from.join(source, child.name), to.join(target, child.name), depth + 1),
      { concurrency: 4 }
    )
    return { folders: [target, ...plans.flatMap(({ folders }) => folders)], files: plans.flatMap(({ files }) => files) }
  })

/** Plans a copy, as `cp -r` does: into the target if that is a folder, and otherwise as the target. */
export const plan = (
  from: Tree,
  to: Tree,
  sources: ReadonlyArray<string>,
  target: string
): Effect.Effect<Plan, Failure> =>
  Effect.gen(function* () {
    const paths = (yield* Effect.forEach(sources, (source) =>
      Effect.filterOrFail(
        expand(from, source),
        (found) => found.length > 0,
        () => new NotCopied({ message: `Nothing matches ${source}` })
      )
    )).flat()
    const existing = yield* to.look(target)
    const isInto = existing?.isFolder === true || target.endsWith("/")
    if (existing !== undefined && !existing.isFolder && (paths.length > 1 || target.endsWith("/"))) {
      return yield* new UsageError({ message: `${target} is a file, so nothing can be copied into it` })
    }
    if (paths.length > 1 && !isInto) {
      return yield* new UsageError({ message: `To copy several files, name a folder: ${target}/` })
    }
    const plans = yield* Effect.forEach(paths, (path) =>
      Effect.gen(function* () {
        const entry = yield* from.look(path)
        if (entry === undefined) return yield* new NotCopied({ message: `${path} does not exist` })
        if (entry.isFolder && existing?.isFolder === false) {
          return yield* new UsageError({ message: `${target} is a file, and ${path} is a folder` })
        }
        return yield* below(from, to, entry, path, isInto ? to.join(target, from.basename(path)) : target)
      })
    )
    return {
      folders: [...(isInto && existing === undefined ? [target] : []), ...plans.flatMap(({ folders }) => folders)],
      files: plans.flatMap(({ files }) => files)
    }
  })
