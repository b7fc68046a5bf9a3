/** The request that creates a snapshot. */
import * as Schema from "effect/Schema"
import { wireStruct } from "../wireStruct.js"
import { CreateBuildInfo } from "./CreateSandbox.js"
import { RegionId, SnapshotName } from "./Identifiers.js"
import type { Image } from "./image/Image.js"
import { Gpus, GpuType, resourceFields, SandboxClass } from "./Resources.js"

const nameRule = /^[a-zA-Z0-9_.\-:]+(\/[a-zA-Z0-9_.\-:]+)*(@sha256:[a-f0-9]{64})?$/

/** Whether the server accepts this name for a snapshot. */
export const isSnapshotName = (name: string): boolean => nameRule.test(name)

const acceptableName = SnapshotName.pipe(
  Schema.filter(
    (name) =>
      isSnapshotName(name) ||
      "must consist of letters, digits and `_.-:`, in parts separated by `/`, with or without a digest"
  )
)

const imageProblem = (image: string): string | undefined => {
  if (!nameRule.test(image)) return "must be the name of an image"
  const [name = "", digest] = image.split("@")
  const tag = name.slice(name.lastIndexOf("/") + 1).split(":")[1]
  if (digest === undefined && (tag === undefined || tag === "")) {
    return "must have a tag or a digest: `ubuntu:22.04`, or `ubuntu@sha256:…`"
  }
  return tag === "latest" ? "must not have the tag `latest`, whose meaning changes over time" : undefined
}

/** The name of an image in a registry, as the server accepts it. */
const ImageName = Schema.String.pipe(Schema.filter(imageProblem))

const baseFields = {
  /** Unique in the organization. A name that is taken fails with `Conflict`. */
  name: acceptableName,
  ...resourceFields,
  gpu: Schema.optional(Gpus),
  /** At most one. */
  gpuType: Schema.optional(Schema.Array(GpuType)),
  /** The region in which it can be used; default: the `target` of the layer, otherwise the organization's default. */
  regionId: Schema.optional(RegionId),
  /** The class of its sandboxes; default `container`. */
  sandboxClass: Schema.optional(SandboxClass)
}

/** A new snapshot. `R` is what building its image requires. */
export interface CreateSnapshot<out R = never> extends Schema.Struct.Type<typeof baseFields> {
  /** The name of a registry image, with a digest or a tag other than `latest`; or an image to build. */
  readonly image: string | Image<R>
  /** The command that its sandboxes start with, instead of that of the image. */
  readonly entrypoint?: ReadonlyArray<string> | undefined
}

/** The body of `POST /snapshots`. */
export const CreateSnapshotBody = wireStruct({
  ...baseFields,
  imageName: Schema.optional(ImageName),
  entrypoint: Schema.optional(Schema.Array(Schema.String)),
  buildInfo: Schema.optional(CreateBuildInfo)
})
