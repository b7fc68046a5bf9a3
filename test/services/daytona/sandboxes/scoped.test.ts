import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { Daytona, Sandboxes, SandboxName } from "../../../../src/daytona.js"
import { EmbeddedDaytona, Fault, Outcome } from "../../../../src/embedded/daytona/index.js"
import { alive, apiKey, daytona, type Halt, halting, happens, inject, lines } from "../../../support/daytonaOver.js"

const scoped = Effect.flatMap(Sandboxes, (sandboxes) => sandboxes.scoped({ labels: { for: "test" } }))

/** Everything over a transport that stops at one request. */
const stoppingAt = (halt: Halt, reached: Deferred.Deferred<void>) =>
  Daytona.layer({ apiKey, apiUrl: "http://daytona.test/api" }).pipe(
    Layer.provide(halting(halt, reached)),
    // The answer to the create comes before the sandbox runs, so there is something to wait for.
    Layer.provideMerge(EmbeddedDaytona.layerHttpClient({ startWait: 0, staleness: { list: "2 seconds" } }))
  )

/** Enough for everything that is tried in the background. */
const settle = TestClock.adjust("200 seconds")

describe("a scoped sandbox", () => {
  it.effect("runs within its scope, and is deleted afterwards", () =>
    Effect.gen(function* () {
      const within = yield* Effect.fork(
        Effect.scoped(
          Effect.zip(
            scoped,
            Effect.map(alive, (sandboxes) => sandboxes.length)
          )
        )
      )
      yield* settle
      const [sandbox, count] = yield* within
      expect(sandbox.state).toBe("started")
      expect(sandbox.labels).toMatchObject({ for: "test" })
      expect(count).toBe(1)
      expect(yield* alive).toEqual([])
    }).pipe(Effect.provide(daytona()))
  )

  it.effect("may have been deleted before its scope closes", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.fork(
        Effect.scoped(
          Effect.gen(function* () {
            const sandboxes = yield* Sandboxes
            const { id } = yield* scoped
            yield* sandboxes.delete(id, { wait: true })
          })
        )
      )
      yield* settle
      yield* fiber
      expect(yield* alive).toEqual([])
    }).pipe(Effect.provide(daytona()))
  )
})

/** Interrupts the creation at one request, and returns what was left before its scope closed. */
const interruptedAt = (halt: Halt, create: Effect.Effect<unknown, unknown, Sandboxes | Scope.Scope> = scoped) =>
  Effect.gen(function* () {
    const reached = yield* Deferred.make<void>()
    return yield* Effect.gen(function* () {
      const scope = yield* Scope.make()
      const creating = yield* Effect.fork(Scope.extend(create, scope))
      let wasReached = false
      for (let step = 0; step < 100 && !wasReached; step++) {
        yield* TestClock.adjust("50 millis")
        wasReached = yield* Deferred.isDone(reached)
      }
      const interrupting = yield* Effect.fork(Fiber.interrupt(creating))
      yield* settle
      const exit = yield* Fiber.join(interrupting)
      const left = yield* alive
      yield* Scope.close(scope, Exit.void)
      const made = (yield* lines).filter((line) => line === "POST /api/sandbox").length
      return { wasReached, interrupted: Exit.isInterrupted(exit), left: left.length, made }
    }).pipe(Effect.provide(stoppingAt(halt, reached)))
  })

describe("interrupting the creation of a scoped sandbox", () => {
  for (const request of [1, 2, 3, 4, 5]) {
    it.effect(`before request ${request} is sent leaves nothing behind`, () =>
      Effect.map(interruptedAt({ request, when: "before" }), (result) =>
        expect(result).toEqual({ wasReached: true, interrupted: true, left: 0, made: request === 1 ? 0 : 1 })
      )
    )
    it.effect(`during the response to request ${request} leaves nothing behind`, () =>
      Effect.map(interruptedAt({ request, when: "after" }), (result) =>
        expect(result).toEqual({ wasReached: true, interrupted: true, left: 0, made: 1 })
      )
    )
  }

  it.effect("leaves no named sandbox behind either", () =>
    Effect.map(
      interruptedAt(
        { request: 1, when: "after" },
        Effect.flatMap(Sandboxes, (sandboxes) => sandboxes.scoped({ name: SandboxName.make("mine") }))
      ),
      (result) => expect(result).toMatchObject({ wasReached: true, left: 0, made: 1 })
    )
  )

  it.effect("deletes the sandbox even if it is not scoped", () =>
    Effect.map(
      interruptedAt(
        { request: 3, when: "before" },
        Effect.flatMap(Sandboxes, (sandboxes) => sandboxes.create())
      ),
      (result) => expect(result).toMatchObject({ wasReached: true, interrupted: true, left: 0 })
    )
  )

  for (const milliseconds of [0, 10, 60, 100, 400, 749, 750, 751, 800, 2000]) {
    it.effect(`${milliseconds} ms after it began leaves nothing behind`, () =>
      Effect.gen(function* () {
        const creating = yield* Effect.fork(Effect.scoped(scoped))
        yield* TestClock.adjust(Duration.millis(milliseconds))
        const interrupting = yield* Effect.fork(Fiber.interrupt(creating))
        yield* settle
        yield* Fiber.join(interrupting)
        expect(yield* alive).toEqual([])
        // Also nothing that the server began later.
        yield* settle
        expect(yield* alive).toEqual([])
      }).pipe(Effect.provide(daytona({ server: { staleness: { list: "1 second" } } })))
    )
  }
})

