import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { at } from "../../support.js"
import { toolbox } from "../machineSupport.js"
import { generations, withDesktop } from "./support.js"

describe("computer use without a desktop", () => {
  it.live("reports what is missing, in the form of each generation", () =>
    Effect.gen(function* () {
      const old = yield* toolbox({ generation: "0.190" })
      for (const answer of [
        yield* old.post("/computeruse/start"),
        yield* old.get("/computeruse/a11y/tree"),
        yield* old.get("/computeruse/process/xvfb/status")
      ]) {
        expect(answer.status).toBe(503)
        expect(Object.keys(answer.json ?? {})).toEqual(["message", "details", "solution"])
      }
      const newer = yield* toolbox()
      const answer = yield* newer.post("/computeruse/mouse/move", { x: 1, y: 1 })
      expect(answer.status).toBe(503)
      expect(answer.json).toMatchObject({ statusCode: 503, source: "DAYTONA_DAEMON", path: "/computeruse/mouse/move" })
    }).pipe(Effect.scoped)
  )

  it.live("does not record, but lists recordings", () =>
    Effect.gen(function* () {
      const old = yield* toolbox({ generation: "0.190" })
      const refused = yield* old.post("/computeruse/recordings/start")
      expect([refused.status, at(refused.json, "error")]).toEqual([400, "ffmpeg_not_found"])
      expect((yield* old.get("/computeruse/recordings")).json).toEqual({ recordings: [] })
      const newer = yield* toolbox()
      const answer = yield* newer.post("/computeruse/recordings/start", {})
      expect([answer.status, at(answer.json, "code")]).toEqual([503, "RECORDING_FFMPEG_NOT_FOUND"])
    }).pipe(Effect.scoped)
  )
})

describe("the processes of a desktop", () => {
  it.live("start and stop together, and are reported with capitals", () =>
    Effect.gen(function* () {
      const { get, post } = yield* withDesktop("0.190")
      expect((yield* get("/computeruse/status")).json).toEqual({ status: "inactive" })
      const started = yield* post("/computeruse/start")
      expect(started.status).toBe(200)
      expect(at(started.json, "status", "xvfb")).toEqual({
        Running: true,
        Priority: 100,
        AutoRestart: true,
        Pid: expect.any(Number)
      })
      expect((yield* get("/computeruse/process-status")).json).toEqual({ status: "active" })
      const stopped = yield* post("/computeruse/stop")
      expect(at(stopped.json, "status", "novnc")).toMatchObject({ Running: false, Pid: null })
    }).pipe(Effect.scoped)
  )

  it.live("can be restarted and inspected one by one", () =>
    Effect.gen(function* () {
      const { get, post } = yield* withDesktop("0.190")
      const restarted = yield* post("/computeruse/process/xvfb/restart")
      expect(restarted.json).toEqual({ message: "Process xvfb restarted successfully", processName: "xvfb" })
      expect((yield* get("/computeruse/status")).json).toEqual({ status: "partial" })
      expect((yield* get("/computeruse/process/xvfb/status")).json).toEqual({ processName: "xvfb", running: true })
      expect((yield* get("/computeruse/process/nope/status")).json).toEqual({ processName: "nope", running: false })
      expect((yield* get("/computeruse/process/xvfb/logs")).json).toMatchObject({ logs: "xvfb is running\n" })
      expect((yield* get("/computeruse/process/xvfb/errors")).json).toMatchObject({ errors: "" })
      for (const name of ["nope", "toString"]) {
        const answer = yield* post(`/computeruse/process/${name}/restart`)
        expect([answer.status, answer.json]).toEqual([400, { error: `process ${name} not found` }])
      }
    }).pipe(Effect.scoped)
  )

  for (const generation of generations) {
    it.live(`are required for a screen (${generation})`, () =>
      Effect.gen(function* () {
        const { get, post } = yield* withDesktop(generation)
        const status = generation === "0.190" ? 400 : 500
        for (const path of ["screenshot", "display/info", "display/windows"]) {
          expect((yield* get(`/computeruse/${path}`)).status).toBe(status)
        }
        expect((yield* post("/computeruse/keyboard/type", { text: "x" })).status).toBe(status)
        const tree = yield* get("/computeruse/a11y/tree")
        expect([tree.status, at(tree.json, "code")]).toEqual([503, "A11Y_UNAVAILABLE"])
      }).pipe(Effect.scoped)
    )
  }

  it.live("are lost for good when the older daemon is asked for the mouse before they run", () =>
    Effect.gen(function* () {
      const { get, post } = yield* withDesktop("0.190")
      expect((yield* get("/computeruse/mouse/position")).status).toBe(400)
      for (const answer of [yield* post("/computeruse/start"), yield* get("/computeruse/status")]) {
        expect([answer.status, answer.json]).toEqual([503, { error: "connection is shut down" }])
      }
      const newer = yield* withDesktop("current")
      expect((yield* newer.get("/computeruse/mouse/position")).status).toBe(500)
      expect((yield* newer.post("/computeruse/start")).status).toBe(200)
    }).pipe(Effect.scoped)
  )
})
