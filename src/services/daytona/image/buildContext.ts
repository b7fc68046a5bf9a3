/** Resolves the local sources of an image to build contexts: archives that are uploaded for the builder. */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { InvalidRequest } from "../../../errors/ApiError.js"
import type { Source } from "../../../schema/daytona/image/Image.js"
import { literalPattern, quoted } from "../../../schema/daytona/image/text.js"
import type { BuildContext } from "../objectStorage/ObjectStorage.js"
import * as contentHash from "./contentHash.js"
import { isPattern, matcher } from "./glob.js"
import { type At, invalid, unreadable } from "./invalidStep.js"
import * as tarArchive from "./tarArchive.js"

/** A build context, and the source of COPY that refers to it. */
interface Located {
  readonly word: string
  readonly context: BuildContext
}

interface Platform {
  readonly fs: FileSystem.FileSystem
  readonly path: Path.Path
}

/**
 * The services for local files. They are looked up dynamically: the type of an image requires them exactly when one of
 * its steps does, but steps are untyped data.
 */
export const platform = (at: At): Effect.Effect<Platform, InvalidRequest> =>
  Effect.flatMap(
    Effect.all([Effect.serviceOption(FileSystem.FileSystem), Effect.serviceOption(Path.Path)]),
    ([fs, path]) =>
      Option.isSome(fs) && Option.isSome(path)
        ? Effect.succeed({ fs: fs.value, path: path.value })
        : Effect.fail(invalid(at.call, at.argument, "is a local file, which needs a FileSystem and a Path"))
  )

/** A file, and its name relative to the source. */
interface Found {
  readonly name: string
  readonly path: string
  readonly mode: number
}

/** How many files are inspected or read at the same time. */
const concurrency = 8

const modeOf = (info: FileSystem.File.Info): number => ((info.mode & 0o111) === 0 ? 0o644 : 0o755)

const filesBelow = (
  { fs, path }: Platform,
  at: At,
  shown: string,
  root: string
): Effect.Effect<ReadonlyArray<Found>, InvalidRequest> => {
  const orUnreadable = (name: string) => Effect.mapError((error: PlatformError) => unreadable(at, name)(error))
  const entry = (directory: string, prefix: string, name: string, above: ReadonlyArray<string>) =>
    Effect.gen(function* () {
      const within = `${prefix}${name}`
      const here = path.join(directory, name)
      const target = yield* fs.realPath(here).pipe(orUnreadable(`${shown}/${within}`))
      if (target !== here) {
        const outside = path.relative(root, target)
        if (/^\.\.([\\/]|$)/.test(outside) || path.isAbsolute(outside)) {
          return yield* invalid(at.call, at.argument, `has a link \`${within}\` that leads out of \`${shown}\``)
        }
        if (above.includes(target)) {
          return yield* invalid(at.call, at.argument, `has a link \`${within}\` to a directory that contains it`)
        }
      }
      const info = yield* fs.stat(here).pipe(orUnreadable(`${shown}/${within}`))
      return { within, target, info }
    })
  const walk = (
    directory: string,
    prefix: string,
    outer: ReadonlyArray<string>
  ): Effect.Effect<ReadonlyArray<Found>, InvalidRequest> =>
    Effect.gen(function* () {
      const above = [...outer, directory]
      const names = yield* fs.readDirectory(directory).pipe(orUnreadable(prefix === "" ? shown : `${shown}/${prefix}`))
      const entries = yield* Effect.forEach(names, (name) => entry(directory, prefix, name, above), { concurrency })
      const found = yield* Effect.forEach(entries, ({ within, target, info }) => {
        if (info.type === "Directory") return walk(target, `${within}/`, above)
        if (info.type === "File") return Effect.succeed([{ name: within, path: target, mode: modeOf(info) }])
        // Archives cannot hold sockets, and builds do not need them.
        if (info.type === "Socket") return Effect.succeed([])
        return Effect.fail(invalid(at.call, at.argument, `has \`${within}\`, which is neither a file nor a directory`))
      })
      return found.flat()
    })
  return walk(root, "", [])
}

const byName = (one: { readonly name: string }, other: { readonly name: string }): number =>
  one.name < other.name ? -1 : one.name > other.name ? 1 : 0

