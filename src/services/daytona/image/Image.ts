/**
 * Images for sandboxes and snapshots, described step by step. An image is data: creating one reads nothing, sends
 * nothing and never fails. An invalid step (a package with a line break, a file that does not exist) fails with
 * `InvalidRequest` when the image is used; the error names the call (`Image.pipInstall`) and the argument
 * (`packages.1`).
 *
 * Arguments are passed through literally: packages, paths and values are quoted, so `$`, quotes, backslashes and spaces
 * have no special meaning. To use the language of a Dockerfile instead, see `dockerfileCommands`.
 *
 * The type shows whether an image needs files from this machine: `Image<never>` needs nothing, `Image<LocalFiles>`
 * needs a `FileSystem` and a `Path`, which any platform layer provides.
 *
 * @example
 * ```ts
 * import { Image } from "effect-sandboxes/daytona"
 *
 * const image = Image.base("python:3.12").pipe(
 *   Image.aptGet(["git", "curl"]),
 *   Image.pipInstall(["numpy>=1.26", "torch"], { indexUrl: "https://download.pytorch.org/whl/cpu" }),
 *   Image.addLocalDir("./src", "/app/src"),
 *   Image.env({ PYTHONUNBUFFERED: "1" }),
 *   Image.env({ PATH: "/app/bin:$PATH" }, { expand: true }),
 *   Image.workdir("/app"),
 *   Image.entrypoint(["python", "-m", "app"])
 * )
 * ```
 */
export {
  type Copy,
  type DockerfileAt,
  type ExclusionRule,
  type Image,
  type Instruction,
  type Invalid,
  isImage,
  type Project,
  type Requirements,
  type Source,
  type Step
} from "../../../schema/daytona/image/Image.js"
export type { PipOptions } from "../../../schema/daytona/image/pip.js"
export type { Command } from "../../../schema/daytona/image/run.js"
export type { BuildContext } from "../objectStorage/ObjectStorage.js"
export * from "./base.js"
export { contexts, dockerfile } from "./build.js"
export type { LocalFiles } from "./builder.js"
export * from "./copy.js"
export * from "./dockerfile.js"
export * from "./instructions.js"
export * from "./packages.js"
