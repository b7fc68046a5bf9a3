/** What one process of a cluster does for all of them. */
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { Reaper } from "../../src/daytona.js"
import { Engine, Singletons } from "../../src/workflow/index.js"
import { alive, daytona, lines } from "../support/daytonaOver.js"

const engine = Engine.layerSingleProcess({ pollInterval: "50 millis" }).pipe(
  Layer.provide(SqliteClient.layer({ filename: ":memory:" }))
)

/** Waits until it is so; the time limit of the test is the only one. */
const eventually = <E, R>(isSo: Effect.Effect<boolean, E, R>) =>
  Effect.repeat(isSo, { until: (so) => so, schedule: Schedule.spaced("20 millis") })

const servers = daytona({ client: { application: "test" } })

const reaper = (options: Reaper.RepeatOptions) =>
  Singletons.layerReaper(options).pipe(Layer.provide(Reaper.layer), Layer.provide(engine))

describe("a reaper of a cluster", () => {
  it.scopedLive("runs again and again", () => {
    let reports = 0
    return Effect.gen(function* () {
      yield* Layer.build(
        reaper({ schedule: Schedule.spaced("20 millis"), onReport: () => Effect.sync(() => void reports++) })
      )
      yield* eventually(Effect.sync(() => reports >= 2))
      expect(yield* lines).toContain("GET /api/sandbox")
    }).pipe(Effect.provide(servers))
  })

  it.scopedLive("is refused options that are invalid, before it runs", () =>
    Effect.gen(function* () {
      expect(yield* Effect.flip(Layer.build(reaper({ unusedFor: "1 second" })))).toMatchObject({
        _tag: "InvalidRequest",
        field: "unusedFor"
      })
    }).pipe(Effect.provide(servers))
  )
})

describe("a pool of a cluster", () => {
  it.scopedLive("is used by its program, and deleted with the process", () => {
    const answers: Array<string> = []
    return Effect.gen(function* () {
      const live = Singletons.layerPool({ maximum: 2 }, (pool) =>
        Effect.flatMap(pool.take, ({ process }) => process.execute("echo hello")).pipe(
          Effect.scoped,
          Effect.flatMap(({ stdout }) => Effect.sync(() => answers.push(stdout))),
          Effect.zipRight(Effect.never)
        )
      ).pipe(Layer.provide(engine))
      yield* Effect.scoped(Effect.zipRight(Layer.build(live), eventually(Effect.sync(() => answers.length === 1))))
      expect(answers).toEqual(["hello\n"])
      yield* eventually(Effect.map(alive, (all) => all.every(({ desiredState }) => desiredState === "destroyed")))
    }).pipe(Effect.provide(servers))
  })

  it.scopedLive("is refused options that are invalid, before it runs", () =>
    Effect.gen(function* () {
      const live = Singletons.layerPool({ maximum: 0 }, () => Effect.void).pipe(Layer.provide(engine))
      expect(yield* Effect.flip(Layer.build(live))).toMatchObject({ _tag: "InvalidRequest", field: "maximum" })
    }).pipe(Effect.provide(servers))
  )
})
