/** Runs of agents by key: what is submitted, what comes of it, and what happens when it cannot be waited for. */
import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Fault, type Run, Script } from "../../src/embedded/stromboli/index.js"
import { AgentRuns, DurableRun, RunOutcome } from "../../src/workflow/index.js"
import { agent, agentRuns, rewrite, untilDone } from "../support/durable.js"
import { after, inject, lines, requests } from "../support/embedded.js"

const request: AgentRuns.Request = { key: "report", prompt: "Write the report" }

const submit = (more: Partial<AgentRuns.Request> = {}) =>
  Effect.flatMap(AgentRuns, (runs) => runs.submit({ ...request, ...more }))
const result = Effect.flatMap(AgentRuns, (runs) => runs.result("report"))
const progress = Effect.flatMap(AgentRuns, (runs) => runs.progress("report"))
const cancel = Effect.flatMap(AgentRuns, (runs) => runs.cancel("report"))

/** Submits and waits for the end. */
const outcome = (more: Partial<AgentRuns.Request> = {}) => untilDone(Effect.zipRight(submit(more), result))
const failure = (more: Partial<AgentRuns.Request> = {}) => untilDone(Effect.flip(Effect.zipRight(submit(more), result)))

/** Lets time pass until the server has a job. */
const running = untilDone(Effect.repeat(progress, { until: ({ state }) => state === "running" }))

const polls = Effect.map(lines, (all) => all.filter((line) => /^GET \/jobs\/job-/.test(line)).length)
const starts = Effect.map(requests, (all) => all.filter(({ path }) => path === "/run/async"))

/** The server no longer knows the job, as after a restart. */
const forget = inject({
  method: "GET",
  path: "/jobs/{id}",
  fault: Fault.status(404, { body: '{"error":"job not found"}' })
})

const says =
  (text: string, wait: Duration.DurationInput = "40 seconds"): Run =>
  (input) =>
    Stream.concat(after(wait), Script.replies(input, text))

