/** Metrics say what happened, as the server saw it. */
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Sandboxes } from "../../src/daytona.js"
import { Fault, Script } from "../../src/embedded/stromboli/index.js"
import { withRequestOptions } from "../../src/RequestOptions.js"
import { Agents, Execution, JobId, Jobs, Stromboli, System } from "../../src/stromboli.js"
import { alive, daytona } from "../support/daytonaOver.js"
import { inject, requests, type Setup, server, within } from "../support/embedded.js"
import { labelled } from "../support/figures.js"

const over = (setup: Setup = {}) =>
  Effect.provide(
    Stromboli.layer({ baseUrl: "http://stromboli.test", ...setup.client }).pipe(Layer.provideMerge(server(setup)))
  )

const counted = "effect_sandboxes_requests"
const retried = "effect_sandboxes_retries"
const took = "effect_sandboxes_request_duration_seconds"
const openStreams = "effect_sandboxes_open_streams"

/** What may become of a call: each is a list of what its requests meet. */
const fates = {
  ok: [],
  failsAtOnce: [Fault.status(400)],
  recovers: [Fault.status(503), Fault.status(502)],
  recoversFromReset: [Fault.resetAfterRequest],
  givesUp: [Fault.status(503), Fault.status(503), Fault.status(503)],
  isInterrupted: [Fault.hang],
  isInterruptedLater: [Fault.status(502), Fault.hang]
} as const

type Fate = keyof typeof fates

const outcomes: Readonly<Record<Fate, string>> = {
  ok: "ok",
  failsAtOnce: "BadRequest",
  recovers: "ok",
  recoversFromReset: "ok",
  givesUp: "Unavailable",
  isInterrupted: "Interrupted",
  isInterruptedLater: "Interrupted"
}

const countOf = <A>(all: ReadonlyArray<A>, is: (each: A) => boolean) => all.filter(is).length

describe("the counters of requests", () => {
  const fate = FastCheck.constantFrom<Fate>(
    "ok",
    "failsAtOnce",
    "recovers",
    "recoversFromReset",
    "givesUp",
    "isInterrupted",
    "isInterruptedLater"
  )

  it.effect.prop(
    "agree with those of the server, whatever becomes of the calls",
    [FastCheck.array(fate, { minLength: 1, maxLength: 12 })],
    ([calls]) =>
      Effect.gen(function* () {
        const { measured, total } = labelled()
        const system = yield* System
        for (const each of calls) {
          for (const fault of fates[each]) yield* inject({ fault })
          const fiber = yield* Effect.fork(measured(system.health))
          yield* TestClock.adjust("20 seconds")
          if (each.startsWith("isInterrupted")) yield* Fiber.interrupt(fiber)
          yield* Fiber.await(fiber)
        }
        const seen = (yield* requests).length
        expect((yield* total(counted)) + (yield* total(retried))).toBe(seen)
        expect(yield* total(counted)).toBe(calls.length)
        expect(yield* total(took)).toBe(calls.length)
        for (const outcome of new Set(Object.values(outcomes))) {
          expect(yield* total(counted, { operation: "System.health", outcome })).toBe(
            countOf(calls, (each) => outcomes[each] === outcome)
          )
        }
      }).pipe(over()),
    { fastCheck: { numRuns: 20 } }
  )

  it.effect("count the request that follows a refused token", () =>
    Effect.gen(function* () {
      const { measured, total } = labelled()
      const jobs = yield* Jobs
      yield* measured(jobs.list)
      yield* inject({ fault: Fault.status(401), path: "/jobs" })
      yield* measured(jobs.list)
      const seen = (yield* requests).filter(({ path }) => path === "/jobs")
      expect(seen).toHaveLength(3)
      expect(yield* total(counted, { operation: "Jobs.list", outcome: "ok" })).toBe(2)
      expect(yield* total(retried, { operation: "Jobs.list", cause: "Unauthorized" })).toBe(1)
    }).pipe(
      over({
        server: { auth: { tokens: ["key"], jwtSecret: "0123456789abcdef0123456789abcdef" } },
        client: { token: Redacted.make("key"), clientId: "somebody" }
      })
    )
  )

  it.effect("count a request that was never sent, with `InvalidRequest`", () =>
    Effect.gen(function* () {
      const { measured, total } = labelled()
      const jobs = yield* Jobs
      yield* Effect.flip(measured(jobs.get(JobId.make(".."))))
      expect(yield* total(counted, { operation: "Jobs.get", outcome: "InvalidRequest" })).toBe(1)
      expect(yield* requests).toEqual([])
    }).pipe(over())
  )

  it.effect("count a defect in what the program gives us", () =>
    Effect.gen(function* () {
      const { measured, total } = labelled()
      const execution = yield* Execution
      const broken = Stream.die("broken") // of the consumer
      yield* Effect.exit(measured(Stream.runDrain(Stream.flatMap(execution.stream({ prompt: "hi" }), () => broken))))
      expect(yield* total(openStreams)).toBe(0)
      expect(yield* total(counted, { operation: "Execution.stream" })).toBe(1)
    }).pipe(over())
  )
})

