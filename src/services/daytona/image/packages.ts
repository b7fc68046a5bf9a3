/** Steps that install Debian and Python packages. */
import * as Either from "effect/Either"
import { type PipOptions, packageName, pipCommand, pipOptions } from "../../../schema/daytona/image/pip.js"
import { each, nonEmptyLine, oneOrMore } from "../../../schema/daytona/image/text.js"
import { call, instructions, localCall, localPath, noSteps, type Steps } from "./builder.js"

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

/**
 * Installs the packages in a local requirements file, which is copied to `/.requirements.txt` in the image. Only the
 * file itself is copied: `-r`, `-c`, `-e`, `--find-links` and requirements that refer to paths are `InvalidRequest`,
 * with the line and what to do instead. URLs are allowed.
 */
export const pipInstallFromRequirements = localCall(
  "pipInstallFromRequirements",
  (requirements: string, options: PipOptions = {}) =>
    Either.gen(function* () {
      const path = yield* localPath("path", requirements)
      const steps: Steps = [{ _tag: "Requirements", path, options: yield* pipOptions(options) }]
      return steps
    })
)

/** The options of `pipInstallFromPyproject`. */
export interface PyprojectOptions extends PipOptions {
  /** Extras of the project to install too, from `project.optional-dependencies`; default: none. */
  readonly optionalDependencies?: ReadonlyArray<string> | undefined
  /** Groups to install too, from `dependency-groups`, with those they include; default: none. */
  readonly dependencyGroups?: ReadonlyArray<string> | undefined
}

/**
 * Installs the dependencies of a local Python project, but not the project itself: `project.dependencies` of its
 * `pyproject.toml`, and the given extras and dependency groups. Names are compared as Python does: `docs_build` and
 * `docs-build` are the same. An extra that names other extras of the project (`all = ["my-project[test,docs]"]`) stands
 * for their requirements.
 *
 * `InvalidRequest`: an unknown extra or group, dependencies that are paths, and dynamic `dependencies`.
 */
export const pipInstallFromPyproject = localCall(
  "pipInstallFromPyproject",
  (pyproject: string, options: PyprojectOptions = {}) =>
    Either.gen(function* () {
      const steps: Steps = [
        {
          _tag: "Project",
          path: yield* localPath("path", pyproject),
          extras: yield* each("options.optionalDependencies", options.optionalDependencies ?? [], nonEmptyLine),
          dependencyGroups: yield* each("options.dependencyGroups", options.dependencyGroups ?? [], nonEmptyLine),
          options: yield* pipOptions(options)
        }
      ]
      return steps
    })
)