describe("a durable run", () => {
  it.effect("is started once, and its outcome is delivered with what Claude reported", () => {
    const { billed, run } = agent()
    return Effect.gen(function* () {
      const found = yield* outcome()
      expect(found).toMatchObject({ runs: 1, answer: { _tag: "Stored", text: "the answer" } })
      expect(found.jobId).toMatch(/^job-/)
      expect(found.sessionId).toMatch(/^[0-9a-f-]{36}$/)
      expect(found.turns).toBe(1)
      expect(yield* RunOutcome.text(found)).toBe("the answer")
      expect(billed).toEqual(["Write the report"])
      // Later as well, and for everyone.
      expect(yield* untilDone(result)).toEqual(found)
    }).pipe(Effect.provide(agentRuns({ run })))
  })

  it.effect("is one run, however often the same request is submitted, and in whatever order its fields are", () => {
    const { billed, run } = agent()
    const again: AgentRuns.Request = { ...request, podman: { memory: "1g", cpus: "2" }, workdir: "/app" }
    const same: AgentRuns.Request = { workdir: "/app", podman: { cpus: "2", memory: "1g" }, ...request }
    return Effect.gen(function* () {
      yield* submit(again)
      yield* submit(same)
      yield* outcome(again)
      yield* submit(same)
      yield* untilDone(result)
      expect(billed).toHaveLength(1)
    }).pipe(Effect.provide(agentRuns({ run })))
  })

  it.effect("is polled ever more rarely, a few times in all", () => {
    const { run } = agent(says("done", "29 minutes"))
    return Effect.gen(function* () {
      yield* outcome()
      expect(yield* polls).toBeLessThanOrEqual(15)
      expect(yield* polls).toBeGreaterThan(5)
    }).pipe(Effect.provide(agentRuns({ run })))
  })

  it.effect("says how far it is", () => {
    const { run } = agent()
    return Effect.gen(function* () {
      yield* submit()
      expect(yield* progress).toMatchObject({ key: "report", isCancelled: false, runs: 1 })
      const now = yield* running
      expect(now).toMatchObject({ state: "running", status: "running" })
      expect(now.jobId).toMatch(/^job-/)
      yield* untilDone(result)
      expect(yield* progress).toMatchObject({ state: "completed", jobId: now.jobId, sessionId: now.sessionId })
    }).pipe(Effect.provide(agentRuns({ run })))
  })

  it.effect("is delivered as soon as a webhook wakes it, and a token that is used twice does no harm", () => {
    const { billed, run } = agent(says("done", "10 minutes"))
    return Effect.gen(function* () {
      yield* submit()
      yield* running
      const [start] = yield* starts
      const sent = yield* Schema.decodeUnknown(Schema.parseJson(Schema.Struct({ webhook_url: Schema.String })))(
        start?.body
      )
      const url = new URL(sent.webhook_url)
      const token = url.searchParams.get("token") ?? ""
      yield* untilDone(Effect.sleep("9 minutes"))
      const before = yield* polls
      yield* untilDone(Effect.sleep("1 minute"))
      const begun = yield* Clock.currentTimeMillis
      yield* DurableRun.wake(token)
      yield* DurableRun.wake(token)
      yield* untilDone(result)
      expect((yield* Clock.currentTimeMillis) - begun).toBeLessThanOrEqual(5000)
      expect((yield* polls) - before).toBeLessThanOrEqual(2)
      expect(billed).toHaveLength(1)
    }).pipe(Effect.provide(agentRuns({ run }, { webhookUrl: (token) => `https://app.example/hook?token=${token}` })))
  })

  it.effect("leaves a large answer on the server, and finds it in the job, or later in the conversation", () => {
    const { run } = agent(says("x".repeat(2000)))
    return Effect.gen(function* () {
      const found = yield* outcome({ mostStored: 1000 })
      expect(found.answer).toMatchObject({ _tag: "OnServer" })
      expect(yield* RunOutcome.text(found)).toBe("x".repeat(2000))
      yield* untilDone(Effect.sleep("70 minutes"))
      expect(yield* RunOutcome.text(found)).toBe("x".repeat(2000))
      expect(yield* lines).toContain(`GET /sessions/${found.sessionId}/messages`)
    }).pipe(Effect.provide(agentRuns({ run })))
  })

  const City = Schema.Struct({ name: Schema.String, inhabitants: Schema.Int })
  const city: Run = (input) => Script.replies(input, "Bern", { name: "Bern", inhabitants: 146_348 })

  it.effect("is asked for the answer's schema, and the answer is decoded with it", () =>
    Effect.gen(function* () {
      const found = yield* outcome({ answer: City })
      expect(yield* RunOutcome.value(City, found)).toEqual({ name: "Bern", inhabitants: 146_348 })
      expect((yield* starts)[0]?.body).toContain("inhabitants")
    }).pipe(Effect.provide(agentRuns({ run: city })))
  )

  it.effect("keeps the answer when the schema was changed meanwhile: `StructuredOutputMismatch` has it", () =>
    Effect.gen(function* () {
      const found = yield* outcome({ answer: City })
      const Changed = Schema.Struct({ name: Schema.String, population: Schema.Int })
      expect(yield* Effect.flip(RunOutcome.value(Changed, found))).toMatchObject({
        _tag: "StructuredOutputMismatch",
        field: "population",
        output: "Bern"
      })
    }).pipe(Effect.provide(agentRuns({ run: city })))
  )

  it.effect("fails with what Claude reported, and is not started again", () => {
    const { billed, run } = agent((input) => Script.failsWith(input, "error_max_turns", "too many turns"))
    return Effect.gen(function* () {
      expect(yield* failure()).toMatchObject({ _tag: "RunFailed", subtype: "error_max_turns" })
      expect(yield* progress).toMatchObject({ state: "failed" })
      expect(billed).toHaveLength(1)
    }).pipe(Effect.provide(agentRuns({ run })))
  })

  it.effect("waits for a server that is down, and is still one run", () => {
    const { billed, run } = agent()
    return Effect.gen(function* () {
      yield* inject({ fault: Fault.refuseConnection, times: 30 })
      yield* submit()
      yield* running
      yield* inject({ fault: Fault.status(502), times: 30 })
      expect(yield* untilDone(result)).toMatchObject({ runs: 1 })
      expect(billed).toHaveLength(1)
    }).pipe(Effect.provide(agentRuns({ run })))
  })

  it.effect("tolerates some answers of a proxy while it waits", () => {
    const { billed, run } = agent()
    return Effect.gen(function* () {
      yield* submit()
      yield* running
      yield* inject({ method: "GET", fault: Fault.replaceBody("<html>hello</html>", "text/html"), times: 3 })
      expect(yield* untilDone(result)).toMatchObject({ runs: 1 })
      expect(billed).toHaveLength(1)
    }).pipe(Effect.provide(agentRuns({ run })))
  })

  it.effect("fails at once when the server refuses it", () =>
    Effect.gen(function* () {
      yield* inject({ method: "POST", path: "/run/async", fault: Fault.status(400, { body: '{"error":"no"}' }) })
      expect(yield* failure()).toMatchObject({ _tag: "BadRequest", admitted: "no" })
    }).pipe(Effect.provide(agentRuns()))
  )
})

