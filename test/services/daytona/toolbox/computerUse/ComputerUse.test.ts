import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Stream from "effect/Stream"
import { AccessibilityNodeId } from "../../../../../src/schema/daytona/toolbox/computerUse/accessibility.js"
import { RecordingId } from "../../../../../src/schema/daytona/toolbox/computerUse/recording.js"
import { ComputerUse } from "../../../../../src/services/daytona/toolbox/computerUse/ComputerUse.js"
import { type Answer, json } from "../../../../support/scriptedServer.js"
import { done, newRefusal, noSuchRoute, scriptedToolbox } from "../../../../support/scriptedToolbox.js"

const over = (...answers: ReadonlyArray<Answer>) => {
  const server = scriptedToolbox(...answers)
  return {
    ...server,
    run: <A, E>(use: (computer: ComputerUse.Service) => Effect.Effect<A, E>) =>
      Effect.flatMap(ComputerUse, use).pipe(Effect.provide(ComputerUse.layer), Effect.provide(server.layer))
  }
}

const node = AccessibilityNodeId.make("app:1")
const recordingId = RecordingId.make("r/1")
const recording = {
  id: "r/1",
  fileName: "session.mp4",
  filePath: "/root/.daytona/recordings/session.mp4",
  startTime: "2026-06-01T00:00:00Z",
  status: "recording"
}

describe("the desktop", () => {
  it.effect("is started and stopped, and reports its processes in either spelling", () =>
    Effect.gen(function* () {
      const server = over(
        json({
          message: "started",
          status: {
            xvfb: { Running: true, Priority: 100, AutoRestart: true, Pid: 7 },
            novnc: { Running: false, Priority: 400, AutoRestart: true, Pid: null }
          }
        }),
        json({ message: "stopped", status: { xvfb: { running: false, priority: 100, autoRestart: true } } }),
        json({ status: "partial" }),
        json({ processName: "xvfb", running: true }),
        json({ processName: "xvfb", message: "restarted" }),
        json({ processName: "xvfb", logs: "hello\n" }),
        json({ processName: "xvfb", errors: "" })
      )
      const found = yield* server.run(({ processes, start, status, stop }) =>
        Effect.all([
          start,
          stop,
          status,
          processes.isRunning("xvfb"),
          processes.restart("xvfb"),
          processes.logs("xvfb"),
          processes.errors("xvfb")
        ])
      )
      expect(found).toEqual([
        {
          message: "started",
          status: {
            xvfb: { running: true, priority: 100, autoRestart: true, pid: 7 },
            novnc: { running: false, priority: 400, autoRestart: true }
          }
        },
        { message: "stopped", status: { xvfb: { running: false, priority: 100, autoRestart: true } } },
        "partial",
        true,
        undefined,
        "hello\n",
        ""
      ])
      expect(server.lines()).toEqual([
        "POST /computeruse/start",
        "POST /computeruse/stop",
        "GET /computeruse/status",
        "GET /computeruse/process/xvfb/status",
        "POST /computeruse/process/xvfb/restart",
        "GET /computeruse/process/xvfb/logs",
        "GET /computeruse/process/xvfb/errors"
      ])
    })
  )

  it.effect("that is not there says what to install", () =>
    Effect.gen(function* () {
      const server = over(
        json(
          {
            message: "Computer-use functionality is not available",
            details: "The plugin failed to initialize.",
            solution: "Install the required X11 dependencies."
          },
          503
        )
      )
      const error = yield* server.run(({ mouse }) => Effect.flip(mouse.click({ x: 1, y: 2 })))
      expect(error).toMatchObject({
        _tag: "Unavailable",
        detail: "Computer-use functionality is not available: The plugin failed to initialize.",
        message: expect.stringContaining("Install the required X11 dependencies."),
        admitted: "no"
      })
    })
  )

  it.effect("that does not start says why", () =>
    Effect.gen(function* () {
      const server = over(json({ error: "Failed to start computer use", details: "no display" }, 503))
      const error = yield* server.run(({ start }) => Effect.flip(start))
      expect(error).toMatchObject({ _tag: "Unavailable", detail: "Failed to start computer use: no display" })
    })
  )
})