const contextOf = (
  { fs }: Platform,
  at: At,
  shown: string,
  found: ReadonlyArray<Found>
): Effect.Effect<BuildContext, InvalidRequest> =>
  Effect.gen(function* () {
    const files = yield* Effect.forEach(
      [...found].sort(byName),
      (file) =>
        Effect.map(contentHash.ofFile(fs, file.path), (digest) => ({ ...file, ...digest })).pipe(
          Effect.mapError(unreadable(at, `${shown}/${file.name}`))
        ),
      { concurrency }
    )
    const hash = yield* contentHash.ofFiles(files)
    const entries = files.map((file) => ({ ...file, name: `ctx/${hash}/${file.name}` }))
    const size = yield* Effect.mapError(tarArchive.sizeOf(entries), () =>
      invalid(at.call, at.argument, `is \`${shown}\`, which cannot be archived`)
    )
    return {
      hash,
      files: entries.map(({ name }) => name),
      size,
      archive: tarArchive.stream(fs, entries, (name) =>
        invalid(at.call, at.argument, `is \`${shown}\`, where \`${name}\` was changed or removed after it was hashed`)
      )
    }
  })

/** The build context of one file or directory. */
const locate = (
  on: Platform,
  at: At,
  shown: string,
  kind: "file" | "directory" | undefined
): Effect.Effect<Located, InvalidRequest> =>
  Effect.gen(function* () {
    const { fs, path } = on
    const real = yield* Effect.mapError(fs.realPath(path.resolve(shown)), unreadable(at, shown))
    const info = yield* Effect.mapError(fs.stat(real), unreadable(at, shown))
    if (info.type === "File" && kind !== "directory") {
      const name = path.basename(path.resolve(shown))
      const context = yield* contextOf(on, at, shown, [{ name, path: real, mode: modeOf(info) }])
      return { word: quoted(`ctx/${context.hash}/${literalPattern(name)}`), context }
    }
    if (info.type !== "Directory" || kind === "file") {
      return yield* invalid(at.call, at.argument, `is \`${shown}\`, which is not a ${kind ?? "file or directory"}`)
    }
    const found = yield* filesBelow(on, at, shown, real)
    if (found.length === 0) {
      return yield* invalid(
        at.call,
        at.argument,
        `is \`${shown}\`, a directory without files, which the builder would not receive`
      )
    }
    const context = yield* contextOf(on, at, shown, found)
    return { word: `ctx/${context.hash}`, context }
  })

/** The paths that match a pattern, sorted. */
const expand = (
  { fs, path }: Platform,
  at: At,
  directory: string,
  pattern: string
): Effect.Effect<ReadonlyArray<string>, InvalidRequest> =>
  Effect.gen(function* () {
    const refused = (why: string) => invalid(at.call, at.argument, `has the source \`${pattern}\`, which ${why}`)
    if (path.isAbsolute(pattern)) {
      return yield* refused("is not relative to `contextDir`; use `addLocalFile` for other paths")
    }
    const names = pattern.split("/").filter((name) => name !== "" && name !== ".")
    if (names.includes("..")) return yield* refused("leads out of `contextDir`")
    let paths: ReadonlyArray<string> = [directory]
    for (const name of names) {
      if (!isPattern(name)) {
        paths = paths.map((each) => path.join(each, name))
        continue
      }
      const matches = matcher(name)
      if (matches === undefined) return yield* refused("is a malformed pattern")
      const listed = yield* Effect.forEach(paths, (each) =>
        fs.readDirectory(each).pipe(
          Effect.map((children) => children.filter((child) => matches.test(child)).sort()),
          // A file among the directories has no children to match.
          Effect.catchIf(
            (error) => paths.length > 1 && error._tag === "SystemError" && error.reason !== "PermissionDenied",
            () => Effect.succeed<ReadonlyArray<string>>([])
          ),
          Effect.mapBoth({
            onFailure: unreadable(at, each),
            onSuccess: (children) => children.map((child) => path.join(each, child))
          })
        )
      )
      paths = listed.flat()
    }
    const existing = names.some(isPattern)
      ? yield* Effect.filter(paths, (each) => Effect.orElseSucceed(fs.exists(each), () => false))
      : paths
    return existing.length === 0 ? yield* refused("matches no file") : existing
  })

/** Resolves a source of COPY or ADD to its build contexts. */
export const resolve = (
  on: Platform,
  call: string,
  source: Exclude<Source, { readonly _tag: "Word" }>
): Effect.Effect<ReadonlyArray<Located>, InvalidRequest> => {
  const at = { call, argument: source.argument }
  return source._tag === "Path"
    ? Effect.map(locate(on, at, source.path, source.kind), (located) => [located])
    : Effect.flatMap(expand(on, at, source.directory, source.pattern), (paths) =>
        Effect.forEach(paths, (path) => locate(on, at, path, undefined))
      )
}
