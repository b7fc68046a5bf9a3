/** Resolves the local sources of an image to build contexts: archives that are uploaded for the builder. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { InvalidRequest } from "../../../errors/ApiError.js"
import type { Source } from "../../../schema/daytona/image/Image.js"
import { literalPattern, quoted } from "../../../schema/daytona/image/text.js"
import type { BuildContext } from "../objectStorage/ObjectStorage.js"
import * as contentHash from "./contentHash.js"
import { isPattern, matcher } from "./glob.js"
import { type Exclusions, exclusions as exclusionsOf, readFiles } from "./ignoreRules.js"
import { type At, invalid, load, unreadable } from "./invalidStep.js"
import * as tarArchive from "./tarArchive.js"

/** A build context, and the source of COPY or ADD that refers to it. */
interface Placed {
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
interface File extends Pick<tarArchive.ArchiveEntry, "name" | "mode" | "content"> {}

/** What is in a source, in any order. */
interface Found {
  readonly files: ReadonlyArray<File>
  readonly links: ReadonlyArray<tarArchive.Link>
}

const joined = (parts: ReadonlyArray<Found>): Found => ({
  files: parts.flatMap(({ files }) => files),
  links: parts.flatMap(({ links }) => links)
})

const nothing: Found = { files: [], links: [] }

/** How many files are inspected or read at the same time. */
const concurrency = 8

const modeOf = (info: FileSystem.File.Info): number => ((info.mode & 0o111) === 0 ? 0o644 : 0o755)

const fileOf = (fs: FileSystem.FileSystem, name: string, path: string, info: FileSystem.File.Info): File => ({
  name,
  mode: modeOf(info),
  content: fs.stream(path)
})

/** What is below a directory. Links are not followed. */
const below = (
  { fs, path }: Platform,
  at: At,
  shown: string,
  root: string,
  { excludes, wholeDirectories }: Exclusions
): Effect.Effect<Found, InvalidRequest> => {
  const inspect = (directory: string, prefix: string) => (name: string) =>
    Effect.gen(function* () {
      const within = `${prefix}${name}`
      const here = path.join(directory, name)
      const excluded = excludes(within)
      if (excluded && wholeDirectories) return nothing
      const target = yield* Effect.option(fs.readLink(here))
      if (Option.isSome(target)) {
        return excluded ? nothing : { files: [], links: [{ name: within, target: target.value }] }
      }
      const info = yield* Effect.mapError(fs.stat(here), unreadable(at, `${shown}/${within}`))
      if (info.type === "Directory") return { here, within }
      // Archives cannot hold sockets, and builds do not need them.
      if (excluded || info.type === "Socket") return nothing
      return info.type === "File"
        ? { files: [fileOf(fs, within, here, info)], links: [] }
        : yield* invalid(at.call, at.argument, `has \`${within}\`, which is neither a file nor a directory`)
    })
  const walk = (directory: string, prefix: string): Effect.Effect<Found, InvalidRequest> =>
    Effect.gen(function* () {
      const names = yield* Effect.mapError(
        fs.readDirectory(directory),
        unreadable(at, prefix === "" ? shown : `${shown}/${prefix}`)
      )
      const inspected = yield* Effect.forEach(names, inspect(directory, prefix), { concurrency })
      return joined(
        yield* Effect.forEach(inspected, (each) =>
          "files" in each ? Effect.succeed(each) : walk(each.here, `${each.within}/`)
        )
      )
    })
  return walk(root, "")
}

const byName = (one: { readonly name: string }, other: { readonly name: string }): number =>
  one.name < other.name ? -1 : one.name > other.name ? 1 : 0

const contextOf = (
  tar: tarArchive.Library,
  at: At,
  shown: string,
  found: ReadonlyArray<File>
): Effect.Effect<BuildContext, InvalidRequest> =>
  Effect.gen(function* () {
    const files = yield* Effect.forEach(
      [...found].sort(byName),
      (file) =>
        Effect.map(contentHash.ofContent(file.content), (digest) => ({ ...file, ...digest })).pipe(
          Effect.mapError(unreadable(at, `${shown}/${file.name}`))
        ),
      { concurrency }
    )
    const hash = yield* contentHash.ofFiles(files)
    const entries = files.map((file) => ({ ...file, name: `ctx/${hash}/${file.name}` }))
    const size = yield* Effect.mapError(tarArchive.sizeOf(tar, entries), notArchived(at, shown))
    return {
      hash,
      files: entries.map(({ name }) => name),
      size,
      archive: tarArchive.stream(tar, entries, (name) =>
        invalid(at.call, at.argument, `is \`${shown}\`, where \`${name}\` was changed or removed after it was hashed`)
      )
    }
  })

const notArchived = (at: At, shown: string) => () =>
  invalid(at.call, at.argument, `is \`${shown}\`, which cannot be archived`)

/** What an instruction takes from this machine. */
export interface Located {
  /** A source of COPY. */
  readonly copied: ReadonlyArray<Placed>
  /** An archive of links, a source of ADD: the builder of Daytona turns links in a build context into empty files. */
  readonly unpacked: ReadonlyArray<Placed>
}

const linksArchive = "links.tar"

/** The build contexts of what was found. `single`: it is a file, not the contents of a directory. */
const place = (
  at: At,
  shown: string,
  { files, links }: Found,
  single?: string
): Effect.Effect<Located, InvalidRequest> =>
  Effect.gen(function* () {
    if (files.length === 0 && links.length === 0) return { copied: [], unpacked: [] }
    const tar = yield* load(at, "modern-tar", () => import("modern-tar"))
    const placed = (found: ReadonlyArray<File>, name?: string) =>
      Effect.map(
        contextOf(tar, at, shown, found),
        (context): ReadonlyArray<Placed> => [
          { word: quoted(`ctx/${context.hash}${name === undefined ? "" : `/${literalPattern(name)}`}`), context }
        ]
      )
    const archive = (packed: Uint8Array): File => ({ name: linksArchive, mode: 0o644, content: Stream.make(packed) })
    return {
      copied: files.length === 0 ? [] : yield* placed(files, single),
      unpacked:
        links.length === 0
          ? []
          : yield* tarArchive.ofLinks(tar, [...links].sort(byName)).pipe(
              Effect.mapError(notArchived(at, shown)),
              Effect.flatMap((packed) => placed([archive(packed)], linksArchive))
            )
    }
  })

/** A file or directory. Nothing is located in a directory that is empty, or that is excluded. */
const locate = (
  on: Platform,
  at: At,
  shown: string,
  real: string,
  kind: "file" | "directory" | undefined,
  exclusions: Exclusions
): Effect.Effect<Located, InvalidRequest> =>
  Effect.gen(function* () {
    const { fs, path } = on
    const info = yield* Effect.mapError(fs.stat(real), unreadable(at, shown))
    if (info.type === "File" && kind !== "directory") {
      const name = path.basename(path.resolve(shown))
      return yield* place(at, shown, { files: [fileOf(fs, name, real, info)], links: [] }, name)
    }
    if (info.type !== "Directory" || kind === "file") {
      return yield* invalid(at.call, at.argument, `is \`${shown}\`, which is not a ${kind ?? "file or directory"}`)
    }
    return yield* place(at, shown, yield* below(on, at, shown, real, exclusions))
  })

const isEmpty = ({ copied, unpacked }: Located): boolean => copied.length === 0 && unpacked.length === 0

const resolvePath = (
  on: Platform,
  at: At,
  { path: shown, kind, exclude }: Source & { readonly _tag: "Path" }
): Effect.Effect<Located, InvalidRequest> =>
  Effect.gen(function* () {
    const real = yield* Effect.mapError(on.fs.realPath(on.path.resolve(shown)), unreadable(at, shown))
    const located = yield* locate(on, at, shown, real, kind, yield* exclusionsOf(at, exclude))
    return isEmpty(located)
      ? yield* invalid(
          at.call,
          at.argument,
          `is \`${shown}\`, a directory without files${exclude.length === 0 ? "" : " that are not excluded"}, which the builder would not receive`
        )
      : located
  })

/** Whether Docker looks for files that match, so that there may be none. */
const isWildcard = (pattern: string): boolean => /^(?:\\.|[^\\*?[])*[*?[]/su.test(pattern)

const under = (parent: string, name: string): string => (parent === "" ? name : `${parent}/${name}`)

/** The paths that match a pattern, relative to the directory, sorted. */
const expand = (
  { fs, path }: Platform,
  at: At,
  directory: string,
  names: ReadonlyArray<string>,
  refused: (why: string) => InvalidRequest
): Effect.Effect<ReadonlyArray<string>, InvalidRequest> =>
  Effect.gen(function* () {
    let found: ReadonlyArray<string> = [""]
    for (const name of names) {
      if (!isPattern(name)) {
        found = found.map((each) => under(each, name))
        continue
      }
      const matches = matcher(name)
      if (matches === undefined) return yield* refused("is a malformed pattern")
      const listed = yield* Effect.forEach(found, (each) =>
        fs.readDirectory(path.join(directory, each)).pipe(
          Effect.map((children) => children.filter((child) => matches.test(child)).sort()),
          // What is not a directory has no children to match.
          Effect.catchIf(
            (error) => each !== "" && error._tag === "SystemError" && error.reason !== "PermissionDenied",
            () => Effect.succeed<ReadonlyArray<string>>([])
          ),
          Effect.mapBoth({
            onFailure: unreadable(at, path.join(directory, each)),
            onSuccess: (children) => children.map((child) => under(each, child))
          })
        )
      )
      found = listed.flat()
    }
    const exists = (each: string) =>
      Effect.orElseSucceed(
        Effect.orElse(Effect.asVoid(fs.readLink(path.join(directory, each))), () =>
          fs.access(path.join(directory, each))
        ).pipe(Effect.as(true)),
        () => false
      )
    return names.some(isPattern) ? yield* Effect.filter(found, exists) : found
  })

/** What matches a pattern; or, if it is a wildcard, why nothing does: as in Docker, another source may suffice. */
const resolvePattern = (
  on: Platform,
  at: At,
  { directory, ignoreFile, pattern }: Source & { readonly _tag: "Pattern" }
): Effect.Effect<Either.Either<Located, InvalidRequest>, InvalidRequest> =>
  Effect.gen(function* () {
    const { fs, path } = on
    const refused = (why: string) => invalid(at.call, at.argument, `has the source \`${pattern}\`, which ${why}`)
    if (path.isAbsolute(pattern)) {
      return yield* refused("is not relative to `contextDir`; use `addLocalFile` for other paths")
    }
    const names = pattern.split("/").filter((name) => name !== "" && name !== ".")
    if (names.includes("..")) return yield* refused("leads out of `contextDir`")
    const wildcard = names.some(isWildcard)
    const ignoreFiles = [...(ignoreFile === undefined ? [] : [ignoreFile]), path.join(directory, ".dockerignore")]
    const rules = yield* readFiles(fs, at, ignoreFiles)
    const { excludes, wholeDirectories } = yield* exclusionsOf(at, rules)
    const root = yield* Effect.mapError(fs.realPath(path.resolve(directory)), unreadable(at, directory))
    const one = (name: string): Effect.Effect<Located, InvalidRequest> =>
      Effect.gen(function* () {
        const shown = path.join(directory, name)
        const real = yield* Effect.either(fs.realPath(path.resolve(shown)))
        const inside = Either.isRight(real) && !leadsOut(path, root, real.right)
        const excluded = name !== "" && excludes(name)
        if (!inside && wildcard) {
          // Among others, a link that leads nowhere stays a link.
          const target = yield* Effect.option(fs.readLink(shown))
          if (Option.isSome(target)) {
            const links = excluded ? [] : [{ name: path.basename(name), target: target.value }]
            return yield* place(at, shown, { files: [], links })
          }
        }
        if (Either.isLeft(real)) return yield* unreadable(at, shown)(real.left)
        if (!inside) return yield* refused("is a link that leads out of `contextDir`")
        // What a link leads to is excluded under its own name too.
        const actual = path.relative(root, real.right).split(path.sep).join("/")
        const within = { excludes: (each: string) => excludes(under(actual, each)), wholeDirectories }
        return (excluded || (actual !== "" && excludes(actual))) &&
          (wholeDirectories || (yield* isFile(fs, real.right)))
          ? { copied: [], unpacked: [] }
          : yield* locate(on, at, shown, real.right, undefined, within)
      })
    const found = yield* Effect.forEach(yield* expand(on, at, directory, names, refused), one)
    const located = {
      copied: found.flatMap(({ copied }) => copied),
      unpacked: found.flatMap(({ unpacked }) => unpacked)
    }
    if (!isEmpty(located)) return Either.right(located)
    const problem = refused(found.length === 0 ? "matches no file" : noFile(rules))
    return wildcard ? Either.left(problem) : yield* problem
  })

const noFile = (rules: ReadonlyArray<unknown>): string =>
  rules.length === 0
    ? "is a directory without files, which the builder would not receive"
    : "has no file that `.dockerignore` does not exclude"

const isFile = (fs: FileSystem.FileSystem, path: string): Effect.Effect<boolean> =>
  Effect.orElseSucceed(
    Effect.map(fs.stat(path), ({ type }) => type !== "Directory"),
    () => false
  )

const leadsOut = (path: Path.Path, root: string, target: string): boolean => {
  const relative = path.relative(root, target)
  return /^\.\.([\\/]|$)/.test(relative) || path.isAbsolute(relative)
}

/** Resolves a source of COPY or ADD. A wildcard that matches nothing is `Left`, with the error if no source matches. */
export const resolve = (
  on: Platform,
  call: string,
  source: Exclude<Source, { readonly _tag: "Word" }>
): Effect.Effect<Either.Either<Located, InvalidRequest>, InvalidRequest> => {
  const at = { call, argument: source.argument }
  return source._tag === "Path" ? Effect.map(resolvePath(on, at, source), Either.right) : resolvePattern(on, at, source)
}
