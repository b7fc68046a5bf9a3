/**
 * What sandboxes and snapshots are made of, described step by step. An image is data: making one reads nothing, sends
 * nothing and never fails. A step that cannot work (a package with a line break, a file that does not exist) shows as
 * `InvalidRequest` when the image is used, and names the call (`Image.pipInstall`) and the argument (`packages.1`).
 *
 * What is given comes out as it went in: packages, paths and values are quoted, and `$`, quotes, backslashes and spaces
 * mean themselves. Where Docker's own language is wanted instead, there is `dockerfileCommands`.
 *
 * The type says whether an image needs files of this machine: `Image<never>` needs nothing, `Image<LocalFiles>` a
 * `FileSystem` and a `Path`, which any platform layer has.
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
  type Image,
  type Instruction,
  type Invalid,
  isImage,
  type Project,
  type Source,
  type Step
} from "../../../schema/daytona/image/Image.js"
export type { PipOptions } from "../../../schema/daytona/image/pip.js"
export type { Command } from "../../../schema/daytona/image/run.js"
export * from "./base.js"
export { type BuildContext, contexts, dockerfile } from "./build.js"
export type { LocalFiles } from "./builder.js"
export {
  add,
  addLocalDir,
  addLocalFile,
  type CopyFlags,
  copy,
  dockerfileCommands,
  pipInstallFromPyproject,
  pipInstallFromRequirements,
  type RemoteSource
} from "./files.js"
export * from "./instructions.js"
