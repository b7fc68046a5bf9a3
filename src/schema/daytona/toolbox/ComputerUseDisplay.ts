/** Displays and windows of the desktop. */
import * as Schema from "effect/Schema"
import { camelCase } from "../../camelCase.js"

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
export const Displays = camelCase({ displays: Schema.Array(camelCase(displayFields)) }, { absent: { displays: [] } })

const windowFields = { id: Schema.Number, title: Schema.String, ...rectangle }

/** One window. Older daemons leave its place and size 0, and `isActive` false. */
export interface DesktopWindow extends Schema.Struct.Type<typeof windowFields> {}
export const DesktopWindows = camelCase({ windows: Schema.Array(camelCase(windowFields)) }, { absent: { windows: [] } })
