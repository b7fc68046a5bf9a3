/** Waiting for runs in the background. */
import { describe, expect, it } from "@effect/vitest"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Fault, type Run, Script } from "../../../src/embedded/stromboli/index.js"
import { JobId } from "../../../src/schema/stromboli/Identifiers.js"
import type { AsyncRunRequest } from "../../../src/schema/stromboli/Run.js"
import { Execution } from "../../../src/services/stromboli/execution/Execution.js"
import { Jobs } from "../../../src/services/stromboli/Jobs.js"
import { after, inject, lines, type Setup, services, timed } from "../../support/embedded.js"

const start = (request: AsyncRunRequest = { prompt: "hi" }) =>
  Effect.flatMap(Execution, (execution) => execution.runAsync(request))

const over = (setup: Setup = {}) => Effect.provide(services({ ...setup, client: { retry: false, ...setup.client } }))

/** Each prompt is the number of seconds that its run takes. */
const asLongAsItSays: Run = ({ prompt }) => after(`${Number(prompt)} seconds`, `after ${prompt}`)
const takes = (seconds: number): Setup => ({ run: () => after(`${seconds} seconds`, "done") })

const polls = Effect.map(lines, (all) => all.filter((line) => line.startsWith("GET /jobs/")))
const everyTwoSeconds = { schedule: Schedule.spaced("2 seconds") }
const unknown = JobId.make("job-ffffffffffffffff")

describe("waiting for a job", () => {
  it.effect("polls at once, and then by the schedule, until the job is over", () =>
    Effect.gen(function* () {
      const jobs = yield* Jobs
      const started = yield* start()
      const { result, waited } = yield* timed("1 minute")(jobs.await(started, everyTwoSeconds))
      expect(result).toMatchObject({ id: started.jobId, status: "completed", output: "done" })
      expect(waited).toBe(8000)
      expect(yield* polls).toHaveLength(5)
    }).pipe(over(takes(7)))
  )

  it.effect("polls after half a second, then at growing intervals of up to 5 seconds", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.fork((yield* Jobs).await((yield* start()).jobId))
      const askedAfter = (wait: Duration.DurationInput) =>
        Effect.zipRight(
          TestClock.adjust(wait),
          Effect.map(polls, (all) => all.length)
        )
      expect(yield* askedAfter("0 millis")).toBe(1)
      expect(yield* askedAfter("499 millis")).toBe(1)
      expect(yield* askedAfter("1 millis")).toBe(2)
      expect(yield* askedAfter("749 millis")).toBe(2)
      expect(yield* askedAfter("1 millis")).toBe(3)
      const before = yield* askedAfter("20 seconds")
      expect(yield* askedAfter("50 seconds")).toBe(before + 10)
      yield* Fiber.interrupt(fiber)
    }).pipe(over({ run: () => Stream.never }))
  )

  it.effect("polls once if the job is already over", () =>
    Effect.gen(function* () {
      const { jobId } = yield* start()
      yield* TestClock.adjust("1 second")
      expect((yield* timed("1 minute")((yield* Jobs).await(jobId))).waited).toBe(0)
      expect(yield* polls).toHaveLength(1)
    }).pipe(over())
  )

  it.effect("returns a job that crashed or failed, too", () =>
    Effect.gen(function* () {
      const jobs = yield* Jobs
      const crashed = yield* start({ prompt: "crash" })
      expect((yield* timed("1 minute")(jobs.await(crashed))).result).toMatchObject({
        status: "crashed",
        crashInfo: { exitCode: 139 }
      })
      const failed = yield* start({ prompt: "fail" })
      expect((yield* timed("1 minute")(jobs.await(failed))).result).toMatchObject({
        status: "failed",
        error: "execution failed: exit status 1, output: "
      })
    }).pipe(over({ run: ({ prompt }) => Script.exits(prompt === "crash" ? 139 : 1) }))
  )

  it.effect("keeps the session of a job that failed, which the server forgets", () =>
    Effect.gen(function* () {
      const jobs = yield* Jobs
      const started = yield* start()
      yield* TestClock.adjust("1 second")
      expect(yield* jobs.get(started.jobId)).not.toHaveProperty("sessionId")
      expect((yield* timed("1 minute")(jobs.await(started))).result).toMatchObject({
        status: "failed",
        sessionId: started.sessionId
      })
    }).pipe(over({ run: () => Script.exits(1) }))
  )

  it.effect("keeps the session that it saw while the job ran, even if only the id was given", () =>
    Effect.gen(function* () {
      const { jobId, sessionId } = yield* start()
      const { result } = yield* timed("1 minute")((yield* Jobs).await(jobId))
      expect(result).toMatchObject({ status: "failed", sessionId })
    }).pipe(over({ run: () => Stream.zipRight(after("3 seconds", ""), Script.exits(1)) }))
  )
})

