/** What a new snapshot is to be like. */
import * as Schema from "effect/Schema"
import { wireStruct } from "../wireStruct.js"
import { CreateBuildInfo } from "./CreateSandbox.js"
import { RegionId, SnapshotName } from "./Identifiers.js"
import { Gpus, GpuType, resourceFields, SandboxClass } from "./Machine.js"

const nameRule = /^[a-zA-Z0-9_.\-:]+(\/[a-zA-Z0-9_.\-:]+)*(@sha256:[a-f0-9]{64})?$/

const acceptableName = SnapshotName.pipe(
  Schema.filter(
    (name) =>
      nameRule.test(name) ||
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
  return tag === "latest" ? "must not have the tag `latest`, which means something else tomorrow" : undefined
}

/** The image of a registry, as the server accepts it. */
const ImageName = Schema.String.pipe(Schema.filter(imageProblem))

const settingFields = {
  /** Unique in the organization. A second snapshot of that name fails with `Conflict`. */
  name: acceptableName,
  ...resourceFields,
  gpu: Schema.optional(Gpus),
  /** At most one. */
  gpuType: Schema.optional(Schema.Array(GpuType)),
  /** Where it can be used; default: the `target` of the layer, else the organization's own region. */
  regionId: Schema.optional(RegionId),
  /** What its sandboxes are; default `container`. */
  sandboxClass: Schema.optional(SandboxClass)
}

/** What can be said about every new snapshot. */
export interface SnapshotSettings extends Schema.Struct.Type<typeof settingFields> {}

/** The body of `POST /snapshots`. */
export const CreateSnapshotBody = wireStruct({
  ...settingFields,
  imageName: Schema.optional(ImageName),
  entrypoint: Schema.optional(Schema.Array(Schema.String)),
  buildInfo: Schema.optional(CreateBuildInfo)
})