describe("a run that cannot be waited for to its end", () => {
  it.effect("fails by default when the server has forgotten it, and nothing is paid for twice", () => {
    const { billed, run } = agent()
    return Effect.gen(function* () {
      yield* submit()
      yield* running
      yield* forget
      expect(yield* untilDone(Effect.flip(result))).toMatchObject({ _tag: "JobExpired", lastStatus: "running" })
      expect(billed).toHaveLength(1)
    }).pipe(Effect.provide(agentRuns({ run })))
  })

  it.effect("is paid for again when the policy says so, in a conversation of its own, and no more often", () => {
    const { billed, run } = agent()
    return Effect.gen(function* () {
      yield* submit({ policy: { whenForgotten: "payAgain" } })
      const first = yield* running
      yield* forget
      const found = yield* untilDone(result)
      expect(found.runs).toBe(2)
      expect(found.sessionId).not.toBe(first.sessionId)
      expect(billed).toEqual(["Write the report", "Write the report"])
    }).pipe(Effect.provide(agentRuns({ run })))
  })

  it.effect("is paid for no more often than `mostRuns` says", () => {
    const { billed, run } = agent()
    return Effect.gen(function* () {
      yield* submit({ policy: { whenForgotten: "payAgain", mostRuns: 3 } })
      for (let times = 0; times < 3; times++) {
        yield* untilDone(
          Effect.repeat(progress, { until: ({ runs, state }) => runs === times + 1 && state === "running" })
        )
        yield* forget
        if (times < 2) yield* untilDone(Effect.repeat(progress, { until: ({ runs }) => runs === times + 2 }))
      }
      expect(yield* untilDone(Effect.flip(result))).toMatchObject({ _tag: "JobExpired" })
      expect(billed).toHaveLength(3)
    }).pipe(Effect.provide(agentRuns({ run })))
  })

  it.effect("is resumed when the policy says so, once the container that went on has ended", () => {
    const { billed, run } = agent()
    return Effect.gen(function* () {
      yield* submit({ policy: { whenForgotten: "resume" } })
      const first = yield* running
      yield* forget
      const found = yield* untilDone(result)
      expect(found).toMatchObject({ runs: 2, sessionId: first.sessionId })
      expect(found.jobId).not.toBe(first.jobId)
      expect(billed).toHaveLength(2)
      expect(billed[1]).toMatch(/^You were interrupted/)
    }).pipe(Effect.provide(agentRuns({ run })))
  })

  it.effect("has expired when no worker looked for more than an hour", () => {
    const { billed, run } = agent()
    return Effect.gen(function* () {
      yield* submit({ polls: { first: "2 hours", most: "2 hours" }, policy: { whenForgotten: "payAgain" } })
      expect(yield* untilDone(Effect.flip(result))).toMatchObject({ _tag: "JobExpired" })
      expect(billed).toHaveLength(1)
    }).pipe(Effect.provide(agentRuns({ run })))
  })

  it.effect("is paid for again when it has expired, if the policy says so", () => {
    const { billed, run } = agent()
    return Effect.gen(function* () {
      yield* submit({ polls: { first: "70 minutes", most: "70 minutes" }, policy: { whenExpired: "resume" } })
      const found = yield* Effect.either(untilDone(result))
      // The second run expires as well.
      expect(found).toMatchObject({ _tag: "Left", left: { _tag: "JobExpired" } })
      expect(billed).toHaveLength(2)
    }).pipe(Effect.provide(agentRuns({ run })))
  })

  const stuck: Run = (input) => (input.resume ? Script.replies(input, "finished") : Script.hangs())

  it.effect("fails by default when the container ran for as long as it may", () => {
    const { billed, run } = agent(stuck)
    return Effect.gen(function* () {
      expect(yield* failure({ podman: { timeout: "3 minutes" } })).toMatchObject({
        _tag: "RunFailed",
        crash: { exitCode: 137 },
        message: expect.stringContaining("`podman.timeout`")
      })
      expect(billed).toHaveLength(1)
    }).pipe(Effect.provide(agentRuns({ run })))
  })

  it.effect("continues its conversation after that, if the policy says so", () => {
    const { billed, run } = agent(stuck)
    return Effect.gen(function* () {
      const found = yield* outcome({ podman: { timeout: "3 minutes" }, policy: { whenTimedOut: "resume" } })
      expect(found).toMatchObject({ runs: 2, answer: { text: "finished" } })
      expect(billed).toHaveLength(2)
    }).pipe(Effect.provide(agentRuns({ run })))
  })

  it.effect("is no timeout when the container died before", () => {
    const { billed, run } = agent((input) => Stream.concat(after("20 seconds"), Script.dies("SIGKILL", input.prompt)))
    return Effect.gen(function* () {
      expect(yield* failure({ policy: { whenTimedOut: "payAgain" } })).toMatchObject({ _tag: "RunFailed" })
      expect(billed).toHaveLength(1)
    }).pipe(Effect.provide(agentRuns({ run })))
  })

  it.effect("ends at its deadline, which bounds the container, too", () => {
    const { run } = agent(says("late", "2 hours"))
    return Effect.gen(function* () {
      yield* submit({ deadline: "1 hour", podman: { timeout: "3 hours" } })
      expect(yield* untilDone(Effect.flip(result))).toMatchObject({
        _tag: "RunOverdue",
        continues: "no",
        admitted: "yes"
      })
      const sent = yield* Schema.decodeUnknown(
        Schema.parseJson(Schema.Struct({ podman: Schema.Struct({ timeout: Schema.String }) }))
      )((yield* starts)[0]?.body)
      expect(sent.podman.timeout).toBe("3600000ms")
    }).pipe(Effect.provide(agentRuns({ run })))
  })

  it.effect("is overdue when the server never answers", () =>
    Effect.gen(function* () {
      yield* inject({ fault: Fault.refuseConnection, times: Number.POSITIVE_INFINITY })
      expect(yield* failure({ deadline: "1 hour" })).toMatchObject({ _tag: "RunOverdue", continues: "unknown" })
    }).pipe(Effect.provide(agentRuns()))
  )
})

