/** Images with Claude Code. */
import { dual } from "effect/Function"
import * as Model from "../../schema/daytona/image/Image.js"
import { run } from "../../services/daytona/image/instructions.js"
import { isVersion } from "./installation.js"

/** Node comes from nodejs.org where the distribution has none that is new enough. */
const nodeAndGit = `set -e
if command -v apk; then apk add --no-cache git nodejs npm
elif command -v dnf; then dnf install -y git nodejs npm; dnf clean all
else
  apt-get update
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ca-certificates curl git
  rm -rf /var/lib/apt/lists/*
  if ! command -v npm; then
    case $(uname -m) in aarch64|arm64) machine=arm64;; *) machine=x64;; esac
    cd "$(mktemp -d)"
    curl -fsSLO https://nodejs.org/dist/latest-v22.x/SHASUMS256.txt
    sums=$(grep "linux-$machine.tar.gz$" SHASUMS256.txt)
    archive=\${sums##* }
    curl -fsSLO "https://nodejs.org/dist/latest-v22.x/$archive"
    echo "$sums" | sha256sum -c -
    tar -xzf "$archive" -C /usr/local --strip-components=1
    rm "$archive"
  fi
fi`

const isImage = (input: IArguments): boolean => Model.isImage(input[0])

/**
 * Adds Claude Code to an image, and Node and git where they are missing. The image must have `apt-get`, `apk` or `dnf`,
 * and its user must be root. What is no version number, such as `latest`, fails with `InvalidRequest` when the image is
 * used.
 *
 * @example
 * ```ts
 * import { addClaudeCode } from "effect-sandboxes/claude-code"
 * import { Image, Sandbox } from "effect-sandboxes/daytona"
 *
 * const image = Image.base("python:3.12").pipe(addClaudeCode("2.1.332"))
 * const sandbox = Sandbox.layer({ image })
 * ```
 */
export const addClaudeCode: {
  (version: string): <R>(self: Model.Image<R>) => Model.Image<R>
  <R>(self: Model.Image<R>, version: string): Model.Image<R>
} = dual(
  isImage,
  <R>(self: Model.Image<R>, version: string): Model.Image<R> =>
    isVersion(version)
      ? self.pipe(
          run(nodeAndGit),
          run(`npm install -g --no-audit --no-fund @anthropic-ai/claude-code@${version} && claude --version`)
        )
      : Model.append(self, [
          { _tag: "Invalid", call: "addClaudeCode", argument: "version", problem: "must be a version, such as 2.1.332" }
        ])
)
