/** Pools of sandboxes that wait to be taken. */
import * as Schema from "effect/Schema"
import { wireStruct } from "../wireStruct.js"
import { OrganizationId, RegionId, WarmPoolId } from "./Identifiers.js"

const fields = {
  id: WarmPoolId,
  organizationId: OrganizationId,
  snapshot: Schema.String,
  target: RegionId,
  /** How many are to wait. */
  pool: Schema.Number,
  /** How many do. */
  currentSize: Schema.Number,
  /** Cores. */
  cpu: Schema.Number,
  /** GiB. */
  memory: Schema.Number,
  /** GiB. */
  disk: Schema.Number,
  osUser: Schema.String,
  env: Schema.Redacted(Schema.Record({ key: Schema.String, value: Schema.String })),
  errorReason: Schema.optional(Schema.String),
  /** ISO 8601. */
  createdAt: Schema.String,
  /** ISO 8601. */
  updatedAt: Schema.String
}

/** Sandboxes of one snapshot that run already and wait to be taken. */
export interface WarmPool extends Schema.Struct.Type<typeof fields> {}
export const WarmPool = wireStruct(fields, { wireNames: { memory: "mem" }, absent: { env: {} } })

export const WarmPoolList = Schema.Array(WarmPool)

const size = (least: number) => Schema.Int.pipe(Schema.filter((value) => value >= least || `must be at least ${least}`))

const newFields = {
  /** By id or name. Only sandboxes from it, with the default user and without `env`, `volumes` and `secrets`, are taken from the pool. */
  snapshot: Schema.String,
  /** How many are to wait, at least 1. */
  pool: size(1),
  /** The region; default: the `target` of the layer, else the organization's own. */
  target: Schema.optional(RegionId)
}

/** A new pool. */
export interface NewWarmPool extends Schema.Struct.Type<typeof newFields> {}
export const CreateWarmPoolBody = wireStruct(newFields)

export const UpdateWarmPoolBody = wireStruct({ pool: size(0) })
