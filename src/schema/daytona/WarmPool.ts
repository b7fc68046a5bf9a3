/** Warm pools: running sandboxes, kept ready for `Sandboxes.create`. */
import * as Schema from "effect/Schema"
import { readableElements, wireStruct } from "../wireStruct.js"
import { OrganizationId, RegionId, WarmPoolId } from "./Identifiers.js"
import { Texts, tolerantFields } from "./Tolerant.js"

const fields = {
  ...tolerantFields,
  id: WarmPoolId,
  organizationId: OrganizationId,
  snapshot: Schema.String,
  target: RegionId,
  /** The number of sandboxes to keep ready. */
  pool: Schema.Number,
  /** The number of sandboxes that are ready. */
  currentSize: Schema.Number,
  /** Cores. */
  cpu: Schema.Number,
  /** GiB. */
  memory: Schema.Number,
  /** GiB. */
  disk: Schema.Number,
  osUser: Schema.String,
  env: Schema.Redacted(Texts),
  errorReason: Schema.optional(Schema.String),
  /** ISO 8601. */
  createdAt: Schema.String,
  /** ISO 8601. */
  updatedAt: Schema.String
}

/** Running sandboxes of one snapshot, kept ready for `Sandboxes.create`. */
export interface WarmPool extends Schema.Struct.Type<typeof fields> {}
export const WarmPool = wireStruct(fields, {
  wireNames: { memory: "mem" },
  absent: {
    organizationId: "",
    snapshot: "",
    target: "",
    pool: 0,
    currentSize: 0,
    cpu: 0,
    memory: 0,
    disk: 0,
    osUser: "",
    env: {},
    createdAt: "",
    updatedAt: ""
  },
  essential: ["id"]
})

export const WarmPoolList = readableElements(WarmPool)

const size = (least: number) => Schema.Int.pipe(Schema.filter((value) => value >= least || `must be at least ${least}`))

const createFields = {
  /**
   * By id or name. A sandbox is taken from the pool when it is created from this snapshot, with the default user and
   * without `env`, `volumes` and `secrets`.
   */
  snapshot: Schema.String,
  /** The number of sandboxes to keep ready, at least 1. */
  pool: size(1),
  /** The region; default: the `target` of the layer, otherwise the organization's default. */
  target: Schema.optional(RegionId)
}

/** A new warm pool. */
export interface CreateWarmPool extends Schema.Struct.Type<typeof createFields> {}
export const CreateWarmPoolBody = wireStruct(createFields)

export const UpdateWarmPoolBody = wireStruct({ pool: size(0) })
