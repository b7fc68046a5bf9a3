import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { Sandboxes, SandboxName, SecretName, Secrets, SnapshotName, Snapshots } from "../../../../src/daytona.js"
import { Outcome } from "../../../../src/embedded/daytona/index.js"
import { alive, daytona, happens, lines } from "../../../support/daytonaOver.js"
import { timed, within } from "../../../support/embedded.js"

const named = (name: string) => ({ name: SandboxName.make(name) })
const using = <A, E, R>(program: (sandboxes: Sandboxes.Service) => Effect.Effect<A, E, R>) =>
  within("5 minutes")(Effect.flatMap(Sandboxes, program))
const old = daytona({ server: { generation: "0.190", durations: 0 } })
const instant = daytona({ server: { durations: 0 } })

describe("a change while another one is in progress", () => {
  it.effect("of the network is repeated until it is accepted", () =>
    Effect.gen(function* () {
      const box = yield* using((sandboxes) => sandboxes.create())
      const settled = yield* using((sandboxes) =>
        Effect.zipRight(
          sandboxes.updateNetworkSettings(box.id, { networkBlockAll: true }),
          sandboxes.updateNetworkSettings(box.id, { networkAllowList: ["10.0.0.0/24"] })
        )
      )
      expect(settled).toMatchObject({ networkBlockAll: false, networkAllowList: ["10.0.0.0/24"] })
      const sent = (yield* lines).filter((line) => line.endsWith("/network-settings"))
      expect(sent.length).toBeGreaterThan(2)
      expect(yield* using((sandboxes) => sandboxes.resize(box.id, { cpu: 2 }))).toMatchObject({ cpu: 2 })
    }).pipe(Effect.provide(daytona({ server: { durations: { network: 10, create: 0, pickUp: 0 } } })))
  )

  it.effect("that lasts fails with a Conflict that can be repeated, and nothing was changed", () =>
    Effect.gen(function* () {
      const box = yield* using((sandboxes) => sandboxes.create())
      const error = yield* using((sandboxes) =>
        Effect.zipRight(
          sandboxes.updateNetworkSettings(box.id, { networkBlockAll: true }),
          Effect.flip(sandboxes.resize(box.id, { cpu: 2 }))
        )
      )
      expect(error).toMatchObject({ _tag: "Conflict", retryable: true, admitted: "no" })
    }).pipe(Effect.provide(daytona({ server: { durations: { network: "1 hour", create: 0, pickUp: 0 } } })))
  )
})

describe("a snapshot of a sandbox", () => {
  it.effect("whose name is taken is refused before it is taken", () =>
    Effect.gen(function* () {
      yield* using((sandboxes) => sandboxes.create(named("box")))
      const take = using((sandboxes) => sandboxes.createSnapshot(SandboxName.make("box"), { name: "mine" }))
      yield* take
      const error = yield* Effect.flip(take)
      expect(error).toMatchObject({ _tag: "Conflict", retryable: false, admitted: "no", attempts: 0 })
      expect(error.message).toContain("there is one named mine already")
      expect((yield* lines).filter((line) => line === "POST /api/sandbox/box/snapshot")).toHaveLength(1)
    }).pipe(Effect.provide(instant))
  )

  it.effect("that the server drops is no success: another sandbox took the name at the same time", () =>
    Effect.gen(function* () {
      const boxes = yield* using((sandboxes) => Effect.forEach(["one", "two"], (name) => sandboxes.create(named(name))))
      const results = yield* using((sandboxes) =>
        Effect.forEach(boxes, ({ id }) => Effect.either(sandboxes.createSnapshot(id, { name: "mine" })), {
          concurrency: "unbounded"
        })
      )
      const { sourceSandboxId } = yield* Effect.flatMap(Snapshots, (snapshots) =>
        snapshots.get(SnapshotName.make("mine"))
      )
      expect(results.map(({ _tag }) => _tag)).toEqual(
        boxes.map(({ id }) => (id === sourceSandboxId ? "Right" : "Left"))
      )
      expect(results.flatMap((result) => (result._tag === "Left" ? [result.left] : []))).toMatchObject([
        {
          _tag: "Conflict",
          retryable: false,
          admitted: "yes",
          message: expect.stringContaining("No snapshot was kept")
        }
      ])
      expect((yield* lines).filter((line) => line.endsWith("/snapshot"))).toHaveLength(2)
    }).pipe(Effect.provide(daytona()))
  )

  it.effect("may be named as one that everybody has", () =>
    Effect.gen(function* () {
      yield* using((sandboxes) => sandboxes.create(named("box")))
      yield* using((sandboxes) => sandboxes.createSnapshot(SandboxName.make("box"), { name: "daytona-small" }))
      const snapshots = yield* Snapshots
      expect(yield* snapshots.get(SnapshotName.make("daytona-small"))).toMatchObject({ general: false })
    }).pipe(Effect.provide(instant))
  )
})

