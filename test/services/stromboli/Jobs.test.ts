/** Runs in the background: looking them up and cancelling them. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Fault, Script } from "../../../src/embedded/stromboli/index.js"
import { JobId } from "../../../src/schema/stromboli/Identifiers.js"
import * as Job from "../../../src/schema/stromboli/Job.js"
import type { AsyncRunRequest } from "../../../src/schema/stromboli/Run.js"
import { Execution } from "../../../src/services/stromboli/execution/Execution.js"
import { Jobs } from "../../../src/services/stromboli/Jobs.js"
import { after, inject, requests, type Setup, services } from "../../support/embedded.js"

const start = (request: AsyncRunRequest = { prompt: "hi" }) =>
  Effect.flatMap(Execution, (execution) => execution.runAsync(request))

const over = (setup: Setup = {}) => Effect.provide(services({ ...setup, client: { retry: false, ...setup.client } }))
const unknown = JobId.make("job-ffffffffffffffff")
const json = (body: unknown) => Fault.replaceBody(JSON.stringify(body), "application/json")

describe("the list of jobs", () => {
  it.effect("is empty on a server that has none", () =>
    Effect.gen(function* () {
      expect(yield* (yield* Jobs).list).toEqual([])
      expect(yield* requests).toMatchObject([{ method: "GET", path: "/jobs", query: {}, body: "" }])
    }).pipe(over())
  )

  it.effect("is empty when the server says null", () =>
    Effect.gen(function* () {
      yield* inject({ path: "/jobs", fault: json({ jobs: null }) })
      expect(yield* (yield* Jobs).list).toEqual([])
    }).pipe(over())
  )

  it.effect("contains every job, running or finished, with its whole output", () =>
    Effect.gen(function* () {
      const running = yield* start({ prompt: "slow" })
      const over = yield* start({ prompt: "quick" })
      yield* TestClock.adjust("1 second")
      const jobs = yield* (yield* Jobs).list
      expect(jobs).toHaveLength(2)
      expect(jobs).toContainEqual({
        id: running.jobId,
        status: "running",
        sessionId: running.sessionId,
        createdAt: "1970-01-01T00:00:00Z",
        updatedAt: "1970-01-01T00:00:00Z"
      })
      expect(jobs).toContainEqual(
        expect.objectContaining({ id: over.jobId, status: "completed", output: "x".repeat(100_000) })
      )
    }).pipe(over({ run: ({ prompt }) => (prompt === "slow" ? Stream.never : Script.says("x".repeat(100_000))) }))
  )

  it.effect("has every job whose id and status can be read, whatever else is odd", () =>
    Effect.gen(function* () {
      const job = { id: "job-1", status: "running", created_at: "", updated_at: "" }
      const odd = { ...job, id: "job-2", created_at: 7, crash_info: "none", output: {} }
      yield* inject({ path: "/jobs", fault: json({ jobs: [job, { ...job, status: null }, null, odd] }) })
      expect(yield* (yield* Jobs).list).toMatchObject([
        { id: "job-1", status: "running" },
        { id: "job-2", status: "running", createdAt: "" }
      ])
    }).pipe(over())
  )

  it.effect("is InvalidResponse, naming the field, when no job can be read", () =>
    Effect.gen(function* () {
      yield* inject({ path: "/jobs", fault: json({ jobs: [{ id: "job-1" }] }) })
      expect(yield* Effect.flip((yield* Jobs).list)).toMatchObject({ _tag: "InvalidResponse", field: "jobs.0.status" })
    }).pipe(over())
  )
})

describe("a job", () => {
  it.effect("that completed has the output, the session and both times", () =>
    Effect.gen(function* () {
      const started = yield* start()
      yield* TestClock.adjust("90 seconds")
      expect(yield* (yield* Jobs).get(started.jobId)).toEqual({
        id: started.jobId,
        status: "completed",
        output: "done",
        sessionId: started.sessionId,
        createdAt: "1970-01-01T00:00:00Z",
        updatedAt: "1970-01-01T00:01:05Z"
      })
      expect((yield* requests).at(-1)).toMatchObject({ method: "GET", path: `/jobs/${started.jobId}` })
    }).pipe(over({ run: () => after("65 seconds", "done") }))
  )

  it.effect("that crashed has the details of the crash", () =>
    Effect.gen(function* () {
      const { jobId } = yield* start()
      yield* TestClock.adjust("1 second")
      expect(yield* (yield* Jobs).get(jobId)).toMatchObject({
        status: "crashed",
        output: "half",
        crashInfo: { exitCode: 137, signal: "killed", partialOutput: "half\n" }
      })
    }).pipe(over({ run: () => Script.dies("SIGKILL", "half") }))
  )

  it.effect("that failed has the reason, but no session any more", () =>
    Effect.gen(function* () {
      const { jobId } = yield* start({ prompt: "hi", podman: { volumes: ["/etc:/x"] } })
      yield* TestClock.adjust("1 second")
      const job = yield* (yield* Jobs).get(jobId)
      expect(job).toMatchObject({
        status: "failed",
        error: "volume validation failed: volume host path not allowed: /etc"
      })
      expect(job).not.toHaveProperty("sessionId")
    }).pipe(over())
  )

  it.effect("may have a structured output", () =>
    Effect.gen(function* () {
      const { jobId } = yield* start({ prompt: "hi", claude: { outputFormat: "json" } })
      yield* TestClock.adjust("1 second")
      expect((yield* (yield* Jobs).get(jobId)).structuredOutput).toEqual([1, null, { a: "b" }])
    }).pipe(over({ run: (input) => Script.replies(input, "text", [1, null, { a: "b" }]) }))
  )

  it.effect("with a status that only a newer server knows can be read", () =>
    Effect.gen(function* () {
      const { jobId } = yield* start()
      const paused = { id: jobId, status: "paused", created_at: "then", updated_at: "now" }
      yield* inject({ path: "/jobs/{id}", fault: json(paused) })
      const job = yield* (yield* Jobs).get(jobId)
      expect(job).toEqual({ id: jobId, status: "paused", createdAt: "then", updatedAt: "now" })
    }).pipe(over())
  )

  it.effect("that the server does not know is NotFound, with the server's message", () =>
    Effect.gen(function* () {
      expect(yield* Effect.flip((yield* Jobs).get(unknown))).toMatchObject({
        _tag: "NotFound",
        code: "NOT_FOUND",
        status: 404,
        operation: "Jobs.get",
        path: "/jobs/job-ffffffffffffffff",
        detail: "job not found",
        attempts: 1,
        admitted: "no"
      })
    }).pipe(over())
  )

  it.effect("is forgotten an hour after it ended", () =>
    Effect.gen(function* () {
      const jobs = yield* Jobs
      const { jobId } = yield* start()
      yield* TestClock.adjust("59 minutes")
      expect((yield* jobs.get(jobId)).status).toBe("completed")
      yield* TestClock.adjust("10 minutes")
      expect(yield* Effect.flip(jobs.get(jobId))).toMatchObject({ _tag: "NotFound" })
    }).pipe(over())
  )

  for (const id of ["", ".", "..", "a/b", "a\0b"]) {
    it.effect(`is not requested by the id ${JSON.stringify(id)}`, () =>
      Effect.gen(function* () {
        const jobs = yield* Jobs
        const refusal = { _tag: "InvalidRequest", field: "id", admitted: "no" }
        expect(yield* Effect.flip(jobs.get(JobId.make(id)))).toMatchObject(refusal)
        expect(yield* Effect.flip(jobs.cancel(JobId.make(id)))).toMatchObject(refusal)
        expect(yield* requests).toEqual([])
      }).pipe(over())
    )
  }
})

describe("cancelling a job", () => {
  it.effect("marks it, and does not stop its run", () =>
    Effect.gen(function* () {
      const jobs = yield* Jobs
      const { jobId } = yield* start()
      yield* jobs.cancel(jobId)
      expect((yield* requests).at(-1)).toMatchObject({ method: "DELETE", path: `/jobs/${jobId}`, body: "" })
      expect((yield* jobs.get(jobId)).status).toBe("cancelled")
      yield* TestClock.adjust("1 minute")
      expect(yield* jobs.get(jobId)).toMatchObject({ status: "completed", output: "done" })
    }).pipe(over({ run: () => after("30 seconds", "done") }))
  )

  it.effect("is Conflict when the job is over", () =>
    Effect.gen(function* () {
      const { jobId } = yield* start()
      yield* TestClock.adjust("1 second")
      expect(yield* Effect.flip((yield* Jobs).cancel(jobId))).toMatchObject({
        _tag: "Conflict",
        code: "CONFLICT",
        status: 409,
        operation: "Jobs.cancel",
        detail: "cannot cancel job (already completed, failed, or cancelled)",
        retryable: false,
        admitted: "no"
      })
    }).pipe(over())
  )

  it.effect("is Conflict the second time", () =>
    Effect.gen(function* () {
      const jobs = yield* Jobs
      const { jobId } = yield* start()
      yield* jobs.cancel(jobId)
      expect(yield* Effect.flip(jobs.cancel(jobId))).toMatchObject({ _tag: "Conflict" })
    }).pipe(over({ run: () => Stream.never }))
  )

  it.effect("is NotFound when the job does not exist", () =>
    Effect.gen(function* () {
      expect(yield* Effect.flip((yield* Jobs).cancel(unknown))).toMatchObject({
        _tag: "NotFound",
        operation: "Jobs.cancel",
        method: "DELETE",
        detail: "job not found"
      })
    }).pipe(over())
  )
})

describe("the predicates", () => {
  const statuses = ["pending", "running", "completed", "failed", "crashed", "cancelled"] as const
  for (const [name, predicate, holdsFor] of [
    ["isPending", Job.isPending, ["pending"]],
    ["isRunning", Job.isRunning, ["running"]],
    ["isCompleted", Job.isCompleted, ["completed"]],
    ["isFailed", Job.isFailed, ["failed"]],
    ["isCrashed", Job.isCrashed, ["crashed"]],
    ["isCancelled", Job.isCancelled, ["cancelled"]],
    ["isFinal", Job.isFinal, ["completed", "failed", "crashed"]]
  ] as const) {
    it(`${name} holds for ${holdsFor.join(", ")} only`, () => {
      expect([...statuses, "paused"].filter((status) => predicate({ status }))).toEqual(holdsFor)
    })
  }
})
