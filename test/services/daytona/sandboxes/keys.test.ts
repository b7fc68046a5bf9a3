import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import {
  type CreateKeyedSandbox,
  type CreateSandbox,
  Daytona,
  Image,
  type Sandbox,
  Sandboxes,
  SandboxName
} from "../../../../src/daytona.js"
import { EmbeddedDaytona, Fault, type Options, Outcome } from "../../../../src/embedded/daytona/index.js"
import {
  alive,
  apiKey,
  daytona,
  daytonaOver,
  type Halt,
  halting,
  happens,
  inject,
  lines
} from "../../../support/daytonaOver.js"
import { within } from "../../../support/embedded.js"
import * as Script from "../../../support/scriptedServer.js"

const using = <A, E, R>(program: (sandboxes: Sandboxes.Service) => Effect.Effect<A, E, R>) =>
  within("5 minutes")(Effect.flatMap(Sandboxes, program))
const key = "nightly build"
const name = SandboxName.make("es__default__nightly_20build")

type Asked = CreateSandbox & { readonly key: string }
const get = (asked: Partial<Asked> = {}, options?: Sandboxes.GetOrCreateOptions) =>
  using((sandboxes) => sandboxes.getOrCreate({ key, ...asked } as CreateKeyedSandbox, options))
const creations = Effect.map(lines, (all) => all.filter((line) => line === "POST /api/sandbox").length)

/** The embedded server, over which each client is built by itself. */
const server = (options: Options = {}) => EmbeddedDaytona.layerHttpClient(options)

/** A program with a client of its own, as another process has it. */
const elsewhere = <A, E>(program: (sandboxes: Sandboxes.Service) => Effect.Effect<A, E>, application = "default") =>
  Effect.flatMap(Sandboxes, program).pipe(
    Effect.provide(Layer.fresh(Daytona.layer({ apiKey, apiUrl: "http://daytona.test/api", application })))
  )

const instant = daytona({ server: { durations: 0 } })

describe("a sandbox with a key", () => {
  it.effect("is created once, and found again", () =>
    Effect.gen(function* () {
      const first = yield* get({ labels: { team: "a" } })
      const second = yield* get({ labels: { team: "a" } })
      expect(second.id).toBe(first.id)
      expect(yield* creations).toBe(1)
      expect(first).toMatchObject({ name, state: "started" })
      expect(first.labels).toMatchObject({
        team: "a",
        "effect-sandboxes-application": "default",
        "effect-sandboxes-key": key,
        "effect-sandboxes-parameters": expect.stringMatching(/^[0-9a-f]{64}$/)
      })
    }).pipe(Effect.provide(instant))
  )

  it.effect("is also found by create", () =>
    Effect.gen(function* () {
      const first = yield* using((sandboxes) => sandboxes.create({ key }))
      expect((yield* using((sandboxes) => sandboxes.create({ key }))).id).toBe(first.id)
      expect((yield* get()).id).toBe(first.id)
    }).pipe(Effect.provide(instant))
  )

  it.effect("is another one after it was deleted", () =>
    Effect.gen(function* () {
      const first = yield* get()
      yield* using((sandboxes) => sandboxes.delete(first.id))
      const second = yield* get()
      expect(second.id).not.toBe(first.id)
      expect(yield* alive).toHaveLength(1)
    }).pipe(Effect.provide(daytona()))
  )

  it.effect("is another one for another application", () =>
    Effect.gen(function* () {
      const ids = yield* Effect.forEach(["a", "b", "a"], (application) =>
        within("1 minute")(elsewhere((sandboxes) => sandboxes.create({ key }), application))
      )
      expect(ids[0]?.id).not.toBe(ids[1]?.id)
      expect(ids[0]?.id).toBe(ids[2]?.id)
    }).pipe(Effect.provide(server({ durations: 0 })))
  )

  it.effect("keeps its key when its labels are replaced, whatever they are replaced by", () =>
    Effect.gen(function* () {
      const { id, labels } = yield* get({ wantedFor: "2 hours" })
      const all = yield* using((sandboxes) =>
        sandboxes.setLabels(id, { done: "yes", "effect-sandboxes-key": "mine", "effect-sandboxes-until": "never" })
      )
      expect(all).toEqual({ ...labels, done: "yes" })
      expect((yield* get()).id).toBe(id)
    }).pipe(Effect.provide(instant))
  )

  it.effect("carries until when it is wanted, which is no parameter", () =>
    Effect.gen(function* () {
      const first = yield* get({ wantedFor: "2 hours" })
      expect(first.labels["effect-sandboxes-until"]).toBe("1970-01-01T02:00:00.000Z")
      expect((yield* get({ wantedFor: "3 hours" })).labels).toEqual(first.labels)
    }).pipe(Effect.provide(instant))
  )
})

