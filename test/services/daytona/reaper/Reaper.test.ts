import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import { Daytona, Reaper, ReaperReport, Sandboxes, SandboxId } from "../../../../src/daytona.js"
import { EmbeddedDaytona, Fault } from "../../../../src/embedded/daytona/index.js"
import { labels, nameOf } from "../../../../src/services/daytona/ownership.js"
import { alive, apiKey, inject, lines } from "../../../support/daytonaOver.js"
import { aliveIds, application, create, send, shop, withServerClock, wrongBy } from "./support.js"

const run = (options?: Reaper.Options) => Effect.flatMap(Reaper, (reaper) => reaper.run(options))
const plan = (options?: Reaper.Options) => Effect.flatMap(Reaper, (reaper) => reaper.plan(options))

const outcomes = ({ removals }: ReaperReport) => removals.map(({ id, outcome }) => [id, outcome])

const uuid = "7d4f1c1e-4a5b-4c6d-8e7f-0123456789ab"

/** What any client may have sent: labels of any kind. */
const foreign = (all: unknown, more: object = {}) =>
  Effect.gen(function* () {
    const answer = yield* send("POST", "/sandbox", more)
    const { id } = yield* Schema.decodeUnknown(Schema.Struct({ id: Schema.String }))(answer)
    yield* send("PUT", `/sandbox/${id}/labels`, { labels: all })
    return id
  })

/** Runs an effect while minutes pass. */
const passing = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    while ((yield* Fiber.poll(fiber))._tag === "None") yield* TestClock.adjust("1 minute")
    return yield* fiber
  })

