/** Steps that install Debian and Python packages. */
import * as Either from "effect/Either"
import { type PipOptions, packageName, pipCommand, pipOptions } from "../../../schema/daytona/image/pip.js"
import { each, nonEmptyLine, oneOrMore } from "../../../schema/daytona/image/text.js"
import { call, instruction, instructions, localCall, localPath, noSteps, type Steps } from "./builder.js"

/** Installs Debian packages, by name or `name=version`, and removes the package lists. An empty list adds nothing. */
export const aptGet = call(
  "aptGet",
  (
    packages: ReadonlyArray<string>,
    options: {
      /** Install recommended packages too, as apt does by default; default `true`. */
      readonly recommends?: boolean | undefined
    } = {}
  ) =>
    Either.map(each("packages", packages, packageName), (names) =>
      names.length === 0
        ? noSteps
        : instructions(
            // Without the variable, packages such as tzdata would wait for input.
            `RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y ${options.recommends === false ? "--no-install-recommends " : ""}${names.join(" ")} && rm -rf /var/lib/apt/lists/*`
          )
    )
)

/**
 * Installs Python packages, with optional versions, extras or URLs: `["numpy>=1.26", "black[jupyter]"]`. Each element
 * is quoted as one package. An empty list adds nothing.
 */
export const pipInstall = call("pipInstall", (packages: string | ReadonlyArray<string>, options: PipOptions = {}) =>
  Either.flatMap(oneOrMore("packages", packages, packageName), (names) =>
    Either.map(pipOptions(options), (words) => (names.length === 0 ? noSteps : instructions(pipCommand(words, names))))
  )
)

/** Installs the packages in a local requirements file, which is copied to `/.requirements.txt` in the image. */
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
 * Installs the dependencies of a local Python project, but not the project itself: `project.dependencies` of its
 * `pyproject.toml`, and the given groups of `project.optional-dependencies`. An unknown group is `InvalidRequest`.
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
