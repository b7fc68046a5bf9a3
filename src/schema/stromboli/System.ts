/** The state of the server itself. */
import * as Schema from "effect/Schema"
import { snakeCase } from "../snakeCase.js"
import { openLiteral } from "./requestFields.js"

const componentFields = {
  /** `podman`, `claude-credentials-file`, `claude-credentials-secret`. */
  name: Schema.String,
  status: openLiteral("ok", "error"),
  error: Schema.optional(Schema.String)
}

/** Something that the server stands on. */
export interface ComponentHealth extends Schema.Struct.Type<typeof componentFields> {}
export const ComponentHealth = snakeCase(componentFields)

const healthFields = {
  status: openLiteral("ok", "degraded"),
  /** `stromboli`. */
  name: Schema.String,
  /** Such as `v0.5.7-alpha`, `dev`, or empty; `Compatibility.check` reads it. */
  version: Schema.String,
  components: Schema.optional(Schema.Array(ComponentHealth))
}

/** What the server says of itself. A degraded server answers too: look at `status`. */
export interface Health extends Schema.Struct.Type<typeof healthFields> {}
export const Health = snakeCase(healthFields)

/** The server and everything that it stands on are well. */
export const isHealthy = (health: Pick<Health, "status">): boolean => health.status === "ok"

const claudeFields = { configured: Schema.Boolean, message: Schema.String }

/** Whether the server has credentials for Claude, without which no run starts. */
export interface ClaudeStatus extends Schema.Struct.Type<typeof claudeFields> {}
export const ClaudeStatus = snakeCase(claudeFields)
