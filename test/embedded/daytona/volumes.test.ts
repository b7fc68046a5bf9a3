import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { EmbeddedDaytona, Outcome } from "../../../src/embedded/daytona/index.js"
import { at, del, get, post, server, stateOf, textAt, verdict } from "./support.js"

const ticking = server({ durations: { volumeTick: "5 seconds" } })

describe("a volume", () => {
  it.effect("takes two ticks to be ready, and two to be deleted", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("3 seconds")
      const created = yield* post("/volumes", { name: "data" })
      const id = textAt(created.json, "id")
      expect(created.json).toEqual({
        id,
        name: "data",
        organizationId: expect.any(String),
        state: "pending_create",
        createdAt: "1970-01-01T00:00:03.000Z",
        updatedAt: "1970-01-01T00:00:03.000Z",
        lastUsedAt: null,
        errorReason: null
      })
      const state = Effect.map(get(`/volumes/${id}`), stateOf)
      yield* TestClock.adjust("2 seconds")
      expect(yield* state).toBe("creating")
      yield* TestClock.adjust("5 seconds")
      expect(yield* state).toBe("ready")
      const removed = yield* del(`/volumes/${id}`)
      expect([removed.status, removed.text]).toEqual([200, ""])
      expect(yield* state).toBe("pending_delete")
      yield* TestClock.adjust("5 seconds")
      expect(yield* state).toBe("deleting")
      yield* TestClock.adjust("5 seconds")
      expect((yield* get("/volumes")).json).toEqual([])
      expect((yield* get("/volumes/by-name/data")).status).toBe(404)
      expect((yield* get("/volumes?includeDeleted=true")).json).toMatchObject([
        { name: "data-deleted", state: "deleted" }
      ])
      expect((yield* post("/volumes", { name: "data" })).status).toBe(200)
    }).pipe(Effect.provide(ticking))
  )

  it.effect("is found by id or by name, but not by one in place of the other", () =>
    Effect.gen(function* () {
      const id = textAt((yield* post("/volumes", { name: "my data/1" })).json, "id")
      expect(at((yield* get("/volumes/by-name/my%20data%2F1")).json, "id")).toBe(id)
      expect(verdict(yield* get("/volumes/data"))).toEqual([404, "Volume with ID data not found"])
      expect(verdict(yield* get(`/volumes/by-name/${id}`))).toEqual([404, `Volume with name ${id} not found`])
    }).pipe(Effect.provide(server()))
  )

  it.effect("is unique, and limited by the quota", () =>
    Effect.gen(function* () {
      yield* post("/volumes", { name: "a" })
      expect(verdict(yield* post("/volumes", { name: "a" }))).toEqual([400, "Volume with name a already exists"])
      yield* post("/volumes", { name: "b" })
      expect(verdict(yield* post("/volumes", { name: "c" }))).toEqual([
        400,
        "Volume quota exceeded. Maximum allowed: 2"
      ])
    }).pipe(Effect.provide(server({ organizations: [{ id: "o", quotas: { volumes: 2 } }] })))
  )

  it.effect("can be mounted once it is ready, by id or name, and not be deleted then", () =>
    Effect.gen(function* () {
      const id = textAt((yield* post("/volumes", { name: "data" })).json, "id")
      const mounted = (volumeId: string) =>
        post("/sandbox", { name: "box", volumes: [{ volumeId, mountPath: "/data", subpath: "a/b" }] })
      expect(verdict(yield* mounted(id))).toEqual([
        400,
        `Volume '${id}' is not in a ready state. Current state: pending_create`
      ])
      expect(verdict(yield* del(`/volumes/${id}`))).toEqual([
        400,
        "Volume must be in 'ready' or 'error' state in order to be deleted"
      ])
      yield* TestClock.adjust("10 seconds")
      const box = yield* mounted("data")
      expect(at(box.json, "volumes")).toEqual([{ volumeId: id, mountPath: "/data", subpath: "a/b" }])
      expect(verdict(yield* del(`/volumes/${id}`))).toEqual([
        409,
        `Volume cannot be deleted because it is in use by one or more sandboxes (e.g. ${textAt(box.json, "id")})`
      ])
      expect(at((yield* get(`/volumes/${id}`)).json, "lastUsedAt")).toBe("1970-01-01T00:00:10.000Z")
      yield* del("/sandbox/box")
      expect((yield* del(`/volumes/${id}`)).status).toBe(200)
    }).pipe(Effect.provide(server({ durations: { volumeTick: "5 seconds", pickUp: 0, create: 0, destroy: 0 } })))
  )

  it.effect("can fail", () =>
    Effect.gen(function* () {
      const { outcomes } = yield* EmbeddedDaytona
      yield* outcomes.inject({ during: "createVolume", of: "data", outcome: Outcome.fail("bucket limit reached") })
      yield* post("/volumes", { name: "data" })
      expect((yield* get("/volumes/by-name/data")).json).toMatchObject({
        state: "error",
        errorReason: "bucket limit reached"
      })
    }).pipe(Effect.provide(server()))
  )
})