describe("a reaper", () => {
  it.effect("plans without removing, and removes what is past its time", () =>
    Effect.gen(function* () {
      const lost = yield* create({ wantedFor: "1 hour" })
      const wanted = yield* create({ wantedFor: "1 day" })
      const forever = yield* create()
      yield* TestClock.adjust("1 hour")
      expect((yield* plan()).removals, "clocks may differ").toEqual([])
      yield* TestClock.adjust("1 minute")
      const report = yield* plan()
      expect(report).toEqual({
        application: "shop",
        startedAt: "1970-01-01T01:01:00.000Z",
        clock: "server",
        seen: { sandboxes: 3, volumes: 0, snapshots: 0 },
        removals: [
          {
            kind: "sandbox",
            id: lost.id,
            name: lost.name,
            why: "past-until",
            since: "1970-01-01T01:00:00.000Z",
            outcome: "planned"
          }
        ]
      })
      expect(yield* aliveIds).toHaveLength(3)
      expect(outcomes(yield* run())).toEqual([[lost.id, "removed"]])
      expect(yield* aliveIds).toEqual([forever.id, wanted.id].sort())
      expect((yield* run()).removals).toEqual([])
      const encoded = JSON.stringify(yield* Schema.encode(ReaperReport)(report))
      expect(yield* Schema.decodeUnknown(Schema.parseJson(ReaperReport))(encoded)).toEqual(report)
    }).pipe(Effect.provide(shop()))
  )

  it.effect("removes what was unused for as long as the caller says, whether or not it was wanted longer", () =>
    Effect.gen(function* () {
      const settings = { autoStop: "disabled" } as const
      const [wanted, forever, used] = [
        yield* create({ ...settings, wantedFor: "30 days" }),
        yield* create(settings),
        yield* create(settings)
      ]
      yield* TestClock.adjust("1 day")
      yield* Effect.flatMap(Sandboxes, (sandboxes) => sandboxes.refreshActivity(used.id))
      const { removals } = yield* run({ unusedFor: "1 day" })
      expect(removals.map(({ id }) => id).sort()).toEqual([wanted.id, forever.id].sort())
      for (const removal of removals) {
        expect(removal).toMatchObject({ outcome: "removed", since: new Date(0).toISOString(), why: "unused" })
      }
      expect(yield* aliveIds).toEqual([used.id])
    }).pipe(Effect.provide(shop()))
  )

  it.effect("never touches what is not ours, however much it looks like it", () =>
    Effect.gen(function* () {
      const past = { [labels.until]: "1970-01-01T00:00:01.000Z" }
      const mine = { [labels.application]: "shop", [labels.creation]: uuid }
      const others = [
        yield* foreign({}),
        yield* foreign({ ...past, [labels.creation]: uuid }),
        yield* foreign({ ...past, [labels.application]: "shop" }),
        yield* foreign({ ...past, ...mine, [labels.creation]: "1" }),
        yield* foreign({ ...past, ...mine, [labels.application]: "shopping" }),
        yield* foreign({ ...past, ...mine, [labels.application]: "Shop" }),
        yield* foreign({ ...past, ...mine, [labels.application]: ["shop"] }),
        yield* foreign({ ...past, ...mine, [labels.application]: null }),
        yield* foreign({ ...past, application: "shop", creation: uuid }),
        yield* foreign({}, { name: nameOf({ application: "shop", key: "user 42" }) }),
        yield* foreign(null),
        yield* foreign("effect-sandboxes-application"),
        (yield* create({ wantedFor: "1 minute" }, "other")).id
      ].sort()
      const ours = yield* create({ wantedFor: "1 minute" })
      yield* TestClock.adjust("30 days")
      const all: Reaper.Options = {
        unusedFor: "2 minutes",
        grace: 0,
        volumesUnusedFor: "2 minutes",
        snapshotsUnusedFor: "2 minutes"
      }
      const there = (yield* aliveIds).filter((id) => id !== ours.id)
      expect(outcomes(yield* run(all))).toEqual([[ours.id, "removed"]])
      expect(yield* aliveIds).toEqual(there)
      expect(there).toEqual(others)
      expect((yield* lines).filter((line) => line.startsWith("DELETE"))).toEqual([`DELETE /api/sandbox/${ours.id}`])
    }).pipe(Effect.provide(shop()))
  )

  it.effect("reads no time into a label that this package did not write", () =>
    Effect.gen(function* () {
      const mine = { [labels.application]: "shop", [labels.creation]: uuid }
      for (const until of ["1", "2001", "soon", "", "1970-01-01", "1970-01-01T00:00:01+00:00", 1]) {
        yield* foreign({ ...mine, [labels.until]: until })
      }
      yield* TestClock.adjust("30 days")
      const report = yield* run({ grace: 0 })
      expect(report.seen.sandboxes).toBe(7)
      expect(report.removals).toEqual([])
    }).pipe(Effect.provide(shop()))
  )

  it.effect("keeps what is past its time for as long as it is active", () =>
    Effect.gen(function* () {
      const { id } = yield* create({ wantedFor: "10 minutes", autoStop: "disabled" })
      const closed = yield* Deferred.make<void>()
      const holder = yield* Effect.fork(
        Effect.scoped(
          Effect.flatMap(Sandboxes, (sandboxes) => Effect.zipRight(sandboxes.keepActive(id), Deferred.await(closed)))
        )
      )
      yield* TestClock.adjust("2 hours")
      expect((yield* run()).removals).toEqual([])
      yield* Deferred.succeed(closed, undefined)
      yield* Fiber.join(holder)
      yield* TestClock.adjust("4 minutes")
      expect((yield* run()).removals).toEqual([])
      yield* TestClock.adjust("1 minute")
      expect(outcomes(yield* run())).toEqual([[id, "removed"]])
    }).pipe(Effect.provide(shop()))
  )

  it.effect("removes an active one only without grace", () =>
    Effect.gen(function* () {
      const { id } = yield* create({ wantedFor: "10 minutes", autoStop: "disabled" })
      yield* TestClock.adjust("11 minutes")
      yield* Effect.flatMap(Sandboxes, (sandboxes) => sandboxes.refreshActivity(id))
      expect((yield* run()).removals).toEqual([])
      expect(outcomes(yield* run({ grace: 0 }))).toEqual([[id, "removed"]])
    }).pipe(Effect.provide(shop()))
  )

  it.effect("looks again before each deletion, and keeps what was used or given away meanwhile", () =>
    Effect.gen(function* () {
      const [used, given, left] = [yield* create(), yield* create(), yield* create()]
      yield* TestClock.adjust("5 minutes")
      // The list does not show these yet.
      yield* Effect.flatMap(Sandboxes, (sandboxes) => sandboxes.refreshActivity(used.id))
      yield* send("PUT", `/sandbox/${given.id}/labels`, { labels: {} })
      const { removals } = yield* run({ unusedFor: "5 minutes" })
      expect(Object.fromEntries(removals.map(({ detail, id, outcome }) => [id, [outcome, detail]]))).toEqual({
        [used.id]: ["kept", "it was used meanwhile"],
        [given.id]: ["kept", "it no longer belongs to this application"],
        [left.id]: ["removed", undefined]
      })
      expect(yield* aliveIds).toEqual([given.id, used.id].sort())
    }).pipe(Effect.provide(shop({ staleness: { list: "1 minute" } })))
  )

  it.effect("counts what is gone already as gone", () =>
    Effect.gen(function* () {
      const sandboxes = yield* Sandboxes
      const [gone, going] = [yield* create(), yield* create()]
      yield* TestClock.adjust("10 minutes")
      const notFound = JSON.stringify({ statusCode: 404, error: "Not Found", message: "Sandbox not found" })
      yield* inject({
        fault: Fault.status(404, { body: notFound, contentType: "application/json" }),
        method: "DELETE",
        path: `/sandbox/${gone.id}`
      })
      yield* sandboxes.delete(going.id)
      // Its deletion is under way, which the list does not show yet.
      const { removals } = yield* run({ unusedFor: "5 minutes" })
      expect(removals.map(({ outcome }) => outcome)).toEqual(["already-gone", "already-gone"])
    }).pipe(
      Effect.provide(
        shop({ durations: { pickUp: 0, pull: 0, create: 0, destroy: "1 hour" }, staleness: { list: "1 minute" } })
      )
    )
  )

  it.effect("takes a refusal for success when someone else deletes the same one at the same moment", () =>
    Effect.gen(function* () {
      const { id } = yield* create()
      yield* TestClock.adjust("10 minutes")
      // The second of two deletions is refused while the first one is under way.
      yield* inject({ fault: Fault.replayRequest, method: "DELETE", path: `/sandbox/${id}` })
      const report = yield* passing(run({ unusedFor: "5 minutes" }))
      expect(outcomes(report)).toEqual([[id, "already-gone"]])
    }).pipe(Effect.provide(shop({ durations: { pickUp: 0, pull: 0, create: 0, destroy: "1 hour" } })))
  )

  it.effect("is not stopped by one that cannot be removed", () =>
    Effect.gen(function* () {
      const [first, broken, last] = [yield* create(), yield* create(), yield* create()]
      yield* TestClock.adjust("1 hour")
      yield* inject({ fault: Fault.status(500), method: "DELETE", path: `/sandbox/${broken.id}` })
      const { removals } = yield* run({ unusedFor: "10 minutes" })
      expect(removals.map(({ id, outcome }) => [id, outcome]).sort()).toEqual(
        [
          [first.id, "removed"],
          [broken.id, "failed"],
          [last.id, "removed"]
        ].sort()
      )
      expect(removals.find(({ id }) => id === broken.id)?.detail).toContain(`DELETE /sandbox/${broken.id}`)
      expect(yield* aliveIds).toEqual([broken.id])
    }).pipe(Effect.provide(shop()))
  )

  it.effect("knows volumes and snapshots by their names, and removes them only where it is asked to", () =>
    Effect.gen(function* () {
      const names = [nameOf({ application: "shop", key: "data" }), nameOf({ application: "other", key: "data" }), "es"]
      for (const name of names) {
        yield* send("POST", "/volumes", { name })
        yield* send("POST", "/snapshots", { name, imageName: "debian:12" })
      }
      yield* TestClock.adjust("1 hour")
      expect((yield* run({ unusedFor: "10 minutes" })).removals).toEqual([])
      const { removals, seen } = yield* run({ volumesUnusedFor: "10 minutes", snapshotsUnusedFor: "10 minutes" })
      expect(seen).toEqual({ sandboxes: 0, volumes: 1, snapshots: 1 })
      expect(removals.map(({ key, kind, name, outcome }) => ({ key, kind, name, outcome }))).toEqual(
        (["volume", "snapshot"] as const).map((kind) => ({ key: "data", kind, name: names[0], outcome: "removed" }))
      )
      yield* TestClock.adjust("1 minute")
      const server = yield* EmbeddedDaytona
      const left = (yield* server.volumes).filter(({ state }) => state !== "deleted").map(({ name }) => name)
      expect(left.sort()).toEqual(names.slice(1).sort())
      const kept = (yield* server.snapshots).map(({ name }) => name)
      expect(kept).toEqual(expect.arrayContaining(names.slice(1)))
      expect(kept).not.toContain(names[0])
    }).pipe(Effect.provide(shop()))
  )

  it.effect("keeps a volume that a sandbox uses", () =>
    Effect.gen(function* () {
      const name = nameOf({ application: "shop", key: "data" })
      yield* send("POST", "/volumes", { name })
      yield* TestClock.adjust("1 minute")
      yield* create({ volumes: [{ volumeId: name, mountPath: "/data" }], autoStop: "disabled" })
      yield* TestClock.adjust("1 hour")
      const { removals } = yield* run({ volumesUnusedFor: "10 minutes" })
      expect(removals.map(({ kind, outcome }) => [kind, outcome])).toEqual([["volume", "kept"]])
    }).pipe(Effect.provide(shop()))
  )

  it.effect("refuses invalid options before anything is sent", () =>
    Effect.gen(function* () {
      const invalid: ReadonlyArray<readonly [keyof Reaper.Options, Reaper.Options]> = [
        ["unusedFor", { unusedFor: "1 minute" }],
        ["unusedFor", { unusedFor: Number.NaN as 0 }],
        ["volumesUnusedFor", { volumesUnusedFor: 0 }],
        ["snapshotsUnusedFor", { snapshotsUnusedFor: "119 seconds" }],
        ["grace", { grace: Number.NaN as 0 }],
        ["clockSkew", { clockSkew: Number.NaN as 0 }],
        ["concurrency", { concurrency: 0 }],
        ["concurrency", { concurrency: 1.5 }]
      ]
      const reaper = yield* Reaper
      for (const [field, options] of invalid) {
        for (const attempt of [reaper.plan(options), reaper.run(options), reaper.repeat(options)]) {
          expect(yield* Effect.flip(attempt), field).toMatchObject({ _tag: "InvalidRequest", field })
        }
      }
      expect(yield* lines).toEqual([])
    }).pipe(Effect.provide(shop()))
  )

  it.effect("refuses to work for programs without a name", () =>
    Effect.gen(function* () {
      const unnamed = Layer.provide(Reaper.layer, Daytona.layer({ apiKey, apiUrl: "http://daytona.test/api" }))
      const error = yield* Effect.flip(Effect.provide(Reaper, unnamed))
      expect(error).toMatchObject({ _tag: "InvalidRequest", field: "application" })
    }).pipe(Effect.provide(EmbeddedDaytona.layerHttpClient()))
  )
})