describe("a body that the server is too small for", () => {
  it.effect("is not reported as a wrong address", () =>
    Effect.gen(function* () {
      const large = { env: { LONG: Redacted.make("x".repeat(110_000)) } }
      const error = yield* Effect.flip(Effect.asVoid(using((sandboxes) => sandboxes.create(large))))
      expect(error).toMatchObject({ _tag: "UnexpectedStatus", status: 404, admitted: "no" })
      expect(error.message).toMatch(/its body has 110\d{3} bytes, and this server accepts 102400/)
      expect(error.message).not.toContain("apiUrl")
    }).pipe(Effect.provide(old))
  )

  it.effect("is accepted by one that takes it", () =>
    using((sandboxes) => sandboxes.create({ env: { LONG: "x".repeat(110_000) } })).pipe(Effect.provide(instant))
  )
})

describe("a filter by name", () => {
  it.effect("takes no character for a wildcard", () =>
    Effect.gen(function* () {
      yield* using((sandboxes) =>
        Effect.forEach(["a-b-1", "a-b-2", "a_b", "axb"], (name) => sandboxes.create(named(name)))
      )
      const names = (name: string) =>
        using((sandboxes) =>
          Effect.map(Stream.runCollect(sandboxes.list({ name, pageSize: 1 })), (found) =>
            Chunk.toReadonlyArray(found).map((each) => each.name)
          )
        )
      expect(yield* names("a_b")).toEqual(["a_b"])
      expect(yield* names("%")).toEqual([])
      expect(yield* names("A-B")).toHaveLength(2)
      const found = yield* using((sandboxes) => sandboxes.findOne({ name: "a_b" }))
      expect(Option.map(found, ({ name }) => name)).toEqual(Option.some("a_b"))
      expect(yield* using((sandboxes) => sandboxes.findOne({ name: "a_c" }))).toEqual(Option.none())
      const { items } = yield* using((sandboxes) => sandboxes.listPage({ name: "a_b" }))
      expect(items.map(({ name }) => name)).toEqual(["a_b"])
    }).pipe(Effect.provide(instant))
  )

  it.effect("of snapshots and secrets neither", () =>
    Effect.gen(function* () {
      const snapshots = yield* Snapshots
      const { items } = yield* snapshots.listPage({ name: "daytona_" })
      expect(items).toEqual([])
      expect((yield* snapshots.listPage({ name: "daytona-" })).items.length).toBeGreaterThan(0)
    }).pipe(Effect.provide(instant))
  )
})

