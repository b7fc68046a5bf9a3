import type * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { type BackgroundTask, EmbeddedDaytona, Outcome } from "../../../src/embedded/daytona/index.js"
import { del, get, post, server, stateOf, verdict } from "./support.js"

// Every background task and its pick-up take a minute, and no call waits for them.
const slow = server({ durations: "1 minute", startWait: 0 })

const calls = ["start", "stop", "archive", "pause", "resize", "snapshot", "fork", "delete", "recover"] as const
type Call = (typeof calls)[number]

const bodies: Partial<Record<Call, (name: string) => unknown>> = {
  resize: () => ({ cpu: 2 }),
  snapshot: (name) => ({ name: `of-${name}` })
}

const make = (call: Call, name: string) =>
  call === "delete" ? del(`/sandbox/${name}`) : post(`/sandbox/${name}/${call}`, bodies[call]?.(name))

const each = <A, E, R>(names: ReadonlyArray<string>, step: (name: string) => Effect.Effect<A, E, R>) =>
  Effect.forEach(names, step, { discard: true })

const started = (names: ReadonlyArray<string>) =>
  Effect.zipRight(
    each(names, (name) => post("/sandbox", { name, snapshot: "daytona-vm" })),
    TestClock.adjust("4 minutes")
  )

const inject = (during: BackgroundTask) =>
  Effect.flatMap(EmbeddedDaytona, ({ outcomes }) =>
    outcomes.inject({ during, outcome: Outcome.fail("broken", { recoverable: true }), times: Infinity })
  )

type Arrange = (names: ReadonlyArray<string>) => Effect.Effect<void, unknown, HttpClient.HttpClient | EmbeddedDaytona>

const then =
  (before: Arrange, call: Call, minutes: number): Arrange =>
  (names) =>
    before(names).pipe(
      Effect.zipRight(each(names, (name) => make(call, name))),
      Effect.zipRight(TestClock.adjust(`${minutes} minutes`))
    )

const created =
  (body: object, minutes: number): Arrange =>
  (names) =>
    Effect.zipRight(
      each(names, (name) => post("/sandbox", { name, ...body })),
      TestClock.adjust(`${minutes} minutes`)
    )

const vm = { snapshot: "daytona-vm" }
const image = { buildInfo: { dockerfileContent: "FROM alpine:3.20\n" } }
const stopped = then(started, "stop", 3)
const archived = then(stopped, "archive", 2)
const paused = then(started, "pause", 2)

/** How to bring a sandbox into each state. */
const arrangements: Readonly<Record<string, Arrange>> = {
  started,
  stopped,
  archived,
  paused,
  creating: created(vm, 0),
  pulling_snapshot: created(vm, 1),
  pending_build: created(image, 0),
  building_snapshot: created(image, 1),
  starting: then(stopped, "start", 0),
  restoring: then(archived, "start", 1),
  resuming: then(paused, "start", 0),
  stopping: then(started, "stop", 0),
  archiving: then(stopped, "archive", 0),
  pausing: then(started, "pause", 0),
  resizing: then(started, "resize", 0),
  snapshotting: then(started, "snapshot", 0),
  forking: then(started, "fork", 0),
  destroying: then(started, "delete", 0),
  error: (names) => Effect.zipRight(inject("create"), started(names)),
  build_failed: (names) => Effect.zipRight(inject("build"), created(image, 3)(names))
}

const ok = [200, undefined] as const
const P = [409, "Sandbox state change in progress"] as const
const E = [400, "Sandbox is in an errored state"] as const
const stoppable = [400, "Sandbox is not in a stoppable state"] as const
const notStopped = [400, "Sandbox is not stopped"] as const
const toPause = [400, "Sandbox must be in started state to pause"] as const
const toResize = [400, "Sandbox must be in started or stopped state to resize"] as const
const toSnapshot = [400, "Sandbox must be in started or stopped state to create a snapshot"] as const
const toFork = [400, "Sandbox must be in started state to fork"] as const
const notForked = [422, "Forking is not supported for this sandbox"] as const
const recoverable = [400, "Sandbox is not in a recoverable state"] as const

type Verdict = readonly [number, string | undefined]

