import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { simulatedDesktop } from "../../../../../src/embedded/daytona/toolbox/computerUse/simulatedDesktop.js"
import type { ApiError } from "../../../../../src/errors/ApiError.js"
import { AccessibilityNodeId } from "../../../../../src/schema/daytona/toolbox/computerUse/accessibility.js"
import { ComputerUse } from "../../../../../src/services/daytona/toolbox/computerUse/ComputerUse.js"
import { embeddedToolbox, type Generation, generations } from "../../../../support/embeddedToolbox.js"

const width = 320
const height = 200

const sandbox = (generation: Generation) =>
  Layer.provide(ComputerUse.layer, embeddedToolbox({ generation, desktop: simulatedDesktop({ width, height }) }))

const started = Effect.tap(ComputerUse, ({ start }) => start)

const beginsWith = (image: Uint8Array, ...bytes: ReadonlyArray<number>) =>
  expect([...image.slice(0, bytes.length)]).toEqual(bytes)

describe.each(generations)("the desktop of a sandbox of generation %s", (generation) => {
  it.live("runs from start to stop", () =>
    Effect.gen(function* () {
      const computer = yield* ComputerUse
      expect(yield* computer.status).toBe("inactive")
      const { status } = yield* computer.start
      expect(status["xvfb"]).toMatchObject({ running: true })
      expect(yield* computer.status).toBe("active")
      expect(yield* computer.processes.isRunning("xvfb")).toBe(true)
      yield* computer.processes.restart("xfce4")
      expect(typeof (yield* computer.processes.logs("xvfb"))).toBe("string")
      expect(typeof (yield* computer.processes.errors("xvfb"))).toBe("string")
      expect((yield* Effect.flip(computer.processes.restart("emacs")))._tag).toBe("BadRequest")
      yield* computer.stop
      expect(yield* computer.status).toBe("inactive")
    }).pipe(Effect.provide(sandbox(generation)))
  )

  it.live("does not let mouse and keyboard near a desktop that does not run, which would lose it for good", () =>
    Effect.gen(function* () {
      const computer = yield* ComputerUse
      const uses = [
        computer.mouse.position,
        computer.mouse.move({ x: 1, y: 1 }),
        computer.keyboard.type("a"),
        computer.keyboard.hotkey("ctrl+a")
      ]
      for (const use of uses) {
        const error = yield* Effect.flip<unknown, ApiError, never>(use)
        expect(error).toMatchObject({ _tag: "Unavailable", admitted: "no", attempts: 0 })
        expect(error.message).toContain("`ComputerUse.start`")
      }
      yield* computer.start
      expect(yield* computer.mouse.move({ x: 1, y: 1 })).toEqual({ x: 1, y: 1 })
      yield* computer.stop
      expect((yield* Effect.flip(computer.mouse.position))._tag).toBe("Unavailable")
      yield* computer.start
      expect(yield* computer.mouse.position).toEqual({ x: 1, y: 1 })
    }).pipe(Effect.provide(sandbox(generation)))
  )

  it.live("takes screenshots", () =>
    Effect.gen(function* () {
      const { display, mouse, screenshot } = yield* started
      const at = yield* mouse.move({ x: 20, y: 30 })
      expect(at).toEqual({ x: 20, y: 30 })
      const full = yield* screenshot.full({ showCursor: true })
      beginsWith(full.image, 0x89, 0x50, 0x4e, 0x47)
      expect(full.cursorPosition).toEqual({ x: 20, y: 30 })
      expect(yield* screenshot.full()).not.toHaveProperty("cursorPosition")
      beginsWith((yield* screenshot.region({ x: 0, y: 0, width: 10, height: 10 })).image, 0x89, 0x50)
      beginsWith((yield* screenshot.compressed({ format: "jpeg", quality: 50, scale: 0.5 })).image, 0xff, 0xd8)
      const part = yield* screenshot.compressedRegion({ x: 0, y: 0, width: 10, height: 10, format: "png" })
      beginsWith(part.image, 0x89, 0x50)
      expect(yield* display.info).toMatchObject([{ width, height }])
      expect((yield* display.windows).length).toBeGreaterThan(0)
    }).pipe(Effect.provide(sandbox(generation)))
  )

  it.live("can be used", () =>
    Effect.gen(function* () {
      const { keyboard, mouse } = yield* started
      expect(yield* mouse.click({ x: 5, y: 6, double: true })).toEqual({ x: 5, y: 6 })
      expect(yield* mouse.drag({ startX: 5, startY: 6, endX: 15, endY: 16 })).toEqual({ x: 15, y: 16 })
      expect(yield* mouse.position).toEqual({ x: 15, y: 16 })
      yield* mouse.scroll({ x: 5, y: 6, direction: "down" })
      yield* keyboard.type("hello\n", { delay: "1 millis" })
      yield* keyboard.press("a", { modifiers: ["ctrl"] })
      yield* keyboard.hotkey("ctrl+shift+t")
      expect((yield* Effect.flip(keyboard.type("a\tb")))._tag).toBe("BadRequest")
      expect((yield* Effect.flip(keyboard.press("no such key")))._tag).toBe("BadRequest")
    }).pipe(Effect.provide(sandbox(generation)))
  )

  it.live("lists what is on it", () =>
    Effect.gen(function* () {
      const { accessibility } = yield* started
      const { root } = yield* accessibility.tree({ scope: "all" })
      expect(root.children.length).toBeGreaterThan(0)
      const { matches } = yield* accessibility.find({ scope: "all", limit: 500 })
      const button = matches.find(({ actions }) => actions.length > 0)
      expect(button).toBeDefined()
      if (button === undefined) return
      const dancing = accessibility.invoke(button.id, { action: "dance" })
      expect((yield* Effect.flip(dancing))._tag).toBe("AccessibilityActionUnsupported")
      yield* accessibility.invoke(button.id)
      const nobody = AccessibilityNodeId.make(":9.9:/nobody")
      expect((yield* Effect.flip(accessibility.focus(nobody)))._tag).toBe("NotFound")
    }).pipe(Effect.provide(sandbox(generation)))
  )

  it.live("can be recorded", () =>
    Effect.gen(function* () {
      const { recordings } = yield* started
      const begun = yield* recordings.start({ label: "a test" })
      expect(begun.status).toBe("recording")
      expect((yield* Effect.flip(recordings.delete(begun.id)))._tag).toBe("RecordingActive")
      expect((yield* recordings.list).map(({ id }) => id)).toEqual([begun.id])
      const { status } = yield* recordings.stop(begun.id)
      expect(status).toBe("completed")
      const size = yield* Stream.runFold(recordings.download(begun.id), 0, (sum, bytes) => sum + bytes.length)
      expect(size).toBeGreaterThan(0)
      expect(size).toBe((yield* recordings.get(begun.id)).sizeBytes)
      yield* recordings.delete(begun.id)
      expect((yield* Effect.flip(recordings.get(begun.id)))._tag).toBe("NotFound")
      expect((yield* Effect.flip(Stream.runDrain(recordings.download(begun.id))))._tag).toBe("NotFound")
      expect((yield* Effect.flip(recordings.stop(begun.id)))._tag).toBe("NotFound")
    }).pipe(Effect.provide(sandbox(generation)))
  )

  it.live("that a sandbox does not have is Unavailable", () =>
    Effect.gen(function* () {
      const { mouse, recordings } = yield* ComputerUse
      expect((yield* Effect.flip(mouse.click({ x: 1, y: 1 })))._tag).toBe("Unavailable")
      expect((yield* Effect.flip(recordings.start()))._tag).toBe("RecorderMissing")
      expect(yield* recordings.list).toEqual([])
    }).pipe(Effect.provide(Layer.provide(ComputerUse.layer, embeddedToolbox({ generation }))))
  )
})
