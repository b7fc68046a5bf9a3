/** Steps that bring files into an image. */
import * as Either from "effect/Either"
import { dual } from "effect/Function"
import * as Model from "../../../schema/daytona/image/Image.js"
import { type PipOptions, pipCommand, pipOptions } from "../../../schema/daytona/image/pip.js"
import {
  type Checked,
  each,
  matching,
  nonEmptyLine,
  oneOrMore,
  problem,
  quoted
} from "../../../schema/daytona/image/text.js"
import { instruction, type LocalFiles, localCall, type Steps, stepsOf } from "./builder.js"
import { isRemote, readDockerfile } from "./dockerfile.js"

/** A path of this machine, as far as it can be told by looking at it. */
export const localPath = (argument: string, path: string): Checked<string> =>
  Either.flatMap(nonEmptyLine(argument, path), (checked) =>
    /^~(\/|$)/.test(checked)
      ? problem(argument, "must not begin with `~`, which only shells expand")
      : Either.right(checked)
  )

const owner = matching(/^[A-Za-z0-9_.-]+(:[A-Za-z0-9_.-]+)?$/, "must be a user or `user:group`, by name or number")
const mode = matching(/^[0-7]{3,4}$/, "must be an octal mode such as 755")
const stage = matching(/^[A-Za-z0-9][A-Za-z0-9._:/@-]*$/, "must be the name of a stage or of an image")

/** Who owns what is copied, and with which permissions. */
export interface CopyFlags {
  /** `user` or `user:group`, by name or number; default: root. */
  readonly chown?: string | undefined
  /** Octal, such as `755`. Only builders with BuildKit know it. */
  readonly chmod?: string | undefined
}

const flagWords = ({ chown, chmod }: CopyFlags): Checked<ReadonlyArray<string>> =>
  Either.all([
    ...(chown === undefined ? [] : [Either.map(owner("options.chown", chown), (value) => `--chown=${value}`)]),
    ...(chmod === undefined ? [] : [Either.map(mode("options.chmod", chmod), (value) => `--chmod=${value}`)])
  ])

const addLocal =
  (name: string, kind: "file" | "directory") =>
  (localFile: string, destination: string, options: CopyFlags = {}): Checked<Steps> =>
    Either.gen(function* () {
      const path = yield* localPath("path", localFile)
      const target = yield* nonEmptyLine("destination", destination)
      return [
        {
          _tag: "Copy",
          call: `Image.${name}`,
          instruction: "COPY",
          flags: yield* flagWords(options),
          sources: [{ _tag: "Path", argument: "path", path, kind }],
          destination: quoted(target)
        }
      ]
    })

/**
 * Copies one file of this machine: `COPY ctx/<hash>/<name> <destination>`. A destination that ends with `/` is a directory,
 * and the file keeps its name. What the server sees of its path is its name.
 */
export const addLocalFile = localCall("addLocalFile", addLocal("addLocalFile", "file"))

/**
 * Copies what is in a directory of this machine, subdirectories included: `COPY ctx/<hash> <destination>`. Links are
 * followed as long as they stay within the directory; empty subdirectories are left out, and a directory without any file
 * is refused, since the builder would not get it.
 */
export const addLocalDir = localCall("addLocalDir", addLocal("addLocalDir", "directory"))

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
              : { _tag: "Pattern", argument: "source", directory: contextDir, pattern }
        ),
        destination: quoted(target)
      }
    ]
  })

const isDataFirst = (input: IArguments): boolean => Model.isImage(input[0])

/**
 * `COPY`, from this machine or, with `from`, out of another image or stage.
 *
 * From this machine: sources are patterns as Docker has them (`*`, `?`, `[…]`), below `contextDir`, which is by default the
 * working directory; for any other path there are `addLocalFile` and `addLocalDir`.
 */
export const copy: {
  (
    source: string | ReadonlyArray<string>,
    destination: string,
    options: CopyFlags & { readonly from: string }
  ): <R>(self: Model.Image<R>) => Model.Image<R>
  (
    source: string | ReadonlyArray<string>,
    destination: string,
    options?: CopyFlags & { readonly contextDir?: string | undefined }
  ): <R>(self: Model.Image<R>) => Model.Image<R | LocalFiles>
  <R>(
    self: Model.Image<R>,
    source: string | ReadonlyArray<string>,
    destination: string,
    options: CopyFlags & { readonly from: string }
  ): Model.Image<R>
  <R>(
    self: Model.Image<R>,
    source: string | ReadonlyArray<string>,
    destination: string,
    options?: CopyFlags & { readonly contextDir?: string | undefined }
  ): Model.Image<R | LocalFiles>
} = dual(
  isDataFirst,
  <R>(
    self: Model.Image<R>,
    source: string | ReadonlyArray<string>,
    destination: string,
    options: CopyOptions = {}
  ): Model.Image<R> => Model.append(self, stepsOf("copy", copySteps("copy", source, destination, options)))
)