describe("invalid input", () => {
  const cases: ReadonlyArray<readonly [string, Partial<Asked>, string]> = [
    ["an empty key", { key: "" }, "key"],
    ["a key that is too long", { key: "é".repeat(129) }, "key"],
    ["a key with a line break", { key: "a\nb" }, "key"],
    ["a key with a name", { name: SandboxName.make("mine") as never }, "name"],
    ["a label of ours", { labels: { "effect-sandboxes-key": "x" } }, "labels"],
    ["a duration of nothing", { wantedFor: 0 }, "wantedFor"],
    ["a value that is no text", { env: JSON.parse('{"A":1}') }, "env.A"],
    ["an interval of seconds", { autoStop: "30 seconds" }, "autoStop"]
  ]
  it.effect.each(cases)("is refused before anything is sent: %s", ([, asked, field]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.asVoid(get(asked)))
      expect(error).toMatchObject({ _tag: "InvalidRequest", field })
      expect(yield* lines).toEqual([])
    }).pipe(Effect.provide(instant))
  )

  it.effect("is also onFailure: delete, which would delete what another process uses", () =>
    Effect.gen(function* () {
      const error = yield* using((sandboxes) =>
        Effect.flip(Effect.asVoid(sandboxes.create({ key }, { onFailure: "delete" })))
      )
      expect(error).toMatchObject({ _tag: "InvalidRequest", field: "onFailure" })
    }).pipe(Effect.provide(instant))
  )

  it.effect("of the layer is refused when it is built", () =>
    Effect.gen(function* () {
      for (const application of ["", "a".repeat(65), "a\u0000"]) {
        const error = yield* Effect.flip(Effect.provide(Sandboxes, daytona({ client: { application } })))
        expect(error).toMatchObject({ _tag: "InvalidRequest", field: "application" })
      }
    })
  )
})

