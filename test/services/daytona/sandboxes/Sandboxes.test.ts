import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import {
  type CreateSandbox,
  Image,
  Sandboxes,
  SandboxId,
  SandboxName,
  SecretName,
  Secrets
} from "../../../../src/daytona.js"
import { EmbeddedDaytona } from "../../../../src/embedded/daytona/index.js"
import { creationLabel } from "../../../../src/services/daytona/sandboxes/cleanup.js"
import { alive, daytona, lines } from "../../../support/daytonaOver.js"
import { printedSpans, within, withSpans } from "../../../support/embedded.js"

const unknown = SandboxId.make("8f5b0d5e-0000-4000-8000-000000000001")
const all = Effect.flatMap(Sandboxes, Effect.succeed)

/** A sandbox that runs. */
const created = (sandbox: CreateSandbox = {}) =>
  within("1 minute")(Effect.flatMap(all, (sandboxes) => sandboxes.create(sandbox)))

/** Runs a program with the sandboxes to completion, however long it takes in test time. */
const using = <A, E, R>(program: (sandboxes: Sandboxes.Service) => Effect.Effect<A, E, R>) =>
  within("5 minutes")(Effect.flatMap(all, program))

const lastBody = (path: string) =>
  Effect.flatMap(EmbeddedDaytona, ({ requests }) =>
    Effect.map(requests, (seen): unknown =>
      JSON.parse(seen.findLast((each) => each.path === path && each.body !== "")?.body ?? "null")
    )
  )

const instant = daytona({ server: { durations: 0 } })
const real = daytona()