describe("a screenshot", () => {
  const picture = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 255)
  const answer = (extra: object = {}) => json({ screenshot: Encoding.encodeBase64(picture), ...extra })

  it.effect("is bytes, with the cursor if requested", () =>
    Effect.gen(function* () {
      const cursorPosition = { x: 3, y: 4 }
      const server = over(answer({ cursorPosition }), answer({ cursorPosition }), answer({ sizeBytes: 6 }), answer())
      const region = { x: 0, y: -5, width: 10, height: 20 }
      const found = yield* server.run(({ screenshot }) =>
        Effect.all([
          screenshot.full(),
          screenshot.region({ ...region, showCursor: true }),
          screenshot.compressed({ format: "jpeg", quality: 60, scale: 0.5, showCursor: true }),
          screenshot.compressedRegion(region)
        ])
      )
      expect(found).toEqual([
        { image: picture },
        { image: picture, cursorPosition },
        { image: picture },
        { image: picture }
      ])
      expect(server.lines()).toEqual([
        "GET /computeruse/screenshot",
        "GET /computeruse/screenshot/region?x=0&y=-5&width=10&height=20&showCursor=true",
        "GET /computeruse/screenshot/compressed?showCursor=true&format=jpeg&quality=60&scale=0.5",
        "GET /computeruse/screenshot/region/compressed?x=0&y=-5&width=10&height=20"
      ])
    })
  )

  it.effect("that is not base64 is InvalidResponse", () =>
    Effect.gen(function* () {
      const server = over(json({ screenshot: "!!!" }))
      const error = yield* server.run(({ screenshot }) => Effect.flip(screenshot.full()))
      expect(error).toMatchObject({ _tag: "InvalidResponse", field: "image" })
    })
  )
})

describe("mouse and keyboard", () => {
  it.effect("send their actions", () =>
    Effect.gen(function* () {
      const server = over(
        json({ status: "active" }),
        json({ x: 1, y: 2 }),
        json({ x: 1, y: 2 }),
        json({ x: 1, y: 2 }),
        json({ x: 1, y: 2 }),
        json({ success: true }),
        json({})
      )
      const found = yield* server.run(({ keyboard, mouse }) =>
        Effect.all([
          mouse.position,
          mouse.move({ x: 1, y: 2 }),
          mouse.click({ x: 1, y: 2, button: "right", double: true }),
          mouse.drag({ startX: 1, startY: 2, endX: 3, endY: 4 }),
          mouse.scroll({ x: 1, y: 2, direction: "down", amount: 3 }),
          keyboard.type("hello\n", { delay: "20.4 millis" }),
          keyboard.press("t", { modifiers: ["ctrl", "shift"] }),
          keyboard.hotkey("ctrl+shift+t")
        ])
      )
      expect(found.slice(0, 5)).toEqual([{ x: 1, y: 2 }, { x: 1, y: 2 }, { x: 1, y: 2 }, { x: 1, y: 2 }, undefined])
      expect(server.bodies()).toEqual([
        undefined,
        undefined,
        { x: 1, y: 2 },
        { x: 1, y: 2, button: "right", double: true },
        { startX: 1, startY: 2, endX: 3, endY: 4 },
        { x: 1, y: 2, direction: "down", amount: 3 },
        { text: "hello\n", delay: 20 },
        { key: "t", modifiers: ["ctrl", "shift"] },
        { keys: "ctrl+shift+t" }
      ])
      expect(server.lines()).toEqual([
        "GET /computeruse/status",
        "GET /computeruse/mouse/position",
        "POST /computeruse/mouse/move",
        "POST /computeruse/mouse/click",
        "POST /computeruse/mouse/drag",
        "POST /computeruse/mouse/scroll",
        "POST /computeruse/keyboard/type",
        "POST /computeruse/keyboard/key",
        "POST /computeruse/keyboard/hotkey"
      ])
    })
  )

  it.effect("are not retried", () =>
    Effect.gen(function* () {
      const uses: ReadonlyArray<(computer: ComputerUse.Service) => Effect.Effect<unknown, unknown>> = [
        ({ mouse }) => mouse.click({ x: 1, y: 1 }),
        ({ mouse }) => mouse.scroll({ x: 1, y: 1, direction: "up" }),
        ({ keyboard }) => keyboard.type("a"),
        ({ keyboard }) => keyboard.press("a"),
        ({ recordings }) => recordings.start()
      ]
      for (const use of uses) {
        const server = over({ status: 502 })
        yield* server.run((computer) => Effect.flip(use(computer)))
        expect(server.asked.filter(({ method }) => method === "POST")).toHaveLength(1)
      }
    })
  )
})