describe("several that ask for one key", () => {
  for (const image of [undefined, "python:3.12"]) {
    it.live(`at once get one sandbox ${image === undefined ? "from a snapshot" : "from an image"}`, () =>
      Effect.gen(function* () {
        const asked = image === undefined ? { key } : { key, image }
        const all = yield* Effect.all(
          Array.from({ length: 100 }, () => elsewhere((sandboxes) => sandboxes.getOrCreate(asked))),
          { concurrency: "unbounded" }
        )
        expect(new Set(all.map(({ id }) => id)).size).toBe(1)
        expect(all.every(({ state }) => state === "started")).toBe(true)
        expect(yield* alive).toHaveLength(1)
      }).pipe(Effect.provide(server({ durations: { build: "300 millis", create: "300 millis" } })))
    )
  }

  it.effect("get one sandbox while the server shows a new one with a delay", () =>
    Effect.gen(function* () {
      const all = yield* within("5 minutes")(
        Effect.all(
          Array.from({ length: 10 }, () => elsewhere((sandboxes) => sandboxes.getOrCreate({ key }))),
          { concurrency: "unbounded" }
        )
      )
      expect(new Set(all.map(({ id }) => id)).size).toBe(1)
    }).pipe(Effect.provide(server({ staleness: { get: "10 seconds", list: "10 seconds" } })))
  )

  it.effect("get the sandbox of the one that was interrupted while it created it", () =>
    Effect.gen(function* () {
      const first = yield* Effect.fork(elsewhere((sandboxes) => sandboxes.getOrCreate({ key })))
      yield* TestClock.adjust("100 millis")
      const second = yield* Effect.fork(elsewhere((sandboxes) => sandboxes.getOrCreate({ key })))
      yield* TestClock.adjust("100 millis")
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust("5 minutes")
      const { id, state } = yield* Fiber.join(second)
      expect(state).toBe("started")
      expect((yield* alive).map((each) => each.id)).toEqual([id])
    }).pipe(Effect.provide(server({ durations: { create: "10 seconds" } })))
  )

  it.effect("start a stopped one once", () =>
    Effect.gen(function* () {
      const box = yield* within("1 minute")(elsewhere((sandboxes) => sandboxes.getOrCreate({ key })))
      yield* within("1 minute")(elsewhere((sandboxes) => sandboxes.stop(box.id)))
      const all = yield* within("5 minutes")(
        Effect.all(
          Array.from({ length: 10 }, () => elsewhere((sandboxes) => sandboxes.getOrCreate({ key }))),
          { concurrency: "unbounded" }
        )
      )
      expect(all.map(({ id, state }) => [id, state])).toEqual(all.map(() => [box.id, "started"]))
    }).pipe(Effect.provide(server({ startWait: "1 second", durations: { start: "2 seconds" } })))
  )

  it.effect("and replace one that failed get one new sandbox", () =>
    Effect.gen(function* () {
      yield* happens({ during: "create", outcome: Outcome.fail("disk full") })
      yield* within("1 minute")(Effect.exit(elsewhere((sandboxes) => sandboxes.getOrCreate({ key }))))
      const all = yield* within("5 minutes")(
        Effect.all(
          Array.from({ length: 10 }, () =>
            elsewhere((sandboxes) => sandboxes.getOrCreate({ key }, { ifFailed: "replace" }))
          ),
          { concurrency: "unbounded" }
        )
      )
      expect(new Set(all.map(({ id }) => id)).size).toBe(1)
      expect(yield* alive).toHaveLength(1)
    }).pipe(Effect.provide(server()))
  )
})

describe("the answer to the creation of a sandbox with a key", () => {
  for (const [what, fault] of [
    ["is lost", Fault.resetAfterRequest],
    ["breaks off", Fault.cutBody(20, "reset")],
    ["cannot be read", Fault.truncatedJson],
    ["is that of a proxy", Fault.status(502)],
    ["is that of a proxy that sent the request twice", Fault.replayRequest],
    ["never arrived, since the request did not", Fault.refuseConnection]
  ] as const) {
    it.effect(`may be missing: it ${what}`, () =>
      Effect.gen(function* () {
        yield* inject({ method: "POST", path: "/sandbox", fault, times: 2 })
        const box = yield* get()
        expect(box.state).toBe("started")
        expect((yield* alive).map(({ id }) => id)).toEqual([box.id])
        expect((yield* get()).id).toBe(box.id)
      }).pipe(Effect.provide(daytona()))
    )
  }

  it.effect("is not waited for longer than the timeout, and the sandbox is found afterwards", () =>
    Effect.gen(function* () {
      yield* inject({ method: "POST", path: "/sandbox", fault: Fault.slowFirstByte("10 minutes") })
      const box = yield* get({}, { timeout: "30 seconds" })
      expect((yield* get()).id).toBe(box.id)
      expect(yield* alive).toHaveLength(1)
    }).pipe(Effect.provide(daytona()))
  )

  it.effect("that refuses it ends the call", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.asVoid(get({ snapshot: "no-such-snapshot" })))
      expect(error).toMatchObject({ _tag: "BadRequest", admitted: "no" })
      expect(yield* creations).toBe(1)
    }).pipe(Effect.provide(daytona()))
  )

  it.effect("that says that the server is broken is not asked for without end", () =>
    Effect.gen(function* () {
      yield* inject({ method: "POST", path: "/sandbox", fault: Fault.status(502), times: Number.POSITIVE_INFINITY })
      const error = yield* Effect.flip(Effect.asVoid(get()))
      expect(error).toMatchObject({ _tag: "ServerError", status: 502 })
      expect(yield* creations).toBeLessThanOrEqual(4)
    }).pipe(Effect.provide(daytona()))
  )
})

