/** Runs with a key: at most one is paid for. */
import * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Fault, type Run, Script } from "../../../../src/embedded/stromboli/index.js"
import * as Job from "../../../../src/schema/stromboli/Job.js"
import type { KeyedRunRequest } from "../../../../src/schema/stromboli/KeyedRun.js"
import { Execution } from "../../../../src/services/stromboli/execution/Execution.js"
import { Jobs } from "../../../../src/services/stromboli/Jobs.js"
import { StromboliClient } from "../../../../src/services/stromboli/StromboliClient.js"
import { Sessions } from "../../../../src/services/stromboli/sessions/Sessions.js"
import { after, inject, lines, type Setup, services } from "../../../support/embedded.js"

/** Lets time pass until a program has ended, also while it waits for something that is not a clock. */
const untilDone = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(program)
    while (fiber.unsafePoll() === null) {
      yield* TestClock.adjust("100 millis")
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
    }
    return yield* Fiber.join(fiber)
  })

const request: KeyedRunRequest = { key: "nightly/42", prompt: "Review the repository" }

const ask = (more: Partial<KeyedRunRequest> = {}) =>
  untilDone(Effect.flatMap(Execution, (execution) => execution.runAsync({ ...request, ...more })))

/** As another process does: with a client of its own. */
const askElsewhere = (more: Partial<KeyedRunRequest> = {}) =>
  Effect.flatMap(Execution, (execution) => execution.runAsync({ ...request, ...more })).pipe(
    Effect.provide(Layer.fresh(Execution.layer)),
    Effect.provide(Layer.fresh(StromboliClient.layer({ baseUrl: "http://stromboli.test" })))
  )

/** Holds back the second request of a client until something has happened. */
const holdingSecond = (happened: Effect.Effect<void>) =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.map(HttpClient.HttpClient, (client) => {
      let sent = 0
      return HttpClient.mapRequestEffect(client, (request) => {
        sent += 1
        return sent === 2 ? Effect.as(happened, request) : Effect.succeed(request)
      })
    })
  )

/**
 * Holds back every start until as many have come, so that all of them have found nothing before. Then they reach the
 * server all at once, or one after another.
 */
const startingTogether = (count: number, lag: Duration.DurationInput = 0) =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.gen(function* () {
      const client = yield* HttpClient.HttpClient
      const all = yield* Effect.makeLatch()
      let waiting = 0
      return HttpClient.mapRequestEffect(client, (sent) => {
        if (!sent.url.endsWith("/run/async")) return Effect.succeed(sent)
        waiting += 1
        const later = Effect.sleep(Duration.times(lag, waiting))
        return (waiting < count ? all.await : all.open).pipe(Effect.zipRight(later), Effect.as(sent))
      })
    })
  )

const askTogether = (count: number, more: Partial<KeyedRunRequest> = {}) =>
  untilDone(
    Effect.all(
      Array.from({ length: count }, () => askElsewhere(more)),
      { concurrency: "unbounded" }
    )
  )

const end = (job: { readonly jobId: Job.Job["id"] }) => untilDone(Effect.flatMap(Jobs, (jobs) => jobs.await(job.jobId)))

const forgetJobs = TestClock.adjust("2 hours")

const posts = Effect.map(lines, (all) => all.filter((line) => line === "POST /run/async").length)

/** Counts the runs that Claude was started for. */
const counting = (run: Run = (input) => Stream.concat(after("30 seconds"), Script.replies(input, "done"))) => {
  const sessions: Array<string> = []
  const counted: Run = (input) => {
    sessions.push(input.sessionId)
    return run(input)
  }
  return { run: counted, sessions }
}

const over = (setup: Setup) => Effect.provide(services(setup))

/** A run that Claude ends with an error. */
const failing: Run = (input) => Script.failsWith(input, "error_max_turns", "out of turns")

