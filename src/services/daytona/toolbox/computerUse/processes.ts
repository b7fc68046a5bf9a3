/** The processes of the desktop: the display, the window manager, and remote access. */
import * as Effect from "effect/Effect"
import type { ApiError } from "../../../../errors/ApiError.js"
import * as Operation from "../../../../internal/Operation.js"
import {
  type DesktopProcessName,
  ProcessErrorsResponse,
  ProcessLogsResponse,
  ProcessRestartResponse,
  ProcessStatusResponse
} from "../../../../schema/daytona/toolbox/computerUse/ComputerUse.js"
import type { Toolbox } from "../Toolbox.js"

/** An unknown process is `BadRequest`, or reported as not running. */
export interface Processes {
  /** Whether a process runs. `GET /computeruse/process/{processName}/status` */
  readonly isRunning: (process: DesktopProcessName) => Effect.Effect<boolean, ApiError>
  /** Restarts a process. `POST /computeruse/process/{processName}/restart` */
  readonly restart: (process: DesktopProcessName) => Effect.Effect<void, ApiError>
  /** Its standard output. `GET /computeruse/process/{processName}/logs` */
  readonly logs: (process: DesktopProcessName) => Effect.Effect<string, ApiError>
  /** Its standard error. `GET /computeruse/process/{processName}/errors` */
  readonly errors: (process: DesktopProcessName) => Effect.Effect<string, ApiError>
}

const one = "/computeruse/process/{processName}"

export const operations = {
  status: Operation.make("ComputerUse.processes.isRunning", "GET", `${one}/status`, { success: ProcessStatusResponse }),
  restart: Operation.make("ComputerUse.processes.restart", "POST", `${one}/restart`, {
    success: ProcessRestartResponse
  }),
  logs: Operation.make("ComputerUse.processes.logs", "GET", `${one}/logs`, { success: ProcessLogsResponse }),
  errors: Operation.make("ComputerUse.processes.errors", "GET", `${one}/errors`, { success: ProcessErrorsResponse })
}

export const make = (toolbox: Toolbox.Service): Processes => ({
  isRunning: (processName) =>
    Effect.map(toolbox.call(operations.status, { path: { processName } }), ({ running }) => running),
  restart: (processName) => Effect.asVoid(toolbox.call(operations.restart, { path: { processName } })),
  logs: (processName) => Effect.map(toolbox.call(operations.logs, { path: { processName } }), ({ logs }) => logs),
  errors: (processName) =>
    Effect.map(toolbox.call(operations.errors, { path: { processName } }), ({ errors }) => errors)
})