describe("a sandbox that has the name of a key", () => {
  it.effect("is not touched when it is not ours", () =>
    Effect.gen(function* () {
      const theirs = yield* using((sandboxes) => sandboxes.create({ name }))
      yield* using((sandboxes) => sandboxes.stop(theirs.id))
      const error = yield* Effect.flip(Effect.asVoid(get({}, { ifFailed: "replace" })))
      expect(error).toMatchObject({
        _tag: "KeyConflict",
        reason: "not-ours",
        kind: "sandbox",
        id: theirs.id,
        key,
        application: "default",
        admitted: "no",
        retryable: false
      })
      expect(error.message).toContain("its labels do not say that it was created with this key")
      expect(yield* alive).toMatchObject([{ id: theirs.id, state: "stopped" }])
    }).pipe(Effect.provide(instant))
  )

  const base: Partial<Asked> = {
    image: "python:3.12",
    cpu: 1,
    env: { A: "1", B: Redacted.make("2") },
    labels: { x: "1", y: "2" },
    networkAllowList: ["10.0.0.0/8"],
    autoStop: "10 minutes"
  } as const
  const others: ReadonlyArray<readonly [string, Partial<Asked>]> = [
    ["another image", { image: "python:3.13" }],
    ["an image with other steps", { image: Image.base("python:3.12").pipe(Image.run("true")) }],
    ["other resources", { cpu: 2 }],
    ["more resources", { memory: 2 }],
    ["one variable less", { env: { A: "1" } }],
    ["one variable more", { env: { A: "1", B: "2", C: "3" } }],
    ["another value of a variable", { env: { A: "1", B: Redacted.make("two") } }],
    ["other labels", { labels: { x: "1", y: "3" } }],
    ["another network", { networkAllowList: ["10.0.0.0/16"] }],
    ["another interval", { autoStop: "11 minutes" }],
    ["another language", { language: "typescript" }],
    ["another user", { user: "root" }]
  ]
  it.effect.each(others)("and was created with other parameters is refused: %s", ([, other]) =>
    Effect.gen(function* () {
      const { id } = yield* get(base)
      const error = yield* Effect.flip(Effect.asVoid(get({ ...base, ...other } as Partial<Asked>)))
      expect(error).toMatchObject({ _tag: "KeyConflict", reason: "parameters", id })
      expect(JSON.stringify(error)).not.toContain("two")
      expect(yield* alive).toHaveLength(1)
    }).pipe(Effect.provide(instant))
  )

  it.effect("is found with the same parameters in another order and another form", () =>
    Effect.gen(function* () {
      const { id } = yield* get(base)
      const same = {
        autoStop: Duration.minutes(10),
        networkAllowList: ["10.0.0.0/8"],
        labels: { y: "2", x: "1" },
        env: { B: "2", A: Redacted.make("1") },
        cpu: 1,
        image: Image.base("python:3.12")
      }
      expect((yield* get(same)).id).toBe(id)
    }).pipe(Effect.provide(instant))
  )

  it.effect("says nothing about the values of its variables in its labels", () =>
    Effect.gen(function* () {
      const digest = (value: string) =>
        Effect.gen(function* () {
          const { id, labels } = yield* get({ env: { PIN: value } })
          yield* using((sandboxes) => sandboxes.delete(id))
          return labels["effect-sandboxes-parameters"]
        })
      expect(yield* digest("1234")).toBe(yield* digest("9999"))
    }).pipe(Effect.provide(instant))
  )
})