describe("a run that is cancelled", () => {
  it.effect("ends, and says that its container goes on", () => {
    const { billed, run } = agent(says("done", "10 minutes"))
    return Effect.gen(function* () {
      yield* submit()
      const { jobId } = yield* running
      yield* cancel
      const begun = yield* Clock.currentTimeMillis
      expect(yield* untilDone(Effect.flip(result))).toMatchObject({ _tag: "RunCancelled", continues: "yes", jobId })
      expect((yield* Clock.currentTimeMillis) - begun).toBeLessThan(20_000)
      expect(yield* lines).toContain(`DELETE /jobs/${jobId}`)
      expect(billed).toHaveLength(1)
      // Again, which changes nothing.
      yield* cancel
      expect(yield* progress).toMatchObject({ state: "failed", isCancelled: true })
    }).pipe(Effect.provide(agentRuns({ run })))
  })

  it.effect("before the server could be asked starts nothing", () => {
    const { billed, run } = agent()
    return Effect.gen(function* () {
      yield* inject({ method: "POST", path: "/run/async", fault: Fault.refuseConnection, times: 1000 })
      yield* submit()
      yield* untilDone(Effect.repeat(progress, { until: ({ trouble }) => trouble !== undefined }))
      yield* cancel
      expect(yield* untilDone(Effect.flip(result))).toMatchObject({
        _tag: "RunCancelled",
        continues: "no",
        admitted: "no"
      })
      expect(billed).toHaveLength(0)
    }).pipe(Effect.provide(agentRuns({ run })))
  })

  it.effect("when it is over by then is delivered: it is paid for", () => {
    const { run } = agent(says("just in time", "3 seconds"))
    return Effect.gen(function* () {
      yield* submit({ polls: { first: "10 minutes" } })
      yield* running
      yield* untilDone(Effect.sleep("10 seconds"))
      yield* cancel
      expect(yield* untilDone(result)).toMatchObject({ answer: { text: "just in time" } })
    }).pipe(Effect.provide(agentRuns({ run })))
  })

  it.effect("is found by its session when its job was not stored", () => {
    const { billed, run } = agent(says("done", "10 minutes"))
    return Effect.gen(function* () {
      // The run begins, but the worker does not learn that: of all answers, one comes late and the rest not at all.
      yield* inject({ method: "POST", path: "/run/async", fault: Fault.resetAfterRequest })
      yield* inject({ method: "GET", path: "/sessions/{id}/messages", fault: Fault.status(503), times: 40, skip: 1 })
      yield* submit()
      yield* untilDone(Effect.repeat(progress, { until: ({ trouble }) => trouble !== undefined }))
      yield* cancel
      const ended = yield* untilDone(Effect.flip(result))
      expect(ended).toMatchObject({ _tag: "RunCancelled", continues: "yes" })
      expect(billed).toHaveLength(1)
    }).pipe(Effect.provide(agentRuns({ run })))
  })
})

