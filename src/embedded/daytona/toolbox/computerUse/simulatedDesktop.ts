/** A desktop that needs no graphical system. */
import * as Effect from "effect/Effect"
import { applications } from "./applications.js"
import type { AccessibilityNode, Action, Application, Desktop, DesktopProcess, Image, Point } from "./Desktop.js"

/** The size of a simulated screen, in pixels. */
export interface SimulatedDesktopOptions {
  /** Default 1024. */
  readonly width?: number
  /** Default 768. */
  readonly height?: number
}

/** In the order in which they start, which is also their priority. */
const processNames = ["xvfb", "xfce4", "x11vnc", "novnc"]

/**
 * A desktop in memory: its screen shows two windows, its pointer moves, and everything typed or clicked is recorded.
 * Nothing runs until it is started.
 */
export const simulatedDesktop = (options: SimulatedDesktopOptions = {}): Effect.Effect<Desktop> =>
  Effect.sync(() => {
    const { height = 768, width = 1024 } = options
    const running = new Map<string, number>()
    const performed: Array<Action> = []
    let lastPid = 2000
    let pointer: Point = { x: Math.floor(width / 2), y: Math.floor(height / 2) }
    let apps = applications(width, height)

    const startProcess = (name: string) => {
      running.set(name, ++lastPid)
    }

    const onScreen = ({ x, y }: Point): Point => ({ x: within(x, width), y: within(y, height) })

    const perform = (action: Action) => {
      switch (action.type) {
        case "click":
        case "scroll":
          pointer = onScreen(action.at)
          break
        case "move":
        case "drag":
          pointer = onScreen(action.to)
          break
        case "focus":
          apps = apps.map((app) => ({ ...app, root: withFocus(app.root, action.node) }))
          break
        default:
      }
      performed.push(action)
    }

    return {
      width,
      height,
      processes: Effect.sync(() =>
        Object.fromEntries(
          processNames.map((name, index): [string, DesktopProcess] => [
            name,
            {
              running: running.has(name),
              priority: (index + 1) * 100,
              autoRestart: true,
              pid: running.get(name)
            }
          ])
        )
      ),
      start: Effect.sync(() => processNames.filter((name) => !running.has(name)).forEach(startProcess)),
      stop: Effect.sync(() => running.clear()),
      restart: (process) => Effect.sync(() => startProcess(process)),
      logs: (process) =>
        Effect.sync(() => ({ output: running.has(process) ? `${process} is running\n` : "", errors: "" })),
      capture: Effect.sync(() => draw(width, height, apps)),
      pointer: Effect.sync(() => pointer),
      windows: Effect.sync(() =>
        apps.flatMap(({ isFocused, pid, root }) =>
          (root.children ?? []).map(({ bounds, name }) => ({ id: pid, title: name, ...bounds, isActive: isFocused }))
        )
      ),
      applications: Effect.sync(() => apps),
      perform: (action) => Effect.sync(() => perform(action)),
      performed: Effect.sync(() => [...performed])
    }
  })

const within = (coordinate: number, size: number): number => Math.min(Math.max(coordinate, 0), size - 1)

const withFocus = (node: AccessibilityNode, id: string): AccessibilityNode => {
  const others = node.states.filter((state) => state !== "focused")
  return {
    ...node,
    states: node.id === id ? [...others, "focused"] : others,
    ...(node.children === undefined ? {} : { children: node.children.map((child) => withFocus(child, id)) })
  }
}

/** Each node of the focused application in its own shade, on a blue background. */
const draw = (width: number, height: number, apps: ReadonlyArray<Application>): Image => {
  const pixels = new Uint8Array(width * height * 3)
  const fill = (bounds: AccessibilityNode["bounds"], color: readonly [number, number, number]) => {
    const right = Math.min(bounds.x + bounds.width, width)
    const bottom = Math.min(bounds.y + bounds.height, height)
    for (let y = Math.max(bounds.y, 0); y < bottom; y++) {
      for (let x = Math.max(bounds.x, 0); x < right; x++) pixels.set(color, (y * width + x) * 3)
    }
  }
  const paint = ({ bounds, children = [] }: AccessibilityNode, shade: number) => {
    fill(bounds, [shade, shade, shade])
    children.forEach((child, index) => {
      paint(child, shade - 24 - index * 24)
    })
  }
  fill({ x: 0, y: 0, width, height }, [36, 76, 140])
  for (const { root } of apps.filter(({ isFocused }) => isFocused)) {
    root.children?.forEach((frame) => {
      paint(frame, 240)
    })
  }
  return { width, height, pixels }
}
