import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Daytona, Image, SnapshotName, Snapshots } from "../../../../src/daytona.js"
import { EmbeddedDaytona, Fault, Outcome } from "../../../../src/embedded/daytona/index.js"
import { apiKey, daytona, happens, inject, lines } from "../../../support/daytonaOver.js"
import { within } from "../../../support/embedded.js"

const using = <A, E, R>(program: (snapshots: Snapshots.Service) => Effect.Effect<A, E, R>) =>
  within("90 minutes")(Effect.flatMap(Snapshots, program))
const key = "tools"
const name = SnapshotName.make("es__default__tools")
const image = Image.base("python:3.12").pipe(Image.run("true"))

const get = (asked: Partial<Snapshots.Keyed> = {}, options?: Snapshots.GetOrCreateOptions) =>
  using((snapshots) => snapshots.getOrCreate({ key, image, ...asked }, options))
const creations = Effect.map(lines, (all) => all.filter((line) => line === "POST /api/snapshots").length)
const own = Effect.flatMap(EmbeddedDaytona, ({ snapshots }) =>
  Effect.map(snapshots, (all) => all.filter(({ organizationId }) => organizationId !== undefined))
)

describe("a snapshot with a key", () => {
  it.effect("is created once, and found again", () =>
    Effect.gen(function* () {
      const first = yield* get()
      expect(first).toMatchObject({ name, state: "active" })
      expect((yield* get()).id).toBe(first.id)
      expect(yield* creations).toBe(1)
    }).pipe(Effect.provide(daytona()))
  )

  it.effect("is one for all that ask at once", () =>
    Effect.gen(function* () {
      const elsewhere = Effect.flatMap(Snapshots, (snapshots) => snapshots.getOrCreate({ key, image })).pipe(
        Effect.provide(Layer.fresh(Daytona.layer({ apiKey, apiUrl: "http://daytona.test/api" })))
      )
      const all = yield* within("90 minutes")(
        Effect.all(
          Array.from({ length: 20 }, () => elsewhere),
          { concurrency: "unbounded" }
        )
      )
      expect(new Set(all.map(({ id }) => id)).size).toBe(1)
      expect(all.every(({ state }) => state === "active")).toBe(true)
      expect(yield* own).toHaveLength(1)
    }).pipe(Effect.provide(EmbeddedDaytona.layerHttpClient()))
  )

  for (const [what, fault] of [
    ["is lost", Fault.resetAfterRequest],
    ["cannot be read", Fault.truncatedJson],
    ["is that of a proxy", Fault.status(502)],
    ["is that of a proxy that sent the request twice", Fault.replayRequest]
  ] as const) {
    it.effect(`is created once although the answer ${what}`, () =>
      Effect.gen(function* () {
        yield* inject({ method: "POST", path: "/snapshots", fault, times: 2 })
        const { id } = yield* get()
        expect((yield* own).map((each) => each.id)).toEqual([id])
      }).pipe(Effect.provide(daytona()))
    )
  }

  it.effect("is activated when it is inactive", () =>
    Effect.gen(function* () {
      const { id } = yield* get()
      const tooEarly = yield* using((snapshots) =>
        Effect.zipRight(snapshots.deactivate(name), Effect.flip(Effect.asVoid(snapshots.getOrCreate({ key, image }))))
      )
      expect(tooEarly).toMatchObject({ _tag: "BadRequest", detail: expect.stringContaining("in a few minutes") })
      expect(yield* get()).toMatchObject({ id, state: "active" })
    }).pipe(Effect.provide(daytona()))
  )

  it.effect("is created again once the one before is removed", () =>
    Effect.gen(function* () {
      const { id } = yield* get()
      yield* using((snapshots) => snapshots.delete(name))
      const second = yield* get()
      expect(second.id).not.toBe(id)
      expect(second.state).toBe("active")
    }).pipe(Effect.provide(daytona({ server: { durations: { removeSnapshot: "1 minute" } } })))
  )

  it.effect("ends with its timeout, and is found afterwards", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.asVoid(get({}, { timeout: "10 seconds" })))
      expect(error).toMatchObject({
        _tag: "SnapshotWaitTimeout",
        lastState: "building",
        operation: "Snapshots.getOrCreate"
      })
      expect(yield* get()).toMatchObject({ id: Reflect.get(error, "snapshot"), state: "active" })
    }).pipe(Effect.provide(daytona({ server: { durations: { buildSnapshot: "20 minutes" } } })))
  )

  it.effect.each(["", "a\n", "x".repeat(257)])("is refused before anything is sent when its key is %j", (wrong) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.asVoid(get({ key: wrong })))
      expect(error).toMatchObject({ _tag: "InvalidRequest", field: "key", operation: "Snapshots.getOrCreate" })
      expect(yield* lines).toEqual([])
    }).pipe(Effect.provide(daytona()))
  )
})

