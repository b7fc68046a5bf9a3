/** Steps that copy files into an image. */
import * as Either from "effect/Either"
import { dual } from "effect/Function"
import * as Model from "../../../schema/daytona/image/Image.js"
import { type Checked, matching, nonEmptyLine, oneOrMore, problem, quoted } from "../../../schema/daytona/image/text.js"
import { isDataFirst, type LocalFiles, localCall, localPath, type Steps, stepsOf } from "./builder.js"
import { parsePatterns } from "./ignoreRules.js"
import { isRemote } from "./parseDockerfile.js"

const owner = matching(/^[A-Za-z0-9_.-]+(:[A-Za-z0-9_.-]+)?$/, "must be a user or `user:group`, by name or number")
const mode = matching(/^[0-7]{3,4}$/, "must be an octal mode such as 755")
const stage = matching(/^[A-Za-z0-9][A-Za-z0-9._:/@-]*$/, "must be the name of a stage or of an image")

/** The owner and permissions of copied files. */
export interface CopyFlags {
  /** `user` or `user:group`, by name or number; default: root. */
  readonly chown?: string | undefined
  /** Octal, such as `755`. Requires BuildKit. */
  readonly chmod?: string | undefined
}

const flagWords = ({ chown, chmod }: CopyFlags): Checked<ReadonlyArray<string>> =>
  Either.all([
    ...(chown === undefined ? [] : [Either.map(owner("options.chown", chown), (value) => `--chown=${value}`)]),
    ...(chmod === undefined ? [] : [Either.map(mode("options.chmod", chmod), (value) => `--chmod=${value}`)])
  ])

interface AddLocalOptions extends CopyFlags {
  readonly exclude?: ReadonlyArray<string> | undefined
}

const addLocal =
  (name: string, kind: "file" | "directory") =>
  (localFile: string, destination: string, options: AddLocalOptions): Checked<Steps> =>
    Either.gen(function* () {
      const path = yield* localPath("path", localFile)
      const target = yield* nonEmptyLine("destination", destination)
      return [
        {
          _tag: "Copy",
          call: `Image.${name}`,
          instruction: "COPY",
          flags: yield* flagWords(options),
          sources: [
            {
              _tag: "Path",
              argument: "path",
              path,
              kind,
              exclude: yield* parsePatterns("options.exclude", options.exclude ?? [])
            }
          ],
          destination: quoted(target)
        }
      ]
    })

/**
 * Copies a file from this machine: `COPY ctx/<hash>/<name> <destination>`. A destination that ends with `/` is a
 * directory, in which the file keeps its name. The server sees only the name of the file, not its path.
 */
export const addLocalFile = localCall("addLocalFile", (path: string, destination: string, options: CopyFlags = {}) =>
  addLocal("addLocalFile", "file")(path, destination, { chown: options.chown, chmod: options.chmod })
)

/** The options of `addLocalDir`. */
export interface AddLocalDirOptions extends CopyFlags {
  /**
   * What to leave out, in the language of `.dockerignore`, relative to the directory: `[".venv", "*.log",
   * "!keep.log"]`. `!` includes again what earlier patterns exclude. Default: nothing; a `.dockerignore` in the
   * directory is not read.
   */
  readonly exclude?: ReadonlyArray<string> | undefined
}

/**
 * Copies the contents of a directory from this machine, recursively: `COPY ctx/<hash> <destination>`.
 *
 * Symbolic links stay links, as in Docker, also when their target is missing or outside the directory. Daytona's
 * builder keeps no links, so they are packed in an archive that a second instruction unpacks:
 * `ADD ctx/<hash>/links.tar <destination>`. Empty subdirectories are left out; a directory without files is refused,
 * since the builder would not receive it.
 */
export const addLocalDir = localCall(
  "addLocalDir",
  (path: string, destination: string, options: AddLocalDirOptions = {}) =>
    addLocal("addLocalDir", "directory")(path, destination, options)
)

interface CopyOptions extends CopyFlags {
  readonly from?: string | undefined
  readonly contextDir?: string | undefined
}

const copySteps = (
  call: "copy" | "add",
  source: string | ReadonlyArray<string>,
  destination: string,
  options: CopyOptions
): Checked<Steps> =>
  Either.gen(function* () {
    const sources = yield* oneOrMore("source", source, nonEmptyLine)
    if (sources.length === 0) return yield* problem("source", "must not be empty")
    const target = yield* nonEmptyLine("destination", destination)
    const flags = yield* flagWords(options)
    const { from, contextDir = "." } = options
    const fromFlag = from === undefined ? [] : [`--from=${yield* stage("options.from", from)}`]
    return [
      {
        _tag: "Copy",
        call: `Image.${call}`,
        instruction: call.toUpperCase(),
        flags: [...fromFlag, ...flags],
        sources: sources.map(
          (pattern): Model.Source =>
            from !== undefined || (call === "add" && isRemote(pattern))
              ? { _tag: "Word", word: quoted(pattern) }
              : { _tag: "Pattern", argument: "source", directory: contextDir, pattern, ignoreFile: undefined }
        ),
        destination: quoted(target)
      }
    ]
  })

/** A copy of files from this machine. */
interface CopyLocal {
  (
    source: string | ReadonlyArray<string>,
    destination: string,
    options?: CopyFlags & { readonly contextDir?: string | undefined }
  ): <R>(self: Model.Image<R>) => Model.Image<R | LocalFiles>
  <R>(
    self: Model.Image<R>,
    source: string | ReadonlyArray<string>,
    destination: string,
    options?: CopyFlags & { readonly contextDir?: string | undefined }
  ): Model.Image<R | LocalFiles>
}

/** A copy of files from another image or stage. */
interface CopyFromElsewhere {
  (
    source: string | ReadonlyArray<string>,
    destination: string,
    options: CopyFlags & { readonly from: string }
  ): <R>(self: Model.Image<R>) => Model.Image<R>
  <R>(
    self: Model.Image<R>,
    source: string | ReadonlyArray<string>,
    destination: string,
    options: CopyFlags & { readonly from: string }
  ): Model.Image<R>
}

/** What the builder fetches itself. */
interface AddRemote {
  (source: RemoteSource, destination: string, options?: CopyFlags): <R>(self: Model.Image<R>) => Model.Image<R>
  <R>(self: Model.Image<R>, source: RemoteSource, destination: string, options?: CopyFlags): Model.Image<R>
}

const copying =
  (call: "copy" | "add") =>
  <R>(
    self: Model.Image<R>,
    source: string | ReadonlyArray<string>,
    destination: string,
    options: CopyOptions = {}
  ): Model.Image<R> =>
    Model.append(self, stepsOf(call, copySteps(call, source, destination, options)))

/**
 * `COPY`, from this machine or, with `from`, from another image or stage.
 *
 * Local sources are patterns, as in Docker (`*`, `?`, `[…]`), relative to `contextDir`, by default the working
 * directory. A pattern may match nothing if another source is found: `["package.json", "yarn.lock*"]`. What the
 * `.dockerignore` of `contextDir` excludes is left out; links are treated as in `addLocalDir`, but a source that is
 * itself a link is followed, unless it leads out of `contextDir`. For other paths, use `addLocalFile` and
 * `addLocalDir`.
 */
export const copy: CopyFromElsewhere & CopyLocal = dual(isDataFirst, copying("copy"))

/** A source that the builder fetches itself. */
export type RemoteSource = `http://${string}` | `https://${string}` | `git@${string}`

/** `ADD`: a URL, a Git repository, or local files as with `copy`. A local tar archive is unpacked. */
export const add: AddRemote & CopyLocal = dual(isDataFirst, copying("add"))
