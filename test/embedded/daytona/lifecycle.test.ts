import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { EmbeddedDaytona, Outcome } from "../../../src/embedded/daytona/index.js"
import { at, del, get, post, server, stateOf, verdict } from "./support.js"

const minutely = server({ durations: "1 minute", startWait: 0 })

const stored = (name: string) =>
  Effect.flatMap(EmbeddedDaytona, ({ sandboxes }) =>
    Effect.map(sandboxes, (all) => all.find((sandbox) => sandbox.name.includes(name)))
  )

const shown = Effect.map(get("/sandbox/box"), stateOf)
const listed = Effect.map(get("/sandbox"), ({ json }) => at(json, "items", 0, "state"))

/** The states of a sandbox, minute by minute, until it no longer changes. */
const course = (minutes: number) =>
  Effect.map(
    Effect.replicateEffect(
      Effect.tap(shown, () => TestClock.adjust("1 minute")),
      minutes
    ),
    (states) => states.filter((state, index) => state !== states[index - 1])
  )

describe("the states of a sandbox", () => {
  it.effect("when it is created, stopped and started", () =>
    Effect.gen(function* () {
      yield* post("/sandbox", { name: "box" })
      expect(yield* course(5)).toEqual(["creating", "pulling_snapshot", "creating", "started"])
      expect(stateOf(yield* post("/sandbox/box/stop"))).toBe("stopping")
      expect(yield* course(4)).toEqual(["stopping", "stopped"])
      expect(stateOf(yield* post("/sandbox/box/start"))).toBe("starting")
      expect(yield* course(4)).toEqual(["starting", "started"])
    }).pipe(Effect.provide(minutely))
  )

  it.effect("anticipate a request before it is carried out", () =>
    Effect.gen(function* () {
      yield* post("/sandbox", { name: "box" })
      expect((yield* stored("box"))?.state).toBe("unknown")
      yield* TestClock.adjust("4 minutes")
      yield* post("/sandbox/box/stop")
      expect((yield* stored("box"))?.state).toBe("started")
      expect(yield* shown).toBe("stopping")
    }).pipe(Effect.provide(minutely))
  )

  it.effect("when it is archived and restored: the list knows first", () =>
    Effect.gen(function* () {
      yield* post("/sandbox", { name: "box" })
      yield* TestClock.adjust("4 minutes")
      yield* post("/sandbox/box/stop")
      yield* TestClock.adjust("3 minutes")
      expect(stateOf(yield* post("/sandbox/box/archive"))).toBe("archiving")
      expect(yield* course(3)).toEqual(["archiving", "archived"])
      expect(stateOf(yield* post("/sandbox/box/start"))).toBe("archived")
      expect([yield* shown, yield* listed]).toEqual(["archived", "restoring"])
      expect(yield* course(4)).toEqual(["archived", "restoring", "started"])
    }).pipe(Effect.provide(minutely))
  )

  it.effect("when it is started while it is being archived, which cancels that", () =>
    Effect.gen(function* () {
      yield* post("/sandbox", { name: "box" })
      yield* TestClock.adjust("4 minutes")
      yield* post("/sandbox/box/stop")
      yield* TestClock.adjust("3 minutes")
      yield* post("/sandbox/box/archive")
      yield* post("/sandbox/box/start")
      expect(yield* course(4)).toEqual(["starting", "started"])
    }).pipe(Effect.provide(minutely))
  )

  it.effect("when it is paused and resumed, which keeps the preview token, unlike a start", () =>
    Effect.gen(function* () {
      const token = Effect.map(get("/sandbox/box/ports/80/preview-url"), ({ json }) => at(json, "token"))
      yield* post("/sandbox", { name: "box", snapshot: "daytona-vm" })
      yield* TestClock.adjust("4 minutes")
      const first = yield* token
      yield* post("/sandbox/box/pause")
      expect(yield* course(3)).toEqual(["pausing", "paused"])
      yield* post("/sandbox/box/start")
      expect(yield* course(3)).toEqual(["resuming", "started"])
      expect(yield* token).toBe(first)
      yield* post("/sandbox/box/stop")
      yield* TestClock.adjust("3 minutes")
      yield* post("/sandbox/box/start")
      yield* TestClock.adjust("3 minutes")
      expect(yield* token).not.toBe(first)
    }).pipe(Effect.provide(minutely))
  )

  it.effect("when it is resized", () =>
    Effect.gen(function* () {
      yield* post("/sandbox", { name: "box" })
      yield* TestClock.adjust("4 minutes")
      expect(stateOf(yield* post("/sandbox/box/resize", { cpu: 2, memory: 4 }))).toBe("resizing")
      expect(yield* course(3)).toEqual(["resizing", "started"])
      const { json } = yield* get("/sandbox/box")
      expect([at(json, "cpu"), at(json, "memory"), at(json, "disk")]).toEqual([2, 4, 3])
    }).pipe(Effect.provide(minutely))
  )

  it.effect("when it is deleted: the name is free immediately, the id is valid until the end", () =>
    Effect.gen(function* () {
      const id = at((yield* post("/sandbox", { name: "box" })).json, "id")
      yield* TestClock.adjust("4 minutes")
      const deleted = yield* del("/sandbox/box")
      expect([deleted.status, stateOf(deleted), at(deleted.json, "name")]).toEqual([
        200,
        "destroying",
        "DESTROYED_box_240000"
      ])
      expect(verdict(yield* get("/sandbox/box"))).toEqual([404, "Sandbox with ID or name box not found"])
      expect(stateOf(yield* get(`/sandbox/${id}`))).toBe("destroying")
      expect(verdict(yield* del(`/sandbox/${id}`))).toEqual([409, "Sandbox state change in progress"])
      expect((yield* post("/sandbox", { name: "box" })).status).toBe(200)
      yield* TestClock.adjust("3 minutes")
      expect((yield* get(`/sandbox/${id}`)).status).toBe(404)
      expect((yield* del(`/sandbox/${id}`)).status).toBe(404)
    }).pipe(Effect.provide(minutely))
  )

  it.effect("when an archived one is deleted: it remains archived", () =>
    Effect.gen(function* () {
      const { json } = yield* post("/sandbox", { name: "box" })
      yield* TestClock.adjust("4 minutes")
      yield* post("/sandbox/box/stop")
      yield* TestClock.adjust("3 minutes")
      yield* post("/sandbox/box/archive")
      yield* TestClock.adjust("3 minutes")
      expect(stateOf(yield* del("/sandbox/box"))).toBe("archived")
      yield* TestClock.adjust("1 minute")
      expect(stateOf(yield* get(`/sandbox/${at(json, "id")}`))).toBe("destroying")
    }).pipe(Effect.provide(minutely))
  )

  it.effect("when a failed one is deleted: only the list can still show it", () =>
    Effect.gen(function* () {
      const { outcomes } = yield* EmbeddedDaytona
      yield* outcomes.inject({ during: "create", outcome: Outcome.fail("broken") })
      yield* post("/sandbox", { name: "box" })
      const id = at((yield* get("/sandbox/box")).json, "id")
      expect(stateOf(yield* del("/sandbox/box"))).toBe("error")
      expect((yield* get(`/sandbox/${id}`)).status).toBe(404)
      expect(at((yield* get("/sandbox")).json, "items")).toEqual([])
      expect(at((yield* get("/sandbox?includeErroredDeleted=true")).json, "items", 0, "id")).toBe(id)
    }).pipe(Effect.provide(server()))
  )

  it.effect("when an ephemeral one is stopped, which deletes it", () =>
    Effect.gen(function* () {
      yield* post("/sandbox", { name: "box", autoDeleteInterval: 0 })
      yield* TestClock.adjust("4 minutes")
      expect(stateOf(yield* post("/sandbox/box/stop"))).toBe("destroying")
      yield* TestClock.adjust("3 minutes")
      expect((yield* stored("box"))?.state).toBe("destroyed")
    }).pipe(Effect.provide(minutely))
  )

  it.effect("when one is deleted that others are linked to", () =>
    Effect.gen(function* () {
      yield* post("/sandbox", { name: "box" })
      yield* post("/sandbox", { name: "helper", linkedSandbox: "box", autoDeleteInterval: 0 })
      expect((yield* get("/sandbox/helper")).json).toMatchObject({ linkedSandboxId: expect.any(String) })
      yield* del("/sandbox/box")
      expect((yield* get("/sandbox/helper")).status).toBe(404)
    }).pipe(Effect.provide(server()))
  )
})

