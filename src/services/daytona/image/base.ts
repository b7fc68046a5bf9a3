/** What an image begins with. */
import * as Either from "effect/Either"
import type * as Model from "../../../schema/daytona/image/Image.js"
import { matching, problem } from "../../../schema/daytona/image/text.js"
import { instructions, type LocalFiles, make } from "./builder.js"
import { readDockerfile } from "./dockerfile.js"
import { localPath } from "./files.js"

/** Name, tag and digest, without anything that a Dockerfile would read as something else. */
const imageReference = matching(
  /^[A-Za-z0-9][A-Za-z0-9._:/@-]*$/,
  "must be the name of an image, such as `python:3.12`: letters, digits and `._:/@-`"
)

/** An image of a registry: `FROM <image>`. */
export const base = (image: string): Model.Image =>
  make(
    "base",
    Either.map(imageReference("image", image), (name) => instructions(`FROM ${name}`))
  )

/** The last releases that the official SDKs stand on: fixed, so that the same image is built tomorrow. */
const pythonReleases: Readonly<Record<string, string>> = {
  "3.9": "3.9.22",
  "3.10": "3.10.17",
  "3.11": "3.11.12",
  "3.12": "3.12.10",
  "3.13": "3.13.3"
}

const buildTools = [
  "RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y gcc gfortran build-essential && rm -rf /var/lib/apt/lists/*",
  "RUN python -m pip install --upgrade pip"
]

/**
 * Debian 12 with Python: `FROM python:<release>-slim-bookworm`.
 *
 * A series (`3.9` to `3.13`; default `3.12`) stands for one fixed release of it, since a tag that moves would be another
 * image tomorrow under the same build identity; a release (`3.12.7`) is taken as it is. With `buildTools`, compilers and a
 * new pip are installed too, as the official TypeScript SDK does; default `false`.
 */
export const debianSlim = (
  python = "3.12",
  options: { readonly buildTools?: boolean | undefined } = {}
): Model.Image => {
  const release = /^3\.\d+\.\d+$/.test(python) ? python : pythonReleases[python]
  return make(
    "debianSlim",
    release === undefined
      ? problem(
          "python",
          `must be a release such as 3.12.7, or one of the series ${Object.keys(pythonReleases).join(", ")}`
        )
      : Either.right(
          instructions(`FROM python:${release}-slim-bookworm`, ...(options.buildTools === true ? buildTools : []))
        )
  )
}

/**
 * A Dockerfile as text. It is kept as it is, but for line ends (`\n`), and for the sources of COPY and ADD that are local:
 * they are looked for below `contextDir` and uploaded. Without `contextDir` a local source is `InvalidRequest`.
 *
 * Sources mean what they mean to Docker: patterns with `*`, `?` and `[…]`, always below `contextDir`, also with a leading
 * `/`. `--from`, URLs and here-documents need no files and stay. Not supported, and said so: variables in sources,
 * `--parents`, `RUN --mount=type=bind` from the context, another escape character than the backslash. A `.dockerignore` is not read.
 */
export const fromDockerfile: {
  (text: string): Model.Image
  (text: string, options: { readonly contextDir: string }): Model.Image<LocalFiles>
} = (text: string, options?: { readonly contextDir: string }): Model.Image =>
  make(
    "fromDockerfile",
    readDockerfile(text, {
      call: "Image.fromDockerfile",
      argument: "text",
      contextDir: options?.contextDir,
      complete: true
    })
  )

/**
 * A Dockerfile of this machine, read when the image is used. Otherwise as `fromDockerfile`; `contextDir` is by default the
 * directory that the Dockerfile is in.
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
