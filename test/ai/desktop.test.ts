/** The desktop as a model sees and uses it. */
import * as Prompt from "@effect/ai/Prompt"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { pictureOf, SandboxToolkit } from "../../src/ai/index.js"
import { simulatedDesktop } from "../../src/embedded/daytona/index.js"
import { answered, call, failed, tools } from "../support/sandboxTools.js"

it.live("the desktop is started by the first call, and shown as a picture beside the text", () =>
  Effect.gen(function* () {
    const answer = yield* call("desktop_screenshot")
    expect(answer.encodedResult).toEqual({ picture: expect.stringMatching(/^image\/jpeg, \d+ bytes, attached$/) })
    const picture = pictureOf(answer.result)
    expect(picture?.bytes.subarray(0, 3)).toEqual(Uint8Array.of(0xff, 0xd8, 0xff))
    const region = yield* call("desktop_screenshot", { region: { x: 0, y: 0, width: 10, height: 10 } })
    expect(pictureOf(region.result)?.bytes.length).toBeLessThan(picture?.bytes.length ?? 0)

    const message = SandboxToolkit.picturesIn([answer, { result: { output: "no picture" } }, region])
    expect(message.content).toMatchObject([
      { role: "user", content: [{ type: "file", mediaType: "image/jpeg", data: picture?.bytes }, { type: "file" }] }
    ])
    expect(SandboxToolkit.picturesIn([{ result: {} }])).toEqual(Prompt.empty)
  }).pipe(Effect.provide(tools({}, { desktop: simulatedDesktop() })))
)

it.live("mouse and keyboard do what they are told", () =>
  Effect.gen(function* () {
    expect(yield* answered("desktop_click", { x: 10, y: 20, button: "right", double: true })).toEqual({ x: 10, y: 20 })
    expect(yield* answered("desktop_move_mouse", { x: 1, y: 2 })).toEqual({ x: 1, y: 2 })
    expect(yield* answered("desktop_drag", { fromX: 1, fromY: 2, toX: 3, toY: 4 })).toEqual({ x: 3, y: 4 })
    expect(yield* answered("desktop_scroll", { x: 1, y: 2, direction: "down" })).toEqual({ scrolled: 3 })
    expect(yield* answered("desktop_type", { text: "hello\n" })).toEqual({ typed: 6 })
    expect(yield* answered("desktop_press", { keys: "ctrl+s" })).toEqual({ pressed: "ctrl+s" })
    expect(yield* failed("desktop_press", { keys: "no such key" })).toMatchObject({ _tag: "ToolFailed" })
  }).pipe(Effect.provide(tools({}, { desktop: simulatedDesktop() })))
)

it.live("a sandbox without a desktop says so", () =>
  Effect.gen(function* () {
    expect(yield* failed("desktop_screenshot")).toEqual({
      _tag: "ToolFailed",
      reason: "notInstalled",
      message: "The sandbox has no desktop: it needs a graphical system."
    })
  }).pipe(Effect.provide(tools()))
)