describe("a reaper whose clock is wrong", () => {
  const hours = 3_600_000
  const settings = { autoStop: "disabled" } as const

  for (const offset of [-5 * hours, 5 * hours]) {
    it.effect(`by ${offset / hours} hours goes by the clock of the server`, () =>
      Effect.gen(function* () {
        const [past, unused] = [yield* create({ ...settings, wantedFor: "1 hour" }), yield* create(settings)]
        yield* create({ ...settings, wantedFor: "2 hours" })
        yield* TestClock.adjust("61 minutes")
        yield* create()
        const report = yield* run({ unusedFor: "1 hour" }).pipe(wrongBy(offset))
        expect(report).toMatchObject({ clock: "server", startedAt: "1970-01-01T01:01:00.000Z" })
        expect(report.removals.map(({ id }) => id)).toEqual(expect.arrayContaining([past.id, unused.id]))
        expect(report.removals).toHaveLength(3)
      }).pipe(Effect.provide(shop({}, withServerClock)))
    )
  }

  it.effect("says so and allows for it where the server does not tell the time", () =>
    Effect.gen(function* () {
      const { id } = yield* create(settings)
      yield* TestClock.adjust("61 minutes")
      const early = yield* run({ unusedFor: "1 hour", clockSkew: "2 minutes" })
      expect(early).toMatchObject({ clock: "own", removals: [] })
      yield* TestClock.adjust("1 minute")
      expect(outcomes(yield* run({ unusedFor: "1 hour", clockSkew: "2 minutes" }))).toEqual([[id, "removed"]])
    }).pipe(Effect.provide(shop({}, withoutDate)))
  )
})