describe("a run with a key", () => {
  it.effect("is awaited by others on a server that names its session only in its result", () => {
    const { run, sessions } = counting()
    return Effect.gen(function* () {
      const first = yield* ask()
      expect(first.origin).toBe("started")
      expect(yield* untilDone(askElsewhere())).toEqual({ ...first, origin: "adopted", status: "completed" })
      expect(sessions).toHaveLength(1)
    }).pipe(over({ run, server: { api: "0.4" } }))
  })

  // Must never change: `uuid5(namespace, key)` of Python gives the same.
  const sessionOfKey = "df54e006-2ef7-5b18-b759-095b5f2e4e64"

  it.effect("is started in the session that the key says, and awaited like any other", () => {
    const { run, sessions } = counting()
    return Effect.gen(function* () {
      const job = yield* ask()
      expect(job).toEqual({ jobId: expect.any(String), sessionId: sessionOfKey, origin: "started", status: "running" })
      const ended = yield* end(job)
      expect(ended).toMatchObject({ status: "completed", sessionId: sessionOfKey })
      expect(Job.resultOf(ended)).toMatchObject({ text: "done" })
      expect(sessions).toEqual([sessionOfKey])
    }).pipe(over({ run }))
  })

  it.effect("is paid for once when 100 processes ask for it at the same time", () => {
    const { run, sessions } = counting()
    return Effect.gen(function* () {
      const all = yield* Effect.provide(askTogether(100), startingTogether(100))
      expect(new Set(all.map(({ jobId }) => jobId)).size).toBe(1)
      expect(all.filter(({ origin }) => origin === "started")).toHaveLength(1)
      expect(sessions).toHaveLength(1)
      expect(yield* posts).toBe(100)
    }).pipe(over({ run }))
  })

  it.effect("is paid for once when it ends before the others have seen it", () => {
    const { run, sessions } = counting((input) => Script.replies(input, "quick"))
    return Effect.gen(function* () {
      const all = yield* Effect.provide(askTogether(30), startingTogether(30))
      expect(new Set(all.map(({ jobId }) => jobId)).size).toBe(1)
      expect(sessions).toHaveLength(1)
    }).pipe(over({ run }))
  })

  it.effect("is paid for once when its hooks print something before Claude refuses the others", () => {
    const { run, sessions } = counting((input) => Script.replies(input, "quick"))
    const podman = { lifecycle: { postStart: ["npm ci"] } }
    return Effect.gen(function* () {
      const all = yield* Effect.provide(
        askTogether(30, { podman, whenFailed: "runAgain" }),
        startingTogether(30, "100 millis")
      )
      expect(new Set(all.map(({ jobId }) => jobId)).size).toBe(1)
      expect(all.every(({ status }) => status === "completed")).toBe(true)
      expect(sessions).toHaveLength(1)
    }).pipe(over({ run, server: { hookOutput: () => ["added 12 packages"] } }))
  })

  it.effect("is found while it runs and after it has ended, for as long as the server has its job", () => {
    const { run, sessions } = counting()
    return Effect.gen(function* () {
      const { jobId, sessionId } = yield* ask()
      expect(yield* ask()).toEqual({ jobId, sessionId, origin: "adopted", status: "running" })
      yield* end({ jobId })
      expect(yield* ask()).toEqual({ jobId, sessionId, origin: "adopted", status: "completed" })
      expect(sessions).toHaveLength(1)
    }).pipe(over({ run }))
  })

  it.effect("differs from that of another key", () => {
    const { run, sessions } = counting()
    return Effect.gen(function* () {
      yield* ask()
      expect((yield* ask({ key: "nightly/43", prompt: "Something else" })).origin).toBe("started")
      expect(new Set(sessions).size).toBe(2)
    }).pipe(over({ run }))
  })

  it.effect("goes on when it is cancelled, so it is found like any other", () => {
    const { run, sessions } = counting()
    return Effect.gen(function* () {
      const { jobId } = yield* ask()
      yield* (yield* Jobs).cancel(jobId)
      expect(yield* ask()).toMatchObject({ jobId, origin: "adopted", status: "cancelled" })
      expect(sessions).toHaveLength(1)
    }).pipe(over({ run }))
  })

  it.effect("is found after the one who asked has died", () => {
    const { run, sessions } = counting((input) => Stream.concat(after("1 hour"), Script.replies(input, "done")))
    return Effect.gen(function* () {
      const fiber = yield* Effect.fork(askElsewhere())
      yield* untilDone(Effect.repeat(Effect.yieldNow(), { until: () => sessions.length > 0 }))
      yield* Fiber.interrupt(fiber)
      expect(yield* ask()).toMatchObject({ origin: "adopted", status: "running" })
      expect(sessions).toHaveLength(1)
    }).pipe(over({ run }))
  })
})

