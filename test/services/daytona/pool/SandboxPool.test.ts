import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as MetricState from "effect/MetricState"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { Sandboxes, SandboxId, SandboxName, SandboxPool } from "../../../../src/daytona.js"
import { EmbeddedDaytona, Fault, type Options } from "../../../../src/embedded/daytona/index.js"
import { alive, daytona, inject, lines } from "../../../support/daytonaOver.js"

/** A pool in a scope of its own, which closes when the test says so. */
const poolOf = (options: SandboxPool.Options) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const pool = yield* Scope.extend(SandboxPool.make(options), scope)
    const close = Effect.zipRight(passing(Scope.close(scope, Exit.void)), TestClock.adjust("1 minute"))
    return { ...pool, close }
  })

/** Runs an effect while time passes. */
const passing = <A, E, R>(effect: Effect.Effect<A, E, R>, step: Duration.DurationInput = "100 millis") =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    while ((yield* Fiber.poll(fiber))._tag === "None") yield* TestClock.adjust(step)
    return yield* fiber
  })

const taking = (pool: SandboxPool.Service) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const fiber = yield* Effect.fork(Scope.extend(pool.take, scope))
    return { fiber, close: Scope.close(scope, Exit.void) }
  })

const created = Effect.map(lines, (all) => all.filter((line) => line === "POST /api/sandbox").length)

const isDone = <A, E>(fiber: Fiber.Fiber<A, E>) => Effect.map(Fiber.poll(fiber), ({ _tag }) => _tag === "Some")

const server = (options: Options = {}) => daytona({ server: { durations: 0, ...options } })

