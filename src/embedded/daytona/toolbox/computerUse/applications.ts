/** The applications of the simulated desktop. */
import type { AccessibilityNode, Application, Rectangle } from "./Desktop.js"

/** An editor in front and a file manager behind it, on a screen of this size. */
export const applications = (width: number, height: number): ReadonlyArray<Application> => [
  {
    pid: 1001,
    isFocused: true,
    root: node(":1.10", 0, "application", "Text Editor", whole(width, height), {
      children: [
        node(":1.10", 1, "frame", "Untitled - Text Editor", inner(width, height), {
          states: ["active", "visible"],
          children: [
            node(
              ":1.10",
              2,
              "push button",
              "Save",
              { x: 16, y: 16, width: 64, height: 24 },
              {
                states: ["enabled", "focusable", "visible"],
                actions: ["click"]
              }
            ),
            node(
              ":1.10",
              3,
              "text",
              "Document",
              { x: 16, y: 48, width: 200, height: 100 },
              {
                description: "What is being written",
                states: ["editable", "enabled", "focusable", "focused", "visible"],
                actions: ["activate"]
              }
            )
          ]
        })
      ]
    })
  },
  {
    pid: 1002,
    isFocused: false,
    root: node(":1.11", 0, "application", "Files", whole(width, height), {
      children: [
        node(":1.11", 1, "frame", "Home - Files", inner(width, height), {
          states: ["visible"],
          children: [
            node(
              ":1.11",
              2,
              "push button",
              "Open",
              { x: 24, y: 24, width: 64, height: 24 },
              {
                states: ["enabled", "focusable", "visible"],
                actions: ["click", "press"]
              }
            )
          ]
        })
      ]
    })
  }
]

const node = (
  bus: string,
  index: number,
  role: string,
  name: string,
  bounds: Rectangle,
  rest: Partial<Pick<AccessibilityNode, "description" | "states" | "actions" | "children">>
): AccessibilityNode => ({
  id: `${bus}:/org/a11y/atspi/accessible/${index}`,
  role,
  name,
  bounds,
  states: ["enabled"],
  ...rest
})

const whole = (width: number, height: number): Rectangle => ({ x: 0, y: 0, width, height })

const inner = (width: number, height: number): Rectangle => ({
  x: 8,
  y: 8,
  width: Math.max(1, width - 16),
  height: Math.max(1, height - 16)
})
