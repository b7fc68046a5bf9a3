import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { SandboxChanges, Sandboxes, SandboxId, withRequestOptions } from "../../../../src/daytona.js"
import { Fault, Outcome } from "../../../../src/embedded/daytona/index.js"
import { defaultSchedule } from "../../../../src/services/daytona/sandboxes/waits.js"
import { daytona, daytonaOver, happens, inject, lines } from "../../../support/daytonaOver.js"
import { timed } from "../../../support/embedded.js"
import * as Script from "../../../support/scriptedServer.js"

const id = SandboxId.make("s-1")

const sandbox = (state: string, more: object = {}) =>
  Script.json({
    id,
    organizationId: "o",
    name: "s",
    user: "daytona",
    target: "us",
    cpu: 1,
    memory: 1,
    disk: 3,
    env: {},
    state,
    ...more
  })

const gone = Script.json({ statusCode: 404, message: "Sandbox with ID or name s-1 not found" }, 404)

/** The result of a wait over these responses, how long it took, and how often it polled. */
const outcomeOf = (
  answers: ReadonlyArray<Script.Answer>,
  wait: (sandboxes: Sandboxes.Service) => Effect.Effect<unknown, { readonly _tag: string }>
) =>
  Effect.gen(function* () {
    const server = Script.scripted(...answers)
    const watched = Effect.either(Effect.flatMap(Sandboxes, wait))
    const { result, waited } = yield* timed("20 minutes")(watched).pipe(Effect.provide(daytonaOver(server.layer)))
    return { result, waited, polls: server.asked.length }
  })

/** For waits whose duration matters, and not how often they poll. */
const slowly = Schedule.spaced("20 seconds")

const awaitStarted = (options?: Sandboxes.AwaitOptions) => (sandboxes: Sandboxes.Service) =>
  sandboxes.awaitStarted(id, options)

