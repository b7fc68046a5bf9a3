/** The desktop of a sandbox: screenshots, mouse, keyboard and recordings. The sandbox must have a graphical system. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { ApiError } from "../../../../errors/ApiError.js"
import * as Operation from "../../../../internal/Operation.js"
import type * as AccessibilitySchema from "../../../../schema/daytona/toolbox/computerUse/accessibility.js"
import {
  DesktopChange,
  type DesktopStatus,
  DesktopStatusResponse
} from "../../../../schema/daytona/toolbox/computerUse/ComputerUse.js"
import type * as Screenshot from "../../../../schema/daytona/toolbox/computerUse/screenshot.js"
import { Toolbox } from "../Toolbox.js"
import * as Accessibility from "./accessibility.js"
import * as Display from "./display.js"
import * as Keyboard from "./keyboard.js"
import * as Mouse from "./mouse.js"
import * as Processes from "./processes.js"
import * as Recordings from "./recordings.js"
import * as Screenshots from "./screenshots.js"
import * as Started from "./started.js"

/**
 * The desktop of a sandbox: screenshots, mouse, keyboard and recordings.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { ComputerUse } from "effect-sandboxes/daytona"
 *
 * const program = Effect.gen(function* () {
 *   const computer = yield* ComputerUse
 *   yield* computer.start
 *   return yield* computer.screenshot.compressed({ format: "jpeg", quality: 60 })
 * })
 * ```
 */
export class ComputerUse extends Context.Tag("effect-sandboxes/daytona/ComputerUse")<
  ComputerUse,
  ComputerUse.Service
>() {
  /** The service on top of the connection to one sandbox. Building it sends nothing. */
  static readonly layer: Layer.Layer<ComputerUse, never, Toolbox> = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

export declare namespace ComputerUse {
  /**
   * Everything except recordings fails with `Unavailable` in a sandbox without a graphical system; `message` says what
   * to install. Errors of the desktop itself are `BadRequest` with older daemons, `ServerError` with newer ones. Mouse
   * and keyboard fail with `Unavailable` until `start`, and send nothing: older daemons lose the desktop for good
   * otherwise.
   *
   * @example
   * ```ts
   * import * as Effect from "effect/Effect"
   * import { ComputerUse } from "effect-sandboxes/daytona"
   *
   * const search = Effect.gen(function* () {
   *   const computer = yield* ComputerUse
   *   yield* computer.start
   *   yield* computer.mouse.click({ x: 640, y: 60 })
   *   yield* computer.keyboard.type("effect sandboxes\n", { delay: "20 millis" })
   *   return yield* computer.screenshot.compressed({ format: "jpeg", quality: 60, scale: 0.5 })
   * })
   * ```
   */
  interface Service {
    /**
     * Starts the desktop and waits until it is ready. Processes that run already are kept. `POST /computeruse/start`
     */
    readonly start: Effect.Effect<DesktopChange, ApiError>
    /** Stops the desktop and closes all windows. `POST /computeruse/stop` */
    readonly stop: Effect.Effect<DesktopChange, ApiError>
    /** Whether the desktop runs. `GET /computeruse/status` */
    readonly status: Effect.Effect<DesktopStatus, ApiError>
    /** The processes that the desktop consists of. */
    readonly processes: Processes.Processes
    /** Screenshots of the desktop. */
    readonly screenshot: Screenshots.Screenshots
    /** The mouse: position, movement, clicks. */
    readonly mouse: Mouse.Mouse
    /** The keyboard: text and keys. */
    readonly keyboard: Keyboard.Keyboard
    /** The displays and the windows. */
    readonly display: Display.Displays
    /** The accessibility tree: programs, windows and controls by role and name instead of by pixels. */
    readonly accessibility: Accessibility.Accessibility
    /** Recordings of the desktop. */
    readonly recordings: Recordings.Recordings
  }

  /** What a screenshot shows. */
  type ScreenshotOptions = Screenshot.ScreenshotOptions
  /** Format, quality and scale of a screenshot. */
  type CompressionOptions = Screenshot.CompressionOptions
  /** Which part of the accessibility tree to read. */
  type AccessibilityTreeOptions = AccessibilitySchema.AccessibilityTreeOptions
}

export const operations = {
  start: Operation.make("ComputerUse.start", "POST", "/computeruse/start", {
    success: DesktopChange,
    timeout: "2 minutes"
  }),
  stop: Operation.make("ComputerUse.stop", "POST", "/computeruse/stop", {
    success: DesktopChange,
    timeout: "1 minute"
  }),
  status: Operation.make("ComputerUse.status", "GET", "/computeruse/status", { success: DesktopStatusResponse })
}

export const make: Effect.Effect<ComputerUse.Service, never, Toolbox> = Effect.map(Toolbox, (toolbox) => {
  const status = Effect.map(toolbox.call(operations.status), ({ status }) => status)
  const started = Started.make(toolbox, status)
  const changing = (runs: boolean, change: Effect.Effect<DesktopChange, ApiError>) =>
    Effect.tap(change, () => Effect.sync(() => started.changed(runs)))
  return ComputerUse.of({
    start: changing(true, toolbox.call(operations.start)),
    stop: changing(false, toolbox.call(operations.stop)),
    status,
    processes: Processes.make(toolbox),
    screenshot: Screenshots.make(toolbox),
    mouse: Mouse.make(toolbox, started),
    keyboard: Keyboard.make(toolbox, started),
    display: Display.make(toolbox),
    accessibility: Accessibility.make(toolbox),
    recordings: Recordings.make(toolbox)
  })
})
