/** What the daemon in a sandbox reports about itself and its machine. */
import * as Schema from "effect/Schema"
import { wireStruct } from "../../wireStruct.js"

export const Version = wireStruct({ version: Schema.String })

export const Directory = wireStruct({ dir: Schema.String })

const nameRule = "must have a name of letters, digits and `_` that does not begin with a digit"

const isVariable = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)

/** Environment variables; a value may be `Redacted`. A name that shells do not accept is refused. */
export const EnvironmentVariables = Schema.Record({
  key: Schema.String,
  value: Schema.Union(Schema.String, Schema.Redacted(Schema.String))
}).pipe(
  Schema.filter((variables) => {
    const badName = Object.keys(variables).find((name) => !isVariable(name))
    return badName === undefined || { path: [badName], message: nameRule }
  })
)

const VariableName = Schema.String.pipe(Schema.filter((name) => isVariable(name) || nameRule))

const environmentChangeFields = {
  /** Variables to set; a value may be `Redacted`. */
  set: Schema.optional(EnvironmentVariables),
  /** Variables to remove. */
  unset: Schema.optional(Schema.Array(VariableName)),
  /** Removes all variables whose value has this prefix. */
  unsetValuePrefix: Schema.optional(Schema.NonEmptyString)
}

/** A change of the environment. Variables are removed before others are set. */
export interface EnvironmentChange extends Schema.Struct.Type<typeof environmentChangeFields> {}
export const EnvironmentChange = wireStruct(environmentChangeFields)

const metricsFields = {
  /** ISO 8601. */
  timestamp: Schema.optional(Schema.String),
  /** Seconds since 1970. */
  timestampUnix: Schema.optional(Schema.Number),
  /** Available cores. */
  cpuCount: Schema.optional(Schema.Number),
  /** Percentage of that, averaged since the previous measurement; 0 for the first. */
  cpuUsedPercent: Schema.optional(Schema.Number),
  /** Bytes. */
  memoryTotal: Schema.optional(Schema.Number),
  memoryUsed: Schema.optional(Schema.Number),
  memoryCache: Schema.optional(Schema.Number),
  diskTotal: Schema.optional(Schema.Number),
  diskUsed: Schema.optional(Schema.Number),
  diskFree: Schema.optional(Schema.Number)
}

/** The current resource usage of a sandbox. Values that could not be measured are absent. */
export interface WorkspaceMetrics extends Schema.Struct.Type<typeof metricsFields> {}
export const WorkspaceMetrics = wireStruct(metricsFields, {
  wireNames: {
    cpuUsedPercent: "cpuUsedPct",
    memoryTotal: "memTotal",
    memoryUsed: "memUsed",
    memoryCache: "memCache"
  }
})

export const PortList = wireStruct({ ports: Schema.Array(Schema.Number) }, { absent: { ports: [] } })

export const PortInUse = wireStruct({ isInUse: Schema.Boolean })
