/** The displays and windows of the desktop. */
import * as Effect from "effect/Effect"
import type { ApiError } from "../../../../errors/ApiError.js"
import * as Operation from "../../../../internal/Operation.js"
import {
  type DesktopWindow,
  DesktopWindows,
  type Display,
  Displays as DisplayList
} from "../../../../schema/daytona/toolbox/computerUse/display.js"
import type { Toolbox } from "../Toolbox.js"

export interface Displays {
  /** The displays. `GET /computeruse/display/info` */
  readonly info: Effect.Effect<ReadonlyArray<Display>, ApiError>
  /** The windows. `GET /computeruse/display/windows` */
  readonly windows: Effect.Effect<ReadonlyArray<DesktopWindow>, ApiError>
}

export const operations = {
  info: Operation.make("ComputerUse.display.info", "GET", "/computeruse/display/info", { success: DisplayList }),
  windows: Operation.make("ComputerUse.display.windows", "GET", "/computeruse/display/windows", {
    success: DesktopWindows
  })
}

export const make = (toolbox: Toolbox.Service): Displays => ({
  info: Effect.map(toolbox.call(operations.info), ({ displays }) => displays),
  windows: Effect.map(toolbox.call(operations.windows), ({ windows }) => windows)
})