describe("a run with a key whose job the server has forgotten", () => {
  it.effect("is not paid for again, and its conversation can be read", () => {
    const { run, sessions } = counting()
    return Effect.gen(function* () {
      const { sessionId } = yield* Effect.tap(ask(), end)
      yield* forgetJobs
      const failure = yield* Effect.flip(ask())
      expect(failure).toMatchObject({ _tag: "RunForgotten", sessionId, key: request.key, admitted: "yes" })
      expect(yield* Stream.runCount((yield* Sessions).conversation(sessionId))).toBeGreaterThan(0)
      expect(sessions).toHaveLength(1)
    }).pipe(over({ run }))
  })

  it.effect("is paid for once more by those who want that, and is then the run of the key for all", () => {
    const { run, sessions } = counting()
    return Effect.gen(function* () {
      const first = yield* Effect.tap(ask(), end)
      yield* forgetJobs
      const all = yield* askTogether(20, { whenForgotten: "runAgain" })
      expect(new Set(all.map(({ jobId }) => jobId)).size).toBe(1)
      expect(sessions).toHaveLength(2)
      const again = yield* ask()
      expect(again).toMatchObject({ jobId: all[0]?.jobId, origin: "adopted" })
      expect(again.sessionId).not.toBe(first.sessionId)
      yield* end(again)
      yield* forgetJobs
      expect(yield* Effect.flip(ask())).toMatchObject({ _tag: "RunForgotten", sessionId: again.sessionId })
      expect(sessions).toHaveLength(2)
    }).pipe(over({ run }))
  })

  it.effect("is not taken for forgotten when it begins while it is looked for", () => {
    const { run, sessions } = counting()
    return Effect.gen(function* () {
      const begun = yield* Effect.makeLatch()
      const late = yield* Effect.fork(
        Effect.provide(askElsewhere({ whenForgotten: "runAgain" }), holdingSecond(begun.await))
      )
      const { jobId } = yield* ask()
      yield* begun.open
      expect(yield* untilDone(Fiber.join(late))).toMatchObject({ jobId, origin: "adopted" })
      expect(sessions).toHaveLength(1)
    }).pipe(over({ run }))
  })

  it.effect("is left to the caller also when the server was restarted right after the start", () => {
    const { run, sessions } = counting()
    return Effect.gen(function* () {
      const noHistory = Fault.status(404, { body: '{"error":"session history not found: x"}' })
      yield* inject({ path: "/jobs", fault: Fault.status(200, { body: '{"jobs":[]}' }), times: 2 })
      yield* inject({ path: "/sessions/{id}/messages", fault: noHistory, times: 2 })
      expect(yield* Effect.flip(ask())).toMatchObject({ _tag: "RunForgotten" })
      expect(yield* posts).toBe(1)
      expect(yield* ask()).toMatchObject({ origin: "adopted" })
      expect(sessions).toHaveLength(1)
    }).pipe(over({ run }))
  })
})

describe("a run with a key that failed", () => {
  for (const [how, run] of [
    ["failed", failing],
    ["crashed", () => Script.exits(139)]
  ] as const) {
    it.effect(`is the run of its key when it ${how}, and is not paid for again`, () => {
      const { run: counted, sessions } = counting(run)
      return Effect.gen(function* () {
        const { jobId } = yield* Effect.tap(ask(), end)
        expect(yield* ask()).toMatchObject({ jobId, origin: "adopted", status: how })
        expect(sessions).toHaveLength(1)
      }).pipe(over({ run: counted }))
    })

    it.effect(`is paid for once more when it ${how}, if the caller says so`, () => {
      const { run: counted, sessions } = counting((input) =>
        sessions.length === 1 ? run(input) : Stream.concat(after("30 seconds"), Script.replies(input, "done"))
      )
      return Effect.gen(function* () {
        const { jobId } = yield* Effect.tap(ask(), end)
        const all = yield* askTogether(20, { whenFailed: "runAgain" })
        expect(new Set(all.map((job) => job.jobId)).size).toBe(1)
        expect(all[0]?.jobId).not.toBe(jobId)
        expect(sessions).toHaveLength(2)
      }).pipe(over({ run: counted }))
    })
  }

  it.effect(
    "is the run of its key for as long as its transcript exists, when its job does not name its session",
    () => {
      const { run, sessions } = counting(() => Script.exits(1, "out of credit"))
      return Effect.gen(function* () {
        expect(yield* ask()).toMatchObject({ origin: "started", status: "failed" })
        expect(yield* Effect.flip(ask())).toMatchObject({ _tag: "RunForgotten" })
        expect(sessions).toHaveLength(1)
      }).pipe(over({ run }))
    }
  )

  it.effect("may be asked for again when the server refused it, because nothing was paid for", () => {
    const { run, sessions } = counting()
    return Effect.gen(function* () {
      const refused = yield* ask({ podman: { volumes: ["/etc:/data"] } })
      expect(refused).toMatchObject({ origin: "started", status: "failed" })
      expect(yield* ask()).toMatchObject({ origin: "started", status: "running" })
      expect(sessions).toHaveLength(1)
    }).pipe(over({ run }))
  })
})