describe("creating a sandbox", () => {
  it.effect("from the default snapshot needs no options", () =>
    Effect.gen(function* () {
      const sandbox = yield* created()
      expect(sandbox).toMatchObject({ state: "started", user: "daytona", autoStop: Duration.minutes(15) })
      // The server answers with the state from before its wait.
      expect(yield* lines).toEqual(["POST /api/sandbox", `GET /api/sandbox/${sandbox.id}`])
    }).pipe(Effect.provide(real))
  )

  it.effect("sends all options, and does not modify its argument", () =>
    Effect.gen(function* () {
      const labels = Object.freeze({ team: "a" })
      const params = Object.freeze({
        name: SandboxName.make("mine"),
        labels,
        language: "typescript",
        env: { KEY: Redacted.make("v") },
        autoStop: "disabled",
        autoDelete: "on-stop"
      } as const)
      const sandbox = yield* created(params)
      expect(sandbox.labels).toMatchObject({ team: "a", "code-toolbox-language": "typescript" })
      expect(sandbox).toMatchObject({ name: "mine", autoStop: "disabled", autoDelete: "on-stop" })
      expect(Redacted.value(sandbox.env)).toEqual({ KEY: "v" })
      expect(labels).toEqual({ team: "a" })
      const sent = yield* lastBody("/api/sandbox")
      expect(sent).toEqual({
        name: "mine",
        labels: {
          team: "a",
          "code-toolbox-language": "typescript",
          "effect-sandboxes-application": "default",
          [creationLabel]: expect.stringMatching(/^[0-9a-f-]{36}$/)
        },
        env: { KEY: "v" },
        autoStopInterval: 0,
        autoDeleteInterval: 0
      })
    }).pipe(Effect.provide(real))
  )

  it.effect("from an image reference builds it", () =>
    Effect.gen(function* () {
      const sandbox = yield* created({ image: "python:3.12", cpu: 2, memory: 4, disk: 5 })
      expect(sandbox).toMatchObject({ state: "started", cpu: 2, memory: 4, disk: 5 })
      expect(yield* lastBody("/api/sandbox")).toMatchObject({
        cpu: 2,
        buildInfo: { dockerfileContent: "FROM python:3.12\n" }
      })
    }).pipe(Effect.provide(real))
  )

  it.effect("from an image with steps sends its Dockerfile", () =>
    Effect.gen(function* () {
      yield* created({ image: Image.base("python:3.12").pipe(Image.pipInstall(["numpy>=1.26"])) })
      const sent = yield* lastBody("/api/sandbox")
      expect(JSON.stringify(sent)).toContain("FROM python:3.12\\nRUN")
      expect(JSON.stringify(sent)).toContain("numpy>=1.26")
    }).pipe(Effect.provide(real))
  )

  it.effect("streams the lines of its build log", () =>
    Effect.gen(function* () {
      const [log, sandbox] = yield* using((sandboxes) =>
        Effect.gen(function* () {
          const begun = yield* sandboxes.create({ image: "python:3.12" }, { wait: false })
          expect(begun.state).not.toBe("started")
          const log = yield* Stream.runCollect(sandboxes.buildLogs(begun.id))
          return [Chunk.toReadonlyArray(log), yield* sandboxes.awaitStarted(begun.id)] as const
        })
      )
      expect(log.length).toBeGreaterThan(0)
      expect(sandbox.state).toBe("started")
    }).pipe(Effect.provide(real))
  )

  it.effect("uses the region of the layer, or that of the call", () =>
    Effect.gen(function* () {
      expect((yield* created()).target).toBe("eu")
    }).pipe(Effect.provide(daytona({ client: { target: "eu" } })))
  )

  for (const [what, params, field] of [
    ["memory in MiB", { image: "a:1", memory: 4096 }, "memory"],
    ["a reference with a line break", { image: "a\nRUN x" }, "image"],
    ["a name with a tag in it", { name: SandboxName.make("<b>") }, "name"]
  ] as const) {
    it.effect(`is refused by the client for ${what}`, () =>
      Effect.gen(function* () {
        const failure = yield* using((sandboxes) => Effect.flip(sandboxes.create(params)))
        expect(failure._tag).toBe("InvalidRequest")
        expect(Reflect.get(failure, "field")).toContain(field)
        expect(yield* lines).toEqual([])
      }).pipe(Effect.provide(instant))
    )
  }

  it.effect("fails with Conflict when the name is taken, and keeps the other sandbox", () =>
    Effect.gen(function* () {
      const name = SandboxName.make("mine")
      const first = yield* created({ name })
      const failure = yield* using((sandboxes) => Effect.flip(Effect.scoped(sandboxes.scoped({ name }))))
      expect(failure).toMatchObject({ _tag: "Conflict", retryable: false })
      expect((yield* alive).map(({ id }) => id)).toEqual([first.id])
    }).pipe(Effect.provide(instant))
  )

  it.effect("fails with BadRequest for an exceeded quota, and names it", () =>
    Effect.gen(function* () {
      const failure = yield* using((sandboxes) => Effect.flip(sandboxes.create({ image: "a:1", memory: 16 })))
      expect(failure).toMatchObject({ _tag: "BadRequest", admitted: "no" })
      expect(failure.message).toContain("Memory request 16GB exceeds")
    }).pipe(Effect.provide(daytona({ server: { organizations: [{ id: "o", quotas: { memoryPerSandbox: 8 } }] } })))
  )

  it.effect("fails with NotFound for an unknown volume", () =>
    Effect.gen(function* () {
      const failure = yield* using((sandboxes) =>
        Effect.flip(sandboxes.create({ volumes: [{ volumeId: "none", mountPath: "/data" }] }))
      )
      expect(failure._tag).toBe("NotFound")
    }).pipe(Effect.provide(instant))
  )
})

