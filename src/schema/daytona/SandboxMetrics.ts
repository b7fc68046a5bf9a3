/** The resource usage of a sandbox over time. */
import type * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import { readableElements, wireStruct } from "../wireStruct.js"
import { CommaSeparated } from "./Sandbox.js"
import { Instant } from "./SandboxQuery.js"

export const MetricsQuery = wireStruct({
  from: Instant,
  to: Instant,
  metricNames: Schema.optional(Schema.Array(Schema.String))
})

const DataPoint = wireStruct({ timestamp: Schema.String, value: Schema.Number })

const Series = wireStruct(
  { metricName: Schema.String, dataPoints: readableElements(DataPoint) },
  { absent: { dataPoints: [] } }
)

export const MetricsResponse = wireStruct({ series: readableElements(Series) }, { absent: { series: [] } })

/** The analytics server takes a comma-separated list, and returns single points. */
export const AnalyticsQuery = wireStruct({ from: Instant, to: Instant, metricNames: CommaSeparated })

export const AnalyticsPoint = wireStruct({ metricName: Schema.String, timestamp: Schema.String, value: Schema.Number })

/** The points of the analytics server as series of the control plane. */
export const toSeries = (points: ReadonlyArray<typeof AnalyticsPoint.Type>): (typeof MetricsResponse.Type)["series"] =>
  points.map(({ metricName, timestamp, value }) => ({ metricName, dataPoints: [{ timestamp, value }] }))

/** A span of time. */
export interface TimeRange {
  /** Default: the creation of the sandbox. */
  readonly from?: DateTime.DateTime.Input | undefined
  /** Default: now. */
  readonly to?: DateTime.DateTime.Input | undefined
}

const momentFields = {
  /** ISO 8601. */
  timestamp: Schema.String,
  /** The cores available to it. */
  cpuCount: Schema.Number,
  /** Percent of `cpuCount`. */
  cpuUsedPercent: Schema.Number,
  /** Bytes. */
  memoryTotal: Schema.Number,
  memoryUsed: Schema.Number,
  memoryCache: Schema.Number,
  diskTotal: Schema.Number,
  diskUsed: Schema.Number
}

/** The resource usage of a sandbox at one moment. Values that were not measured are 0. */
export interface SandboxMetrics extends Schema.Struct.Type<typeof momentFields> {}
export const SandboxMetrics = Schema.Struct(momentFields)

/** The names of the server's metrics, and the fields for them. */
export const metricFields = {
  "daytona.sandbox.cpu.limit": "cpuCount",
  "daytona.sandbox.cpu.utilization": "cpuUsedPercent",
  "daytona.sandbox.memory.limit": "memoryTotal",
  "daytona.sandbox.memory.usage": "memoryUsed",
  "daytona.sandbox.memory.cache": "memoryCache",
  "daytona.sandbox.filesystem.total": "diskTotal",
  "daytona.sandbox.filesystem.usage": "diskUsed"
} as const

const fieldOf = new Map<string, (typeof metricFields)[keyof typeof metricFields]>(Object.entries(metricFields))

const zeros = {
  cpuCount: 0,
  cpuUsedPercent: 0,
  memoryTotal: 0,
  memoryUsed: 0,
  memoryCache: 0,
  diskTotal: 0,
  diskUsed: 0
}

/** One row per timestamp, in chronological order. Unknown series are left out. */
export const byTimestamp = ({ series }: typeof MetricsResponse.Type): ReadonlyArray<SandboxMetrics> => {
  const rows = new Map<string, SandboxMetrics>()
  for (const { dataPoints, metricName } of series) {
    const field = fieldOf.get(metricName)
    if (field === undefined) continue
    for (const { timestamp, value } of dataPoints) {
      rows.set(timestamp, { ...(rows.get(timestamp) ?? { timestamp, ...zeros }), [field]: value })
    }
  }
  return [...rows.values()].sort((a, b) => (a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0))
}
