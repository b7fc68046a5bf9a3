/**
 * The files of a sandbox as the `FileSystem` of `@effect/platform`: programs written for the local disk run unchanged.
 */
import * as PlatformError from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import * as Take from "effect/Take"
import { finalizerRequest } from "../../../../internal/finalizerRequest.js"
import { completedCreation } from "../../../../internal/scopedCreation.js"
import type { FileInfo } from "../../../../schema/daytona/toolbox/File.js"
import { Files } from "../files/Files.js"
import { Process } from "../process/Process.js"
import { owedOfContext } from "../scopedCreation.js"
import { shellQuote } from "../shellText.js"
import { platformFailure, programFailed } from "./failure.js"

type Failure = { readonly _tag: string; readonly message: string }

const mapFailure =
  (method: string, path: string) =>
  <A, R>(effect: Effect.Effect<A, Failure, R>): Effect.Effect<A, PlatformError.PlatformError, R> =>
    Effect.mapError(effect, platformFailure("FileSystem", method, path))

const unsupported = (method: string, why: string) =>
  new PlatformError.BadArgument({ module: "FileSystem", method, description: `not supported in a sandbox: ${why}` })

const types: Readonly<Record<string, FileSystem.File.Type>> = {
  d: "Directory",
  L: "SymbolicLink",
  D: "BlockDevice",
  p: "FIFO",
  S: "Socket",
  "?": "Unknown"
}

/** The letters of special bits, which stand before the permissions, with those of types. */
const special: Readonly<Record<string, number>> = { u: 0o4000, g: 0o2000, t: 0o1000 }

/**
 * Go writes any number of letters before the nine of the permissions: `urwxr-xr-x` is a file, `Dcrw-rw-rw-` a device.
 */
const kindOf = (mode: string): { readonly type: FileSystem.File.Type; readonly bits: number } => {
  const letters = [...mode.slice(0, -9)]
  const type = letters.includes("c")
    ? "CharacterDevice"
    : (letters.flatMap((letter) => types[letter] ?? []).at(0) ?? "File")
  return { type, bits: letters.reduce((bits, letter) => bits | (special[letter] ?? 0), 0) }
}

const numberOf = (text: string): Option.Option<number> => {
  const value = Number(text)
  return Number.isInteger(value) ? Option.some(value) : Option.none()
}

const infoOf = (info: FileInfo): FileSystem.File.Info => ({
  type: kindOf(info.mode).type,
  mtime: Option.some(new Date(info.modifiedAt)),
  atime: Option.none(),
  birthtime: Option.none(),
  dev: 0,
  ino: Option.none(),
  mode: Number.parseInt(info.permissions, 8) | kindOf(info.mode).bits,
  nlink: Option.none(),
  uid: numberOf(info.owner),
  gid: numberOf(info.group),
  rdev: Option.none(),
  size: FileSystem.Size(info.size),
  blksize: Option.none(),
  blocks: Option.none()
})

const octal = (mode: number): string => (mode & 0o7777).toString(8).padStart(4, "0")

const seconds = (time: Date | number): string => String(typeof time === "number" ? time : time.getTime() / 1000)

const sizeOf = (size: FileSystem.SizeInput | undefined): number | undefined =>
  size === undefined ? undefined : Number(size)

/** The time limit for creating a temporary file: with a scope this is uninterruptible, so it must not wait forever. */
const limit = { timeout: "30 seconds" } as const

/**
 * Reads and writes through `Files`; links, copies and times use programs of the sandbox. Files are read and written
 * whole or as streams: `open`, even for reading, and `watch` always fail with `BadArgument`. Writing a file creates its
 * parent directories.
 */