describe("displays and windows", () => {
  it.effect("are listed, also when there are none", () =>
    Effect.gen(function* () {
      const display = { id: 0, x: 0, y: 0, width: 1024, height: 768, isActive: true }
      const window = { id: 5, title: "Terminal", x: 0, y: 0, width: 0, height: 0, isActive: false }
      const server = over(json({ displays: [display] }), json({ windows: [window] }), json({ windows: null }))
      const found = yield* server.run(({ display: { info, windows } }) => Effect.all([info, windows, windows]))
      expect(found).toEqual([[display], [window], []])
    })
  )
})

describe("the accessibility tree", () => {
  const bounds = { x: 1, y: 2, width: 3, height: 4 }
  const leaf = { id: "app:2", role: "push button", name: "OK", bounds, states: ["focused"], actions: ["click"] }

  it.effect("has lists that are never missing", () =>
    Effect.gen(function* () {
      const root = { id: "app:1", role: "frame", name: "Main", bounds, states: null, children: [leaf] }
      const server = over(json({ root, truncated: true }), json({ matches: [leaf] }), json({ matches: null }))
      const found = yield* server.run(({ accessibility }) =>
        Effect.all([
          accessibility.tree({ scope: "pid", pid: 12, maxDepth: 0 }),
          accessibility.find({
            scope: "all",
            role: "push button",
            nameMatch: "exact",
            name: "OK",
            states: ["focused"]
          }),
          accessibility.find({ limit: 5000 })
        ])
      )
      const button = { ...leaf, children: [] }
      expect(found).toEqual([
        {
          root: { id: "app:1", role: "frame", name: "Main", bounds, states: [], actions: [], children: [button] },
          truncated: true
        },
        { matches: [button], truncated: false },
        { matches: [], truncated: false }
      ])
      expect(server.lines()[0]).toBe("GET /computeruse/a11y/tree?scope=pid&pid=12&maxDepth=0")
      expect(server.bodies()[1]).toEqual({
        scope: "all",
        role: "push button",
        nameMatch: "exact",
        name: "OK",
        states: ["focused"]
      })
    })
  )

  it.effect("can be used", () =>
    Effect.gen(function* () {
      const server = over(json({}))
      yield* server.run(({ accessibility }) =>
        Effect.all([
          accessibility.focus(node),
          accessibility.invoke(node, { action: "click" }),
          accessibility.setValue(node, { value: "" })
        ])
      )
      expect(server.bodies()).toEqual([{ id: "app:1" }, { id: "app:1", action: "click" }, { id: "app:1", value: "" }])
    })
  )

  it.effect("fails with a specific error", () =>
    Effect.gen(function* () {
      const cases: ReadonlyArray<readonly [Answer, string]> = [
        [json({ error: "node not found", code: "A11Y_NODE_NOT_FOUND" }, 404), "NotFound"],
        [json({ error: "no accessibility service", code: "A11Y_UNAVAILABLE" }, 503), "Unavailable"],
        [json({ error: "no such action", code: "A11Y_ACTION_NOT_SUPPORTED" }, 400), "AccessibilityActionUnsupported"],
        [json({ error: "bad id", code: "A11Y_INVALID_REQUEST" }, 400), "BadRequest"],
        [noSuchRoute, "UnexpectedStatus"]
      ]
      for (const [answer, tag] of cases) {
        const server = over(answer)
        const error = yield* server.run(({ accessibility }) => Effect.flip(accessibility.invoke(node)))
        expect(error._tag).toBe(tag)
      }
    })
  )
})

