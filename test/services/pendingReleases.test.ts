/** What the layer of a client does, when it closes, about what is still to be released. */
import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { Daytona, Sandboxes } from "../../src/daytona.js"
import { EmbeddedDaytona } from "../../src/embedded/daytona/index.js"
import { Claude, EmbeddedStromboli } from "../../src/embedded/stromboli/index.js"
import * as PendingReleases from "../../src/internal/pendingReleases.js"
import { Agents, Session, Stromboli } from "../../src/stromboli.js"

const live = Effect.withClock(Clock.currentTimeMillis, Clock.make())

/** A register, and how to close its layer. */
const make = (shutdownTimeout: number) =>
  Effect.gen(function* () {
    const layer = yield* Scope.make()
    const pendingReleases = yield* Scope.extend(PendingReleases.make("Test", shutdownTimeout), layer)
    const close = Effect.gen(function* () {
      const start = yield* live
      yield* Scope.close(layer, Exit.void)
      return (yield* live) - start
    })
    return { pendingReleases, close }
  })

const logging = () => {
  const logged: Array<string> = []
  const layer = Logger.replace(
    Logger.defaultLogger,
    Logger.make(({ message }) => {
      logged.push(String(message))
    })
  )
  return { logged, layer }
}

/** Longer than any test. */
const long = 1_000_000

/** What was done, in order. */
const journal = () => {
  const done: Array<string> = []
  return { done, does: (what: string) => Effect.sync(() => void done.push(what)) }
}

// The clock of these tests stands still: what waits by it waits for ever.
describe("a layer that closes", () => {
  it.effect("closes at once when nothing is pendingReleases", () =>
    Effect.gen(function* () {
      const { close, pendingReleases } = yield* make(long)
      yield* Effect.scoped(pendingReleases.hold({ what: "a" }, Effect.void))
      yield* pendingReleases.during({ what: "b" })(Effect.void)
      expect(yield* close).toBeLessThan(long)
    })
  )

  it.effect("lets a scope release what it holds, in its own order", () =>
    Effect.gen(function* () {
      const { close, pendingReleases } = yield* make(long)
      const { does, done } = journal()
      const scope = yield* Scope.make()
      yield* Scope.extend(pendingReleases.hold({ what: "sandbox" }, does("sandbox")), scope)
      yield* Scope.addFinalizer(scope, does("saved"))
      const closing = yield* Effect.fork(Effect.zipRight(close, does("layer")))
      yield* Effect.yieldNow()
      expect(done).toEqual([])
      yield* Scope.close(scope, Exit.void)
      yield* Fiber.join(closing)
      expect(done).toEqual(["saved", "sandbox", "layer"])
    })
  )

  it.effect("releases what a scope still holds after the limit, once", () =>
    Effect.gen(function* () {
      const { close, pendingReleases } = yield* make(50)
      const { does, done } = journal()
      const scope = yield* Scope.make()
      yield* Scope.extend(pendingReleases.hold({ what: "a" }, does("a")), scope)
      yield* Scope.extend(pendingReleases.hold({ what: "b" }, does("b")), scope)
      expect(yield* close).toBeGreaterThanOrEqual(50)
      expect([...done].sort()).toEqual(["a", "b"])
      yield* Scope.close(scope, Exit.void)
      expect(done).toHaveLength(2)
    })
  )

  it.effect("does not release what is in a sandbox that it deletes, only what is in another", () =>
    Effect.gen(function* () {
      const { close, pendingReleases } = yield* make(50)
      const { does, done } = journal()
      const scope = yield* Scope.make()
      const hold = (resource: PendingReleases.Resource) =>
        Scope.extend(pendingReleases.hold(resource, does(resource.what)), scope)
      yield* hold({ what: "sandbox 1", sandboxId: "1" })
      yield* hold({ what: "session in 1", inSandbox: "1" })
      yield* hold({ what: "session in 2", inSandbox: "2" })
      yield* close
      yield* Scope.close(scope, Exit.void)
      expect(done.sort()).toEqual(["sandbox 1", "session in 2"])
    })
  )

  it.effect("does not wait for what disappeared with the sandbox that it was in", () =>
    Effect.gen(function* () {
      const { close, pendingReleases } = yield* make(long)
      const scope = yield* Scope.make()
      yield* Scope.extend(pendingReleases.hold({ what: "sandbox", sandboxId: "a" }, Effect.void), scope)
      yield* pendingReleases.follow({ what: "session", inSandbox: "a" }, Effect.never)
      yield* Scope.close(scope, Exit.void)
      expect(yield* close).toBeLessThan(long)
    })
  )

  it.effect("makes the scope wait for a release that it has begun", () =>
    Effect.gen(function* () {
      const { close, pendingReleases } = yield* make(20)
      const { does, done } = journal()
      const gate = yield* Deferred.make<void>()
      const scope = yield* Scope.make()
      yield* Scope.extend(pendingReleases.hold({ what: "a" }, Effect.zipRight(Deferred.await(gate), does("a"))), scope)
      yield* close
      const closing = yield* Effect.fork(Effect.zipRight(Scope.close(scope, Exit.void), does("scope")))
      yield* Effect.yieldNow()
      expect(done).toEqual([])
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(closing)
      expect(done).toEqual(["a", "scope"])
    })
  )

  it.effect("does not wait for the scope around it, which closes after it", () =>
    Effect.gen(function* () {
      const { does, done } = journal()
      yield* Effect.gen(function* () {
        const { close, pendingReleases } = yield* make(long)
        yield* pendingReleases.hold({ what: "a" }, does("a"))
        yield* close
        expect(done).toEqual(["a"])
      }).pipe(Effect.scoped)
      expect(done).toEqual(["a"])
    })
  )

  it.effect("waits for work that cleans up, and interrupts it after the limit", () =>
    Effect.gen(function* () {
      const { close, pendingReleases } = yield* make(50)
      const { does, done } = journal()
      const work = yield* Effect.fork(
        pendingReleases.during({ what: "creating" })(Effect.onInterrupt(Effect.never, () => does("undone")))
      )
      yield* Effect.yieldNow()
      expect(yield* close).toBeGreaterThanOrEqual(50)
      expect(done).toEqual(["undone"])
      expect(Exit.isInterrupted(yield* Fiber.await(work))).toBe(true)
    })
  )

  it.effect("logs what is left after twice the limit, with its id", () => {
    const { layer, logged } = logging()
    return Effect.gen(function* () {
      const { close, pendingReleases } = yield* make(20)
      const scope = yield* Scope.make()
      yield* Scope.extend(pendingReleases.hold({ what: "sandbox 4f1c" }, Effect.never), scope)
      yield* pendingReleases.follow({ what: "an agent" }, Effect.never)
      yield* close
      expect(logged).toHaveLength(1)
      expect(logged[0]).toContain("sandbox 4f1c")
      expect(logged[0]).toContain("an agent")
    }).pipe(Effect.provide(layer))
  })

  it.effect("neither waits nor releases with a limit of 0", () =>
    Effect.gen(function* () {
      const { close, pendingReleases } = yield* make(0)
      const { does, done } = journal()
      const scope = yield* Scope.make()
      yield* Scope.extend(pendingReleases.hold({ what: "a" }, does("a")), scope)
      yield* close
      expect(done).toEqual([])
      yield* Scope.close(scope, Exit.void)
      expect(done).toEqual(["a"])
    })
  )
})

