/** Snapshots: images that sandboxes are created from. */
import * as Schema from "effect/Schema"
import { openLiteral } from "../openLiteral.js"
import { readableElements, wireStruct } from "../wireStruct.js"
import { OrganizationId, RegionId, SandboxId, SnapshotId, SnapshotName } from "./Identifiers.js"
import { GpuType, SandboxClass } from "./Resources.js"
import { BuildInfo } from "./Sandbox.js"
import { tolerantFields } from "./Tolerant.js"

export type { SnapshotFilter } from "./SnapshotQuery.js"

/** The state of a snapshot. A server may report states that are not listed here. */
export const SnapshotState = openLiteral(
  "pending",
  "pulling",
  "building",
  "snapshotting",
  "active",
  "inactive",
  "error",
  "build_failed",
  "removing"
)
export type SnapshotState = typeof SnapshotState.Type

const fields = {
  ...tolerantFields,
  id: SnapshotId,
  /** Absent for a general snapshot. */
  organizationId: Schema.optional(OrganizationId),
  /** Whether every organization can use it. Only its owner can change it. */
  general: Schema.Boolean,
  name: SnapshotName,
  imageName: Schema.optional(Schema.String),
  state: SnapshotState,
  /** GB. */
  size: Schema.optional(Schema.Number),
  entrypoint: Schema.optional(Schema.Array(Schema.String)),
  /** Cores of its sandboxes. */
  cpu: Schema.Number,
  gpu: Schema.Number,
  gpuType: Schema.optional(GpuType),
  /** GiB of its sandboxes. */
  memory: Schema.Number,
  /** GiB of its sandboxes. */
  disk: Schema.Number,
  /** Why its state is `error` or `build_failed`. */
  errorReason: Schema.optional(Schema.String),
  /** ISO 8601. */
  createdAt: Schema.String,
  /** ISO 8601. */
  updatedAt: Schema.String,
  /** ISO 8601. */
  lastUsedAt: Schema.optional(Schema.String),
  /** Present when it was built. */
  buildInfo: Schema.optional(BuildInfo),
  regionIds: Schema.optional(Schema.Array(RegionId)),
  initialRunnerId: Schema.optional(Schema.String),
  ref: Schema.optional(Schema.String),
  /** The sandbox it was taken from. */
  sourceSandboxId: Schema.optional(SandboxId),
  sandboxClass: Schema.optional(SandboxClass)
}

/** An image that the server keeps ready, and the resources of its sandboxes. */
export interface Snapshot extends Schema.Struct.Type<typeof fields> {}
export const Snapshot = wireStruct(fields, {
  wireNames: { memory: "mem" },
  absent: { general: false, name: "", cpu: 0, gpu: 0, memory: 0, disk: 0, createdAt: "", updatedAt: "" },
  essential: ["id", "state"]
})

const pageFields = {
  items: readableElements(Snapshot),
  /** The number of snapshots on all pages. */
  total: Schema.Number,
  page: Schema.Number,
  totalPages: Schema.Number
}

/** A page of snapshots. */
export interface SnapshotPage extends Schema.Struct.Type<typeof pageFields> {}
export const SnapshotPage = wireStruct(pageFields)

/** Whether it can be used. */
export const isActive = ({ state }: Pick<Snapshot, "state">): boolean => state === "active"

/** Whether it is in `error` or `build_failed`, which it does not leave by itself. */
export const isFailed = ({ state }: Pick<Snapshot, "state">): boolean => state === "error" || state === "build_failed"
