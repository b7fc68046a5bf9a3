/** What a Daytona server tells everyone about itself. */
import * as Schema from "effect/Schema"
import { wireStruct } from "../wireStruct.js"

const fields = {
  version: Schema.String,
  /** What new sandboxes are made from when nothing else is said. */
  defaultSnapshot: Schema.optional(Schema.String),
  dashboardUrl: Schema.optional(Schema.String),
  /** How previews are reached, with `{{PORT}}` and `{{sandboxId}}` in it. */
  proxyTemplateUrl: Schema.optional(Schema.String),
  proxyToolboxUrl: Schema.optional(Schema.String),
  /** Minutes. */
  maxAutoArchiveInterval: Schema.optional(Schema.Number),
  maintenanceMode: Schema.optional(Schema.Boolean),
  environment: Schema.optional(Schema.String),
  /** Where measurements are kept, when not by the control plane. */
  analyticsApiUrl: Schema.optional(Schema.String),
  sshGatewayCommand: Schema.optional(Schema.String),
  sshGatewayPublicKey: Schema.optional(Schema.String)
}

/** What the server says about itself. */
export interface Configuration extends Schema.Struct.Type<typeof fields> {}
export const Configuration = wireStruct(fields, { wireNames: { maintenanceMode: "maintananceMode" } })
