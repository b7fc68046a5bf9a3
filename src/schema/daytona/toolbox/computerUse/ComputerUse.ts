/** The desktop of a sandbox as a whole: the processes that it consists of. */
import * as Schema from "effect/Schema"
import { openLiteral } from "../../../openLiteral.js"
import { wireStruct } from "../../../wireStruct.js"

/** One process of the desktop. */
export const DesktopProcessName = openLiteral("xvfb", "xfce4", "atspi", "x11vnc", "novnc")
export type DesktopProcessName = typeof DesktopProcessName.Type

const processFields = {
  running: Schema.Boolean,
  /** The order of starting: the lowest first. */
  priority: Schema.Number,
  /** Whether it is started again when it ends. */
  autoRestart: Schema.Boolean,
  /** Absent when it is not running. */
  pid: Schema.optional(Schema.Number)
}

/** How a process of the desktop does. */
export interface DesktopProcess extends Schema.Struct.Type<typeof processFields> {}

const wireNames = { running: "Running", priority: "Priority", autoRestart: "AutoRestart", pid: "Pid" }

// Capitalised in the daemon, not so in the spec.
const DesktopProcess = Schema.Union(wireStruct(processFields, { wireNames }), wireStruct(processFields))

const changeFields = {
  message: Schema.String,
  /** By name. */
  status: Schema.Record({ key: Schema.String, value: DesktopProcess })
}

/** What starting or stopping the desktop came to. */
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
