/** Mouse and keyboard of the desktop. Coordinates are pixels from the upper left corner. */
import * as Schema from "effect/Schema"
import { camelCase } from "../../camelCase.js"
import { openLiteral } from "../../openLiteral.js"

const positionFields = { x: Schema.Int, y: Schema.Int }

/** A place on the screen. */
export interface ScreenPosition extends Schema.Struct.Type<typeof positionFields> {}
export const ScreenPosition = camelCase(positionFields, { absent: { x: 0, y: 0 } })

const Button = Schema.optional(Schema.Literal("left", "right", "middle"))

const clickFields = {
  ...positionFields,
  /** Default `left`. */
  button: Button,
  /** Twice; default `false`. */
  double: Schema.optional(Schema.Boolean)
}

/** A click at a place. */
export interface MouseClick extends Schema.Struct.Type<typeof clickFields> {}
export const MouseClick = camelCase(clickFields)

const dragFields = {
  startX: Schema.Int,
  startY: Schema.Int,
  endX: Schema.Int,
  endY: Schema.Int,
  /** Default `left`. */
  button: Button
}

/** A way over the screen with a button held down. */
export interface MouseDrag extends Schema.Struct.Type<typeof dragFields> {}
export const MouseDrag = camelCase(dragFields)

const scrollFields = {
  ...positionFields,
  direction: Schema.Literal("up", "down"),
  /** In steps of the wheel, at least 1; default 1. */
  amount: Schema.optional(Schema.Int.pipe(Schema.positive()))
}

/** Scrolling at a place. */
export interface MouseScroll extends Schema.Struct.Type<typeof scrollFields> {}
export const MouseScroll = camelCase(scrollFields)

export const MouseMove = camelCase(positionFields)

export const Scrolled = camelCase({ success: Schema.optional(Schema.Boolean) })

/** A key that is held down while another is pressed. The daemon knows further names for them. */
export const KeyModifier = openLiteral("ctrl", "alt", "shift", "cmd")
export type KeyModifier = typeof KeyModifier.Type

export const KeyboardType = camelCase({
  text: Schema.String,
  /** Milliseconds. */
  delay: Schema.optional(Schema.Int.pipe(Schema.nonNegative()))
})

export const KeyboardPress = camelCase({
  key: Schema.NonEmptyString,
  modifiers: Schema.optional(Schema.Array(KeyModifier))
})

export const KeyboardHotkey = camelCase({ keys: Schema.NonEmptyString })
