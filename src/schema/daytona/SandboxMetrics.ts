/** How much of its machine a sandbox used. */
import type * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import { wireStruct } from "../wireStruct.js"
import { CommaSeparated } from "./Sandbox.js"
import { Instant } from "./SandboxQuery.js"

export const MetricsQuery = wireStruct({
  from: Instant,
  to: Instant,
  metricNames: Schema.optional(Schema.Array(Schema.String))
})

const DataPoint = wireStruct({ timestamp: Schema.String, value: Schema.Number })

const Series = wireStruct(
  { metricName: Schema.String, dataPoints: Schema.Array(DataPoint) },
  { absent: { dataPoints: [] } }
)

export const MetricsResponse = wireStruct({ series: Schema.Array(Series) }, { absent: { series: [] } })

/** The server for measurements wants one list with commas, and answers point by point. */
export const AnalyticsQuery = wireStruct({ from: Instant, to: Instant, metricNames: CommaSeparated })

export const AnalyticsPoint = wireStruct({ metricName: Schema.String, timestamp: Schema.String, value: Schema.Number })

/** The points of the server for measurements in the form of the control plane. */
export const toSeries = (points: ReadonlyArray<typeof AnalyticsPoint.Type>): (typeof MetricsResponse.Type)["series"] =>
  points.map(({ metricName, timestamp, value }) => ({ metricName, dataPoints: [{ timestamp, value }] }))

/** A span of time. */
export interface TimeRange {
  /** Default: when the sandbox was created. */
  readonly from?: DateTime.DateTime.Input | undefined
  /** Default: now. */
  readonly to?: DateTime.DateTime.Input | undefined
}

/** What a sandbox used at one moment. What was not measured then is 0. */
export interface SandboxMetrics {
  /** ISO 8601. */
  readonly timestamp: string
  /** Cores that it may use. */
  readonly cpuCount: number
  /** Percent of that. */
  readonly cpuUsedPercent: number
  /** Bytes. */
  readonly memoryTotal: number
  readonly memoryUsed: number
  readonly memoryCache: number
  readonly diskTotal: number
  readonly diskUsed: number
}

/** The measurements of the server, and what they are called here. */
export const measurements = {
  "daytona.sandbox.cpu.limit": "cpuCount",
  "daytona.sandbox.cpu.utilization": "cpuUsedPercent",
  "daytona.sandbox.memory.limit": "memoryTotal",
  "daytona.sandbox.memory.usage": "memoryUsed",
  "daytona.sandbox.memory.cache": "memoryCache",
  "daytona.sandbox.filesystem.total": "diskTotal",
  "daytona.sandbox.filesystem.usage": "diskUsed"
} as const

const fieldOf = new Map<string, (typeof measurements)[keyof typeof measurements]>(Object.entries(measurements))

const nothing = {
  cpuCount: 0,
  cpuUsedPercent: 0,
  memoryTotal: 0,
  memoryUsed: 0,
  memoryCache: 0,
  diskTotal: 0,
  diskUsed: 0
}

/** One row for each moment, in order of time; series that are not known here are left out. */
export const byTimestamp = ({ series }: typeof MetricsResponse.Type): ReadonlyArray<SandboxMetrics> => {
  const rows = new Map<string, SandboxMetrics>()
  for (const { dataPoints, metricName } of series) {
    const field = fieldOf.get(metricName)
    if (field === undefined) continue
    for (const { timestamp, value } of dataPoints) {
      rows.set(timestamp, { ...(rows.get(timestamp) ?? { timestamp, ...nothing }), [field]: value })
    }
  }
  return [...rows.values()].sort((a, b) => (a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0))
}
