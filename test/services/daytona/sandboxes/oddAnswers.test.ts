import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import {
  RegionId,
  Regions,
  Sandboxes,
  SandboxId,
  SecretId,
  SecretName,
  Secrets,
  SnapshotId,
  Snapshots,
  VolumeName,
  Volumes,
  WarmPoolId,
  WarmPools
} from "../../../../src/daytona.js"
import { EmbeddedDaytona } from "../../../../src/embedded/daytona/index.js"
import { put } from "../../../embedded/daytona/support.js"
import { daytona, daytonaOver } from "../../../support/daytonaOver.js"
import { within } from "../../../support/embedded.js"
import * as Script from "../../../support/scriptedServer.js"

const id = SandboxId.make("s-1")

/** A sandbox whose decorations are all odd. */
const odd = {
  id,
  state: "started",
  name: 5,
  organizationId: {},
  labels: { number: 5, nothing: null, object: { a: 1 } },
  env: { PORT: 8080 },
  cpu: "two",
  memory: null,
  volumes: [{ volumeId: 1 }],
  buildInfo: { snapshotRef: 5 },
  errorReason: [],
  createdAt: 0,
  unknown: "x"
}

/** Every method that changes something or reads one thing, over a server that answers with the odd one. */
const changes: Readonly<Record<string, (sandboxes: Sandboxes.Service) => Effect.Effect<unknown, { message: string }>>> =
  {
    get: (sandboxes) => sandboxes.get(id),
    create: (sandboxes) => sandboxes.create({}),
    connect: (sandboxes) => sandboxes.connect(id),
    start: (sandboxes) => sandboxes.start(id),
    stop: (sandboxes) => sandboxes.stop(id, { wait: false }),
    pause: (sandboxes) => sandboxes.pause(id, { wait: false }),
    archive: (sandboxes) => sandboxes.archive(id),
    recover: (sandboxes) => sandboxes.recover(id),
    resize: (sandboxes) => sandboxes.resize(id, { cpu: 1 }, { wait: false }),
    fork: (sandboxes) => sandboxes.fork(id),
    delete: (sandboxes) => sandboxes.delete(id),
    parent: (sandboxes) => sandboxes.parent(id),
    setLabels: (sandboxes) => sandboxes.setLabels(id, { a: "b" }),
    setAutoStop: (sandboxes) => sandboxes.setAutoStop(id, "disabled"),
    setAutoPause: (sandboxes) => sandboxes.setAutoPause(id, "disabled"),
    setAutoArchive: (sandboxes) => sandboxes.setAutoArchive(id, "maximum"),
    setAutoDelete: (sandboxes) => sandboxes.setAutoDelete(id, "disabled"),
    setTimeToLive: (sandboxes) => sandboxes.setTimeToLive(id, "disabled"),
    setPublic: (sandboxes) => sandboxes.setPublic(id, true),
    updateNetworkSettings: (sandboxes) => sandboxes.updateNetworkSettings(id, { networkBlockAll: true }),
    updateSecrets: (sandboxes) => sandboxes.updateSecrets(id, {}),
    revokeSshAccess: (sandboxes) => sandboxes.revokeSshAccess(id),
    rotateSigningKey: (sandboxes) => sandboxes.rotateSigningKey(id),
    refreshActivity: (sandboxes) => sandboxes.refreshActivity(id)
  }

const over = <A, E, R>(answer: unknown, program: Effect.Effect<A, E, R>) =>
  Effect.provide(program, daytonaOver(Script.scripted(Script.json(answer)).layer))

describe("an answer with odd decorations", () => {
  it.effect.each(Object.keys(changes))("does not fail Sandboxes.%s", (name) =>
    within("1 minute")(
      over(
        odd,
        Effect.flatMap(
          Sandboxes,
          (sandboxes) => changes[name]?.(sandboxes) ?? Effect.fail({ message: "no such method" })
        )
      )
    )
  )

  it.effect("gives the labels that the server has", () =>
    Effect.gen(function* () {
      const labels = yield* over(
        odd,
        Effect.flatMap(Sandboxes, (sandboxes) => sandboxes.setLabels(id, { a: "b" }))
      )
      expect(labels).toEqual({ number: "5", nothing: "null", object: '{"a":1}' })
      const none = yield* over(
        {},
        Effect.flatMap(Sandboxes, (sandboxes) => sandboxes.setLabels(id, { a: "b" }))
      )
      expect(none).toEqual({ a: "b" })
    })
  )

  it.effect("does not fail the changes of the other services", () =>
    Effect.gen(function* () {
      const decorated = { id: "x", state: "ready", name: 5, createdAt: {}, hosts: "h", pool: "many", env: 5, mem: [] }
      const snapshots = yield* over(
        decorated,
        Effect.flatMap(Snapshots, (all) => all.activate(SnapshotId.make("x")))
      )
      expect(snapshots).toMatchObject({ id: "x", state: "ready", name: "", unreadable: expect.any(Array) })
      const volume = yield* over(
        decorated,
        Effect.flatMap(Volumes, (all) => all.create(VolumeName.make("v")))
      )
      expect(volume).toMatchObject({ id: "x", state: "ready", name: "" })
      const secret = { name: SecretName.make("s"), value: Redacted.make("v") }
      expect(
        yield* over(
          decorated,
          Effect.flatMap(Secrets, (all) => all.create(secret))
        )
      ).toMatchObject({ id: "x" })
      expect(
        yield* over(
          decorated,
          Effect.flatMap(Secrets, (all) => all.update(SecretId.make("x"), {}))
        )
      ).toMatchObject({ id: "x", hosts: [] })
      const pools = yield* over(
        decorated,
        Effect.flatMap(WarmPools, (all) => all.create({ snapshot: "s", pool: 1 }))
      )
      expect(pools).toMatchObject({ id: "x", pool: 0 })
      yield* over(
        decorated,
        Effect.flatMap(WarmPools, (all) => all.resize(WarmPoolId.make("x"), 2))
      )
      expect(
        yield* over(
          { token: "t", sshCommand: "ssh", port: 5, expiresAt: 5 },
          Effect.flatMap(Sandboxes, (all) => all.createSshAccess(id))
        )
      ).toMatchObject({ expiresAt: "" })
    })
  )
})