describe("the lifecycle of a sandbox", () => {
  it.effect("changes its state, and every method waits for the new one", () =>
    Effect.gen(function* () {
      const { id } = yield* created()
      const states = yield* using((sandboxes) =>
        Effect.gen(function* () {
          const stopped = yield* sandboxes.stop(id)
          const archived = yield* sandboxes.archive(id, { wait: true })
          const restored = yield* sandboxes.start(id)
          const forced = yield* sandboxes.stop(id, { force: true })
          const resized = yield* sandboxes.resize(id, { cpu: 2, disk: 10 })
          const started = yield* sandboxes.start(id)
          yield* sandboxes.delete(id, { wait: true })
          return [stopped, archived, restored, forced, resized, started]
        })
      )
      expect(states.map(({ state }) => state)).toEqual([
        "stopped",
        "archived",
        "started",
        "stopped",
        "stopped",
        "started"
      ])
      expect(states[4]).toMatchObject({ cpu: 2, disk: 10 })
      expect(yield* alive).toEqual([])
    }).pipe(Effect.provide(real))
  )

  it.effect("of a virtual machine includes pauses, forks and ancestors", () =>
    Effect.gen(function* () {
      const { id } = yield* created({ snapshot: "daytona-vm" })
      yield* using((sandboxes) =>
        Effect.gen(function* () {
          expect((yield* sandboxes.pause(id)).state).toBe("paused")
          expect((yield* sandboxes.resume(id)).state).toBe("started")
          const child = yield* sandboxes.fork(id, { name: SandboxName.make("child") })
          expect(child).toMatchObject({ name: "child", state: "started" })
          expect(child.id).not.toBe(id)
          expect((yield* sandboxes.parent(child.id)).id).toBe(id)
          expect((yield* sandboxes.forks(id)).map((each) => each.id)).toEqual([child.id])
          expect((yield* sandboxes.ancestors(child.id)).map((each) => each.id)).toEqual([id])
          expect(yield* Effect.flip(sandboxes.parent(id))).toMatchObject({ _tag: "NotFound" })
          const refused = yield* Effect.flip(sandboxes.delete(id))
          expect(refused).toMatchObject({ _tag: "BadRequest" })
          expect((yield* sandboxes.createSnapshot(id, { name: "s:1" })).state).toBe("started")
        })
      )
    }).pipe(Effect.provide(real))
  )

  it.effect("ends with a stop if it is ephemeral", () =>
    Effect.gen(function* () {
      const { id } = yield* created({ autoDelete: "on-stop" })
      expect((yield* using((sandboxes) => sandboxes.stop(id))).state).toBe("destroyed")
    }).pipe(Effect.provide(real))
  )

  for (const [what, change] of [
    ["paused", (sandboxes: Sandboxes.Service, id: SandboxId) => sandboxes.pause(id)],
    ["forked", (sandboxes: Sandboxes.Service, id: SandboxId) => sandboxes.fork(id)]
  ] as const) {
    it.effect(`of a container cannot be ${what}`, () =>
      Effect.gen(function* () {
        const { id } = yield* created()
        expect(yield* using((sandboxes) => Effect.flip(change(sandboxes, id)))).toMatchObject({
          _tag: "Unprocessable",
          status: 422
        })
      }).pipe(Effect.provide(instant))
    )
  }

  for (const [what, call] of [
    ["fetched", (sandboxes: Sandboxes.Service) => sandboxes.get(unknown)],
    ["started", (sandboxes) => sandboxes.start(unknown)],
    ["stopped", (sandboxes) => sandboxes.stop(unknown)],
    ["deleted", (sandboxes) => sandboxes.delete(unknown)],
    ["labelled", (sandboxes) => sandboxes.setLabels(unknown, {})],
    ["awaited", (sandboxes) => sandboxes.awaitStarted(unknown)],
    ["previewed", (sandboxes) => sandboxes.previewLink(unknown, 80)]
  ] as ReadonlyArray<
    readonly [string, (sandboxes: Sandboxes.Service) => Effect.Effect<unknown, { readonly _tag: string }>]
  >) {
    it.effect(`that does not exist cannot be ${what}`, () =>
      Effect.map(
        using((sandboxes) => Effect.flip(call(sandboxes))),
        (failure) => expect(failure._tag).toBe("NotFound")
      ).pipe(Effect.provide(instant))
    )
  }

  it.effect("ends in the state that awaitDestroyed waits for", () =>
    using((sandboxes) => sandboxes.awaitDestroyed(unknown)).pipe(Effect.provide(instant))
  )
})

