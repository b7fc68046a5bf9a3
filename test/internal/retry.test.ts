import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { Execution } from "../../src/services/stromboli/execution/Execution.js"
import { JobId, Jobs, type StromboliClient, withRequestOptions } from "../../src/stromboli.js"
import * as Script from "../support/scriptedServer.js"
import { aJob, jobsOver } from "../support/stromboliOver.js"

const ok = Script.json(aJob)
const getJob = Effect.flatMap(Jobs, (jobs) => jobs.get(JobId.make("job-1")))
const cancelJob = Effect.flatMap(Jobs, (jobs) => jobs.cancel(JobId.make("job-1")))
const run = Effect.flatMap(Execution, (execution) => execution.run({ prompt: "hi" })).pipe(
  Effect.provide(Execution.layer)
)

/** Runs a program to its end however long it waits, and tells how long that was. */
const timed = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const start = yield* Clock.currentTimeMillis
    const fiber = yield* Effect.fork(
      Effect.zipWith(Effect.exit(program), Clock.currentTimeMillis, (exit, end) => ({ exit, waited: end - start }))
    )
    yield* TestClock.adjust("10 minutes")
    return yield* Fiber.join(fiber)
  })

const tagOf = <A, E extends { readonly _tag: string }>(exit: Exit.Exit<A, E>) =>
  Exit.match(exit, {
    onSuccess: () => "ok",
    onFailure: (cause) => (cause._tag === "Fail" ? cause.error._tag : cause._tag)
  })

const attemptsOf = (
  answers: ReadonlyArray<Script.Answer>,
  program: Effect.Effect<unknown, { readonly _tag: string }, Jobs | StromboliClient> = getJob,
  options: Partial<StromboliClient.Options> = {}
) =>
  Effect.gen(function* () {
    const server = Script.scripted(...answers)
    const { exit, waited } = yield* timed(program).pipe(Effect.provide(jobsOver(server.layer, options)))
    return { outcome: tagOf(exit), attempts: server.asked.length, waited, asked: server.asked }
  })

describe("a request that is harmless to repeat", () => {
  for (const [what, answer] of [
    ["a refused connection", Script.refused],
    ["a reset connection", Script.reset],
    ["408", { status: 408 }],
    ["429", Script.error(429, "rate limit exceeded")],
    ["502", { status: 502 }],
    ["503", { status: 503 }],
    ["504", { status: 504 }]
  ] as const) {
    it.effect(`is repeated after ${what}`, () =>
      Effect.map(attemptsOf([answer, answer, ok]), (result) =>
        expect(result).toMatchObject({ outcome: "ok", attempts: 3 })
      )
    )
    it.effect(`is given up after three times ${what}`, () =>
      Effect.map(attemptsOf([answer]), ({ attempts, outcome }) => {
        expect(attempts).toBe(3)
        expect(outcome).not.toBe("ok")
      })
    )
  }

  for (const status of [400, 401, 403, 404, 500]) {
    it.effect(`is not repeated after ${status}`, () =>
      Effect.map(attemptsOf([Script.error(status, "no")]), ({ attempts }) => expect(attempts).toBe(1))
    )
  }

  it.effect("may be a DELETE", () =>
    Effect.map(attemptsOf([{ status: 502 }, Script.json({ cancelled: true, job_id: "job-1" })], cancelJob), (result) =>
      expect(result).toMatchObject({ outcome: "ok", attempts: 2 })
    )
  )

  it.effect("is repeated after an attempt that took longer than its deadline", () =>
    Effect.map(attemptsOf(["never", ok], getJob, { timeout: "3 seconds" }), (result) => {
      expect(result).toMatchObject({ outcome: "ok", attempts: 2 })
      expect(result.waited).toBeGreaterThanOrEqual(3000)
    })
  )

  it.effect("carries the same request id in every attempt", () =>
    Effect.map(attemptsOf([{ status: 502 }, ok]), ({ asked }) =>
      expect(asked[0]?.headers["x-request-id"]).toBe(asked[1]?.headers["x-request-id"])
    )
  )

  it.effect("tells how often it was sent", () =>
    getJob.pipe(
      Effect.flip,
      Effect.fork,
      Effect.tap(TestClock.adjust("1 minute")),
      Effect.flatMap(Fiber.join),
      Effect.map((failure) => {
        expect(failure).toMatchObject({ attempts: 3 })
        expect(failure.message).toContain("after 3 attempts")
      }),
      Effect.provide(jobsOver(Script.scripted({ status: 503 }).layer))
    )
  )
})