describe("a pool of sandboxes", () => {
  it.effect("hands out one that runs already, deletes it after its use, and leaves nothing behind", () =>
    Effect.gen(function* () {
      const pool = yield* poolOf({ minimum: 2, maximum: 4, sandbox: { labels: { for: "pool" } } })
      yield* TestClock.adjust("1 minute")
      expect(yield* alive).toHaveLength(2)
      const before = yield* Clock.currentTimeMillis
      const { close, fiber } = yield* taking(pool)
      yield* TestClock.adjust(0)
      const sandbox = yield* fiber
      expect((yield* Clock.currentTimeMillis) - before).toBe(0)
      expect(sandbox).toMatchObject({ state: "started", labels: { for: "pool" } })
      yield* close
      yield* TestClock.adjust("1 minute")
      const left = yield* alive
      expect(left).toHaveLength(2)
      expect(left.map(({ id }) => id)).not.toContain(sandbox.id)
      yield* pool.close
      expect(yield* alive).toEqual([])
    }).pipe(Effect.provide(daytona()))
  )

  it.effect("is a layer, which deletes everything when it is released", () =>
    Effect.gen(function* () {
      const use = Effect.scoped(Effect.flatMap(SandboxPool, (pool) => Effect.zip(pool.take, alive)))
      const pooled = SandboxPool.layer({ minimum: 1, maximum: 2 })
      const [sandbox, there] = yield* passing(Effect.provide(use, pooled))
      expect(there.map(({ id }) => id)).toContain(sandbox.id)
      yield* TestClock.adjust("1 minute")
      expect(yield* alive).toEqual([])
    }).pipe(Effect.provide(daytona()))
  )

  it.effect("deletes also what is in creation when it closes", () =>
    Effect.gen(function* () {
      const pool = yield* poolOf({ minimum: 3, maximum: 3 })
      yield* TestClock.adjust("200 millis")
      expect(yield* pool.status).toMatchObject({ creating: 3 })
      expect(yield* alive).toHaveLength(3)
      yield* pool.close
      yield* TestClock.adjust("1 minute")
      expect(yield* alive).toEqual([])
    }).pipe(Effect.provide(daytona()))
  )

  it.effect("replaces a sandbox that the server has stopped", () =>
    Effect.gen(function* () {
      const pool = yield* poolOf({ minimum: 1, maximum: 2, timeToLive: "1 day", sandbox: { autoStop: "15 minutes" } })
      yield* TestClock.adjust("1 minute")
      const [stopped] = yield* alive
      yield* TestClock.adjust("20 minutes")
      expect((yield* alive).map(({ state }) => state)).toEqual(["stopped"])
      const { fiber } = yield* taking(pool)
      yield* TestClock.adjust("1 second")
      expect(yield* fiber).toMatchObject({ state: "started" })
      expect((yield* fiber).id).not.toBe(stopped?.id)
      expect((yield* alive).map(({ id }) => id)).not.toContain(stopped?.id)
      yield* pool.close
    }).pipe(Effect.provide(server()))
  )

  it.effect("starts the time without activity anew for whoever takes a sandbox", () =>
    Effect.gen(function* () {
      const pool = yield* poolOf({ minimum: 1, maximum: 1, timeToLive: "1 day", sandbox: { autoStop: "15 minutes" } })
      yield* TestClock.adjust("14 minutes")
      const { fiber } = yield* taking(pool)
      yield* TestClock.adjust(0)
      yield* fiber
      yield* TestClock.adjust("14 minutes")
      expect((yield* alive).map(({ state }) => state)).toEqual(["started"])
      yield* pool.close
    }).pipe(Effect.provide(server()))
  )

  it.effect("replaces a sandbox that someone else has deleted", () =>
    Effect.gen(function* () {
      const sandboxes = yield* Sandboxes
      const pool = yield* poolOf({ minimum: 1, maximum: 1 })
      yield* TestClock.adjust(0)
      const ids = (yield* alive).map(({ id }) => SandboxId.make(id))
      yield* Effect.forEach(ids, (id) => sandboxes.delete(id))
      const { fiber } = yield* taking(pool)
      yield* TestClock.adjust("10 seconds")
      expect(ids).not.toContain((yield* fiber).id)
      yield* pool.close
    }).pipe(Effect.provide(server()))
  )

  it.effect("asks `check` whether a sandbox is fit for use", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const pool = yield* poolOf({
        minimum: 0,
        maximum: 1,
        check: ({ id }) => (seen.push(id) === 1 ? Effect.fail(new Error("no python here")) : Effect.void)
      })
      const { fiber } = yield* taking(pool)
      yield* TestClock.adjust("10 seconds")
      expect((yield* fiber).id).toBe(seen[1])
      expect((yield* alive).map(({ id }) => id)).toEqual([seen[1]])
      yield* pool.close
    }).pipe(Effect.provide(server()))
  )

  it.effect("says which check failed when none is ever fit, and does not pay for more than five", () =>
    Effect.gen(function* () {
      const pool = yield* poolOf({ minimum: 0, maximum: 3, check: () => Effect.fail(new Error("no python here")) })
      const { fiber } = yield* taking(pool)
      yield* TestClock.adjust("5 minutes")
      const error = yield* Effect.flip(Fiber.join(fiber))
      expect(error).toMatchObject({ _tag: "SandboxFailed", operation: "SandboxPool.take" })
      expect(error.message).toContain("no python here")
      expect(yield* created).toBe(5)
      expect(yield* alive).toEqual([])
      yield* pool.close
    }).pipe(Effect.provide(server()))
  )

  it.effect("does not wait for a check that never ends", () =>
    Effect.gen(function* () {
      let checks = 0
      const pool = yield* poolOf({
        minimum: 0,
        maximum: 1,
        check: () => (++checks === 1 ? Effect.never : Effect.void)
      })
      const { fiber } = yield* taking(pool)
      yield* TestClock.adjust("1 minute")
      expect(yield* isDone(fiber)).toBe(true)
      yield* pool.close
    }).pipe(Effect.provide(server()))
  )

  it.effect("reports at once what repeating does not mend", () =>
    Effect.gen(function* () {
      const pool = yield* poolOf({ minimum: 0, maximum: 2, sandbox: { snapshot: "unknown" } })
      const { fiber } = yield* taking(pool)
      yield* TestClock.adjust(0)
      expect(yield* Effect.flip(Fiber.join(fiber))).toMatchObject({ _tag: "BadRequest" })
      expect(yield* created).toBe(1)
      yield* pool.close
    }).pipe(Effect.provide(server()))
  )

  it.effect("mends a sandbox that did not start by making another one", () =>
    Effect.gen(function* () {
      const pool = yield* poolOf({ minimum: 0, maximum: 1 })
      yield* inject({ fault: Fault.status(503), method: "POST", path: "/sandbox" })
      const { fiber } = yield* taking(pool)
      yield* TestClock.adjust("1 minute")
      expect(yield* fiber).toMatchObject({ state: "started" })
      yield* pool.close
    }).pipe(Effect.provide(server()))
  )

  it.effect("waits for a deletion of its own when a quota is exceeded", () =>
    Effect.gen(function* () {
      const pool = yield* poolOf({ minimum: 0, maximum: 9 })
      const callers = [yield* taking(pool), yield* taking(pool), yield* taking(pool)] as const
      yield* TestClock.adjust("10 minutes")
      const done = Effect.forEach(callers, ({ fiber }) => isDone(fiber))
      expect(yield* done).toEqual([true, true, false])
      const before = yield* created
      yield* callers[0].close
      yield* TestClock.adjust(0)
      expect(yield* done).toEqual([true, true, true])
      expect((yield* created) - before).toBe(1)
      // The pauses grow: there are few attempts while nothing can succeed.
      expect(before).toBeLessThan(20)
      yield* pool.close
    }).pipe(Effect.provide(server({ organizations: [{ id: "small", quotas: { totalCpu: 2 } }] })))
  )

  it.effect("reports an exceeded quota when no deletion of its own can make room", () =>
    Effect.gen(function* () {
      const sandboxes = yield* Sandboxes
      yield* sandboxes.create()
      const pool = yield* poolOf({ minimum: 0, maximum: 9 })
      const { fiber } = yield* taking(pool)
      yield* TestClock.adjust(0)
      expect(yield* Effect.flip(Fiber.join(fiber))).toMatchObject({
        _tag: "BadRequest",
        detail: expect.stringContaining("Total CPU limit exceeded")
      })
      yield* pool.close
    }).pipe(Effect.provide(server({ organizations: [{ id: "small", quotas: { totalCpu: 1 } }] })))
  )

  it.effect("refuses options that are invalid, and a name or key that only one sandbox can have", () =>
    Effect.gen(function* () {
      const invalid: ReadonlyArray<readonly [string, SandboxPool.Options]> = [
        ["maximum", { maximum: 0 }],
        ["maximum", { maximum: 1.5 }],
        ["maximum", { minimum: 3, maximum: 2 }],
        ["minimum", { minimum: -1, maximum: 2 }],
        ["concurrency", { maximum: 2, concurrency: 0 }],
        ["timeToLive", { maximum: 2, timeToLive: 0 }],
        ["timeToLive", { maximum: 2, timeToLive: Number.NaN as 0 }],
        ["sandbox.name", { maximum: 2, sandbox: { name: SandboxName.make("one") } }],
        ["sandbox.key", { maximum: 2, sandbox: { key: "one" } }]
      ]
      for (const [field, options] of invalid) {
        const error = yield* Effect.flip(Effect.scoped(SandboxPool.make(options)))
        expect(error, field).toMatchObject({ _tag: "InvalidRequest", field })
      }
      expect(yield* lines).toEqual([])
    }).pipe(Effect.provide(server()))
  )

  it.effect("shows its size in gauges", () =>
    Effect.gen(function* () {
      const gauge = (name: string) =>
        Effect.map(Metric.snapshot, (pairs) =>
          pairs.flatMap(({ metricKey, metricState }) =>
            metricKey.name === `effect_sandboxes_pool_${name}` &&
            metricKey.tags.some(({ key, value }) => key === "pool" && value === "gauged") &&
            MetricState.isGaugeState(metricState)
              ? [metricState.value]
              : []
          )
        )
      const pool = yield* poolOf({ minimum: 2, maximum: 3, name: "gauged" })
      yield* TestClock.adjust("1 minute")
      yield* taking(pool)
      yield* taking(pool)
      yield* taking(pool)
      yield* taking(pool)
      yield* TestClock.adjust("1 minute")
      expect(yield* pool.status).toEqual({ size: 3, idle: 0, creating: 0, inUse: 3, waiting: 1 })
      expect([yield* gauge("size"), yield* gauge("idle"), yield* gauge("waiting")]).toEqual([[3], [0], [1]])
      yield* pool.close
      expect([yield* gauge("size"), yield* gauge("idle"), yield* gauge("waiting")]).toEqual([[0], [0], [0]])
    }).pipe(Effect.provide(server()))
  )
})