const transport = EmbeddedDaytona.layerHttpClient({ durations: 0 })

describe("`shutdownTimeout`", () => {
  it.effect.each([Number.NaN, "soon", {}])("of %s is InvalidRequest", (value) =>
    Effect.gen(function* () {
      const shutdownTimeout = value as number
      const errors = yield* Effect.all([
        Effect.flip(
          Layer.build(Layer.provide(Daytona.layer({ apiKey: Redacted.make("k"), shutdownTimeout }), transport))
        ),
        Effect.flip(
          Layer.build(Layer.provide(Stromboli.layer({ baseUrl: "http://stromboli.test", shutdownTimeout }), transport))
        )
      ])
      for (const error of errors) expect(error).toMatchObject({ _tag: "InvalidRequest", field: "shutdownTimeout" })
    }).pipe(Effect.scoped)
  )

  it.live("bounds how long a `ManagedRuntime` waits for what its fibers hold", () =>
    Effect.gen(function* () {
      const server = yield* Layer.build(transport)
      const runtime = ManagedRuntime.make(
        Daytona.layer({ apiKey: Redacted.make("k"), apiUrl: "http://daytona.test/api", shutdownTimeout: 50 }).pipe(
          Layer.provide(Layer.succeedContext(server))
        )
      )
      const held = yield* Deferred.make<void>()
      const fiber = runtime.runFork(
        Effect.scoped(
          Effect.flatMap(Sandboxes, (sandboxes) =>
            sandboxes.scoped().pipe(Effect.zipRight(Deferred.succeed(held, undefined)), Effect.zipRight(Effect.never))
          )
        )
      )
      yield* Deferred.await(held)
      yield* runtime.disposeEffect
      const sandboxes = yield* Context.get(server, EmbeddedDaytona).sandboxes
      expect(sandboxes.map(({ desiredState }) => desiredState)).toEqual(["destroyed"])
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.scoped)
  )

  it.live("holds for agents and sessions, also where that takes a new token", () =>
    Effect.gen(function* () {
      const server = yield* Layer.build(
        EmbeddedStromboli.layerHttpClient({
          auth: { tokens: ["api"], jwtSecret: "0123456789abcdef0123456789abcdef", accessTokenLifetime: "1 second" }
        }).pipe(Layer.provide(Claude.layerDemo({ lineDelay: 0 })))
      )
      const layer = Stromboli.layer({
        baseUrl: "http://stromboli.test",
        token: Redacted.make("api"),
        clientId: "nightly",
        // Longer than a token is valid.
        shutdownTimeout: 1_200
      }).pipe(Layer.provide(Layer.succeedContext(server)))
      const [layerScope, scope] = [yield* Scope.make(), yield* Scope.make()]
      const services = yield* Layer.buildWithScope(layer, layerScope)
      const session = yield* Effect.gen(function* () {
        yield* Effect.flatMap(Agents, (agents) => agents.scoped())
        const made = yield* Session.make({ destroyOnClose: true })
        yield* made.run({ prompt: "hello" })
        return made.id
      }).pipe(Effect.provide(services), Scope.extend(scope))
      const before = (yield* Context.get(server, EmbeddedStromboli).requests).length
      yield* Scope.close(layerScope, Exit.void)
      const requests = yield* Context.get(server, EmbeddedStromboli).requests
      expect(requests.slice(before).map(({ path }) => path)).toContain("/auth/refresh")
      const deleted = requests.filter(({ method }) => method === "DELETE").map(({ path }) => path)
      expect(deleted).toContain(`/sessions/${session}`)
      expect(deleted.some((path) => path.startsWith("/agents/"))).toBe(true)
      yield* Scope.close(scope, Exit.void)
      expect((yield* Context.get(server, EmbeddedStromboli).requests).length).toBe(requests.length)
    }).pipe(Effect.scoped)
  )
})
