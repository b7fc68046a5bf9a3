/** The state of the server itself. */
import * as Schema from "effect/Schema"
import { openLiteral } from "../openLiteral.js"
import { snakeCase } from "../snakeCase.js"

const componentFields = {
  /** `podman`, `claude-credentials-file`, `claude-credentials-secret`. */
  name: Schema.String,
  status: openLiteral("ok", "error"),
  error: Schema.optional(Schema.String)
}

/** A component that the server depends on. */
export interface ComponentHealth extends Schema.Struct.Type<typeof componentFields> {}
export const ComponentHealth = snakeCase(componentFields)

const healthFields = {
  status: openLiteral("ok", "degraded"),
  /** `stromboli`. */
  name: Schema.String,
  /** For example `v0.5.7-alpha` or `dev`; may be empty. `Compatibility.check` reads it. */
  version: Schema.String,
  components: Schema.optional(Schema.Array(ComponentHealth))
}

/** The health of the server. A degraded server responds, too: check `status`. */
export interface Health extends Schema.Struct.Type<typeof healthFields> {}
export const Health = snakeCase(healthFields)

/** Whether the server and all its components are healthy. */
export const isHealthy = (health: Pick<Health, "status">): boolean => health.status === "ok"

const claudeFields = { configured: Schema.Boolean, message: Schema.String }

/** Whether the server has credentials for Claude, without which no run starts. */
export interface ClaudeStatus extends Schema.Struct.Type<typeof claudeFields> {}
export const ClaudeStatus = snakeCase(claudeFields)
