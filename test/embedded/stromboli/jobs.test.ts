import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { type Options, Script } from "effect-sandboxes/embedded/stromboli"
import { after, at, del, get, post, server, session, textAt } from "./support.js"

/** Prints a line after a minute. */
const slow = (options: Options = {}) => server(options, () => after("1 minute", Script.says("done")))

const start = (request: object = {}) =>
  Effect.map(post("/run/async", { prompt: "x", ...request }), ({ json }) => textAt(json, "job_id"))

describe("jobs", () => {
  it.effect("starts with 202, a job id and a session id", () =>
    Effect.gen(function* () {
      const { json, status } = yield* post("/run/async", { prompt: "x", claude: { session_id: session } })
      expect(status).toBe(202)
      expect(textAt(json, "job_id")).toMatch(/^job-[0-9a-f]{16}$/)
      expect(at(json, "session_id")).toBe(session)
      expect(textAt((yield* post("/run/async", { prompt: "x" })).json, "session_id")).toMatch(/^[0-9a-f-]{36}$/)
    }).pipe(Effect.provide(slow()))
  )

  it.effect("refuses an invalid body and missing credentials like /run", () =>
    Effect.gen(function* () {
      expect((yield* post("/run/async", "")).json).toMatchObject({ id: "", error: "Invalid request: EOF" })
      expect((yield* post("/run/async", { prompt: "x" })).status).toBe(503)
    }).pipe(Effect.provide(server({ claudeConfigured: false })))
  )

  it.effect("goes from running to completed", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 0, 1))
      const id = yield* start({ claude: { session_id: session } })
      expect((yield* get(`/jobs/${id}`)).json).toEqual({
        id,
        status: "running",
        session_id: session,
        created_at: "2026-01-01T00:00:00Z",
        updated_at: "2026-01-01T00:00:00Z"
      })
      yield* TestClock.adjust("1 minute")
      expect((yield* get(`/jobs/${id}`)).json).toEqual({
        id,
        status: "completed",
        output: "done",
        session_id: session,
        created_at: "2026-01-01T00:00:00Z",
        updated_at: "2026-01-01T00:01:00Z"
      })
    }).pipe(Effect.provide(slow()))
  )

  it.effect("lists every job with its output", () =>
    Effect.gen(function* () {
      expect((yield* get("/jobs")).json).toEqual({ jobs: [] })
      const ids = [yield* start(), yield* start()]
      const { json } = yield* get("/jobs")
      expect([textAt(json, "jobs", 0, "id"), textAt(json, "jobs", 1, "id")].sort()).toEqual(ids.sort())
    }).pipe(Effect.provide(slow()))
  )

  it.effect("reports a refused run as failed, and forgets its session", () =>
    Effect.gen(function* () {
      const id = yield* start({ workdir: "relative", claude: { session_id: session } })
      yield* TestClock.adjust(0)
      const { json } = yield* get(`/jobs/${id}`)
      expect(json).toMatchObject({ status: "failed", error: expect.stringContaining("workdir validation failed") })
      expect(at(json, "session_id")).toBeUndefined()
    }).pipe(Effect.provide(slow()))
  )

  it.effect("reports a crash with its details and no usage", () =>
    Effect.gen(function* () {
      const id = yield* start()
      yield* TestClock.adjust(0)
      const { json } = yield* get(`/jobs/${id}`)
      expect(json).toMatchObject({
        status: "crashed",
        output: "half",
        crash_info: { signal: "killed", exit_code: 137 }
      })
      expect(at(json, "usage")).toBeUndefined()
    }).pipe(Effect.provide(server({}, () => Script.dies("SIGKILL", "half"))))
  )

  it.effect("passes on structured output", () =>
    Effect.gen(function* () {
      const id = yield* start()
      yield* TestClock.adjust(0)
      expect(at((yield* get(`/jobs/${id}`)).json, "structured_output")).toEqual({ a: 1 })
    }).pipe(Effect.provide(server({}, () => Script.says('{"structured_output":{"a":1}}'))))
  )

  it.effect("cancels the record but not the work, which overwrites the record later", () =>
    Effect.gen(function* () {
      const id = yield* start()
      const cancelled = yield* del(`/jobs/${id}`)
      expect([cancelled.status, cancelled.json]).toEqual([200, { cancelled: true, job_id: id }])
      expect(at((yield* get(`/jobs/${id}`)).json, "status")).toBe("cancelled")
      yield* TestClock.adjust("1 minute")
      expect((yield* get(`/jobs/${id}`)).json).toMatchObject({ status: "completed", output: "done" })
    }).pipe(Effect.provide(slow()))
  )

  it.effect("also stops the work if configured to", () =>
    Effect.gen(function* () {
      const id = yield* start()
      yield* del(`/jobs/${id}`)
      yield* TestClock.adjust("1 minute")
      expect(at((yield* get(`/jobs/${id}`)).json, "status")).toBe("cancelled")
    }).pipe(Effect.provide(slow({ cancelStopsWork: true })))
  )

  it.effect("refuses to cancel a job that has ended or was cancelled", () =>
    Effect.gen(function* () {
      const conflict = {
        id: "",
        status: "error",
        error: "cannot cancel job (already completed, failed, or cancelled)"
      }
      const id = yield* start()
      yield* del(`/jobs/${id}`)
      const again = yield* del(`/jobs/${id}`)
      expect([again.status, again.json]).toEqual([409, conflict])
      yield* TestClock.adjust("1 minute")
      expect((yield* del(`/jobs/${id}`)).status).toBe(409)
    }).pipe(Effect.provide(slow()))
  )

  it.effect("responds 404 for an unknown job", () =>
    Effect.gen(function* () {
      const unknown = { id: "", status: "error", error: "job not found" }
      const looked = yield* get("/jobs/none")
      expect([looked.status, looked.json]).toEqual([404, unknown])
      expect((yield* del("/jobs/none")).json).toEqual(unknown)
    }).pipe(Effect.provide(server()))
  )

  it.effect("forgets a job at the first sweep more than an hour after it ended", () =>
    Effect.gen(function* () {
      const id = yield* start()
      yield* TestClock.adjust("1 minute")
      yield* TestClock.adjust("1 hour")
      expect((yield* get(`/jobs/${id}`)).status).toBe(200)
      yield* TestClock.adjust("4 minutes")
      expect((yield* get(`/jobs/${id}`)).status).toBe(404)
      expect((yield* get("/jobs")).json).toEqual({ jobs: [] })
    }).pipe(Effect.provide(slow()))
  )

  it.effect("keeps a job that is still running", () =>
    Effect.gen(function* () {
      const id = yield* start({ podman: { timeout: "5h" } })
      yield* TestClock.adjust("3 hours")
      expect(at((yield* get(`/jobs/${id}`)).json, "status")).toBe("running")
    }).pipe(Effect.provide(server({}, () => Script.hangs())))
  )

  it.effect("has no session id in api 0.4", () =>
    Effect.gen(function* () {
      const { json } = yield* post("/run/async", { prompt: "x" })
      expect(Object.keys(json ?? {})).toEqual(["job_id"])
    }).pipe(Effect.provide(slow({ api: "0.4" })))
  )
})