describe("a recording", () => {
  it.effect("is started, stopped, listed by age and deleted", () =>
    Effect.gen(function* () {
      const older = { ...recording, id: "r/0", startTime: "2026-05-01T00:00:00Z", status: "completed", sizeBytes: 5 }
      const server = over(
        json(recording, 201),
        json({ ...recording, status: "completed", endTime: "2026-06-01T00:01:00Z", durationSeconds: 60 }),
        json({ recordings: [recording, older] }),
        json({ recordings: null }),
        json(recording),
        { status: 204 }
      )
      const found = yield* server.run(({ recordings }) =>
        Effect.all([
          recordings.start({ label: "my test" }),
          recordings.stop(recordingId),
          recordings.list,
          recordings.list,
          recordings.get(recordingId),
          recordings.delete(recordingId)
        ])
      )
      expect(found.slice(1, 4)).toEqual([
        { ...recording, status: "completed", endTime: "2026-06-01T00:01:00Z", durationSeconds: 60 },
        [older, recording],
        []
      ])
      expect(server.bodies().slice(0, 2)).toEqual([{ label: "my test" }, { id: "r/1" }])
      expect(server.lines().slice(-2)).toEqual([
        "GET /computeruse/recordings/r%2F1",
        "DELETE /computeruse/recordings/r%2F1"
      ])
    })
  )

  it.effect("that cannot be started, or is still running, is a specific error in both generations", () =>
    Effect.gen(function* () {
      const message = "ffmpeg is not installed"
      const missing = [json({ error: "ffmpeg_not_found", message }, 400), newRefusal(503, "RECORDING_FFMPEG_NOT_FOUND")]
      for (const answer of missing) {
        const error = yield* over(answer).run(({ recordings }) => Effect.flip(recordings.start()))
        expect(error).toMatchObject({ _tag: "RecorderMissing", message: expect.stringContaining("Install `ffmpeg`") })
      }
      const active = [
        json({ error: "cannot delete an active recording" }, 400),
        newRefusal(409, "RECORDING_STILL_ACTIVE")
      ]
      for (const answer of active) {
        const error = yield* over(answer).run(({ recordings }) => Effect.flip(recordings.delete(recordingId)))
        expect(error._tag).toBe("RecordingActive")
      }
    })
  )

  const download = (answer: Answer) =>
    over(answer).run(({ recordings }) => Stream.runCollect(recordings.download(recordingId)))

  it.effect("is downloaded completely, or fails", () =>
    Effect.gen(function* () {
      const headers = { "content-type": "video/mp4" }
      const whole = yield* download({ status: 200, body: "12345", headers: { ...headers, "content-length": "5" } })
      expect(Chunk.toReadonlyArray(whole).flatMap((bytes) => [...bytes])).toEqual([49, 50, 51, 52, 53])
      const error = yield* Effect.flip(
        download({ status: 200, body: "12345", headers: { ...headers, "content-length": "9" } })
      )
      expect(error._tag).toBe("StreamInterrupted")
      expect(error.message).toContain("5 of 9 bytes")
      expect(yield* Effect.flip(download(json({ error: "recording not found" }, 404)))).toMatchObject({
        _tag: "NotFound",
        path: "/toolbox/box/computeruse/recordings/r%2F1/download"
      })
    })
  )
})

describe("before anything is sent", () => {
  type Use = (computer: ComputerUse.Service) => Effect.Effect<unknown, { readonly _tag: string }>
  const refused: ReadonlyArray<readonly [string, string, Use]> = [
    ["a quality of 0", "quality", ({ screenshot }) => screenshot.compressed({ quality: 0 })],
    ["a quality of 101", "quality", ({ screenshot }) => screenshot.compressed({ quality: 101 })],
    ["a scale over 1", "scale", ({ screenshot }) => screenshot.compressed({ scale: 1.1 })],
    ["a scale below a tenth", "scale", ({ screenshot }) => screenshot.compressed({ scale: 0.09 })],
    ["no width", "width", ({ screenshot }) => screenshot.region({ x: 0, y: 0, width: 0, height: 1 })],
    [
      "a negative height",
      "height",
      ({ screenshot }) => screenshot.compressedRegion({ x: 0, y: 0, width: 1, height: -1 })
    ],
    ["half a pixel", "x", ({ mouse }) => mouse.click({ x: 0.5, y: 0 })],
    ["an amount of 0", "amount", ({ mouse }) => mouse.scroll({ x: 0, y: 0, direction: "up", amount: 0 })],
    ["an endless delay", "delay", ({ keyboard }) => keyboard.type("a", { delay: Number.POSITIVE_INFINITY })],
    ["no key", "key", ({ keyboard }) => keyboard.press("")],
    ["no process", "pid", ({ accessibility }) => accessibility.tree({ scope: "pid" })],
    ["too many matches", "limit", ({ accessibility }) => accessibility.find({ limit: 5001 })],
    ["a hidden label", "label", ({ recordings }) => recordings.start({ label: ".hidden" })],
    ["a label that is a path", "label", ({ recordings }) => recordings.start({ label: "a/b" })],
    ["an empty label", "label", ({ recordings }) => recordings.start({ label: "" })],
    ["a long label", "label", ({ recordings }) => recordings.start({ label: "a".repeat(101) })]
  ]
  it.effect.each(refused)("%s is refused, naming %s", ([, field, use]) =>
    Effect.gen(function* () {
      const server = over(done)
      const error = yield* server.run((computer) => Effect.flip(use(computer)))
      expect(error).toMatchObject({ _tag: "InvalidRequest", field })
      expect(server.asked).toEqual([])
    })
  )
})
