/**
 * What every Daytona server must do, tested through our services: against the embedded server in every test run, and
 * against the real service with `npm run test:e2e`. Everything that is created is deleted, and named in the output if
 * `verbose`.
 */
import { expect } from "@effect/vitest"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import {
  type Daytona,
  DaytonaClient,
  Reaper,
  type ReaperReport,
  Regions,
  Sandboxes,
  SandboxName,
  SnapshotName,
  Snapshots,
  VolumeName,
  Volumes
} from "effect-sandboxes/daytona"
import { describeWithLayer } from "../support/sharedLayer.js"

const unique = Effect.sync(() => `effect-sandboxes-${globalThis.crypto.randomUUID()}`)

export const daytonaBehaviour = <E>(
  name: string,
  options: {
    readonly services: Layer.Layer<Daytona.Daytona, E>
    /** Whether to log what is created, so that it can be checked on a real service. */
    readonly verbose: boolean
  }
) =>
  describeWithLayer(
    name,
    options.services,
    "1 minute"
  )((it) => {
    const minutes = 5 * 60_000
    const say = (what: string) => (options.verbose ? Console.log(what) : Effect.void)

    it.effect("has regions and a snapshot", () =>
      Effect.gen(function* () {
        expect((yield* (yield* Regions).list).length).toBeGreaterThan(0)
        expect((yield* (yield* Snapshots).listPage({ limit: 1 })).items.length).toBe(1)
      })
    )

    it.effect(
      "lets a reaper find what is past its time by the server's clock, remove it, and leave the rest",
      () =>
        Effect.gen(function* () {
          const client = yield* DaytonaClient
          const application = yield* unique
          const services = Reaper.layer.pipe(
            Layer.provideMerge(Sandboxes.layer),
            Layer.provideMerge(Layer.succeed(DaytonaClient, { ...client, application }))
          )
          yield* Effect.gen(function* () {
            const sandboxes = yield* Sandboxes
            const reaper = yield* Reaper
            const wanted = yield* sandboxes.scoped({ wantedFor: "1 hour" })
            const lost = yield* sandboxes.scoped({ wantedFor: "1 second" })
            yield* say(`sandboxes of ${application}: ${wanted.id}, ${lost.id}`)
            const options = { grace: "0 seconds", clockSkew: "0 seconds" } as const
            // The list shows it a little later, and each look sees the server's clock up to a second late.
            const untilFound = <E, R>(look: Effect.Effect<ReaperReport, E, R>) =>
              Effect.repeat(Effect.delay(look, "250 millis"), { until: ({ removals }) => removals.length > 0 })
            const plan = yield* untilFound(reaper.plan(options))
            expect(plan.clock).toBe("server")
            expect(plan.removals.map(({ id, why }) => [id, why])).toEqual([[lost.id, "past-until"]])
            const { removals } = yield* untilFound(reaper.run(options))
            expect(removals.map(({ id, outcome }) => [id, outcome])).toEqual([[lost.id, "removed"]])
            yield* sandboxes.awaitDestroyed(lost.id, { timeout: "2 minutes" })
            expect((yield* sandboxes.get(wanted.id)).state).toBe("started")
          }).pipe(Effect.scoped, Effect.provide(services))
        }),
      minutes
    )

    it.effect("fails with NotFound for what does not exist", () =>
      Effect.gen(function* () {
        const nothing = SandboxName.make(yield* unique)
        const failures = yield* Effect.all([
          Effect.flip((yield* Sandboxes).get(nothing)),
          Effect.flip((yield* Snapshots).get(SnapshotName.make(nothing))),
          Effect.flip((yield* Volumes).get(VolumeName.make(nothing)))
        ])
        expect(failures.map(({ _tag }) => _tag)).toEqual(["NotFound", "NotFound", "NotFound"])
        expect(Option.isNone(yield* (yield* Sandboxes).findOne(nothing))).toBe(true)
      })
    )

    it.effect(
      "runs a sandbox through its lifecycle, and deletes it",
      () =>
        Effect.gen(function* () {
          const sandboxes = yield* Sandboxes
          const label = { "effect-sandboxes-test": yield* unique }
          const name = SandboxName.make(yield* unique)
          const id = yield* Effect.scoped(
            Effect.gen(function* () {
              const created = yield* sandboxes.scoped({
                name,
                labels: label,
                autoStop: "5 minutes",
                autoDelete: "30 minutes"
              })
              yield* say(`created sandbox ${created.id} (${name}); it is deleted at the end of this test`)
              expect(created).toMatchObject({ name, state: "started" })
              expect(created.labels).toMatchObject(label)

              expect((yield* sandboxes.get(name)).id).toBe(created.id)
              expect(yield* Effect.flip(sandboxes.create({ name }))).toMatchObject({ _tag: "Conflict" })
              yield* sandboxes.setLabels(created.id, { ...label, more: "yes" })
              yield* sandboxes.setAutoStop(created.id, "10 minutes")
              yield* sandboxes.refreshActivity(created.id)
              expect((yield* sandboxes.previewLink(created.id, 3000)).url).toContain("3000")

              expect((yield* sandboxes.stop(created.id)).state).toBe("stopped")
              expect((yield* sandboxes.start(created.id)).state).toBe("started")
              return created.id
            })
          )
          const left = yield* Effect.either(sandboxes.get(id))
          if (left._tag === "Right") expect(["destroying", "destroyed"]).toContain(left.right.state)
          else expect(left.left._tag).toBe("NotFound")
        }),
      minutes
    )

    it.effect(
      "leaves no sandbox behind when its creation is interrupted",
      () =>
        Effect.gen(function* () {
          const sandboxes = yield* Sandboxes
          const label = { "effect-sandboxes-test": yield* unique }
          yield* say(`creates a sandbox with label ${JSON.stringify(label)} and interrupts that; it is deleted`)
          yield* Effect.timeout(
            Effect.scoped(sandboxes.scoped({ labels: label, autoStop: "5 minutes", autoDelete: "30 minutes" })),
            "50 millis"
          ).pipe(Effect.ignore)
          const left = yield* Stream.runCollect(sandboxes.list({ labels: label }))
          for (const { state } of left) expect(["destroying", "destroyed"]).toContain(state)
        }),
      minutes
    )

    it.effect(
      "keeps a volume until it is deleted",
      () =>
        Effect.gen(function* () {
          const volumes = yield* Volumes
          const volume = yield* Effect.acquireRelease(
            Effect.flatMap(unique, (name) => volumes.create(VolumeName.make(name))),
            ({ id }) => Effect.ignore(Effect.zipRight(volumes.awaitReady(id), volumes.delete(id)))
          )
          yield* say(`created volume ${volume.id} (${volume.name}); it is deleted at the end of this test`)
          expect((yield* volumes.awaitReady(volume.id)).state).toBe("ready")
          expect((yield* volumes.getOrCreate(volume.name)).id).toBe(volume.id)
          expect((yield* volumes.list()).map(({ id }) => id)).toContain(volume.id)
        }).pipe(Effect.scoped),
      minutes
    )
  })
