/** A desktop, as an interface: what computer use controls. */
import type * as Effect from "effect/Effect"

/** A desktop that can be captured and controlled. */
export interface Desktop {
  readonly width: number
  readonly height: number
  /** Its processes by name. The desktop is usable while all of them run. */
  readonly processes: Effect.Effect<Readonly<Record<string, DesktopProcess>>>
  readonly start: Effect.Effect<void>
  readonly stop: Effect.Effect<void>
  /** Restarts a process of the desktop. */
  readonly restart: (process: string) => Effect.Effect<void>
  /** The output of a process, and its errors. */
  readonly logs: (process: string) => Effect.Effect<{ readonly output: string; readonly errors: string }>
  /** The contents of the screen, without the pointer. */
  readonly capture: Effect.Effect<Image>
  readonly pointer: Effect.Effect<Point>
  readonly windows: Effect.Effect<ReadonlyArray<Window>>
  /** The accessibility trees of the running applications. */
  readonly applications: Effect.Effect<ReadonlyArray<Application>>
  /** Performs an action of the mouse, the keyboard or an assistive technology. */
  readonly perform: (action: Action) => Effect.Effect<void>
  /** All actions performed so far, oldest first. */
  readonly performed: Effect.Effect<ReadonlyArray<Action>>
}

/** A position on the screen, in pixels from the upper left corner. */
export interface Point {
  readonly x: number
  readonly y: number
}

export interface Rectangle extends Point {
  readonly width: number
  readonly height: number
}

/** An image: three bytes per pixel (red, green, blue), row by row. */
export interface Image {
  readonly width: number
  readonly height: number
  readonly pixels: Uint8Array
}

export interface DesktopProcess {
  readonly running: boolean
  readonly priority: number
  readonly autoRestart: boolean
  readonly pid: number | undefined
}

export interface Window extends Rectangle {
  readonly id: number
  readonly title: string
  readonly isActive: boolean
}

export interface Application {
  readonly pid: number
  readonly isFocused: boolean
  readonly root: AccessibilityNode
}

/** A node of an accessibility tree. */
export interface AccessibilityNode {
  readonly id: string
  readonly role: string
  readonly name: string
  readonly description?: string
  readonly bounds: Rectangle
  readonly states: ReadonlyArray<string>
  /** The actions that can be invoked on it; the first is the default. */
  readonly actions?: ReadonlyArray<string>
  readonly children?: ReadonlyArray<AccessibilityNode>
}

export type Button = "left" | "right" | "middle"

/** An action performed on a desktop, after validation. */
export type Action =
  | { readonly type: "move"; readonly to: Point }
  | { readonly type: "click"; readonly at: Point; readonly button: Button; readonly double: boolean }
  | { readonly type: "drag"; readonly from: Point; readonly to: Point; readonly button: Button }
  | { readonly type: "scroll"; readonly at: Point; readonly direction: "up" | "down"; readonly amount: number }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "key"; readonly key: string; readonly modifiers: ReadonlyArray<string> }
  | { readonly type: "focus"; readonly node: string }
  | { readonly type: "invoke"; readonly node: string; readonly action: string }
  | { readonly type: "value"; readonly node: string; readonly value: string }