describe("a list with odd elements", () => {
  const one = { id: "odd", state: "started" }

  it.effect("has all the others, whatever is odd about one", () =>
    Effect.promise(() =>
      FastCheck.assert(
        FastCheck.asyncProperty(FastCheck.jsonValue(), FastCheck.jsonValue(), (labels, stranger) =>
          Effect.runPromise(
            Effect.gen(function* () {
              const elements = [
                { ...odd, id: "first" },
                stranger,
                { ...one, labels },
                { ...one, id: "last", cpu: labels }
              ]
              const page = { items: elements, total: 4, page: 1, totalPages: 1, nextCursor: null }
              const ids = (all: Iterable<{ readonly id: string }>) => Array.from(all, (each) => each.id)
              const wanted = ["first", "odd", "last"]
              const sandboxes = Effect.flatMap(Sandboxes, (service) => Stream.runCollect(service.list()))
              expect(ids(Chunk.toReadonlyArray(yield* over(page, sandboxes)))).toEqual(wanted)
              for (const read of [
                over(
                  page,
                  Effect.flatMap(Snapshots, (service) => Stream.runCollect(service.list()))
                ),
                over(
                  page,
                  Effect.flatMap(Secrets, (service) => Stream.runCollect(service.list()))
                )
              ]) {
                expect(ids(Chunk.toReadonlyArray(yield* read))).toEqual(wanted)
              }
              expect(
                ids(
                  yield* over(
                    elements,
                    Effect.flatMap(Volumes, ({ list }) => list())
                  )
                )
              ).toEqual(wanted)
              expect(
                ids(
                  yield* over(
                    elements,
                    Effect.flatMap(WarmPools, ({ list }) => list)
                  )
                )
              ).toEqual(wanted)
              expect(
                ids(
                  yield* over(
                    elements,
                    Effect.flatMap(Regions, ({ list }) => list)
                  )
                )
              ).toEqual(wanted)
              expect(
                ids(
                  yield* over(
                    elements,
                    Effect.flatMap(Sandboxes, ({ forks }) => forks(id))
                  )
                )
              ).toEqual(wanted)
            })
          )
        ),
        { numRuns: 20 }
      )
    )
  )

  it.effect("is read from the embedded server, which keeps labels as they were sent", () =>
    Effect.gen(function* () {
      const sandboxes = yield* Sandboxes
      const box = yield* within("1 minute")(sandboxes.create({ labels: { a: "b" } }))
      yield* put(`/sandbox/${box.id}/labels`, { labels: { number: 5, nothing: null } })
      const { items } = yield* sandboxes.listPage()
      expect(items.map(({ labels }) => labels)).toEqual([{ number: "5", nothing: "null" }])
      expect(yield* within("1 minute")(sandboxes.stop(box.id))).toMatchObject({ state: "stopped" })
      yield* sandboxes.delete(box.id)
      const { sandboxes: stored } = yield* EmbeddedDaytona
      expect((yield* stored)[0]?.desiredState).toBe("destroyed")
    }).pipe(Effect.provide(daytona()))
  )
})

describe("a region", () => {
  it.effect("that is shared is found, although the server only looks up the organization's own", () =>
    Effect.gen(function* () {
      const regions = yield* Regions
      expect(yield* regions.get(RegionId.make("us"))).toMatchObject({ id: "us", regionType: "shared" })
      expect(yield* regions.get(RegionId.make("own"))).toMatchObject({ id: "own", regionType: "custom" })
      expect(yield* Effect.flip(regions.get(RegionId.make("moon")))).toMatchObject({ _tag: "NotFound" })
    }).pipe(
      Effect.provide(
        daytona({
          server: {
            organizations: [{ id: "o" }],
            regions: [{ id: "us" }, { id: "own", regionType: "custom", organizationId: "o" }]
          }
        })
      )
    )
  )
})
