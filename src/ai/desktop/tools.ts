/** The desktop: screenshots, mouse and keyboard. */
import * as Toolkit from "@effect/ai/Toolkit"
import * as Schema from "effect/Schema"
import { define, described, optional } from "../definition.js"
import { Picture } from "../Picture.js"
import { Count, FilledText, Flag, note, Pixel } from "../parameters.js"

const x = described(Pixel, "Pixels from the left edge of the screen.")
const y = described(Pixel, "Pixels from the upper edge of the screen.")
const button = optional(Schema.Literal("left", "right", "middle"), "The mouse button. Default left.")

/** Where the mouse is afterwards. */
const position = Schema.Struct({ x: Schema.Number, y: Schema.Number })

const input = { destroys: true, reachesOut: true }

export const screenshot = define("desktop_screenshot", {
  title: "Take a screenshot",
  description:
    "Shows the desktop as a picture. Its pixels are those of the screen, so positions in it can be clicked. The " +
    "desktop is started if it does not run.",
  effects: { reads: true },
  parameters: {
    region: optional(
      Schema.Struct({ x: Pixel, y: Pixel, width: Count, height: Count }),
      "Only this part of the screen, in pixels. Add its x and y to positions in the picture. Default: all of it."
    )
  },
  success: Schema.Struct({ picture: Picture, ...note })
})

export const click = define("desktop_click", {
  title: "Click",
  description: "Moves the mouse to a position and clicks there. Take a screenshot afterwards to see what happened.",
  effects: input,
  parameters: { x, y, button, double: optional(Flag, "A double click. Default false.") },
  success: position
})

export const moveMouse = define("desktop_move_mouse", {
  title: "Move the mouse",
  description: "Moves the mouse to a position, without clicking.",
  effects: { repeatable: true, reachesOut: true },
  parameters: { x, y },
  success: position
})

export const drag = define("desktop_drag", {
  title: "Drag",
  description: "Presses a mouse button at one position, moves to another, and releases it there.",
  effects: input,
  parameters: {
    fromX: x,
    fromY: y,
    toX: x,
    toY: y,
    button
  },
  success: position
})

export const scroll = define("desktop_scroll", {
  title: "Scroll",
  description: "Moves the mouse to a position and turns the wheel.",
  effects: { reachesOut: true },
  parameters: {
    x,
    y,
    direction: described(Schema.Literal("up", "down"), "Which way to scroll."),
    steps: optional(Count.pipe(Schema.lessThanOrEqualTo(100)), "Steps of the wheel, 1 to 100. Default 3.")
  },
  success: Schema.Struct({ scrolled: Schema.Number })
})

export const typeText = define("desktop_type", {
  title: "Type text",
  description:
    "Types text where the focus is. A line break is the Enter key. For tabs and shortcuts use desktop_press.",
  effects: input,
  parameters: {
    text: described(
      FilledText.pipe(Schema.maxLength(5000)),
      "At most 5,000 characters; no control characters other than line breaks."
    )
  },
  success: Schema.Struct({
    /** How many characters. */
    typed: Schema.Number
  })
})

export const press = define("desktop_press", {
  title: "Press keys",
  description: "Presses a key, or a combination of modifiers and one key.",
  effects: input,
  parameters: {
    keys: described(
      FilledText.pipe(Schema.maxLength(100)),
      "Such as `enter`, `tab`, `escape`, `pagedown`, `f5`, `ctrl+s` or `ctrl+shift+t`."
    )
  },
  success: Schema.Struct({ pressed: Schema.String })
})

export const toolkit = Toolkit.make(
  screenshot.tool,
  click.tool,
  moveMouse.tool,
  drag.tool,
  scroll.tool,
  typeText.tool,
  press.tool
)