describe("the settings of a sandbox", () => {
  it.effect("can be changed one by one", () =>
    Effect.gen(function* () {
      const { id, labels: ours } = yield* created()
      yield* using((sandboxes) =>
        Effect.gen(function* () {
          expect(yield* sandboxes.setLabels(id, { a: "b" })).toEqual({ ...ours, a: "b" })
          expect((yield* sandboxes.setAutoStop(id, "30 minutes")).autoStop).toEqual(Duration.minutes(30))
          expect((yield* sandboxes.setAutoStop(id, "disabled")).autoStop).toBe("disabled")
          expect((yield* sandboxes.setAutoArchive(id, "maximum")).autoArchive).toEqual(Duration.days(30))
          expect((yield* sandboxes.setAutoDelete(id, "disabled")).autoDelete).toBe("disabled")
          expect((yield* sandboxes.setAutoDelete(id, "on-stop")).autoDelete).toBe("on-stop")
          expect((yield* sandboxes.setTimeToLive(id, "1 day")).autoDestroyAt).toBeDefined()
          expect((yield* sandboxes.setPublic(id, true)).public).toBe(true)
          const { networkAllowList } = yield* sandboxes.updateNetworkSettings(id, { networkAllowList: ["10.0.0.0/8"] })
          expect(networkAllowList).toEqual(["10.0.0.0/8"])
          yield* sandboxes.refreshActivity(id)
        })
      )
      expect(yield* lines).toContain(`POST /api/sandbox/${id}/autodelete/-1`)
    }).pipe(Effect.provide(instant))
  )

  it.effect("can include vault secrets", () =>
    Effect.gen(function* () {
      const secrets = yield* Secrets
      const name = SecretName.make("token")
      yield* secrets.create({ name, value: Redacted.make("v") })
      const { id } = yield* created({ secrets: { TOKEN: name } })
      yield* using((sandboxes) => sandboxes.updateSecrets(id, {}))
      expect(yield* lastBody(`/api/sandbox/${id}/secrets`)).toEqual({ secrets: [] })
    }).pipe(Effect.provide(instant))
  )

  it.effect("are whole minutes", () =>
    Effect.gen(function* () {
      const failure = yield* using((sandboxes) => Effect.flip(sandboxes.setAutoStop(unknown, "90 seconds")))
      expect(failure).toMatchObject({ _tag: "InvalidRequest", field: "interval", operation: "Sandboxes.setAutoStop" })
      expect(yield* lines).toEqual([])
    }).pipe(Effect.provide(instant))
  )
})