describe("what is not a run, or not this one", () => {
  it.effect("is refused: an unknown key", () =>
    Effect.gen(function* () {
      for (const ask of [Effect.asVoid(result), Effect.asVoid(progress), cancel]) {
        expect(yield* Effect.flip(ask)).toMatchObject({ _tag: "RunUnknown", key: "report" })
      }
    }).pipe(Effect.provide(agentRuns()))
  )

  it.effect("is refused: another request under one key, which starts nothing", () => {
    const { billed, run } = agent()
    return Effect.gen(function* () {
      yield* submit()
      const others: ReadonlyArray<Partial<AgentRuns.Request>> = [
        { prompt: "Write another report" },
        { workdir: "/app" },
        { deadline: "1 hour" },
        { policy: { whenForgotten: "payAgain" } },
        { backgroundTasks: true }
      ]
      for (const other of others) {
        expect(yield* Effect.flip(submit(other)), JSON.stringify(other)).toMatchObject({ _tag: "RunRequestConflict" })
      }
      yield* untilDone(result)
      expect(billed).toEqual(["Write the report"])
    }).pipe(Effect.provide(agentRuns({ run })))
  })

  it.effect("is refused: what another version has stored", () => {
    const { billed, run } = agent()
    return Effect.gen(function* () {
      yield* submit()
      yield* rewrite("UPDATE effect_sandboxes_runs SET version = 99")
      expect(yield* Effect.flip(submit())).toMatchObject({ _tag: "RunVersionMismatch", stored: 99, supported: 1 })
      expect(billed.length).toBeLessThanOrEqual(1)
    }).pipe(Effect.provide(agentRuns({ run })))
  })

  it.effect("fails with a type when a worker finds a request that it cannot read", () => {
    const { billed, run } = agent()
    const changes = [
      ["version = 99", {}],
      [`content = '{"run":{"prompt":7}}'`, { field: "run.prompt" }],
      ["content = 'nonsense'", {}]
    ] as const
    return Effect.forEach(changes, ([change, expected]) =>
      Effect.gen(function* () {
        // It is changed between the submission and the worker.
        yield* rewrite(
          `CREATE TRIGGER changed AFTER INSERT ON effect_sandboxes_runs BEGIN UPDATE effect_sandboxes_runs SET ${change}; END`
        )
        yield* Effect.ignore(submit())
        const ended = yield* untilDone(Effect.flip(result))
        expect(ended).toMatchObject({ _tag: "RunVersionMismatch", ...expected })
      }).pipe(Effect.provide(agentRuns({ run })))
    ).pipe(Effect.tap(() => Effect.sync(() => expect(billed).toHaveLength(0))))
  })

  it.effect("is refused before anything is stored, with the name of the field", () =>
    Effect.gen(function* () {
      const invalid: ReadonlyArray<readonly [field: string, change: object]> = [
        ["key", { key: "" }],
        ["key", { key: "k".repeat(1025) }],
        ["key", { key: "\ud800" }],
        ["prompt", { prompt: "" }],
        ["prompt", { prompt: "p".repeat(200_000) }],
        ["deadline", { deadline: "soon" }],
        ["mostStored", { mostStored: -1 }],
        ["polls.first", { polls: { first: "soon" } }],
        ["polls.factor", { polls: { factor: 0.5 } }],
        ["policy.whenForgotten", { policy: { whenForgotten: "hope" } }],
        ["policy.mostRuns", { policy: { mostRuns: 0 } }],
        ["claude.sessionId", { claude: { sessionId: "0e6cbdd6-31dc-4c3f-9e5f-0a4b2b1f0f3e" } }],
        ["claude.outputFormat", { claude: { outputFormat: "text" } }],
        ["claude.maxTurns", { claude: { maxTurns: -1 } }],
        ["workdir", { workdir: "relative" }],
        ["answer", { answer: Schema.instanceOf(URL) }],
        ["answer", { answer: Schema.String, claude: { jsonSchema: '{"type":"string"}' } }],
        ["podman.timeout", { podman: { timeout: "-1 minute" } }]
      ]
      for (const [field, change] of invalid) {
        expect(yield* Effect.flip(submit(change)), JSON.stringify(change).slice(0, 80)).toMatchObject({
          _tag: "InvalidRequest",
          field
        })
      }
      expect(yield* Effect.flip(result)).toMatchObject({ _tag: "RunUnknown" })
      expect(yield* lines).toEqual([])
    }).pipe(Effect.provide(agentRuns()))
  )

  it.effect("is a token of something else", () =>
    Effect.gen(function* () {
      for (const token of ["", "abc", "%", "W10"]) {
        expect(yield* Effect.flip(DurableRun.wake(token))).toMatchObject({ _tag: "InvalidToken" })
      }
    }).pipe(Effect.provide(agentRuns()))
  )
})