describe("a run with a key and another prompt", () => {
  const other = { prompt: "Delete the repository" }

  it.effect("is refused while the run of the key runs, after it has ended, and when it is forgotten", () => {
    const { run, sessions } = counting()
    return Effect.gen(function* () {
      const { jobId, sessionId } = yield* ask()
      const refused = { _tag: "RunKeyConflict", field: "prompt", sessionId, admitted: "no" }
      expect(yield* Effect.flip(ask(other))).toMatchObject(refused)
      yield* end({ jobId })
      expect(yield* Effect.flip(ask(other))).toMatchObject(refused)
      yield* forgetJobs
      expect(yield* Effect.flip(ask({ ...other, whenForgotten: "runAgain" }))).toMatchObject(refused)
      expect(sessions).toHaveLength(1)
    }).pipe(over({ run }))
  })

  it.effect("does not differ in white space, nor in what Claude Code makes of a slash command", () => {
    const { run, sessions } = counting()
    return Effect.gen(function* () {
      yield* ask()
      expect((yield* ask({ prompt: `  ${request.prompt}\n` })).origin).toBe("adopted")
      expect((yield* ask({ prompt: "/review" })).origin).toBe("adopted")
      expect(sessions).toHaveLength(1)
    }).pipe(over({ run }))
  })
})

describe("a run with a key over a bad connection", () => {
  for (const [what, fault] of [
    ["is lost", Fault.resetAfterRequest],
    ["is half an answer", Fault.truncatedJson],
    ["is that of a proxy", Fault.status(502)],
    ["is sent twice by a proxy", Fault.replayRequest]
  ] as const) {
    it.effect(`is paid for once when the answer to its start ${what}`, () => {
      const { run, sessions } = counting()
      return Effect.gen(function* () {
        yield* inject({ path: "/run/async", fault })
        const job = yield* Effect.either(ask())
        // A proxy that answers 502 itself may not have passed it on: then nothing was started, and the error stands.
        if (job._tag === "Left") expect(job.left).toMatchObject({ admitted: "unknown" })
        const { jobId } = yield* ask()
        expect((yield* end({ jobId })).status).toBe("completed")
        expect(sessions).toHaveLength(1)
      }).pipe(over({ run }))
    })
  }

  it.effect("is found and returned when the answer to its start is lost, and not sent again", () => {
    const { run, sessions } = counting()
    return Effect.gen(function* () {
      yield* inject({ path: "/run/async", fault: Fault.resetAfterRequest })
      expect(yield* ask()).toMatchObject({ origin: "adopted", status: "running" })
      expect(yield* posts).toBe(1)
      expect(sessions).toHaveLength(1)
    }).pipe(over({ run }))
  })

  it.effect("fails without a start when it cannot be looked for", () => {
    const { run, sessions } = counting()
    return Effect.gen(function* () {
      yield* inject({ path: "/jobs", fault: Fault.status(401), times: 1 })
      expect(yield* Effect.flip(ask())).toMatchObject({ _tag: "Unauthorized", operation: "Execution.runAsync" })
      expect(yield* posts).toBe(0)
      expect(sessions).toHaveLength(0)
    }).pipe(over({ run }))
  })

  it.effect("says that it was started when it cannot be looked for afterwards", () => {
    const { run, sessions } = counting()
    return Effect.gen(function* () {
      yield* inject({ path: "/jobs", fault: Fault.status(200, { body: '{"jobs":[]}' }), times: 1 })
      yield* inject({ path: "/jobs", fault: Fault.status(401), times: 1 })
      expect(yield* Effect.flip(ask())).toMatchObject({ _tag: "JobWaitTimeout", jobId: expect.any(String) })
      expect(yield* ask()).toMatchObject({ origin: "adopted" })
      expect(sessions).toHaveLength(1)
    }).pipe(over({ run }))
  })
})

describe("a key that cannot be used", () => {
  for (const [field, more] of [
    ["key", { key: "" }],
    ["key", { key: undefined }],
    ["key", { key: "\ud800" }],
    ["key", { key: "é".repeat(513) }],
    ["claude.sessionId", { claude: { sessionId: "00000000-0000-0000-0000-000000000000" } }],
    ["claude.resume", { claude: { resume: true } }],
    ["claude.continue", { claude: { continue: true } }],
    ["claude.forkSession", { claude: { forkSession: true } }],
    ["claude.noPersistence", { claude: { noPersistence: true } }],
    ["prompt", { prompt: "" }],
    ["prompt", { prompt: undefined }],
    ["startsWithin", { startsWithin: "soon" }],
    ["podman.timeout", { podman: { timeout: 0 } }],
    ["claude.outputFormat", { claude: { outputFormat: "text" } }],
    ["podman.environment", { podman: { environment: { type: "compose", path: "/c.yml", service: "app" } } }]
  ] as ReadonlyArray<readonly [string, object]>) {
    it.effect(`is refused before anything is sent: ${field} of ${JSON.stringify(more).slice(0, 80)}`, () =>
      Effect.gen(function* () {
        expect(yield* Effect.flip(ask(more as Partial<KeyedRunRequest>))).toMatchObject({
          _tag: "InvalidRequest",
          operation: "Execution.runAsync",
          field
        })
        expect(yield* lines).toEqual([])
      }).pipe(over({}))
    )
  }
})