describe("the histogram of durations", () => {
  it.effect("has the time of a call with its retries and waits", () =>
    Effect.gen(function* () {
      const { figures, measured } = labelled()
      const system = yield* System
      yield* inject({ fault: Fault.status(503) })
      yield* inject({ fault: Fault.slowFirstByte("2 seconds") })
      const options = { retry: Schedule.intersect(Schedule.spaced("3 seconds"), Schedule.recurs(1)) }
      yield* within("1 minute")(measured(withRequestOptions(system.health, options)))
      expect((yield* figures).find(({ name }) => name === took)).toEqual({
        name: took,
        labels: { system: "stromboli", operation: "System.health", result: "success" },
        value: 1,
        sum: 5
      })
    }).pipe(over())
  )
})

describe("a stream", () => {
  it.effect("is counted as open while it is, and with its outcome when it is left, fails or is interrupted", () =>
    Effect.gen(function* () {
      const { measured, total } = labelled()
      const execution = yield* Execution
      const stream = execution.stream({ prompt: "hi" })
      const reached = yield* Deferred.make<void>()
      const fiber = yield* Effect.fork(measured(Stream.runForEach(stream, () => Deferred.succeed(reached, undefined))))
      yield* Deferred.await(reached)
      expect(yield* total(openStreams)).toBe(1)
      expect(yield* total(counted)).toBe(0)
      yield* Fiber.interrupt(fiber)
      expect(yield* total(openStreams)).toBe(0)
      expect(yield* total(counted, { outcome: "Interrupted" })).toBe(1)

      yield* measured(Stream.runDrain(Stream.take(stream, 1)))
      expect(yield* total(counted, { outcome: "ok" })).toBe(1)

      yield* inject({ fault: Fault.cutBody(12, "clean") })
      yield* Effect.flip(measured(Stream.runDrain(stream)))
      expect(yield* total(counted, { outcome: "StreamInterrupted" })).toBe(1)
      expect(yield* total(openStreams)).toBe(0)
      expect(yield* total(took)).toBe(3)
    }).pipe(over({ run: () => Script.hangs("one", "two") }))
  )
})

describe("what scopes hold", () => {
  it.effect("sandboxes: how many, and for how many seconds, with the labels of the caller", () =>
    Effect.gen(function* () {
      const { figures, measured, total } = labelled()
      const sandboxes = yield* Sandboxes
      const held = yield* Deferred.make<void>()
      const fiber = yield* measured(sandboxes.scoped()).pipe(
        // The scope closes without the label, in another fiber.
        Effect.tap(() => Effect.zipRight(Deferred.succeed(held, undefined), Effect.sleep("90 seconds"))),
        Effect.scoped,
        Effect.fork
      )
      yield* Deferred.await(held)
      expect(yield* total("effect_sandboxes_live_sandboxes")).toBe(1)
      expect(yield* total("effect_sandboxes_sandbox_seconds")).toBe(0)
      yield* TestClock.adjust("2 minutes")
      yield* Fiber.join(fiber)
      expect(yield* alive).toEqual([])
      expect(yield* total("effect_sandboxes_live_sandboxes")).toBe(0)
      expect((yield* figures).find(({ name }) => name.endsWith("sandbox_seconds"))).toMatchObject({
        labels: { system: "daytona" },
        value: 90
      })
    }).pipe(Effect.provide(daytona({ server: { durations: 0 } })))
  )

  it.effect("sandboxes whose creation fails are none", () =>
    Effect.gen(function* () {
      const { measured, total } = labelled()
      const sandboxes = yield* Sandboxes
      yield* Effect.exit(measured(Effect.scoped(sandboxes.scoped({ image: "" }))))
      expect(yield* total("effect_sandboxes_live_sandboxes")).toBe(0)
    }).pipe(Effect.provide(daytona({ server: { durations: 0 } })))
  )

  it.scopedLive("agents", () =>
    Effect.gen(function* () {
      const { measured, total } = labelled()
      const agents = yield* Agents
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* measured(agents.scoped())
          yield* measured(agents.converse())
          expect(yield* total("effect_sandboxes_live_agents", { system: "stromboli" })).toBe(2)
        })
      )
      expect(yield* total("effect_sandboxes_live_agents")).toBe(0)
    }).pipe(over())
  )
})

