/** The resources of an organization: volumes, secrets, warm pools and regions. */
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import {
  RegionId,
  Regions,
  Sandboxes,
  SecretName,
  Secrets,
  VolumeId,
  VolumeName,
  Volumes,
  WarmPoolId,
  WarmPools
} from "../../../src/daytona.js"
import { Fault, Outcome } from "../../../src/embedded/daytona/index.js"
import { daytona, daytonaOver, happens, inject, lines } from "../../support/daytonaOver.js"
import { within } from "../../support/embedded.js"
import * as Script from "../../support/scriptedServer.js"

const unknown = "8f5b0d5e-0000-4000-8000-000000000001"
const real = daytona()
const instant = daytona({ server: { durations: 0 } })

const volumes = <A, E, R>(program: (volumes: Volumes.Service) => Effect.Effect<A, E, R>) =>
  within("5 minutes")(Effect.flatMap(Volumes, program))

const data = VolumeName.make("data")

describe("a volume", () => {
  it.effect("is ready after a while, can be found by id and by name, and can be deleted", () =>
    Effect.gen(function* () {
      const created = yield* volumes((all) => all.create(data))
      expect(created.state).not.toBe("ready")
      const ready = yield* volumes((all) => all.awaitReady(data))
      expect(ready).toMatchObject({ id: created.id, name: "data", state: "ready" })
      expect(yield* volumes((all) => all.get(created.id))).toMatchObject({ id: created.id })
      expect(yield* volumes((all) => all.get(data))).toMatchObject({ id: created.id })
      expect((yield* volumes((all) => all.list())).map(({ name }) => name)).toEqual(["data"])
      yield* volumes((all) => all.delete(created.id))
      yield* within("1 minute")(Effect.sleep("30 seconds"))
      expect(yield* volumes((all) => all.list())).toEqual([])
      expect((yield* volumes((all) => all.list({ includeDeleted: true }))).map(({ state }) => state)).toEqual([
        "deleted"
      ])
    }).pipe(Effect.provide(real))
  )

  it.effect("is found by a name that looks like an id", () =>
    Effect.gen(function* () {
      const created = yield* volumes((all) => all.create(VolumeName.make(unknown)))
      expect((yield* volumes((all) => all.get(VolumeName.make(unknown)))).id).toBe(created.id)
    }).pipe(Effect.provide(real))
  )

  it.effect("is created only if it does not exist", () =>
    Effect.gen(function* () {
      const first = yield* volumes((all) => all.getOrCreate(data))
      const second = yield* volumes((all) => all.getOrCreate(data))
      expect(second.id).toBe(first.id)
      expect(yield* volumes((all) => Effect.flip(all.create(data)))).toMatchObject({ _tag: "BadRequest", status: 400 })
    }).pipe(Effect.provide(real))
  )

  it.effect("may be created by another client meanwhile", () => {
    const volume = { id: "v", name: "data", organizationId: "o", state: "ready", createdAt: "", updatedAt: "" }
    const server = Script.scripted(
      Script.json({ message: "Volume not found" }, 404),
      Script.json({ message: "Volume with name data already exists" }, 400),
      Script.json(volume)
    )
    return Effect.map(
      volumes((all) => all.getOrCreate(data)),
      ({ id }) => expect(id).toBe("v")
    ).pipe(Effect.provide(daytonaOver(server.layer)))
  })

  it.effect("that cannot be created has the reason", () =>
    Effect.gen(function* () {
      yield* happens({ during: "createVolume", outcome: Outcome.fail("no space") })
      yield* volumes((all) => all.create(data))
      expect(yield* volumes((all) => Effect.flip(all.awaitReady(data)))).toMatchObject({
        _tag: "VolumeFailed",
        name: "data",
        state: "error",
        reason: "no space"
      })
    }).pipe(Effect.provide(real))
  )

  it.effect("that is not ready in time has its last state, and transient failures are tolerated", () =>
    Effect.gen(function* () {
      yield* happens({ during: "createVolume", outcome: Outcome.stuck })
      yield* volumes((all) => all.create(data))
      yield* inject({ method: "GET", fault: Fault.status(503), times: 4 })
      expect(yield* volumes((all) => Effect.flip(all.awaitReady(data)))).toMatchObject({
        _tag: "VolumeWaitTimeout",
        volume: "data",
        lastState: expect.stringMatching(/creat/)
      })
    }).pipe(Effect.provide(real))
  )

  it.effect("cannot be deleted while it is in use, or if it does not exist", () =>
    Effect.gen(function* () {
      const { id } = yield* volumes((all) => Effect.zipRight(all.create(data), all.awaitReady(data)))
      const sandboxes = yield* Sandboxes
      yield* within("1 minute")(sandboxes.create({ volumes: [{ volumeId: id, mountPath: "/data" }] }))
      expect(yield* volumes((all) => Effect.flip(all.delete(id)))).toMatchObject({ _tag: "Conflict", retryable: false })
      const gone = VolumeId.make(unknown)
      expect(yield* volumes((all) => Effect.flip(all.delete(gone)))).toMatchObject({ _tag: "NotFound" })
      expect(yield* volumes((all) => Effect.flip(all.get(gone)))).toMatchObject({ _tag: "NotFound" })
      expect(yield* volumes((all) => Effect.flip(all.awaitReady(gone)))).toMatchObject({ _tag: "NotFound" })
    }).pipe(Effect.provide(real))
  )
})

const name = (text: string) => SecretName.make(text)