describe("waiting for a sandbox", () => {
  it.effect("polls immediately, and then every 100 ms for 5 seconds", () =>
    Effect.map(outcomeOf([sandbox("creating")], awaitStarted({ timeout: "1 second" })), ({ polls }) => {
      expect(polls).toBeGreaterThanOrEqual(10)
      expect(polls).toBeLessThanOrEqual(11)
    })
  )

  it.effect("polls less often after 5 seconds, down to once a second", () =>
    Effect.gen(function* () {
      const delays = yield* Schedule.run(
        Schedule.delays(defaultSchedule),
        0,
        Array.from({ length: 90 }, () => undefined)
      )
      const milliseconds = Chunk.toReadonlyArray(delays).map((delay) => Math.round(Duration.toMillis(delay)))
      expect(milliseconds.slice(0, 50)).toEqual(Array.from({ length: 50 }, () => 100))
      expect(milliseconds.slice(50, 53)).toEqual([110, 121, 133])
      expect(milliseconds.at(-1)).toBe(1000)
      expect(milliseconds.every((delay, index) => delay >= (milliseconds[index - 1] ?? 0))).toBe(true)
    })
  )

  it.effect("times out after 60 seconds, with the sandbox and its last state in the error", () =>
    Effect.map(
      outcomeOf([sandbox("creating"), sandbox("pulling_snapshot")], awaitStarted({ schedule: slowly })),
      ({ result, waited }) => {
        expect(waited).toBe(60_000)
        expect(result).toMatchObject({
          _tag: "Left",
          left: { _tag: "SandboxWaitTimeout", sandboxId: id, lastState: "pulling_snapshot", retryable: true }
        })
      }
    )
  )

  it.effect("can go on forever, and on another schedule", () =>
    Effect.gen(function* () {
      const answers = [...Array.from({ length: 20 }, () => sandbox("creating")), sandbox("started")]
      const options = { timeout: Duration.infinity, schedule: Schedule.spaced("10 seconds") }
      const { polls, result, waited } = yield* outcomeOf(answers, awaitStarted(options))
      expect(result._tag).toBe("Right")
      expect(waited).toBe(200_000)
      expect(polls).toBe(21)
    })
  )

  it.effect("ends with its schedule", () =>
    Effect.map(
      outcomeOf([sandbox("creating")], awaitStarted({ schedule: Schedule.recurs(2) })),
      ({ polls, result }) => {
        expect(polls).toBe(3)
        expect(result).toMatchObject({ left: { _tag: "SandboxWaitTimeout" } })
      }
    )
  )

  it.effect("has the server's reason when the sandbox is in error", () =>
    Effect.map(
      outcomeOf(
        [sandbox("creating"), sandbox("error", { errorReason: "no runner", recoverable: true })],
        awaitStarted()
      ),
      ({ result }) =>
        expect(result).toMatchObject({
          left: { _tag: "SandboxFailed", sandboxId: id, state: "error", reason: "no runner", recoverable: true }
        })
    )
  )

  for (const [what, answers] of [
    ["is archived until its start begins", [sandbox("archived"), sandbox("restoring"), sandbox("started")]],
    ["is stopped until its start begins", [sandbox("stopped"), sandbox("starting"), sandbox("started")]],
    ["is in an unknown state", [sandbox("teleporting"), sandbox("started")]],
    ["has no state", [sandbox("started", { state: null }), sandbox("started")]]
  ] as const) {
    it.effect(`for its start continues while it ${what}`, () =>
      Effect.map(outcomeOf(answers, awaitStarted()), ({ polls, result }) => {
        expect(result).toMatchObject({ right: { state: "started" } })
        expect(polls).toBe(answers.length)
      })
    )
  }

  it.effect("never takes an unknown state for success", () =>
    Effect.gen(function* () {
      for (const wait of [
        (sandboxes: Sandboxes.Service) => sandboxes.awaitStopped(id, { schedule: slowly }),
        (sandboxes: Sandboxes.Service) => sandboxes.awaitDestroyed(id, { schedule: slowly }),
        (sandboxes: Sandboxes.Service) => sandboxes.awaitState(id, ["paused", "archived"], { schedule: slowly }),
        (sandboxes: Sandboxes.Service) => sandboxes.resize(id, { cpu: 1 }, { schedule: slowly }),
        (sandboxes: Sandboxes.Service) => sandboxes.pause(id, { schedule: slowly })
      ]) {
        const { result } = yield* outcomeOf([sandbox("teleporting")], wait)
        expect(result).toMatchObject({ left: { _tag: "SandboxWaitTimeout", lastState: "teleporting" } })
      }
      // Looks for a snapshot of that name first.
      const { result } = yield* outcomeOf([gone, sandbox("teleporting")], (sandboxes) =>
        sandboxes.createSnapshot(id, { name: "s" }, { schedule: slowly })
      )
      expect(result).toMatchObject({ left: { _tag: "SandboxWaitTimeout", lastState: "teleporting" } })
    })
  )

  it.effect("fails when it is destroyed instead", () =>
    Effect.gen(function* () {
      for (const answers of [[sandbox("destroying")], [sandbox("creating"), gone]]) {
        const { result } = yield* outcomeOf(answers, awaitStarted())
        expect(result).toMatchObject({ left: { _tag: "SandboxFailed", sandboxId: id } })
      }
    })
  )

  it.effect("fails with NotFound when the sandbox never existed", () =>
    Effect.map(outcomeOf([gone], awaitStarted()), ({ result }) =>
      expect(result).toMatchObject({ left: { _tag: "NotFound", sandboxId: id } })
    )
  )

  it.effect("counts an unknown sandbox as destroyed when it waits for that", () =>
    Effect.gen(function* () {
      const destroyed = yield* outcomeOf([sandbox("destroying"), gone], (sandboxes) => sandboxes.awaitDestroyed(id))
      expect(destroyed.result._tag).toBe("Right")
      const stopped = yield* outcomeOf([sandbox("destroying"), gone], (sandboxes) => sandboxes.awaitStopped(id))
      expect(stopped.result).toMatchObject({ right: { state: "destroyed" } })
    })
  )

  it.effect("tolerates transient failures, even after the retries of the client", () =>
    Effect.map(
      outcomeOf(
        [...Array.from({ length: 9 }, () => ({ status: 503 })), Script.reset, sandbox("started")],
        awaitStarted({ timeout: "10 minutes" })
      ),
      ({ result }) => expect(result).toMatchObject({ right: { state: "started" } })
    )
  )

  it.effect("gives up after ten of them in a row, and immediately on others", () =>
    Effect.gen(function* () {
      const unavailable = yield* outcomeOf([{ status: 503 }], (sandboxes) =>
        withRequestOptions(sandboxes.awaitStarted(id, { timeout: "10 minutes" }), { retry: false })
      )
      expect(unavailable).toMatchObject({ polls: 10, result: { left: { _tag: "Unavailable", sandboxId: id } } })
      const unauthorized = yield* outcomeOf([{ status: 401 }], awaitStarted())
      expect(unauthorized).toMatchObject({ polls: 1, result: { left: { _tag: "Unauthorized", sandboxId: id } } })
    })
  )

  it.effect("times out even if the server does not respond", () =>
    Effect.map(
      outcomeOf([sandbox("creating"), "never"], awaitStarted({ timeout: "7 seconds" })),
      ({ result, waited }) => {
        expect(waited).toBe(7000)
        expect(result).toMatchObject({ left: { _tag: "SandboxWaitTimeout", lastState: "creating" } })
      }
    )
  )

  it.effect("includes the request before it in the timeout", () =>
    Effect.map(
      outcomeOf([Script.later("28 seconds", sandbox("starting")), sandbox("starting")], (sandboxes) =>
        sandboxes.start(id, { timeout: "30 seconds" })
      ),
      ({ waited }) => expect(waited).toBe(30_000)
    )
  )

  it.effect("polls as soon as SandboxChanges reports a change", () => {
    const server = Script.scripted(sandbox("creating"), sandbox("started"))
    const events = Layer.succeed(SandboxChanges, { changed: () => Effect.sleep("3 seconds") })
    return Effect.gen(function* () {
      const sandboxes = yield* Sandboxes
      const { waited } = yield* timed("5 minutes")(
        sandboxes.awaitStarted(id, { schedule: Schedule.spaced("30 seconds") })
      )
      expect(waited).toBe(3000)
    }).pipe(Effect.provide(daytonaOver(server.layer).pipe(Layer.provide(events))))
  })
})

