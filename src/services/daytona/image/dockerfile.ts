/** Steps from the text of a Dockerfile. */
import * as Either from "effect/Either"
import { dual } from "effect/Function"
import * as Model from "../../../schema/daytona/image/Image.js"
import { each } from "../../../schema/daytona/image/text.js"
import { isDataFirst, type LocalFiles, localPath, make, stepsOf } from "./builder.js"
import { parseDockerfile } from "./parseDockerfile.js"

/**
 * The text of a Dockerfile. It is kept unchanged, except for line breaks (`\n`) and the local sources of COPY and ADD:
 * those are uploaded from `contextDir`. Without `contextDir`, a local source is `InvalidRequest`.
 *
 * Sources have the same meaning as in Docker: patterns with `*`, `?` and `[…]`, relative to `contextDir` even with a
 * leading `/`. A pattern may match nothing if another source of its instruction is found. What the `.dockerignore` of
 * `contextDir` excludes is left out. Links are treated as in `copy`. `--from`, URLs and here-documents are kept.
 * Refused with `InvalidRequest`: variables in sources, `--parents`, `RUN --mount=type=bind` from the context, and an
 * escape character other than the backslash.
 */
export const fromDockerfile: {
  (text: string): Model.Image
  (text: string, options: { readonly contextDir: string }): Model.Image<LocalFiles>
} = (text: string, options?: { readonly contextDir: string }): Model.Image =>
  make(
    "fromDockerfile",
    parseDockerfile(text, {
      call: "Image.fromDockerfile",
      argument: "text",
      contextDir: options?.contextDir,
      complete: true
    })
  )

/**
 * A Dockerfile on this machine, read when the image is used. Otherwise as `fromDockerfile`. The default `contextDir` is
 * the directory of the Dockerfile. A file `<path>.dockerignore` takes the place of the `.dockerignore` of `contextDir`.
 */
export const fromDockerfileFile = (
  path: string,
  options: { readonly contextDir?: string | undefined } = {}
): Model.Image<LocalFiles> =>
  make(
    "fromDockerfileFile",
    Either.map(localPath("path", path), (checked) => [
      { _tag: "DockerfileAt", path: checked, contextDir: options.contextDir }
    ])
  )

/**
 * Adds instructions in the language of a Dockerfile, one or more per element. Local sources of COPY and ADD work as in
 * `fromDockerfile`, and need `contextDir`.
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
            parseDockerfile(command, {
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