describe("access to a sandbox", () => {
  it.effect("is secret, and can be revoked", () =>
    Effect.gen(function* () {
      const { id } = yield* created()
      yield* using((sandboxes) =>
        Effect.gen(function* () {
          const preview = yield* sandboxes.previewLink(id, 8080)
          const signed = yield* sandboxes.signedPreviewUrl(id, 8080, { expiresIn: "5 minutes" })
          const ssh = yield* sandboxes.createSshAccess(id, { expiresIn: "30 minutes" })
          expect(Redacted.value(signed.url)).toContain(Redacted.value(signed.token))
          expect(Redacted.value(ssh.sshCommand)).toContain(Redacted.value(ssh.token))
          expect(preview.url).toContain("8080")
          for (const secret of [preview.token, signed.token, ssh.token]) {
            expect(JSON.stringify([preview, signed, ssh])).not.toContain(Redacted.value(secret))
          }
          yield* sandboxes.expireSignedPreviewUrl(id, 8080, signed.token)
          yield* sandboxes.revokeSshAccess(id, ssh.token)
          yield* sandboxes.revokeSshAccess(id)
        })
      )
    }).pipe(Effect.provide(instant))
  )

  it.effect("is not granted for longer than the server allows", () =>
    Effect.gen(function* () {
      const failure = yield* using((sandboxes) =>
        Effect.flip(sandboxes.signedPreviewUrl(unknown, 80, { expiresIn: "25 hours" }))
      )
      expect(failure).toMatchObject({ _tag: "InvalidRequest", field: "expiresInSeconds" })
    }).pipe(Effect.provide(instant))
  )

  it.effect("does not show its token in an error", () =>
    Effect.gen(function* () {
      const failure = yield* using((sandboxes) =>
        Effect.flip(sandboxes.expireSignedPreviewUrl(unknown, 80, Redacted.make("tok-canary")))
      )
      expect(failure).toMatchObject({
        _tag: "NotFound",
        path: "/sandbox/{sandboxIdOrName}/ports/{port}/signed-preview-url/{token}/expire"
      })
      expect(JSON.stringify(failure)).not.toContain("tok-canary")
    }).pipe(Effect.provide(instant))
  )

  it.effect("does not show its token in spans", () =>
    Effect.gen(function* () {
      const token = Redacted.make("tok-canary")
      const { spans } = yield* withSpans(
        using((sandboxes) =>
          Effect.all(
            [
              Effect.exit(sandboxes.expireSignedPreviewUrl(unknown, 80, token)),
              Effect.exit(sandboxes.revokeSshAccess(unknown, token)),
              Effect.exit(sandboxes.validateSshAccess(token)),
              Effect.exit(sandboxes.create({ env: { KEY: token } }))
            ],
            { discard: true }
          )
        )
      )
      expect(spans.map(({ name }) => name)).toContain("Daytona.Sandboxes.expireSignedPreviewUrl")
      expect(printedSpans(spans)).not.toContain("tok-canary")
      expect(printedSpans(spans)).not.toContain("dtn_key")
    }).pipe(Effect.provide(instant))
  )
})

describe("searching for sandboxes", () => {
  it.effect("reads all pages, and finds by name, id and label", () =>
    Effect.gen(function* () {
      for (const number of [1, 2, 3, 4, 5]) {
        yield* created({ name: SandboxName.make(`box-${number}`), labels: { odd: String(number % 2 === 1) } })
      }
      yield* using((sandboxes) =>
        Effect.gen(function* () {
          const names = yield* Stream.runCollect(sandboxes.list({ pageSize: 2, sort: "name", order: "asc" }))
          expect(Chunk.toReadonlyArray(names).map(({ name }) => name)).toEqual([
            "box-1",
            "box-2",
            "box-3",
            "box-4",
            "box-5"
          ])
          const page = yield* sandboxes.listPage({ labels: { odd: "true" }, limit: 2 })
          expect(page.items).toHaveLength(2)
          expect(page.nextCursor).toBeDefined()
          const found = yield* sandboxes.findOne(SandboxName.make("box-3"))
          expect(Option.map(found, ({ name }) => name)).toEqual(Option.some("box-3"))
          const even = yield* sandboxes.findOne({ labels: { odd: "false" } })
          expect(Option.isSome(even)).toBe(true)
          expect(yield* sandboxes.findOne({ labels: { odd: "maybe" } })).toEqual(Option.none())
          expect(yield* sandboxes.findOne(unknown)).toEqual(Option.none())
        })
      )
    }).pipe(Effect.provide(instant))
  )
})

describe("the metrics of a sandbox", () => {
  it.effect("are rows in chronological order", () =>
    Effect.gen(function* () {
      const { id } = yield* created()
      const rows = yield* using((sandboxes) => sandboxes.metrics(id))
      expect(Array.isArray(rows)).toBe(true)
      expect((yield* lines).slice(-3)).toEqual([
        "GET /api/config",
        `GET /api/sandbox/${id}`,
        `GET /api/sandbox/${id}/telemetry/metrics`
      ])
      yield* TestClock.adjust("1 hour")
      yield* using((sandboxes) => sandboxes.metrics(id))
      expect((yield* lines).filter((line) => line === "GET /api/config")).toHaveLength(1)
    }).pipe(Effect.provide(instant))
  )
})
