/** Volumes: storage that outlives sandboxes. */
import * as Schema from "effect/Schema"
import { openLiteral } from "../openLiteral.js"
import { readableElements, wireStruct } from "../wireStruct.js"
import { OrganizationId, VolumeId, VolumeName } from "./Identifiers.js"
import { tolerantFields } from "./Tolerant.js"

/** The state of a volume. It can be mounted once it is `ready`, a few seconds after its creation. */
export const VolumeState = openLiteral(
  "pending_create",
  "creating",
  "ready",
  "pending_delete",
  "deleting",
  "deleted",
  "error"
)
export type VolumeState = typeof VolumeState.Type

const fields = {
  ...tolerantFields,
  id: VolumeId,
  /** The name of a deleted volume ends with `-deleted`. */
  name: VolumeName,
  organizationId: OrganizationId,
  state: VolumeState,
  /** Why its state is `error`. */
  errorReason: Schema.optional(Schema.String),
  /** ISO 8601. */
  createdAt: Schema.String,
  /** ISO 8601. */
  updatedAt: Schema.String,
  /** ISO 8601. */
  lastUsedAt: Schema.optional(Schema.String)
}

/** Storage that outlives sandboxes. */
export interface Volume extends Schema.Struct.Type<typeof fields> {}
export const Volume = wireStruct(fields, {
  absent: { name: "", organizationId: "", createdAt: "", updatedAt: "" },
  essential: ["id", "state"]
})

export const VolumeList = readableElements(Volume)

export const ListVolumesQuery = wireStruct({ includeDeleted: Schema.optional(Schema.Boolean) })

export const CreateVolumeBody = wireStruct({
  name: VolumeName.pipe(Schema.filter((name) => name !== "" || "must not be empty"))
})