describe("a sandbox of a key that does not run", () => {
  const ready = Effect.gen(function* () {
    const { id } = yield* get()
    yield* using((sandboxes) => sandboxes.stop(id))
    return id
  })

  it.effect("is started", () =>
    Effect.gen(function* () {
      const id = yield* ready
      expect(yield* get()).toMatchObject({ id, state: "started" })
      yield* using((sandboxes) => Effect.zipRight(sandboxes.stop(id), sandboxes.archive(id, { wait: true })))
      expect(yield* get()).toMatchObject({ id, state: "started" })
    }).pipe(Effect.provide(daytona()))
  )

  it.effect("is resumed when it is paused", () =>
    Effect.gen(function* () {
      const { id } = yield* get({ snapshot: "daytona-vm" })
      yield* using((sandboxes) => sandboxes.pause(id))
      expect(yield* get({ snapshot: "daytona-vm" })).toMatchObject({ id, state: "started" })
    }).pipe(Effect.provide(daytona()))
  )

  it.effect("is returned as it is, if asked for", () =>
    Effect.gen(function* () {
      const id = yield* ready
      expect(yield* get({}, { start: false })).toMatchObject({ id, state: "stopped" })
    }).pipe(Effect.provide(daytona()))
  )

  it.effect("is started once it has stopped", () =>
    Effect.gen(function* () {
      const { id } = yield* get()
      yield* using((sandboxes) => sandboxes.stop(id, { wait: false }))
      expect(yield* get()).toMatchObject({ id, state: "started" })
    }).pipe(Effect.provide(daytona({ server: { durations: { stop: "20 seconds" } } })))
  )

  it.effect("is waited for while it is being deleted, and then created again", () =>
    Effect.gen(function* () {
      const { id } = yield* get({ autoDelete: "on-stop" })
      yield* using((sandboxes) => sandboxes.stop(id, { wait: false }))
      const second = yield* get({ autoDelete: "on-stop" })
      expect(second.id).not.toBe(id)
      expect(second.state).toBe("started")
    }).pipe(Effect.provide(daytona({ server: { durations: { destroy: "20 seconds" } } })))
  )
})

