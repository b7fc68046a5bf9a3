/** Regions, in which sandboxes run. */
import * as Schema from "effect/Schema"
import { openLiteral } from "../openLiteral.js"
import { readableElements, wireStruct } from "../wireStruct.js"
import { OrganizationId, RegionId } from "./Identifiers.js"
import { tolerantFields } from "./Tolerant.js"

export const RegionType = openLiteral("shared", "dedicated", "custom")
export type RegionType = typeof RegionType.Type

const fields = {
  ...tolerantFields,
  /** The value for `target`. */
  id: RegionId,
  name: Schema.String,
  /** Absent for a shared region. */
  organizationId: Schema.optional(OrganizationId),
  regionType: RegionType,
  /** ISO 8601. */
  createdAt: Schema.String,
  /** ISO 8601. */
  updatedAt: Schema.String,
  /** Its own proxy, which `trustedHosts` must name. */
  proxyUrl: Schema.optional(Schema.String),
  sshGatewayUrl: Schema.optional(Schema.String),
  snapshotManagerUrl: Schema.optional(Schema.String),
  otelEndpoint: Schema.optional(Schema.String)
}

/** A region, in which sandboxes run. */
export interface Region extends Schema.Struct.Type<typeof fields> {}
export const Region = wireStruct(fields, {
  absent: { name: "", regionType: "", createdAt: "", updatedAt: "" },
  essential: ["id"]
})

export const RegionList = readableElements(Region)