/** The transitions in the contract, one row for each state; the columns are {@link calls}. */
const matrix: Readonly<Record<string, ReadonlyArray<Verdict>>> = {
  // start, stop, archive, pause, resize, snapshot, fork, delete, recover
  started: [ok, ok, notStopped, ok, ok, ok, ok, ok, recoverable],
  stopped: [ok, stoppable, ok, toPause, ok, ok, toFork, ok, recoverable],
  starting: [P, P, P, toPause, P, P, toFork, P, recoverable],
  creating: [P, P, P, toPause, toResize, toSnapshot, toFork, P, recoverable],
  pulling_snapshot: [P, P, P, toPause, toResize, toSnapshot, toFork, P, recoverable],
  restoring: [P, P, P, toPause, toResize, toSnapshot, toFork, P, recoverable],
  // These are containers, whose forks are refused first.
  building_snapshot: [P, P, P, toPause, toResize, toSnapshot, notForked, P, recoverable],
  pending_build: [P, P, P, toPause, toResize, toSnapshot, notForked, ok, recoverable],
  // Until the stop has begun, it is stored as started.
  stopping: [P, P, P, P, P, P, P, P, recoverable],
  archiving: [ok, P, P, toPause, toResize, toSnapshot, toFork, ok, recoverable],
  archived: [ok, stoppable, notStopped, toPause, toResize, toSnapshot, toFork, ok, recoverable],
  paused: [ok, ok, notStopped, toPause, toResize, toSnapshot, toFork, ok, recoverable],
  error: [E, E, E, toPause, toResize, toSnapshot, toFork, ok, ok],
  build_failed: [E, E, E, toPause, toResize, toSnapshot, notForked, ok, ok],
  destroying: [P, P, P, P, P, P, P, P, recoverable],
  // Not in the contract: treated like the other transitional states.
  resuming: [P, P, P, toPause, toResize, toSnapshot, toFork, P, recoverable],
  pausing: [P, P, P, toPause, toResize, toSnapshot, toFork, P, recoverable],
  resizing: [P, P, P, toPause, toResize, toSnapshot, toFork, P, recoverable],
  snapshotting: [P, P, P, toPause, toResize, toSnapshot, toFork, P, recoverable],
  forking: [P, P, P, toPause, toResize, toSnapshot, toFork, P, recoverable]
}

describe("the calls on a sandbox, by the state that it shows", () => {
  // Many sandboxes on a test clock take a while on a busy machine.
  it.effect.each(Object.keys(matrix))("%s", (state) =>
    Effect.gen(function* () {
      const names = calls.map((call) => `for-${call}`)
      yield* arrangements[state]?.(names) ?? Effect.fail(`no way to ${state}`)
      // A sandbox that is being deleted has another name, so ids are used from here on.
      const { sandboxes } = yield* EmbeddedDaytona
      const idOf = new Map(
        (yield* sandboxes).map(({ id, name }) => [name.replace(/^DESTROYED_(.*)_\d+$/, "$1"), id] as const)
      )
      const answers = yield* Effect.forEach(calls, (call) =>
        Effect.gen(function* () {
          const id = idOf.get(`for-${call}`) ?? "none"
          const shown = stateOf(yield* get(`/sandbox/${id}`))
          return [call, shown, ...verdict(yield* make(call, id))] as const
        })
      )
      expect(answers).toEqual(calls.map((call, column) => [call, state, ...(matrix[state]?.[column] ?? [])]))
    }).pipe(Effect.provide(slow))
  )

  it.effect("a container can be neither paused nor forked", () =>
    Effect.gen(function* () {
      yield* post("/sandbox", { name: "box" })
      expect(verdict(yield* post("/sandbox/box/pause"))).toEqual([422, "Pausing is not supported for this sandbox"])
      expect(verdict(yield* post("/sandbox/box/fork"))).toEqual([422, "Forking is not supported for this sandbox"])
    }).pipe(Effect.provide(server()))
  )

  it.effect("an ephemeral sandbox cannot be archived", () =>
    Effect.gen(function* () {
      yield* post("/sandbox", { name: "box" })
      yield* post("/sandbox/box/stop")
      yield* post("/sandbox/box/autodelete/0")
      expect(verdict(yield* post("/sandbox/box/archive"))).toEqual([400, "Ephemeral sandboxes cannot be archived"])
    }).pipe(Effect.provide(server()))
  )

  it.effect("a failed sandbox that is not recoverable cannot be recovered", () =>
    Effect.gen(function* () {
      const { outcomes } = yield* EmbeddedDaytona
      yield* outcomes.inject({ during: "create", outcome: Outcome.fail("broken") })
      yield* post("/sandbox", { name: "box" })
      expect(verdict(yield* post("/sandbox/box/recover"))).toEqual([400, "Sandbox is not in a recoverable state"])
    }).pipe(Effect.provide(server()))
  )

  it.effect("labels, intervals, previews and SSH work in every state", () =>
    Effect.gen(function* () {
      yield* archived(["box"])
      expect((yield* post("/sandbox/box/autostop/5")).status).toBe(201)
      expect((yield* get("/sandbox/box/ports/80/preview-url")).status).toBe(200)
      expect((yield* post("/sandbox/box/ssh-access")).status).toBe(200)
    }).pipe(Effect.provide(slow))
  )

  it.effect("a lost race against another change is a conflict, once", () =>
    Effect.gen(function* () {
      const { outcomes } = yield* EmbeddedDaytona
      yield* post("/sandbox", { name: "box" })
      yield* outcomes.inject({ during: "stop", of: "box", outcome: Outcome.modifiedMeanwhile })
      const lost = yield* post("/sandbox/box/stop")
      expect(verdict(lost)).toEqual([409, "Sandbox was modified by another operation"])
      expect((yield* post("/sandbox/box/stop")).status).toBe(200)
    }).pipe(Effect.provide(server()))
  )
})
