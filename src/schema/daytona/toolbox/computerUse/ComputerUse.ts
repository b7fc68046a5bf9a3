/** The processes of the desktop of a sandbox. */
import * as Schema from "effect/Schema"
import { openLiteral } from "../../../openLiteral.js"
import { wireStruct } from "../../../wireStruct.js"

/** The name of a process of the desktop. */
export const DesktopProcessName = openLiteral("xvfb", "xfce4", "atspi", "x11vnc", "novnc")
export type DesktopProcessName = typeof DesktopProcessName.Type

const processFields = {
  running: Schema.Boolean,
  /** The order in which processes start: lowest first. */
  priority: Schema.Number,
  /** Whether it restarts when it ends. */
  autoRestart: Schema.Boolean,
  /** Absent when it does not run. */
  pid: Schema.optional(Schema.Number)
}

/** The state of a process of the desktop. */
export interface DesktopProcess extends Schema.Struct.Type<typeof processFields> {}

const wireNames = { running: "Running", priority: "Priority", autoRestart: "AutoRestart", pid: "Pid" }

// Capitalized by the daemon, but not in the spec.
export const DesktopProcess = Schema.Union(wireStruct(processFields, { wireNames }), wireStruct(processFields))

const changeFields = {
  message: Schema.String,
  /** By name. */
  status: Schema.Record({ key: Schema.String, value: DesktopProcess })
}

/** The result of starting or stopping the desktop. */
export interface DesktopChange extends Schema.Struct.Type<typeof changeFields> {}
export const DesktopChange = wireStruct(changeFields, { absent: { message: "", status: {} } })

/** `partial`: some processes run, others do not. */
export const DesktopStatus = openLiteral("active", "partial", "inactive", "error", "unknown")
export type DesktopStatus = typeof DesktopStatus.Type

export const DesktopStatusResponse = wireStruct({ status: DesktopStatus })

export const ProcessStatusResponse = wireStruct({ processName: Schema.String, running: Schema.Boolean })
export const ProcessRestartResponse = wireStruct({ message: Schema.String, processName: Schema.String })
export const ProcessLogsResponse = wireStruct(
  { processName: Schema.String, logs: Schema.String },
  { absent: { logs: "" } }
)
export const ProcessErrorsResponse = wireStruct(
  { processName: Schema.String, errors: Schema.String },
  { absent: { errors: "" } }
)