describe("an option that the server ignores", () => {
  it.effect("is a failure, and the sandbox that would live on without it is deleted", () =>
    Effect.gen(function* () {
      for (const [field, option] of [
        ["ttl", { ttl: "1 hour" }],
        ["autoPause", { autoPause: "1 hour", snapshot: "daytona-vm" }],
        ["spot", { spot: true, image: "a:1", gpu: 1, autoDelete: "on-stop" }]
      ] as const) {
        const error = yield* Effect.flip(Effect.asVoid(using((sandboxes) => sandboxes.create(option))))
        expect(error).toMatchObject({ _tag: "UnsupportedByServer", field, admitted: "yes" })
        expect(yield* alive).toEqual([])
      }
    }).pipe(Effect.provide(old))
  )

  it.effect("is found out before anything is created where the answer would not show it", () =>
    Effect.gen(function* () {
      const secrets = { KEY: SecretName.make("key") }
      const error = yield* Effect.flip(Effect.asVoid(using((sandboxes) => sandboxes.create({ secrets }))))
      expect(error).toMatchObject({ _tag: "UnsupportedByServer", field: "secrets", admitted: "no" })
      expect(yield* lines).toEqual(["GET /api/secret/paginated"])
    }).pipe(Effect.provide(old))
  )

  it.effect("is none on a server that knows it", () =>
    Effect.gen(function* () {
      const vault = yield* Secrets
      yield* vault.create({ name: SecretName.make("key"), value: Redacted.make("v") })
      yield* using((sandboxes) => sandboxes.create({ ttl: "1 hour", secrets: { KEY: SecretName.make("key") } }))
      yield* using((sandboxes) => sandboxes.create({ ttl: "disabled", snapshot: "daytona-vm", autoPause: "1 hour" }))
    }).pipe(Effect.provide(instant))
  )
})

describe("a creation that takes too long", () => {
  const stuck = (options: Sandboxes.CreateOptions) =>
    Effect.gen(function* () {
      yield* happens({ during: "create", outcome: Outcome.stuck })
      return yield* timed("10 minutes")(
        Effect.flatMap(Sandboxes, (sandboxes) => Effect.flip(sandboxes.create(named("box"), options)))
      )
    }).pipe(Effect.provide(daytona({ server: { startWait: "300 millis" } })))

  it.effect("says for how long, in the words of the caller", () =>
    Effect.gen(function* () {
      const { result } = yield* stuck({ timeout: "45 seconds" })
      expect(result.message).toContain("was still creating after 45s; it can be awaited again")
    })
  )

  it.effect("says that the sandbox is deleted when it is", () =>
    Effect.gen(function* () {
      const { result } = yield* stuck({ timeout: "1 second", onFailure: "delete" })
      expect(result.message).toContain("after 1s; it is deleted now")
    })
  )
})

describe("the name of a new sandbox", () => {
  it.effect.each([".", "..", ""])("cannot be %j, by which no request could find it", (name) =>
    Effect.gen(function* () {
      const refused = { _tag: "InvalidRequest", field: "name" }
      expect(yield* Effect.flip(Effect.asVoid(using((sandboxes) => sandboxes.create(named(name)))))).toMatchObject(
        refused
      )
      const fork = using((sandboxes) => sandboxes.fork(SandboxName.make("box"), named(name)))
      expect(yield* Effect.flip(fork)).toMatchObject(refused)
      expect(yield* lines).toEqual([])
    }).pipe(Effect.provide(instant))
  )

  it.effect.each(["1 < 2", "a > b", "tab\there", "…", "a/b"])("can be %j, as the server has it", (name) =>
    Effect.map(
      using((sandboxes) => sandboxes.create(named(name))),
      (sandbox) => expect(sandbox.name).toBe(name)
    ).pipe(Effect.provide(instant))
  )

  it.effect.each(["<b>", "</b", "see https://a.b", "mailto:x", "www.x", "a\u0007"])("cannot be %j", (name) =>
    Effect.map(Effect.flip(Effect.asVoid(using((sandboxes) => sandboxes.create(named(name))))), (error) =>
      expect(error).toMatchObject({ _tag: "InvalidRequest", field: "name" })
    ).pipe(Effect.provide(instant))
  )
})

describe("the ancestors of a fork", () => {
  it.effect("begin with the root", () =>
    Effect.gen(function* () {
      yield* using((sandboxes) => sandboxes.create({ ...named("a"), snapshot: "daytona-vm" }))
      yield* using((sandboxes) => sandboxes.fork(SandboxName.make("a"), named("b")))
      yield* using((sandboxes) => sandboxes.fork(SandboxName.make("b"), named("c")))
      const ancestors = yield* using((sandboxes) => sandboxes.ancestors(SandboxName.make("c")))
      expect(ancestors.map(({ name }) => name)).toEqual(["a", "b"])
    }).pipe(Effect.provide(instant))
  )
})