describe("a creation that fails after the server has started it", () => {
  const create = (options?: Sandboxes.CreateOptions) =>
    timed("30 minutes")(
      Effect.either(Effect.flatMap(Sandboxes, (sandboxes) => sandboxes.create({}, { schedule: slowly, ...options })))
    )

  it.effect("has the id when it times out, and can be awaited again", () =>
    Effect.gen(function* () {
      yield* happens({ during: "create", outcome: Outcome.takes("90 seconds") })
      const { result } = yield* create()
      expect(result).toMatchObject({ left: { _tag: "SandboxWaitTimeout", operation: "Sandboxes.create" } })
    }).pipe(Effect.provide(daytona()))
  )

  it.effect("has the id in other errors too", () =>
    Effect.gen(function* () {
      yield* inject({ method: "GET", fault: Fault.status(401), times: Number.POSITIVE_INFINITY })
      const { result } = yield* create()
      expect(result).toMatchObject({
        left: { _tag: "Unauthorized", sandboxId: expect.stringMatching(/^[0-9a-f-]{36}$/) }
      })
    }).pipe(Effect.provide(daytona({ server: { startWait: 0 } })))
  )

  it.effect("is distinguished from one that never started when the response is late", () =>
    Effect.gen(function* () {
      yield* happens({ during: "create", outcome: Outcome.takes("20 seconds") })
      const { result } = yield* create({ timeout: "5 seconds" })
      expect(result).toMatchObject({ left: { _tag: "SandboxWaitTimeout", lastState: "creating" } })
      expect((yield* lines).slice(0, 2)).toEqual(["POST /api/sandbox", "GET /api/sandbox"])
    }).pipe(Effect.provide(daytona()))
  )

  it.effect("keeps its own error when nothing was created", () =>
    Effect.gen(function* () {
      yield* inject({ method: "POST", fault: Fault.status(502) })
      const { result } = yield* create()
      expect(result).toMatchObject({ left: { _tag: "ServerError", status: 502, admitted: "unknown" } })
      expect((yield* lines).filter((line) => line === "POST /api/sandbox")).toHaveLength(1)
    }).pipe(Effect.provide(daytona()))
  )

  it.effect("is retried if it was not started: refused connections and rate limits", () =>
    Effect.gen(function* () {
      yield* inject({ method: "POST", fault: Fault.refuseConnection })
      yield* inject({ method: "POST", fault: Fault.status(429, { headers: { "retry-after-sandbox-create": "3" } }) })
      const { result } = yield* create()
      expect(result).toMatchObject({ right: { state: "started" } })
    }).pipe(Effect.provide(daytona()))
  )
})
