/** Shows the desktop, and moves its mouse and keyboard. The desktop is started by the first call. */
import * as Effect from "effect/Effect"
import { ComputerUse } from "../../services/daytona/toolbox/computerUse/ComputerUse.js"
import { failureOf, type ServiceFailure } from "../failures.js"
import { handler } from "../handler.js"
import type { Kit } from "../Kit.js"
import { ToolFailed, type ToolFailure } from "../ToolFailure.js"
import { click, drag, moveMouse, press, screenshot, scroll, toolkit, typeText } from "./tools.js"

/** Small enough to be sent with every step, and sharp enough to be read. */
const compression = { format: "jpeg", quality: 75 } as const

export const make = (kit: Kit) =>
  Effect.gen(function* () {
    const computer = yield* ComputerUse
    const starting = yield* Effect.makeSemaphore(1)
    let isStarted = false

    const start = starting.withPermits(1)(
      Effect.suspend(() =>
        isStarted
          ? Effect.void
          : Effect.tap(Effect.asVoid(computer.start), () =>
              Effect.sync(() => {
                isStarted = true
              })
            )
      )
    )

    const onDesktop = <A, R>(call: Effect.Effect<A, ServiceFailure, R>): Effect.Effect<A, ToolFailure, R> =>
      Effect.zipRight(start, call).pipe(
        Effect.tapError(() =>
          Effect.sync(() => {
            // It may have been stopped: the next call starts it again.
            isStarted = false
          })
        ),
        Effect.mapError((error) =>
          error._tag === "Unavailable" && error.status === 503
            ? new ToolFailed({
                reason: "notInstalled",
                message: "The sandbox has no desktop: it needs a graphical system."
              })
            : failureOf(kit)(error)
        )
      )

    return toolkit.of({
      desktop_screenshot: handler(screenshot, ({ region }) =>
        Effect.map(
          onDesktop(
            region === undefined
              ? computer.screenshot.compressed({ ...compression, showCursor: true })
              : computer.screenshot.compressedRegion({ ...region, ...compression, showCursor: true })
          ),
          ({ image }) => ({ picture: { mediaType: mediaTypeOf(image), bytes: image } })
        )
      ),
      desktop_click: handler(click, ({ button, double, x, y }) =>
        onDesktop(computer.mouse.click({ x, y, button, double }))
      ),
      desktop_move_mouse: handler(moveMouse, (to) => onDesktop(computer.mouse.move(to))),
      desktop_drag: handler(drag, ({ button, fromX, fromY, toX, toY }) =>
        onDesktop(computer.mouse.drag({ startX: fromX, startY: fromY, endX: toX, endY: toY, button }))
      ),
      desktop_scroll: handler(scroll, ({ direction, steps = 3, x, y }) =>
        Effect.as(onDesktop(computer.mouse.scroll({ x, y, direction, amount: steps })), { scrolled: steps })
      ),
      desktop_type: handler(typeText, ({ text }) =>
        Effect.as(onDesktop(computer.keyboard.type(text)), { typed: text.length })
      ),
      desktop_press: handler(press, ({ keys }) =>
        Effect.as(onDesktop(computer.keyboard.hotkey(keys)), { pressed: kit.named(keys) })
      )
    })
  })

/** Older daemons answer with PNG whatever is asked for. */
const mediaTypeOf = (image: Uint8Array): "image/jpeg" | "image/png" =>
  image[0] === 0x89 && image[1] === 0x50 ? "image/png" : "image/jpeg"