/** A transport that shows no header of this name, as browsers do. */
const withoutDate = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(
    HttpClient.HttpClient,
    HttpClient.transformResponse(
      Effect.flatMap((response) =>
        Effect.map(response.arrayBuffer, (body) => {
          const { date: _, ...headers } = response.headers
          const isEmpty = body.byteLength === 0
          return HttpClientResponse.fromWeb(
            response.request,
            new Response(isEmpty ? null : body, { status: response.status, headers })
          )
        })
      )
    )
  )
)

describe("a reaper that repeats", () => {
  it.effect("removes what is due, run after run, also after a run that failed", () =>
    Effect.gen(function* () {
      const reports: Array<ReaperReport> = []
      yield* create({ wantedFor: "30 minutes" })
      const repeating = Reaper.layerRepeat({
        schedule: Schedule.spaced("10 minutes"),
        onReport: (report) => Effect.sync(() => void reports.push(report))
      })
      const within = yield* Effect.fork(Effect.scoped(Effect.zipRight(Layer.build(repeating), Effect.sleep("3 hours"))))
      yield* TestClock.adjust("29 minutes")
      expect(yield* alive).toHaveLength(1)
      yield* inject({ fault: Fault.status(401), method: "GET", path: "/sandbox", times: 2 })
      yield* TestClock.adjust("25 minutes")
      expect(yield* alive).toEqual([])
      yield* create({ wantedFor: "30 minutes" })
      yield* TestClock.adjust("1 hour")
      expect(yield* alive).toEqual([])
      yield* TestClock.adjust("3 hours")
      yield* within
      expect(reports.flatMap(outcomes).map(([, outcome]) => outcome)).toEqual(["removed", "removed"])
      expect(reports.length).toBeGreaterThan(10)
      // The scope is closed, and so is the reaper.
      yield* create({ wantedFor: "1 minute" })
      yield* TestClock.adjust("1 day")
      expect(yield* alive).toHaveLength(1)
    }).pipe(Effect.provide(shop()))
  )

  it.effect("does not begin with invalid options", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.scoped(Layer.build(Reaper.layerRepeat({ unusedFor: "1 second" }))))
      expect(error).toMatchObject({ _tag: "InvalidRequest", field: "unusedFor" })
    }).pipe(Effect.provide(shop()))
  )
})