describe("a sandbox of a key that failed", () => {
  const broken = (recoverable: boolean) =>
    Effect.gen(function* () {
      yield* happens({ during: "create", outcome: Outcome.fail("disk full", { recoverable }) })
      const error = yield* Effect.flip(Effect.asVoid(get()))
      expect(error).toMatchObject({ _tag: "SandboxFailed", state: "error" })
      expect(String(Reflect.get(error, "reason"))).toContain("disk full")
      return String(Reflect.get(error, "sandboxId"))
    })

  it.effect("is reported, and left alone", () =>
    Effect.gen(function* () {
      const id = yield* broken(true)
      const error = yield* Effect.flip(Effect.asVoid(get()))
      expect(error).toMatchObject({ _tag: "SandboxFailed", sandboxId: id, reason: "disk full", recoverable: true })
      expect(yield* alive).toMatchObject([{ id, state: "error" }])
      expect(yield* creations).toBe(1)
    }).pipe(Effect.provide(daytona()))
  )

  it.effect("is recovered, if asked for", () =>
    Effect.gen(function* () {
      const id = yield* broken(true)
      expect(yield* get({}, { ifFailed: "recover" })).toMatchObject({ id, state: "started" })
    }).pipe(Effect.provide(daytona()))
  )

  it.effect("is reported when it cannot be recovered", () =>
    Effect.gen(function* () {
      const id = yield* broken(false)
      const error = yield* Effect.flip(Effect.asVoid(get({}, { ifFailed: "recover" })))
      expect(error).toMatchObject({ _tag: "SandboxFailed", sandboxId: id })
    }).pipe(Effect.provide(daytona()))
  )

  it.effect("is replaced, if asked for, and only once", () =>
    Effect.gen(function* () {
      const id = yield* broken(false)
      const second = yield* get({}, { ifFailed: "replace" })
      expect(second).toMatchObject({ state: "started" })
      expect(second.id).not.toBe(id)
      yield* using((sandboxes) => sandboxes.delete(second.id))
      yield* broken(false)
      yield* happens({ during: "create", outcome: Outcome.fail("still full"), times: Number.POSITIVE_INFINITY })
      const before = yield* creations
      expect(yield* Effect.flip(Effect.asVoid(get({}, { ifFailed: "replace" })))).toMatchObject({
        _tag: "SandboxFailed"
      })
      expect(yield* creations).toBe(before + 1)
    }).pipe(Effect.provide(daytona()))
  )

  it.effect("to be built is reported", () =>
    Effect.gen(function* () {
      yield* happens({ during: "build", outcome: Outcome.fail("no such package") })
      const asked = { image: Image.base("python:3.12").pipe(Image.run("false")) }
      for (let time = 0; time < 2; time++) {
        const error = yield* Effect.flip(Effect.asVoid(get(asked)))
        expect(error).toMatchObject({ _tag: "SandboxFailed", state: "build_failed" })
      }
      expect(yield* creations).toBe(1)
    }).pipe(Effect.provide(daytona()))
  )
})

describe("waiting for a sandbox of a key", () => {
  it.effect("ends with its timeout, and can go on", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.asVoid(get({}, { timeout: "5 seconds" })))
      expect(error).toMatchObject({ _tag: "SandboxWaitTimeout", lastState: "creating" })
      expect(yield* get({}, { timeout: "4 minutes" })).toMatchObject({
        id: Reflect.get(error, "sandboxId"),
        state: "started"
      })
      expect(yield* creations).toBe(1)
    }).pipe(Effect.provide(daytona({ server: { startWait: 0, durations: { create: "3 minutes" } } })))
  )

  it.effect("is optional", () =>
    Effect.gen(function* () {
      const first = yield* get({}, { wait: false })
      expect(first.state).not.toBe("started")
      expect((yield* get({}, { wait: false })).id).toBe(first.id)
    }).pipe(Effect.provide(daytona({ server: { startWait: 0, durations: { create: "1 hour" } } })))
  )
})

/** Interrupts what asks for a key at one request, and returns what is left. */
const interruptedAt = (halt: Halt, scoped: boolean) =>
  Effect.gen(function* () {
    const reached = yield* Deferred.make<void>()
    const layer = Daytona.layer({ apiKey, apiUrl: "http://daytona.test/api" }).pipe(
      Layer.provide(halting(halt, reached)),
      Layer.provideMerge(EmbeddedDaytona.layerHttpClient({ startWait: 0 }))
    )
    return yield* Effect.gen(function* () {
      const scope = yield* Scope.make()
      const ask = Effect.flatMap(
        Sandboxes,
        (sandboxes): Effect.Effect<Sandbox.Sandbox, unknown, Scope.Scope> =>
          scoped ? sandboxes.scoped({ key }) : sandboxes.getOrCreate({ key })
      )
      const asking = yield* Effect.fork(Scope.extend(ask, scope))
      for (let step = 0; step < 100 && !(yield* Deferred.isDone(reached)); step++) yield* TestClock.adjust("50 millis")
      expect(yield* Deferred.isDone(reached)).toBe(true)
      yield* Fiber.interrupt(asking)
      yield* TestClock.adjust("5 minutes")
      yield* Scope.close(scope, Exit.void)
      return { left: (yield* alive).length, found: yield* creations }
    }).pipe(Effect.provide(layer))
  })

