import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Daytona, VolumeName, Volumes } from "../../../src/daytona.js"
import { EmbeddedDaytona, Fault } from "../../../src/embedded/daytona/index.js"
import { apiKey, daytona, inject, lines } from "../../support/daytonaOver.js"
import { within } from "../../support/embedded.js"

const using = <A, E, R>(program: (volumes: Volumes.Service) => Effect.Effect<A, E, R>) =>
  within("5 minutes")(Effect.flatMap(Volumes, program))
const key = "data/2026"
const name = VolumeName.make("es__default__data_2f2026")
const get = (asked: VolumeName | { readonly key: string } = { key }, options?: Volumes.AwaitOptions) =>
  using((volumes) => volumes.getOrCreate(asked, options))
const all = using((volumes) => volumes.list())

describe("a volume with a key", () => {
  it.effect("is created once, and found again", () =>
    Effect.gen(function* () {
      const first = yield* get()
      expect(first.name).toBe(name)
      expect((yield* get()).id).toBe(first.id)
      expect((yield* get(name)).id).toBe(first.id)
      expect(yield* all).toHaveLength(1)
    }).pipe(Effect.provide(daytona()))
  )

  it.effect("is one for all that ask at once", () =>
    Effect.gen(function* () {
      const elsewhere = Effect.flatMap(Volumes, (volumes) => volumes.getOrCreate({ key })).pipe(
        Effect.provide(Layer.fresh(Daytona.layer({ apiKey, apiUrl: "http://daytona.test/api" })))
      )
      const found = yield* within("1 minute")(
        Effect.all(
          Array.from({ length: 50 }, () => elsewhere),
          { concurrency: "unbounded" }
        )
      )
      expect(new Set(found.map(({ id }) => id)).size).toBe(1)
    }).pipe(Effect.provide(EmbeddedDaytona.layerHttpClient()))
  )

  it.effect("is one for each application", () =>
    Effect.gen(function* () {
      expect((yield* get()).name).toBe("es__a_20b__data_2f2026")
    }).pipe(Effect.provide(daytona({ client: { application: "a b" } })))
  )

  for (const [what, fault] of [
    ["is lost", Fault.resetAfterRequest],
    ["cannot be read", Fault.truncatedJson],
    ["is that of a proxy that sent the request twice", Fault.replayRequest]
  ] as const) {
    it.effect(`is created once although the answer ${what}`, () =>
      Effect.gen(function* () {
        yield* inject({ method: "POST", path: "/volumes", fault })
        const { id } = yield* get()
        expect((yield* all).map((each) => each.id)).toEqual([id])
      }).pipe(Effect.provide(daytona()))
    )
  }

  it.effect("is created again once the one before is deleted", () =>
    Effect.gen(function* () {
      const { id } = yield* get()
      yield* using((volumes) => Effect.zipRight(volumes.awaitReady(id), volumes.delete(id)))
      const second = yield* get()
      expect(second.id).not.toBe(id)
      expect(second.state).toBe("pending_create")
    }).pipe(Effect.provide(daytona({ server: { durations: { deleteVolume: "30 seconds" } } })))
  )

  it.effect("is waited for no longer than the timeout while it is being deleted", () =>
    Effect.gen(function* () {
      const { id } = yield* get()
      yield* using((volumes) => Effect.zipRight(volumes.awaitReady(id), volumes.delete(id)))
      const error = yield* Effect.flip(get({ key }, { timeout: "20 seconds" }))
      expect(error).toMatchObject({ _tag: "VolumeWaitTimeout", volume: name, lastState: "deleting" })
      expect((yield* lines).filter((line) => line === "POST /api/volumes")).toHaveLength(1)
    }).pipe(Effect.provide(daytona({ server: { durations: { deleteVolume: "1 hour" } } })))
  )

  it.effect("is not created when the server refuses it", () =>
    Effect.gen(function* () {
      yield* inject({ method: "POST", path: "/volumes", fault: Fault.status(403) })
      expect(yield* Effect.flip(get())).toMatchObject({ _tag: "Forbidden", admitted: "no" })
    }).pipe(Effect.provide(daytona()))
  )

  it.effect.each(["", "a\n", "x".repeat(257)])("is refused before anything is sent when its key is %j", (wrong) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(get({ key: wrong }))
      expect(error).toMatchObject({ _tag: "InvalidRequest", field: "key" })
      expect(yield* lines).toEqual([])
    }).pipe(Effect.provide(daytona()))
  )
})