describe("waiting for a job while requests fail", () => {
  for (const [what, fault] of [
    ["a bad gateway", Fault.status(502)],
    ["a refused connection", Fault.refuseConnection],
    ["a reset connection", Fault.resetAfterRequest],
    ["a rate limit", Fault.status(429, { body: '{"error":"rate limit exceeded"}' })],
    ["a server that is not ready", Fault.status(503)]
  ] as const) {
    it.effect(`continues after ${what}`, () =>
      Effect.gen(function* () {
        const started = yield* start()
        yield* inject({ path: "/jobs/{id}", fault, times: 3 })
        const { result } = yield* timed("1 minute")((yield* Jobs).await(started, everyTwoSeconds))
        expect(result.status).toBe("completed")
      }).pipe(over(takes(7)))
    )
  }

  it.effect("fails with the last failure after `maxFailures` in a row", () =>
    Effect.gen(function* () {
      const started = yield* start()
      yield* inject({ path: "/jobs/{id}", fault: Fault.status(502), times: Number.POSITIVE_INFINITY })
      const failure = yield* timed("1 minute")(
        Effect.flip((yield* Jobs).await(started, { ...everyTwoSeconds, maxFailures: 3 }))
      )
      expect(failure.result).toMatchObject({ _tag: "ServerError", status: 502, operation: "Jobs.get" })
      expect(failure.waited).toBe(4000)
      expect(yield* polls).toHaveLength(3)
    }).pipe(over(takes(7)))
  )

  it.effect("fails after ten failures in a row by default", () =>
    Effect.gen(function* () {
      const started = yield* start()
      yield* inject({ path: "/jobs/{id}", fault: Fault.status(502), times: Number.POSITIVE_INFINITY })
      yield* timed("10 minutes")(Effect.flip((yield* Jobs).await(started)))
      expect(yield* polls).toHaveLength(10)
    }).pipe(over({ run: () => Stream.never }))
  )

  it.effect("restarts the count of failures after a successful poll", () =>
    Effect.gen(function* () {
      const started = yield* start()
      yield* inject({ path: "/jobs/{id}", fault: Fault.status(502), times: 2 })
      yield* inject({ path: "/jobs/{id}", fault: Fault.status(502), times: 2, skip: 3 })
      const { result } = yield* timed("1 minute")((yield* Jobs).await(started, { ...everyTwoSeconds, maxFailures: 3 }))
      expect(result.status).toBe("completed")
      expect(yield* polls).toHaveLength(6)
    }).pipe(over(takes(9)))
  )

  it.effect("fails at once with a failure that is not retryable", () =>
    Effect.gen(function* () {
      const started = yield* start()
      yield* inject({ path: "/jobs/{id}", fault: Fault.status(401, { body: '{"error":"token revoked"}' }) })
      expect(yield* Effect.flip((yield* Jobs).await(started))).toMatchObject({
        _tag: "Unauthorized",
        detail: "token revoked"
      })
      expect(yield* polls).toHaveLength(1)
    }).pipe(over(takes(7)))
  )

  it.effect("fails at once with NotFound when the server never knew the job", () =>
    Effect.gen(function* () {
      expect(yield* Effect.flip((yield* Jobs).await(unknown))).toMatchObject({
        _tag: "NotFound",
        detail: "job not found"
      })
      expect(yield* polls).toHaveLength(1)
    }).pipe(over())
  )

  it.effect("fails with JobExpired when the server forgets the job", () =>
    Effect.gen(function* () {
      const started = yield* start()
      const { result } = yield* timed("1 minute")(
        Effect.flip((yield* Jobs).await(started, { schedule: Schedule.spaced("20 seconds") }))
      )
      expect(result).toMatchObject({
        _tag: "JobExpired",
        code: "JOB_EXPIRED",
        jobId: started.jobId,
        lastStatus: "running",
        sessionId: started.sessionId
      })
      expect(result.message).toContain(started.jobId)
    }).pipe(over({ ...takes(3), server: { jobRetention: "1 second", jobSweepInterval: "1 second" } }))
  )

  it.effect("fails with JobWaitTimeout when the schedule ends; the job can be awaited again", () =>
    Effect.gen(function* () {
      const jobs = yield* Jobs
      const started = yield* start()
      const twice = Schedule.intersect(Schedule.spaced("1 second"), Schedule.recurs(2))
      const { result, waited } = yield* timed("5 seconds")(Effect.flip(jobs.await(started, { schedule: twice })))
      expect(result).toMatchObject({
        _tag: "JobWaitTimeout",
        code: "JOB_WAIT_TIMEOUT",
        jobId: started.jobId,
        lastStatus: "running",
        sessionId: started.sessionId
      })
      expect(waited).toBe(2000)
      expect(yield* polls).toHaveLength(3)
      expect((yield* timed("1 minute")(jobs.await(started))).result.status).toBe("completed")
    }).pipe(over(takes(10)))
  )
})