describe("recovering", () => {
  const broken = Effect.gen(function* () {
    const { outcomes } = yield* EmbeddedDaytona
    yield* outcomes.inject({ during: "create", outcome: Outcome.fail("disk full", { recoverable: true }) })
    yield* post("/sandbox", { name: "box" })
  })

  it.effect("starts the sandbox by default", () =>
    Effect.gen(function* () {
      yield* broken
      const recovered = yield* post("/sandbox/box/recover")
      expect([stateOf(recovered), at(recovered.json, "errorReason")]).toEqual(["started", null])
    }).pipe(Effect.provide(server()))
  )

  it.effect("without a start leaves it stopped", () =>
    Effect.gen(function* () {
      yield* broken
      // The answer is the sandbox as it was before.
      expect(stateOf(yield* post("/sandbox/box/recover?skipStart=true"))).toBe("error")
      expect(stateOf(yield* get("/sandbox/box"))).toBe("stopped")
    }).pipe(Effect.provide(server()))
  )

  it.effect("can be refused", () =>
    Effect.gen(function* () {
      yield* broken
      const { outcomes } = yield* EmbeddedDaytona
      const message = "Sandbox recovery has been attempted recently. Please try again later"
      yield* outcomes.inject({ during: "recover", outcome: Outcome.refuse(409, message) })
      expect(verdict(yield* post("/sandbox/box/recover"))).toEqual([409, message])
    }).pipe(Effect.provide(server()))
  )
})