describe("two reapers at once", () => {
  it.effect("remove 500 sandboxes with clocks that differ, from a server that limits requests", () =>
    Effect.gen(function* () {
      const make = (count: number) =>
        Effect.flatMap(Sandboxes, (sandboxes) =>
          Effect.forEach(
            Array.from({ length: count }, (_, index) => index),
            (index) => sandboxes.create(index % 2 === 0 ? { wantedFor: "1 hour" } : {})
          )
        )
      const ids = yield* passing(make(500))
      const others = yield* passing(Effect.provide(make(50), application("other")))
      yield* TestClock.adjust("1 day")
      const server = yield* EmbeddedDaytona
      yield* server.clearRequests
      const reports = yield* passing(
        Effect.all(
          [
            run({ unusedFor: "12 hours" }).pipe(wrongBy(-7_200_000)),
            run({ unusedFor: "12 hours" }).pipe(wrongBy(7_200_000))
          ],
          { concurrency: 2 }
        )
      )
      const all = reports.flatMap(({ removals }) => removals)
      expect(reports.map(({ removals }) => removals.length)).toEqual([500, 500])
      expect(all.filter(({ outcome }) => outcome === "failed")).toEqual([])
      expect(all.filter(({ outcome }) => outcome === "kept")).toEqual([])
      const removed = all.flatMap(({ id, outcome }) => (outcome === "removed" ? [SandboxId.make(id)] : []))
      expect(new Set(removed)).toEqual(new Set(ids.map(({ id }) => id)))
      expect(yield* aliveIds).toEqual(others.map(({ id }) => id).sort())
    }).pipe(
      Effect.provide(
        shop(
          {
            rateLimits: {
              authenticated: { limit: 300, ttl: 60 },
              "sandbox-lifecycle": { limit: 100, ttl: 60 },
              "sandbox-list": { limit: 10, ttl: 60 }
            }
          },
          withServerClock
        )
      )
    )
  )
})