/** Runs a scoped creation that fails, and returns its failure and what was left. */
const failureOf = (create: Effect.Effect<unknown, { readonly _tag: string }, Sandboxes | Scope.Scope> = scoped) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const fiber = yield* Effect.fork(Effect.flip(Scope.extend(create, scope)))
    yield* settle
    const failure = yield* Fiber.join(fiber)
    const left = yield* alive
    yield* Scope.close(scope, Exit.void)
    return { failure, left: left.length }
  })

describe("creating a scoped sandbox", () => {
  it.effect("continues when its response is lost", () =>
    Effect.gen(function* () {
      yield* inject({ method: "POST", path: "/sandbox", fault: Fault.resetAfterRequest })
      const within = yield* Effect.fork(Effect.scoped(Effect.zip(scoped, alive)))
      yield* settle
      const [sandbox, sandboxes] = yield* within
      expect(sandboxes.map(({ id }) => id)).toEqual([sandbox.id])
      expect(yield* alive).toEqual([])
      expect((yield* lines).filter((line) => line === "POST /api/sandbox")).toHaveLength(1)
    }).pipe(Effect.provide(daytona({ server: { staleness: { list: "1 second" } } })))
  )

  for (const [what, fault] of [
    ["broke off", Fault.cutBody(20, "reset")],
    ["cannot be read", Fault.truncatedJson],
    ["comes too late", Fault.slowFirstByte("2 minutes")]
  ] as const) {
    it.effect(`leaves nothing behind when its response ${what}`, () =>
      Effect.gen(function* () {
        yield* inject({ method: "POST", path: "/sandbox", fault })
        const within = yield* Effect.fork(Effect.exit(Effect.scoped(scoped)))
        yield* settle
        yield* Fiber.join(within)
        expect((yield* lines).filter((line) => line === "POST /api/sandbox")).toHaveLength(1)
        expect(yield* alive).toEqual([])
      }).pipe(Effect.provide(daytona()))
    )
  }

  it.effect("leaves nothing behind when it does not start in time", () =>
    Effect.gen(function* () {
      yield* happens({ during: "create", outcome: Outcome.takes("90 seconds") })
      const { failure, left } = yield* failureOf()
      expect(failure).toMatchObject({ _tag: "SandboxWaitTimeout", lastState: "creating" })
      expect(left).toBe(0)
    }).pipe(Effect.provide(daytona()))
  )

  it.effect("leaves nothing behind when it does not start", () =>
    Effect.gen(function* () {
      yield* happens({ during: "create", outcome: Outcome.fail("no space left on device") })
      const { failure, left } = yield* failureOf()
      expect(failure).toMatchObject({ _tag: "SandboxFailed", state: "error", operation: "Sandboxes.create" })
      expect(String(Reflect.get(failure, "reason"))).toContain("no space left on device")
      expect(left).toBe(0)
    }).pipe(Effect.provide(daytona()))
  )

  it.effect("does not search for a sandbox when the server refused the request", () =>
    Effect.gen(function* () {
      const { failure } = yield* failureOf(
        Effect.flatMap(Sandboxes, (sandboxes) => sandboxes.scoped({ snapshot: "no-such-snapshot" }))
      )
      expect(failure._tag).toBe("BadRequest")
      expect(yield* lines).toEqual(["POST /api/sandbox"])
    }).pipe(Effect.provide(daytona()))
  )
})

/** What is logged at `WARN` and above. */
const warnings = () => {
  const seen: Array<string> = []
  const logger = Logger.make(({ logLevel, message }) => {
    if (LogLevel.greaterThanEqual(logLevel, LogLevel.Warning)) seen.push(String(message))
  })
  return { seen, layer: Logger.replace(Logger.defaultLogger, logger) }
}

describe("closing the scope of a sandbox", () => {
  it.effect("retries after a transient error", () =>
    Effect.gen(function* () {
      yield* inject({ method: "DELETE", fault: Fault.status(500), times: 6 })
      const within = yield* Effect.fork(Effect.scoped(scoped))
      yield* settle
      yield* within
      expect(yield* alive).toEqual([])
    }).pipe(Effect.provide(daytona()))
  )

  it.effect("does not fail when the sandbox cannot be deleted, and logs its id", () => {
    const { layer, seen } = warnings()
    return Effect.gen(function* () {
      yield* inject({ method: "DELETE", fault: Fault.status(403), times: Number.POSITIVE_INFINITY })
      const within = yield* Effect.fork(Effect.scoped(scoped))
      yield* settle
      const { id } = yield* within
      expect(seen).toHaveLength(1)
      expect(seen[0]).toContain(`Sandbox ${id} could not be deleted`)
    }).pipe(Effect.provide(Layer.merge(daytona(), layer)))
  })

  it.effect("gives up after about two minutes on a server that does not respond", () => {
    const { layer, seen } = warnings()
    return Effect.gen(function* () {
      yield* inject({ method: "DELETE", fault: Fault.hang, times: Number.POSITIVE_INFINITY })
      const within = yield* Effect.fork(Effect.scoped(scoped))
      yield* settle
      yield* within
      expect(seen).toHaveLength(1)
    }).pipe(Effect.provide(Layer.merge(daytona(), layer)))
  })
})