describe("a snapshot that has the name of a key", () => {
  const others: ReadonlyArray<readonly [string, Partial<Snapshots.Keyed>, ReadonlyArray<string>]> = [
    ["other steps", { image: Image.base("python:3.12") }, ["image"]],
    ["the name of an image", { image: "python:3.12" }, ["image"]],
    ["another entrypoint", { entrypoint: ["sh"] }, ["image"]],
    ["other resources", { cpu: 2, memory: 4 }, ["memory"]]
  ]
  it.effect.each(others)("and is another one is refused, and not touched: %s", ([, other, differing]) =>
    Effect.gen(function* () {
      const { id } = yield* get({ cpu: 2, memory: 2 })
      const error = yield* Effect.flip(Effect.asVoid(get({ ...other }, { ifFailed: "replace" })))
      expect(error).toMatchObject({ _tag: "KeyConflict", kind: "snapshot", reason: "parameters", id, differing, name })
      expect(yield* own).toMatchObject([{ id, state: "active" }])
      expect(yield* creations).toBe(1)
    }).pipe(Effect.provide(daytona()))
  )

  it.effect("is found with the same steps and without its resources", () =>
    Effect.gen(function* () {
      const { id } = yield* get({ cpu: 2, memory: 2 })
      expect((yield* get({ image: Image.base("python:3.12").pipe(Image.run("true")) })).id).toBe(id)
    }).pipe(Effect.provide(daytona()))
  )

  it.effect("may be of a registry image", () =>
    Effect.gen(function* () {
      const asked = { image: "ubuntu:22.04", entrypoint: ["sleep", "infinity"] }
      const { id } = yield* get(asked)
      expect((yield* get(asked)).id).toBe(id)
      const error = yield* Effect.flip(Effect.asVoid(get({ ...asked, entrypoint: ["sh"] })))
      expect(error).toMatchObject({ _tag: "KeyConflict", differing: ["entrypoint"] })
    }).pipe(Effect.provide(daytona()))
  )
})

describe("a snapshot of a key that failed", () => {
  const broken = Effect.gen(function* () {
    yield* happens({ during: "buildSnapshot", outcome: Outcome.fail("no such package") })
    const error = yield* Effect.flip(Effect.asVoid(get()))
    expect(error).toMatchObject({ _tag: "BuildFailed", state: "build_failed" })
    return String(Reflect.get(error, "id"))
  })

  it.effect("is reported, and left alone", () =>
    Effect.gen(function* () {
      const id = yield* broken
      expect(yield* Effect.flip(Effect.asVoid(get()))).toMatchObject({ _tag: "BuildFailed", id })
      expect(yield* creations).toBe(1)
    }).pipe(Effect.provide(daytona()))
  )

  it.effect("is replaced, if asked for, and only once", () =>
    Effect.gen(function* () {
      const id = yield* broken
      yield* happens({ during: "buildSnapshot", outcome: Outcome.fail("still none") })
      const error = yield* Effect.flip(Effect.asVoid(get({}, { ifFailed: "replace" })))
      expect(error).toMatchObject({ _tag: "BuildFailed", reason: expect.stringContaining("still none") })
      const third = yield* get({}, { ifFailed: "replace" })
      expect(third.state).toBe("active")
      expect(third.id).not.toBe(id)
      expect(yield* creations).toBe(3)
    }).pipe(Effect.provide(daytona()))
  )
})
