/** Displays and windows of the desktop. */
import * as Schema from "effect/Schema"
import { wireStruct } from "../../../wireStruct.js"

const rectangle = {
  x: Schema.Number,
  y: Schema.Number,
  width: Schema.Number,
  height: Schema.Number,
  isActive: Schema.Boolean
}

const displayFields = { id: Schema.Number, ...rectangle }

/** One display, in pixels. */
export interface Display extends Schema.Struct.Type<typeof displayFields> {}
export const Display = wireStruct(displayFields)
export const Displays = wireStruct({ displays: Schema.Array(Display) }, { absent: { displays: [] } })

const windowFields = { id: Schema.Number, title: Schema.String, ...rectangle }

/** One window. Older daemons report its position and size as 0, and `isActive` as false. */
export interface DesktopWindow extends Schema.Struct.Type<typeof windowFields> {}
export const DesktopWindow = wireStruct(windowFields)
export const DesktopWindows = wireStruct({ windows: Schema.Array(DesktopWindow) }, { absent: { windows: [] } })