const claudes = (fields: object) =>
  JSON.stringify({
    type: "result",
    subtype: "success",
    is_error: false,
    result: "42",
    session_id: "3fa85f64-5717-4562-b3fc-2c963f66afa6",
    total_cost_usd: 0.25,
    usage: {
      input_tokens: 100,
      output_tokens: 20,
      cache_creation_input_tokens: 3,
      cache_read_input_tokens: 4
    },
    ...fields
  })

const dollars = "effect_sandboxes_run_cost_usd"
const tokens = "effect_sandboxes_run_tokens"

describe("what runs have used", () => {
  const json = { prompt: "hi", claude: { outputFormat: "json" } } as const
  const reports: Setup = { run: () => Script.says(claudes({})) }

  it.effect("is counted once for each run, as Claude reports it", () =>
    Effect.gen(function* () {
      const { measured, total } = labelled()
      const execution = yield* Execution
      yield* measured(execution.run(json))
      yield* measured(execution.run(json))
      expect(yield* total(dollars, { source: "claude" })).toBe(0.5)
      expect(yield* total(tokens, { type: "input" })).toBe(200)
      expect(yield* total(tokens, { type: "output" })).toBe(40)
      expect(yield* total(tokens, { type: "cache_creation" })).toBe(6)
      expect(yield* total(tokens, { type: "cache_read" })).toBe(8)
    }).pipe(over(reports))
  )

  it.effect("is counted for a run that Claude ended with an error", () =>
    Effect.gen(function* () {
      const { measured, total } = labelled()
      const execution = yield* Execution
      const error = yield* Effect.flip(measured(execution.run(json)))
      expect(error._tag).toBe("RunFailed")
      expect(yield* total(dollars)).toBe(0.25)
      expect(yield* total(tokens)).toBe(127)
    }).pipe(over({ run: () => Script.exits(1, claudes({ subtype: "error_max_turns", is_error: true })) }))
  )

  it.effect("is counted once for a job, however often it is awaited", () =>
    Effect.gen(function* () {
      const { measured, total } = labelled()
      const execution = yield* Execution
      const jobs = yield* Jobs
      const { jobId } = yield* execution.runAsync(json)
      yield* within("1 minute")(measured(jobs.awaitAll([jobId, jobId])))
      yield* within("1 minute")(measured(jobs.await(jobId)))
      expect(yield* total(dollars)).toBe(0.25)
      expect(yield* total(tokens)).toBe(127)
    }).pipe(over(reports))
  )

  it.effect("is not counted where nothing is reported", () =>
    Effect.gen(function* () {
      const { figures, measured } = labelled()
      const execution = yield* Execution
      yield* measured(execution.run({ prompt: "hi", claude: { noPersistence: true } }))
      expect((yield* figures).filter(({ name }) => name === dollars || name === tokens)).toEqual([])
    }).pipe(over({ run: () => Script.says("plain") }))
  )

  it.effect("ignores what no counter can take", () =>
    Effect.gen(function* () {
      const { measured, total } = labelled()
      const execution = yield* Execution
      yield* measured(execution.run(json))
      expect(yield* total(dollars)).toBe(0)
      expect(yield* total(tokens)).toBe(20)
    }).pipe(
      over({
        run: () => Script.says(claudes({ total_cost_usd: -1, usage: { input_tokens: "many", output_tokens: 20 } }))
      })
    )
  )

  it.scopedLive("is counted once for each turn of an agent; its cost is what was added", () =>
    Effect.gen(function* () {
      const { measured, total } = labelled()
      const agents = yield* Agents
      yield* measured(
        Effect.gen(function* () {
          const conversation = yield* agents.converse()
          yield* Effect.forkScoped(Stream.runDrain(conversation.events))
          yield* conversation.askResult("one")
          yield* conversation.askResult("two")
        })
      )
      expect(yield* total(tokens, { type: "output" })).toBe(40)
      expect(yield* total(dollars)).toBeCloseTo(0.25, 10)
    }).pipe(over(reports))
  )
})