describe("a request that starts work", () => {
  it.effect("is repeated when the connection was refused", () =>
    Effect.map(attemptsOf([Script.refused, Script.json({ id: "run-1", status: "completed" })], run), (result) =>
      expect(result).toMatchObject({ outcome: "ok", attempts: 2 })
    )
  )

  it.effect("is repeated after a 429", () =>
    Effect.map(attemptsOf([{ status: 429 }, Script.json({ id: "run-1", status: "completed" })], run), (result) =>
      expect(result).toMatchObject({ outcome: "ok", attempts: 2 })
    )
  )

  for (const [what, answer] of [
    ["a reset connection", Script.reset],
    ["408", { status: 408 }],
    ["500", { status: 500 }],
    ["502", { status: 502 }],
    ["503", { status: 503 }],
    ["504", { status: 504 }],
    ["an answer that cannot be read", { status: 200, body: "{" }]
  ] as const) {
    it.effect(`is never sent twice after ${what}`, () =>
      Effect.map(attemptsOf([answer], run), ({ attempts }) => expect(attempts).toBe(1))
    )
  }

  it.effect("has no deadline of ours when it is a run", () =>
    Effect.map(
      attemptsOf([Script.later("9 minutes", Script.json({ id: "run-1", status: "completed" }))], run, {
        timeout: "5 seconds"
      }),
      (result) => expect(result).toMatchObject({ outcome: "ok", waited: 540_000 })
    )
  )

  it.effect("has the deadline that one call asks for", () =>
    Effect.map(attemptsOf(["never"], withRequestOptions(run, { timeout: "5 seconds" })), (result) =>
      expect(result).toMatchObject({ outcome: "Timeout", waited: 5000, attempts: 1 })
    )
  )
})

describe("the wait before a repeat", () => {
  it.effect("grows from at most 0.5 to at most 1 second", () =>
    Effect.map(attemptsOf([{ status: 502 }]), ({ waited }) => expect(waited).toBeLessThanOrEqual(1500))
  )

  it.effect("is what the server asks for when that is longer", () =>
    Effect.map(attemptsOf([Script.error(429, "slow down", { "retry-after": "20" }), ok]), (result) =>
      expect(result).toMatchObject({ outcome: "ok", waited: 20_000 })
    )
  )

  it.effect("is never more than 60 seconds", () =>
    Effect.map(attemptsOf([Script.error(429, "slow down", { "retry-after": "86400" }), ok]), (result) =>
      expect(result).toMatchObject({ outcome: "ok", waited: 60_000 })
    )
  )

  it.effect("comes from X-RateLimit-Reset where there is no Retry-After, whatever our clock says", () =>
    Effect.map(
      attemptsOf([
        Script.error(429, "rate limit exceeded", {
          date: new Date("2031-01-01T00:00:00Z").toUTCString(),
          "x-ratelimit-reset": String(Date.parse("2031-01-01T00:00:09Z") / 1000)
        }),
        ok
      ]),
      (result) => expect(result).toMatchObject({ outcome: "ok", waited: 9000 })
    )
  )

  it.effect("is not begun when it would end after the caller's deadline: the failure comes at once", () =>
    Effect.map(
      attemptsOf([Script.error(429, "slow down", { "retry-after": "30" })], getJob, { deadline: "10 seconds" }),
      (result) => expect(result).toMatchObject({ outcome: "RateLimited", attempts: 1, waited: 0 })
    )
  )

  it.effect("ends with the caller's deadline, with the failure of the last attempt", () =>
    Effect.map(
      attemptsOf([{ status: 503 }], getJob, { deadline: "7 seconds", retry: Schedule.spaced("3 seconds") }),
      (result) => expect(result).toMatchObject({ outcome: "Unavailable", attempts: 3, waited: 7000 })
    )
  )

  it.effect("ends with the caller's deadline also when nothing was ever answered", () =>
    Effect.map(attemptsOf(["never"], getJob, { deadline: "7 seconds", timeout: Duration.infinity }), (result) =>
      expect(result).toMatchObject({ outcome: "Timeout", attempts: 1, waited: 7000 })
    )
  )
})

describe("the schedule of repeats", () => {
  it.effect("can be another one for a whole layer", () =>
    Effect.map(
      attemptsOf([{ status: 503 }], getJob, {
        retry: Schedule.intersect(Schedule.recurs(4), Schedule.spaced("1 second"))
      }),
      (result) => expect(result).toMatchObject({ attempts: 5, waited: 4000 })
    )
  )

  it.effect("can be another one for one call", () =>
    Effect.map(
      attemptsOf([{ status: 503 }], withRequestOptions(getJob, { retry: Schedule.recurs(1) }), {
        retry: Schedule.recurs(4)
      }),
      ({ attempts }) => expect(attempts).toBe(2)
    )
  )

  it.effect("can be switched off", () =>
    Effect.map(attemptsOf([{ status: 503 }], withRequestOptions(getJob, { retry: false })), ({ attempts }) =>
      expect(attempts).toBe(1)
    )
  )

  it.effect("cannot make a paid run be sent twice", () =>
    Effect.map(attemptsOf([{ status: 503 }], run, { retry: Schedule.recurs(4) }), ({ attempts }) =>
      expect(attempts).toBe(1)
    )
  )
})
