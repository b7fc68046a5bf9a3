/** Mouse and keyboard of the desktop. Coordinates are pixels from the upper left corner. */
import * as Schema from "effect/Schema"
import { openLiteral } from "../../../openLiteral.js"
import { wireStruct } from "../../../wireStruct.js"

const positionFields = { x: Schema.Int, y: Schema.Int }

/** A position on the screen. */
export interface ScreenPosition extends Schema.Struct.Type<typeof positionFields> {}
export const ScreenPosition = wireStruct(positionFields, { absent: { x: 0, y: 0 } })

const Button = Schema.optional(Schema.Literal("left", "right", "middle"))

const clickFields = {
  ...positionFields,
  /** Default `left`. */
  button: Button,
  /** Double click; default `false`. */
  double: Schema.optional(Schema.Boolean)
}

/** A click at a position. */
export interface MouseClick extends Schema.Struct.Type<typeof clickFields> {}
export const MouseClick = wireStruct(clickFields)

const dragFields = {
  startX: Schema.Int,
  startY: Schema.Int,
  endX: Schema.Int,
  endY: Schema.Int,
  /** Default `left`. */
  button: Button
}

/** A movement with a button held down. */
export interface MouseDrag extends Schema.Struct.Type<typeof dragFields> {}
export const MouseDrag = wireStruct(dragFields)

const scrollFields = {
  ...positionFields,
  direction: Schema.Literal("up", "down"),
  /** Wheel steps, at least 1; default 1. */
  amount: Schema.optional(Schema.Int.pipe(Schema.positive()))
}

/** Scrolling at a position. */
export interface MouseScroll extends Schema.Struct.Type<typeof scrollFields> {}
export const MouseScroll = wireStruct(scrollFields)

export const MouseMove = wireStruct(positionFields)

export const Scrolled = wireStruct({ success: Schema.optional(Schema.Boolean) })

/** A key that is held while another is pressed. The daemon accepts further names. */
export const KeyModifier = openLiteral("ctrl", "alt", "shift", "cmd")
export type KeyModifier = typeof KeyModifier.Type

export const KeyboardType = wireStruct({
  text: Schema.String,
  /** Milliseconds. */
  delay: Schema.optional(Schema.Int.pipe(Schema.nonNegative()))
})

export const KeyboardPress = wireStruct({
  key: Schema.NonEmptyString,
  modifiers: Schema.optional(Schema.Array(KeyModifier))
})

export const KeyboardHotkey = wireStruct({ keys: Schema.NonEmptyString })