describe("interrupting what asks for a key", () => {
  for (const request of [1, 2, 3]) {
    for (const when of ["before", "after"] as const) {
      it.effect(`${when} request ${request} deletes nothing, since another process may use it`, () =>
        Effect.gen(function* () {
          const made = request === 1 || (request === 2 && when === "before") ? 0 : 1
          for (const scoped of [true, false]) {
            expect(yield* interruptedAt({ request, when }, scoped)).toEqual({ left: made, found: made })
          }
        })
      )
    }
  }
})

describe("a scope with a key", () => {
  it.effect("deletes what it created", () =>
    Effect.gen(function* () {
      yield* using((sandboxes) =>
        Effect.scoped(
          Effect.zipRight(
            sandboxes.scoped({ key }),
            Effect.map(alive, (all) => expect(all).toHaveLength(1))
          )
        )
      )
      expect(yield* alive).toEqual([])
    }).pipe(Effect.provide(daytona()))
  )

  it.effect("deletes what it created although the answer was lost", () =>
    Effect.gen(function* () {
      yield* inject({ method: "POST", path: "/sandbox", fault: Fault.resetAfterRequest })
      yield* using((sandboxes) => Effect.scoped(sandboxes.scoped({ key })))
      expect(yield* alive).toEqual([])
    }).pipe(Effect.provide(daytona()))
  )

  it.effect("keeps what it found", () =>
    Effect.gen(function* () {
      const { id } = yield* get()
      yield* using((sandboxes) => Effect.scoped(sandboxes.scoped({ key })))
      expect(yield* alive).toMatchObject([{ id, state: "started" }])
    }).pipe(Effect.provide(daytona()))
  )
})

describe("every sandbox", () => {
  it.effect("carries its application and until when it is wanted, also without a key", () =>
    Effect.gen(function* () {
      const box = yield* using((sandboxes) => sandboxes.create({ wantedFor: "1 day" }))
      expect(box.labels).toEqual({
        "effect-sandboxes-application": "shop",
        "effect-sandboxes-creation": expect.any(String),
        "effect-sandboxes-until": "1970-01-02T00:00:00.000Z"
      })
    }).pipe(Effect.provide(daytona({ server: { durations: 0 }, client: { application: "shop" } })))
  )
})

describe("a server that shows the same sandbox for ever", () => {
  const states =
    "creating restoring destroyed destroying started stopped starting stopping error build_failed pending_build unknown archived archiving resizing snapshotting forking pausing paused resuming new".split(
      " "
    )
  const outcomes: Readonly<Record<string, string>> = {
    started: "Success",
    stopped: "SandboxWaitTimeout",
    archived: "SandboxWaitTimeout",
    paused: "SandboxWaitTimeout",
    error: "SandboxFailed",
    build_failed: "SandboxFailed",
    destroyed: "SandboxFailed"
  }
  it.effect.each(states)("in the state %s gets a typed answer, and no hang", (state) =>
    Effect.gen(function* () {
      const { labels } = yield* get().pipe(Effect.provide(instant))
      const shown = { id: "11111111-1111-4111-8111-111111111111", name, state, labels, env: {} }
      for (const ifFailed of state === "error" ? (["fail", "recover", "replace"] as const) : (["fail"] as const)) {
        const { asked, layer } = Script.scripted(Script.json(shown))
        const result = yield* Effect.either(Effect.asVoid(get({}, { ifFailed }))).pipe(
          Effect.provide(daytonaOver(layer))
        )
        const tag = result._tag === "Right" ? "Success" : result.left._tag
        if (ifFailed !== "recover") expect(tag).toBe(outcomes[state] ?? "SandboxWaitTimeout")
        expect(asked.length).toBeLessThan(300)
        expect(asked.filter(({ method, url }) => method === "POST" && url.endsWith("/sandbox")).length).toBeLessThan(2)
      }
    })
  )
})