describe("waiting for a job that was cancelled", () => {
  it.effect("continues, because the run does, and returns its outcome", () =>
    Effect.gen(function* () {
      const jobs = yield* Jobs
      const started = yield* start()
      yield* jobs.cancel(started.jobId)
      expect((yield* jobs.get(started.jobId)).status).toBe("cancelled")
      const { result, waited } = yield* timed("1 minute")(jobs.await(started, everyTwoSeconds))
      expect(result).toMatchObject({ status: "completed", output: "done" })
      expect(waited).toBe(8000)
    }).pipe(over(takes(7)))
  )

  it.effect("ends after 30 minutes by default", () =>
    Effect.gen(function* () {
      const jobs = yield* Jobs
      const started = yield* start()
      yield* jobs.cancel(started.jobId)
      const { result, waited } = yield* timed("1 hour")(jobs.await(started, { schedule: Schedule.spaced("9 minutes") }))
      expect(result).toMatchObject({ id: started.jobId, status: "cancelled", sessionId: started.sessionId })
      // The first poll after half an hour; the one after 27 minutes was too early.
      expect(waited).toBe(36 * 60_000)
    }).pipe(over({ run: () => Stream.never, server: { cancelStopsWork: true } }))
  )

  it.effect("ends at once if it settles after 0", () =>
    Effect.gen(function* () {
      const jobs = yield* Jobs
      const started = yield* start()
      yield* jobs.cancel(started.jobId)
      const { result, waited } = yield* timed("1 minute")(jobs.await(started, { cancelledSettlesAfter: 0 }))
      expect(result.status).toBe("cancelled")
      expect(waited).toBe(0)
    }).pipe(over(takes(7)))
  )
})

describe("interrupting the wait for a job", () => {
  const interrupted = (options: Jobs.AwaitOptions) =>
    Effect.gen(function* () {
      const jobs = yield* Jobs
      const started = yield* start()
      const fiber = yield* Effect.fork(jobs.await(started, options))
      yield* TestClock.adjust("3 seconds")
      yield* Fiber.interrupt(fiber)
      return yield* jobs.get(started.jobId)
    })

  it.effect("does not cancel the job by default", () =>
    Effect.gen(function* () {
      expect((yield* interrupted({})).status).toBe("running")
      expect((yield* lines).filter((line) => line.startsWith("DELETE"))).toEqual([])
    }).pipe(over(takes(60)))
  )

  it.effect("cancels the job on request", () =>
    Effect.gen(function* () {
      const job = yield* interrupted({ cancelOnInterrupt: true })
      expect(job.status).toBe("cancelled")
      expect(yield* lines).toContain(`DELETE /jobs/${job.id}`)
    }).pipe(over(takes(60)))
  )

  it.effect("does not fail when the job cannot be cancelled", () =>
    Effect.gen(function* () {
      yield* inject({ method: "DELETE", fault: Fault.status(500) })
      expect((yield* interrupted({ cancelOnInterrupt: true })).status).toBe("running")
    }).pipe(over(takes(60)))
  )
})

describe("waiting for several jobs", () => {
  it.effect("returns them in the given order, whichever ends first", () =>
    Effect.gen(function* () {
      const started = yield* Effect.forEach(["30", "1", "10"], (prompt) => start({ prompt }))
      const { result } = yield* timed("2 minutes")((yield* Jobs).awaitAll(started))
      expect(result.map(({ output }) => output)).toEqual(["after 30", "after 1", "after 10"])
      expect(result.map(({ id }) => id)).toEqual(started.map(({ jobId }) => jobId))
    }).pipe(over({ run: asLongAsItSays }))
  )

  it.effect("sends nothing for an empty list", () =>
    Effect.gen(function* () {
      expect(yield* (yield* Jobs).awaitAll([])).toEqual([])
      expect(yield* lines).toEqual([])
    }).pipe(over())
  )

  for (const [options, atOnce] of [
    [{}, 8],
    [{ concurrency: 3 }, 3]
  ] as const) {
    it.effect(`awaits ${atOnce} at a time with ${JSON.stringify(options)}`, () =>
      Effect.gen(function* () {
        const jobs = yield* Effect.replicateEffect(start(), 10)
        const fiber = yield* Effect.fork((yield* Jobs).awaitAll(jobs, options))
        yield* TestClock.adjust("30 seconds")
        expect(new Set(yield* polls).size).toBe(atOnce)
        yield* Fiber.interrupt(fiber)
      }).pipe(over({ run: () => Stream.never }))
    )
  }

  it.effect("fails with the first failure, without waiting for the others", () =>
    Effect.gen(function* () {
      const slow = yield* start({ prompt: "600" })
      const { result, waited } = yield* timed("1 minute")(Effect.flip((yield* Jobs).awaitAll([slow, unknown])))
      expect(result).toMatchObject({ _tag: "NotFound", path: `/jobs/${unknown}` })
      expect(waited).toBe(0)
    }).pipe(over({ run: asLongAsItSays }))
  )
})