describe("a secret", () => {
  it.effect("is created, changed and deleted, and its value never comes back", () =>
    Effect.gen(function* () {
      const secrets = yield* Secrets
      const created = yield* secrets.create({
        name: name("TOKEN"),
        value: Redacted.make("v-canary"),
        hosts: ["a.test"]
      })
      expect(created).toMatchObject({ name: "TOKEN", hosts: ["a.test"], placeholder: expect.any(String) })
      const changed = yield* secrets.update(created.id, { value: Redacted.make("w-canary"), description: "d" })
      expect(changed.description).toBe("d")
      expect(yield* secrets.get(created.id)).toEqual(changed)
      expect(JSON.stringify([created, changed])).not.toContain("canary")
      const taken = yield* Effect.flip(secrets.create({ name: name("TOKEN"), value: Redacted.make("v-canary") }))
      expect(taken._tag).toBe("Conflict")
      expect(JSON.stringify(taken)).not.toContain("canary")
      yield* secrets.delete(created.id)
      for (const attempt of [secrets.get(created.id), secrets.delete(created.id), secrets.update(created.id, {})]) {
        expect(yield* Effect.flip(attempt)).toMatchObject({ _tag: "NotFound" })
      }
    }).pipe(Effect.provide(instant))
  )

  it.effect("is in a list with pages", () =>
    Effect.gen(function* () {
      const secrets = yield* Secrets
      for (const each of ["A", "B", "C"]) yield* secrets.create({ name: name(each), value: Redacted.make("v") })
      const all = yield* Stream.runCollect(secrets.list({ pageSize: 2, sort: "name", order: "asc" }))
      expect(Chunk.toReadonlyArray(all).map((each) => each.name)).toEqual(["A", "B", "C"])
      expect(yield* secrets.listPage({ limit: 2 })).toMatchObject({ total: 3, nextCursor: expect.any(String) })
      expect((yield* lines).filter((line) => line === "GET /api/secret/paginated")).toHaveLength(3)
    }).pipe(Effect.provide(instant))
  )

  it.effect("is found by the characters of its name, of which none is a wildcard", () =>
    Effect.gen(function* () {
      const secrets = yield* Secrets
      for (const name of ["A_B", "A-B", "AXB"]) {
        yield* secrets.create({ name: SecretName.make(name), value: Redacted.make("hidden") })
      }
      // The server takes it for one.
      const found = yield* secrets.listPage({ name: "a_b" })
      expect([found.total, found.items.map(({ name }) => name)]).toEqual([3, ["A_B"]])
      const all = yield* Stream.runCollect(secrets.list({ name: "A_B", pageSize: 1 }))
      expect(Chunk.toReadonlyArray(all).map(({ name }) => name)).toEqual(["A_B"])
      expect((yield* secrets.listPage({ name: "%" })).items).toEqual([])
    }).pipe(Effect.provide(instant))
  )

  it.effect("with an invalid name is refused by the client, without its value in the error", () =>
    Effect.gen(function* () {
      const secrets = yield* Secrets
      const failure = yield* Effect.flip(secrets.create({ name: name("1 2"), value: Redacted.make("v-canary") }))
      expect(failure).toMatchObject({ _tag: "InvalidRequest", field: "name" })
      expect(JSON.stringify(failure)).not.toContain("canary")
      expect(yield* lines).toEqual([])
    }).pipe(Effect.provide(instant))
  )
})

describe("a warm pool", () => {
  it.effect("is created, resized and deleted", () =>
    Effect.gen(function* () {
      const pools = yield* WarmPools
      const created = yield* pools.create({ snapshot: "daytona-small", pool: 2 })
      expect(created).toMatchObject({ snapshot: "daytona-small", pool: 2, memory: 1 })
      expect((yield* pools.resize(created.id, 0)).pool).toBe(0)
      expect((yield* pools.list).map(({ id }) => id)).toEqual([created.id])
      yield* pools.delete(created.id)
      expect(yield* pools.list).toEqual([])
      for (const attempt of [pools.resize(created.id, 1), pools.delete(WarmPoolId.make(unknown))]) {
        expect(yield* Effect.flip(attempt)).toMatchObject({ _tag: "NotFound" })
      }
    }).pipe(Effect.provide(instant))
  )

  it.effect("of size zero is refused by the client", () =>
    Effect.gen(function* () {
      const pools = yield* WarmPools
      const failure = yield* Effect.flip(pools.create({ snapshot: "daytona-small", pool: 0 }))
      expect(failure).toMatchObject({ _tag: "InvalidRequest", field: "pool" })
    }).pipe(Effect.provide(instant))
  )
})

describe("the regions", () => {
  it.effect("are listed, including shared ones, and looked up", () =>
    Effect.gen(function* () {
      const regions = yield* Regions
      expect((yield* regions.list).map(({ id }) => id)).toEqual(["us", "eu"])
      expect((yield* regions.listShared).map(({ regionType }) => regionType)).toEqual(["shared", "shared"])
      expect(yield* Effect.flip(regions.get(RegionId.make("mars")))).toMatchObject({
        _tag: expect.stringMatching(/NotFound|UnexpectedStatus/)
      })
    }).pipe(Effect.provide(instant))
  )

  it.effect("may have null fields", () => {
    const region = { id: "r", name: "R", regionType: "custom", createdAt: "", updatedAt: "", proxyUrl: null }
    const server = Script.scripted(Script.json(region))
    return Effect.map(
      Effect.flatMap(Regions, (regions) => regions.get(RegionId.make("r"))),
      (found) => expect(found).toEqual({ id: "r", name: "R", regionType: "custom", createdAt: "", updatedAt: "" })
    ).pipe(Effect.provide(daytonaOver(server.layer)))
  })
})