export const layerFileSystem: Layer.Layer<FileSystem.FileSystem, never, Files | Process> = Layer.effect(
  FileSystem.FileSystem,
  Effect.gen(function* () {
    const files = yield* Files
    const process = yield* Process
    const { resource, pendingReleases } = yield* owedOfContext

    /** Runs a program of the sandbox and returns its output, without the final newline. */
    const run = (method: string, path: string, words: ReadonlyArray<string>) =>
      Effect.flatMap(mapFailure(method, path)(process.execute(words)), ({ exitCode, stderr, stdout }) =>
        exitCode === 0 ? Effect.succeed(stdout.replace(/\n$/, "")) : Effect.fail(programFailed(method, path, stderr))
      )

    const exists = (path: string) => mapFailure("exists", path)(files.exists(path))

    const refuseExisting = (method: string, path: string) =>
      Effect.flatMap(exists(path), (there) =>
        there ? Effect.fail(programFailed(method, path, "File exists")) : Effect.void
      )

    const names = (path: string, prefix = ""): Effect.Effect<Array<string>, PlatformError.PlatformError> =>
      mapFailure(
        "readDirectory",
        path
      )(files.list(path)).pipe(
        Effect.flatMap(
          Effect.forEach(
            ({ isDirectory, name }) =>
              isDirectory
                ? Effect.map(names(`${path}/${name}`, `${prefix}${name}/`), (below) => [`${prefix}${name}`, ...below])
                : Effect.succeed([`${prefix}${name}`]),
            { concurrency: 4 }
          )
        ),
        Effect.map((all) => all.flat())
      )

    const temporary =
      (method: string, flags: ReadonlyArray<string>) =>
      ({ directory, prefix = "" }: { readonly directory?: string; readonly prefix?: string } = {}) =>
        mapFailure(
          method,
          directory ?? ""
        )(
          // Only the shell of the sandbox knows its temporary directory.
          directory === undefined
            ? process.executeOrFail(
                `mktemp ${flags.join(" ")} -- "\${TMPDIR:-/tmp}/"${shellQuote(prefix)}XXXXXX`,
                limit
              )
            : process.executeOrFail(["mktemp", ...flags, "--", `${directory}/${prefix}XXXXXX`], limit)
        ).pipe(Effect.map(({ stdout }) => stdout.replace(/\n$/, "")))

    const makeTempDirectory = temporary("makeTempDirectory", ["-d"])
    const makeTempFile = temporary("makeTempFile", [])
    const removed = (path: string) => Effect.ignore(finalizerRequest(files.delete(path, { recursive: true })))

    const scoped = (create: Effect.Effect<string, PlatformError.PlatformError>) =>
      completedCreation(pendingReleases, {
        create,
        pending: resource("a temporary file or directory that was being created"),
        resource: (path) => resource(`the temporary ${path}`),
        remove: removed
      })

    const content = (path: string, { bytesToRead, offset }: FileSystem.StreamOptions = {}) => {
      const from = sizeOf(offset) ?? 0
      const length = sizeOf(bytesToRead)
      const range =
        from === 0 && length === undefined
          ? {}
          : { range: { offset: from, ...(length === undefined ? {} : { length }) } }
      // Reading past the end of a local file yields nothing; the daemon refuses such a range.
      const bytes =
        length === 0
          ? Stream.drain(Stream.fromEffect(files.info(path)))
          : Stream.catchTag(files.download(path, range), "RangeNotSatisfiable", () => Stream.empty)
      return Stream.mapError(bytes, platformFailure("FileSystem", "stream", path))
    }

    const prepared = (method: string, path: string, flag: FileSystem.OpenFlag = "w") =>
      flag === "w" || flag === "w+"
        ? Effect.void
        : flag === "wx" || flag === "wx+"
          ? refuseExisting(method, path)
          : Effect.fail(unsupported(method, `the flag \`${flag}\`; files are written whole`))

    const withMode = (method: string, path: string, mode: number | undefined) =>
      mode === undefined ? Effect.void : mapFailure(method, path)(files.setPermissions(path, { mode: octal(mode) }))

    const sink = (path: string, { flag, mode }: FileSystem.SinkOptions = {}) =>
      Sink.unwrapScoped(
        Effect.gen(function* () {
          yield* prepared("sink", path, flag)
          const queue = yield* Queue.bounded<Take.Take<Uint8Array>>(1)
          const upload = yield* Effect.forkScoped(
            mapFailure("sink", path)(files.upload(path, Stream.flattenTake(Stream.fromQueue(queue))))
          )
          // Stops waiting for the queue when the upload has failed.
          const offer = (take: Take.Take<Uint8Array>) =>
            Effect.raceFirst(Effect.asVoid(Queue.offer(queue, take)), Fiber.join(upload))
          return Sink.forEachChunk((chunk: Chunk.Chunk<Uint8Array>) => offer(Take.chunk(chunk))).pipe(
            Sink.mapEffect(() => Effect.zipRight(offer(Take.end), Fiber.join(upload))),
            Sink.mapEffect(() => withMode("sink", path, mode))
          )
        })
      )

    const writeFile: FileSystem.FileSystem["writeFile"] = (path, data, { flag, mode } = {}) =>
      prepared("writeFile", path, flag).pipe(
        Effect.zipRight(mapFailure("writeFile", path)(files.writeBytes(path, data))),
        Effect.zipRight(withMode("writeFile", path, mode))
      )

    const fileSystem = FileSystem.make({
      access: (path, { readable = false, writable = false } = {}) =>
        readable || writable
          ? Effect.asVoid(
              run("access", path, [
                "sh",
                "-c",
                `${readable ? '[ -r "$0" ]' : ":"} && ${writable ? '[ -w "$0" ]' : ":"} || { [ -e "$0" ] && echo "Permission denied" >&2 || echo "No such file or directory" >&2; exit 1; }`,
                path
              ])
            )
          : Effect.asVoid(mapFailure("access", path)(files.info(path))),
      copy: (from, to, { overwrite = false, preserveTimestamps = false } = {}) =>
        Effect.asVoid(
          run("copy", from, [
            "cp",
            "-R",
            "-T",
            ...(preserveTimestamps ? ["-p"] : []),
            ...(overwrite ? [] : ["-n"]),
            "--",
            from,
            to
          ])
        ),
      copyFile: (from, to) => Effect.asVoid(run("copyFile", from, ["cp", "-T", "--", from, to])),
      chmod: (path, mode) => mapFailure("chmod", path)(files.setPermissions(path, { mode: octal(mode) })),
      chown: (path, uid, gid) =>
        mapFailure("chown", path)(files.setPermissions(path, { owner: String(uid), group: String(gid) })),
      link: (from, to) => Effect.asVoid(run("link", from, ["ln", "-T", "--", from, to])),
      makeDirectory: (path, { mode, recursive = false } = {}) =>
        (recursive ? Effect.void : refuseExisting("makeDirectory", path)).pipe(
          Effect.zipRight(
            recursive
              ? mapFailure("makeDirectory", path)(files.createFolder(path))
              : Effect.asVoid(run("makeDirectory", path, ["mkdir", "--", path]))
          ),
          Effect.zipRight(withMode("makeDirectory", path, mode))
        ),
      makeTempDirectory,
      makeTempDirectoryScoped: (options) => scoped(makeTempDirectory(options)),
      makeTempFile,
      makeTempFileScoped: (options) => scoped(makeTempFile(options)),
      open: () => Effect.fail(unsupported("open", "files are read and written whole or as streams")),
      readDirectory: (path, { recursive = false } = {}) =>
        recursive
          ? names(path)
          : Effect.map(mapFailure("readDirectory", path)(files.list(path)), (all) => all.map(({ name }) => name)),
      readFile: (path) => mapFailure("readFile", path)(files.readBytes(path, { maxBytes: Number.MAX_SAFE_INTEGER })),
      readLink: (path) => run("readLink", path, ["readlink", "--", path]),
      realPath: (path) => run("realPath", path, ["realpath", "-e", "--", path]),
      remove: (path, { force = false, recursive = false } = {}) =>
        files.delete(path, { recursive }).pipe(
          // A name that is not UTF-8 is listed with U+FFFD, and not found by it.
          Effect.catchTag("NotFound", (error) =>
            force && !path.includes("\uFFFD") ? Effect.void : Effect.fail(error)
          ),
          mapFailure("remove", path)
        ),
      rename: (from, to) => Effect.asVoid(run("rename", from, ["mv", "-f", "-T", "--", from, to])),
      stat: (path) => Effect.map(mapFailure("stat", path)(files.info(path)), infoOf),
      symlink: (from, to) => Effect.asVoid(run("symlink", from, ["ln", "-s", "-T", "--", from, to])),
      truncate: (path, length = 0) =>
        Effect.asVoid(run("truncate", path, ["truncate", "-c", "-s", String(length), "--", path])),
      utimes: (path, atime, mtime) =>
        Effect.asVoid(
          run("utimes", path, [
            "sh",
            "-c",
            'touch -c -a -d "@$1" -- "$0" && touch -c -m -d "@$2" -- "$0"',
            path,
            seconds(atime),
            seconds(mtime)
          ])
        ),
      watch: () => Stream.fail(unsupported("watch", "its daemon does not report changes")),
      writeFile
    })
    return {
      ...fileSystem,
      exists,
      // Those of `FileSystem.make` would use `open`.
      stream: content,
      sink
    }
  })
)
