/** The mouse of the desktop. */
import * as Effect from "effect/Effect"
import type { ApiError } from "../../../../errors/ApiError.js"
import * as Operation from "../../../../internal/Operation.js"
import {
  MouseClick,
  MouseDrag,
  MouseMove,
  MouseScroll,
  ScreenPosition,
  Scrolled
} from "../../../../schema/daytona/toolbox/computerUse/input.js"
import type { Toolbox } from "../Toolbox.js"
import { isValid, type StartedDesktop } from "./started.js"

/**
 * Coordinates are whole pixels from the upper left corner. Each call takes up to a second. All fail with `Unavailable`
 * while the desktop does not run.
 */
export interface Mouse {
  /** The position. `GET /computeruse/mouse/position` */
  readonly position: Effect.Effect<ScreenPosition, ApiError>
  /** Moves the mouse, and returns its position. `POST /computeruse/mouse/move` */
  readonly move: (to: ScreenPosition) => Effect.Effect<ScreenPosition, ApiError>
  /** Moves the mouse and clicks, and returns its position. `POST /computeruse/mouse/click` */
  readonly click: (click: MouseClick) => Effect.Effect<ScreenPosition, ApiError>
  /**
   * Drags from start to end, and returns the position. The daemon clicks at the start first.
   * `POST /computeruse/mouse/drag`
   */
  readonly drag: (drag: MouseDrag) => Effect.Effect<ScreenPosition, ApiError>
  /** Moves the mouse and scrolls. `POST /computeruse/mouse/scroll` */
  readonly scroll: (scroll: MouseScroll) => Effect.Effect<void, ApiError>
}

const success = ScreenPosition

export const operations = {
  position: Operation.make("ComputerUse.mouse.position", "GET", "/computeruse/mouse/position", { success }),
  // Moving to the same position twice changes nothing.
  move: Operation.make("ComputerUse.mouse.move", "POST", "/computeruse/mouse/move", {
    body: MouseMove,
    success,
    retry: "always"
  }),
  click: Operation.make("ComputerUse.mouse.click", "POST", "/computeruse/mouse/click", { body: MouseClick, success }),
  drag: Operation.make("ComputerUse.mouse.drag", "POST", "/computeruse/mouse/drag", { body: MouseDrag, success }),
  scroll: Operation.make("ComputerUse.mouse.scroll", "POST", "/computeruse/mouse/scroll", {
    body: MouseScroll,
    success: Scrolled
  })
}

export const make = (toolbox: Toolbox.Service, { needed }: StartedDesktop): Mouse => ({
  position: needed(operations.position, true, toolbox.call(operations.position)),
  move: (body) => needed(operations.move, isValid(operations.move, body), toolbox.call(operations.move, { body })),
  click: (body) => needed(operations.click, isValid(operations.click, body), toolbox.call(operations.click, { body })),
  drag: (body) => needed(operations.drag, isValid(operations.drag, body), toolbox.call(operations.drag, { body })),
  scroll: (body) =>
    Effect.asVoid(
      needed(operations.scroll, isValid(operations.scroll, body), toolbox.call(operations.scroll, { body }))
    )
})