/** What the builder fetches by itself. */
export type RemoteSource = `http://${string}` | `https://${string}` | `git@${string}`

/** `ADD`: a URL or Git repository, or a file of this machine as with `copy`; a local tar archive is unpacked. */
export const add: {
  (source: RemoteSource, destination: string, options?: CopyFlags): <R>(self: Model.Image<R>) => Model.Image<R>
  (
    source: string | ReadonlyArray<string>,
    destination: string,
    options?: CopyFlags & { readonly contextDir?: string | undefined }
  ): <R>(self: Model.Image<R>) => Model.Image<R | LocalFiles>
  <R>(self: Model.Image<R>, source: RemoteSource, destination: string, options?: CopyFlags): Model.Image<R>
  <R>(
    self: Model.Image<R>,
    source: string | ReadonlyArray<string>,
    destination: string,
    options?: CopyFlags & { readonly contextDir?: string | undefined }
  ): Model.Image<R | LocalFiles>
} = dual(
  isDataFirst,
  <R>(
    self: Model.Image<R>,
    source: string | ReadonlyArray<string>,
    destination: string,
    options: CopyOptions = {}
  ): Model.Image<R> => Model.append(self, stepsOf("add", copySteps("add", source, destination, options)))
)

/** Installs what a requirements file of this machine lists: it is copied to `/.requirements.txt`, and given to pip. */
export const pipInstallFromRequirements = localCall(
  "pipInstallFromRequirements",
  (requirements: string, options: PipOptions = {}) =>
    Either.gen(function* () {
      const path = yield* localPath("path", requirements)
      const words = yield* pipOptions(options)
      const steps: Steps = [
        {
          _tag: "Copy",
          call: "Image.pipInstallFromRequirements",
          instruction: "COPY",
          flags: [],
          sources: [{ _tag: "Path", argument: "path", path, kind: "file" }],
          destination: "/.requirements.txt"
        },
        instruction(pipCommand(words, ["-r", "/.requirements.txt"]))
      ]
      return steps
    })
)

/**
 * Installs the dependencies of a Python project, and not the project itself: `project.dependencies` of its `pyproject.toml`,
 * and those of the named groups of `project.optional-dependencies`. A group that is not there is `InvalidRequest`.
 */
export const pipInstallFromPyproject = localCall(
  "pipInstallFromPyproject",
  (
    pyproject: string,
    options: PipOptions & { readonly optionalDependencies?: ReadonlyArray<string> | undefined } = {}
  ) =>
    Either.gen(function* () {
      const path = yield* localPath("path", pyproject)
      const groups = yield* each("options.optionalDependencies", options.optionalDependencies ?? [], nonEmptyLine)
      const steps: Steps = [{ _tag: "Project", path, groups, options: yield* pipOptions(options) }]
      return steps
    })
)

/**
 * Instructions of a Dockerfile as they are, one or more per element. Local sources of COPY and ADD are treated as
 * `fromDockerfile` does, and need `contextDir`.
 */
export const dockerfileCommands: {
  (commands: ReadonlyArray<string>): <R>(self: Model.Image<R>) => Model.Image<R>
  (
    commands: ReadonlyArray<string>,
    options: { readonly contextDir: string }
  ): <R>(self: Model.Image<R>) => Model.Image<R | LocalFiles>
  <R>(self: Model.Image<R>, commands: ReadonlyArray<string>): Model.Image<R>
  <R>(
    self: Model.Image<R>,
    commands: ReadonlyArray<string>,
    options: { readonly contextDir: string }
  ): Model.Image<R | LocalFiles>
} = dual(
  isDataFirst,
  <R>(
    self: Model.Image<R>,
    commands: ReadonlyArray<string>,
    options?: { readonly contextDir: string }
  ): Model.Image<R> =>
    Model.append(
      self,
      stepsOf(
        "dockerfileCommands",
        Either.map(
          each("commands", commands, (argument, command: string) =>
            readDockerfile(command, {
              call: "Image.dockerfileCommands",
              argument,
              contextDir: options?.contextDir,
              complete: false
            })
          ),
          (steps) => steps.flat()
        )
      )
    )
)
