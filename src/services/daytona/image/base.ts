/** Base images. */
import * as Either from "effect/Either"
import type * as Model from "../../../schema/daytona/image/Image.js"
import { matching, problem } from "../../../schema/daytona/image/text.js"
import { instructions, make } from "./builder.js"

/** Name, tag and digest, without characters that are special in a Dockerfile. */
const imageReference = matching(
  /^[A-Za-z0-9][A-Za-z0-9._:/@-]*$/,
  "must be an image name of letters, digits and `._:/@-`, such as `python:3.12`"
)

/** An image from a registry: `FROM <image>`. */
export const base = (image: string): Model.Image =>
  make(
    "base",
    Either.map(imageReference("image", image), (name) => instructions(`FROM ${name}`))
  )

/** The releases that the official SDKs use. They are pinned, so that builds are reproducible. */
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
 * A series (`3.9` to `3.13`; default `3.12`) is mapped to one fixed release, so that the same steps always build the
 * same image; a release such as `3.12.7` is used as it is. With `buildTools`, compilers and the newest pip are
 * installed too, as the official TypeScript SDK does; default `false`.
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