const median = (times: ReadonlyArray<number>) => [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0

describe("a pool under load, on a server that limits requests", () => {
  /** Callers that come every two seconds, and use their sandbox for four; how long each of them waited. */
  const load = <E, R>(acquire: Effect.Effect<unknown, E, R | Scope.Scope>) =>
    Effect.forEach(
      Array.from({ length: 60 }, (_, index) => index),
      (index) =>
        Effect.scoped(
          Effect.flatMap(Effect.timed(acquire), ([waited]) =>
            Effect.as(Effect.sleep("4 seconds"), Duration.toMillis(waited))
          )
        ).pipe(Effect.delay(Duration.seconds(index * 2))),
      { concurrency: "unbounded" }
    )

  const limited = daytona({
    server: {
      durations: { pickUp: "200 millis", pull: 0, create: "1 second", destroy: "200 millis" },
      rateLimits: {
        authenticated: { limit: 600, ttl: 60 },
        "sandbox-create": { limit: 40, ttl: 60 },
        "sandbox-lifecycle": { limit: 100, ttl: 60 }
      }
    }
  })

  it.effect("serves most callers at once, which would wait for a creation otherwise, and leaves nothing behind", () =>
    Effect.gen(function* () {
      const sandboxes = yield* Sandboxes
      const server = yield* EmbeddedDaytona
      const most = { now: 0 }
      const pool = yield* poolOf({ minimum: 4, maximum: 12 })
      yield* TestClock.adjust("1 minute")
      const pooled = yield* passing(
        load(
          Effect.tap(pool.take, () =>
            Effect.map(alive, (all) => {
              most.now = Math.max(most.now, all.filter(({ desiredState }) => desiredState !== "destroyed").length)
            })
          )
        ),
        "200 millis"
      )
      yield* pool.close
      expect(yield* alive).toEqual([])
      const single = yield* passing(load(sandboxes.scoped()), "200 millis")
      yield* TestClock.adjust("2 minutes")
      expect(yield* alive).toEqual([])
      expect((yield* server.sandboxes).length).toBeGreaterThanOrEqual(120)
      expect(most.now).toBeLessThanOrEqual(12)
      expect(pooled).toHaveLength(60)
      expect(median(single)).toBeGreaterThanOrEqual(1_200)
      expect(median(pooled) / median(single)).toBeLessThan(0.1)
    }).pipe(Effect.provide(limited))
  )

  it.effect("serves everybody in the end when far more come than the server lets it create", () =>
    Effect.gen(function* () {
      const pool = yield* poolOf({ minimum: 1, maximum: 30, concurrency: 10 })
      const order: Array<number> = []
      yield* passing(
        Effect.forEach(
          Array.from({ length: 20 }, (_, index) => index),
          (index) => Effect.scoped(Effect.tap(pool.take, () => Effect.sync(() => order.push(index)))),
          { concurrency: "unbounded" }
        ),
        "5 seconds"
      )
      expect(order).toEqual([...order].sort((a, b) => a - b))
      expect(order).toHaveLength(20)
      yield* pool.close
      expect(yield* alive).toEqual([])
    }).pipe(Effect.provide(server({ rateLimits: { "sandbox-create": { limit: 5, ttl: 60 } } })))
  )
})