describe("resizing", () => {
  it.effect("has rules", () =>
    Effect.gen(function* () {
      yield* post("/sandbox", { name: "box", snapshot: "daytona-medium" })
      const resize = (body: object) => Effect.map(post("/sandbox/box/resize", body), verdict)
      const unchanged = [
        400,
        "No resource changes specified - sandbox is already at the desired configuration"
      ] as const
      expect(
        yield* Effect.forEach([{}, { cpu: 2 }, { disk: 9 }, { cpu: 1 }, { memory: 1 }, { disk: 1 }], resize)
      ).toEqual([
        unchanged,
        unchanged,
        [400, "Disk resize can only be performed on a stopped sandbox"],
        [400, "Sandbox must be in stopped state to decrease the number of CPU cores"],
        [400, "Sandbox must be in stopped state to decrease memory"],
        [400, "Sandbox disk size cannot be decreased"]
      ])
      expect(yield* resize({ cpu: 0 })).toEqual([400, "cpu must not be less than 1"])
      yield* post("/sandbox/box/stop")
      expect(yield* Effect.forEach([{ cpu: 1 }, { disk: 9 }], resize)).toEqual([
        [200, undefined],
        [200, undefined]
      ])
    }).pipe(Effect.provide(server()))
  )

  it.effect("does not exist for an organization without the feature", () =>
    Effect.gen(function* () {
      yield* post("/sandbox", { name: "box" })
      expect((yield* post("/sandbox/box/resize", { cpu: 2 })).status).toBe(404)
    }).pipe(Effect.provide(server({ resize: false })))
  )

  it.effect("has completed when an older runner responds", () =>
    Effect.gen(function* () {
      const created = yield* Effect.fork(post("/sandbox", { name: "box" }))
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(created)
      const resized = yield* Effect.fork(post("/sandbox/box/resize", { cpu: 2 }))
      yield* TestClock.adjust("5 seconds")
      const answer = yield* Fiber.join(resized)
      expect([stateOf(answer), at(answer.json, "cpu")]).toEqual(["started", 2])
    }).pipe(Effect.provide(server({ runner: "v0", durations: "1 second" })))
  )
})

describe("auto management", () => {
  it.effect("stops after a quarter of an hour without activity, checked every ten seconds", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("5 seconds")
      yield* post("/sandbox", { name: "box" })
      yield* TestClock.adjust("14 minutes")
      expect((yield* post(`/sandbox/${at((yield* get("/sandbox/box")).json, "id")}/last-activity`)).status).toBe(201)
      yield* TestClock.adjust("15 minutes")
      expect(yield* shown).toBe("started")
      yield* TestClock.adjust("5 seconds")
      expect(yield* shown).toBe("stopped")
    }).pipe(Effect.provide(server()))
  )

  it.effect("never stops a sandbox without an interval", () =>
    Effect.gen(function* () {
      yield* post("/sandbox", { name: "box", autoStopInterval: 0 })
      yield* TestClock.adjust("3 hours")
      expect(yield* shown).toBe("started")
    }).pipe(Effect.provide(server()))
  )

  it.effect("pauses a virtual machine", () =>
    Effect.gen(function* () {
      yield* post("/sandbox", { name: "box", snapshot: "daytona-vm", autoPauseInterval: 5 })
      yield* TestClock.adjust("5 minutes")
      expect(yield* shown).toBe("paused")
    }).pipe(Effect.provide(server()))
  )

  it.effect("archives and deletes sandboxes that have been stopped for long", () =>
    Effect.gen(function* () {
      yield* post("/sandbox", { name: "box", autoArchiveInterval: 30 })
      yield* post("/sandbox", { name: "old", autoDeleteInterval: 20 })
      yield* post("/sandbox/box/stop")
      yield* post("/sandbox/old/stop")
      yield* TestClock.adjust("30 minutes")
      expect(yield* shown).toBe("archived")
      expect((yield* get("/sandbox/old")).status).toBe(404)
    }).pipe(Effect.provide(server()))
  )

  it.effect("destroys a sandbox at the end of its time to live, in any state", () =>
    Effect.gen(function* () {
      yield* post("/sandbox", { name: "box", ttlMinutes: 10 })
      yield* post("/sandbox/box/stop")
      yield* TestClock.adjust("10 minutes")
      expect((yield* get("/sandbox/box")).status).toBe(404)
    }).pipe(Effect.provide(server()))
  )
})
