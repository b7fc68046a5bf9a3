/** The public configuration of a Daytona server. */
import * as Schema from "effect/Schema"
import { wireStruct } from "../wireStruct.js"
import { tolerantFields } from "./Tolerant.js"

const fields = {
  ...tolerantFields,
  version: Schema.String,
  /** The snapshot that new sandboxes are created from by default. */
  defaultSnapshot: Schema.optional(Schema.String),
  dashboardUrl: Schema.optional(Schema.String),
  /** The URL template of previews, with `{{PORT}}` and `{{sandboxId}}`. */
  proxyTemplateUrl: Schema.optional(Schema.String),
  proxyToolboxUrl: Schema.optional(Schema.String),
  /** Minutes. */
  maxAutoArchiveInterval: Schema.optional(Schema.Number),
  maintenanceMode: Schema.optional(Schema.Boolean),
  environment: Schema.optional(Schema.String),
  /** The server that has the metrics, when it is not the control plane. */
  analyticsApiUrl: Schema.optional(Schema.String),
  sshGatewayCommand: Schema.optional(Schema.String),
  sshGatewayPublicKey: Schema.optional(Schema.String)
}

/** The public configuration of a server. */
export interface Configuration extends Schema.Struct.Type<typeof fields> {}
export const Configuration = wireStruct(fields, {
  wireNames: { maintenanceMode: "maintananceMode" },
  absent: { version: "" },
  essential: ["analyticsApiUrl"]
})
