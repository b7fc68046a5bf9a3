/** The pool without sandboxes: what is made, handed out and released, and when. */
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as SingleUse from "../../../../src/services/daytona/pool/singleUse.js"

class Broken extends Data.TaggedError("Broken")<SingleUse.Verdict> {}

const judge = (cause: Cause.Cause<Broken>): SingleUse.Verdict =>
  Option.getOrElse(Cause.failureOption(cause), (): SingleUse.Verdict => ({ kind: "final" }))

/** Where items come from: it counts them, and fails when it is told to. */
const makeSource = ({ seconds = 1, releaseSeconds = 0 } = {}) => {
  const alive = new Set<number>()
  const unfit = new Set<number>()
  const failures: Array<SingleUse.Verdict> = []
  const attempts: Array<number> = []
  let made = 0
  let most = 0
  return {
    alive,
    unfit,
    failures,
    attempts,
    made: () => made,
    most: () => most,
    acquire: Effect.gen(function* () {
      attempts.push(yield* Clock.currentTimeMillis)
      const id = ++made
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          alive.add(id)
          most = Math.max(most, alive.size)
        }),
        () =>
          Effect.zipRight(
            Effect.sleep(Duration.seconds(releaseSeconds)),
            Effect.sync(() => alive.delete(id))
          )
      )
      yield* Effect.sleep(Duration.seconds(seconds))
      const failure = failures.shift()
      if (failure !== undefined) return yield* new Broken(failure)
      return id
    }),
    check: (id: number) => (unfit.has(id) ? Effect.fail(new Broken({ kind: "passing" })) : Effect.void)
  }
}

type Source = ReturnType<typeof makeSource>

const poolOf = (source: Source, options: Partial<SingleUse.Options<number, Broken, Scope.Scope>> = {}) =>
  SingleUse.make<number, Broken, Scope.Scope>({
    acquire: source.acquire,
    check: source.check,
    judge,
    minimum: 0,
    maximum: 10,
    concurrency: 10,
    timeToLive: Duration.infinity,
    onChange: () => undefined,
    ...options
  })

/** Takes an item for a scope of its own. */
const taking = (pool: SingleUse.SingleUsePool<number, Broken>) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const fiber = yield* Effect.fork(Scope.extend(pool.take, scope))
    // In the order of the program.
    yield* Effect.yieldNow()
    return { fiber, close: Scope.close(scope, Exit.void) }
  })

const settle = TestClock.adjust(0)

describe("a pool of items that are used once", () => {
  it.scoped("makes the minimum ahead, hands it out without waiting, and makes another", () =>
    Effect.gen(function* () {
      const source = makeSource()
      const pool = yield* poolOf(source, { minimum: 2 })
      yield* TestClock.adjust("1 second")
      expect(yield* pool.status).toEqual({ size: 2, idle: 2, creating: 0, inUse: 0, waiting: 0 })
      const { close, fiber } = yield* taking(pool)
      yield* settle
      const taken = yield* Fiber.join(fiber)
      expect(yield* pool.status).toEqual({ size: 3, idle: 1, creating: 1, inUse: 1, waiting: 0 })
      yield* close
      yield* TestClock.adjust("1 second")
      expect(yield* pool.status).toEqual({ size: 2, idle: 2, creating: 0, inUse: 0, waiting: 0 })
      expect([...source.alive]).toEqual([1, 2, 3].filter((id) => id !== taken))
    })
  )

  it.scoped("never hands out an item twice", () =>
    Effect.gen(function* () {
      const source = makeSource({ seconds: 0 })
      const pool = yield* poolOf(source, { minimum: 1 })
      const seen: Array<number> = []
      for (let turn = 0; turn < 20; turn++) {
        const { close, fiber } = yield* taking(pool)
        yield* settle
        seen.push(yield* Fiber.join(fiber))
        yield* close
        yield* settle
      }
      expect(new Set(seen).size).toBe(20)
    })
  )

  it.scoped("wakes those who wait when an item is released, in the order in which they came", () =>
    Effect.gen(function* () {
      const source = makeSource({ releaseSeconds: 1 })
      const pool = yield* poolOf(source, { maximum: 1 })
      const first = yield* taking(pool)
      yield* TestClock.adjust("1 second")
      const waiting = [yield* taking(pool), yield* taking(pool)] as const
      yield* TestClock.adjust("1 hour")
      expect(yield* pool.status).toMatchObject({ size: 1, inUse: 1, waiting: 2 })
      yield* first.close
      // One second until it is gone, another one for the next.
      yield* TestClock.adjust("1 second")
      const served = Effect.forEach(waiting, ({ fiber }) => Effect.map(Fiber.poll(fiber), Option.isSome))
      yield* TestClock.adjust("1 second")
      expect(yield* served).toEqual([true, false])
      yield* waiting[0].close
      yield* TestClock.adjust("1 second")
      yield* TestClock.adjust("1 second")
      expect(yield* served).toEqual([true, true])
      expect(source.most()).toBe(1)
      yield* waiting[1].close
      yield* TestClock.adjust("1 second")
    })
  )

  it.scoped("repeats a failed creation, and does not tell those who wait", () =>
    Effect.gen(function* () {
      const source = makeSource()
      source.failures.push({ kind: "passing" }, { kind: "passing" })
      const pool = yield* poolOf(source)
      const { fiber } = yield* taking(pool)
      yield* TestClock.adjust("1 minute")
      expect(yield* Fiber.join(fiber)).toBe(3)
      // After a second, and then after two.
      expect(source.attempts).toEqual([0, 2_000, 5_000])
    })
  )

  it.scoped("waits for as long as the server asks", () =>
    Effect.gen(function* () {
      const source = makeSource()
      source.failures.push({ kind: "passing", pause: Duration.seconds(90) })
      const pool = yield* poolOf(source, { minimum: 1 })
      yield* TestClock.adjust("1 hour")
      expect(source.attempts).toEqual([0, 91_000])
      expect(yield* pool.status).toMatchObject({ idle: 1 })
    })
  )

  it.scoped("makes one attempt at a time after a failure", () =>
    Effect.gen(function* () {
      const source = makeSource()
      source.failures.push(...Array.from({ length: 6 }, () => ({ kind: "passing" }) as const))
      const pool = yield* poolOf(source, { minimum: 4 })
      yield* TestClock.adjust("10 minutes")
      expect(source.attempts.filter((at) => at === 0)).toHaveLength(4)
      expect(new Set(source.attempts.slice(4, 7)).size).toBe(3)
      expect(yield* pool.status).toMatchObject({ idle: 4, creating: 0 })
    })
  )

  it.scoped("tells all who wait when nothing else is coming, and not before", () =>
    Effect.gen(function* () {
      const source = makeSource()
      source.failures.push({ kind: "final" }, { kind: "final" })
      const pool = yield* poolOf(source, { concurrency: 2 })
      const waiting = [yield* taking(pool), yield* taking(pool), yield* taking(pool)]
      yield* TestClock.adjust("1 second")
      for (const { fiber } of waiting) expect(yield* Effect.flip(Fiber.join(fiber))).toMatchObject({ kind: "final" })
      const { fiber } = yield* taking(pool)
      yield* TestClock.adjust("1 minute")
      expect(yield* Fiber.join(fiber), "a later caller is served").toBe(3)
    })
  )

  it.scoped("does not tell one who waits of a failure while another item is coming", () =>
    Effect.gen(function* () {
      const source = makeSource()
      const pool = yield* poolOf(source)
      const first = yield* taking(pool)
      yield* TestClock.adjust("500 millis")
      const second = yield* taking(pool)
      source.failures.push({ kind: "final" })
      yield* TestClock.adjust("1 second")
      // The creation for the first caller failed; that for the second one goes to the first.
      expect(yield* Fiber.join(first.fiber)).toBe(2)
      yield* TestClock.adjust("1 minute")
      expect(yield* Fiber.join(second.fiber)).toBe(3)
    })
  )

  it.scoped("tells those who wait after five failures that might have passed", () =>
    Effect.gen(function* () {
      const source = makeSource()
      source.failures.push(...Array.from({ length: 5 }, () => ({ kind: "passing" }) as const))
      const pool = yield* poolOf(source)
      const { fiber } = yield* taking(pool)
      yield* TestClock.adjust("1 minute")
      expect(yield* Effect.flip(Fiber.join(fiber))).toMatchObject({ kind: "passing" })
      expect(source.attempts).toHaveLength(5)
    })
  )

  it.scoped("counts attempts that fail together as one failure", () =>
    Effect.gen(function* () {
      const source = makeSource()
      source.failures.push(...Array.from({ length: 6 }, () => ({ kind: "passing" }) as const))
      const pool = yield* poolOf(source)
      const callers = yield* Effect.forEach([1, 2, 3, 4, 5, 6], () => taking(pool))
      yield* TestClock.adjust("1 minute")
      for (const { fiber } of callers) expect(Option.isSome(yield* Fiber.poll(fiber))).toBe(true)
      expect(source.attempts.filter((at) => at <= 2_000)).toHaveLength(7)
    })
  )

  it.scoped("waits for a release when there is no room, and then tries at once", () =>
    Effect.gen(function* () {
      const source = makeSource({ seconds: 0 })
      const pool = yield* poolOf(source)
      const first = yield* taking(pool)
      yield* settle
      source.failures.push(...Array.from({ length: 8 }, () => ({ kind: "full" }) as const))
      const second = yield* taking(pool)
      yield* TestClock.adjust("2 minutes")
      expect(Option.isNone(yield* Fiber.poll(second.fiber))).toBe(true)
      source.failures.length = 0
      const before = source.attempts.length
      yield* first.close
      yield* settle
      expect(Option.isSome(yield* Fiber.poll(second.fiber))).toBe(true)
      expect(source.attempts.length).toBe(before + 1)
    })
  )

  it.scoped("tells those who wait that there is no room when nothing of its own is left to make some", () =>
    Effect.gen(function* () {
      const source = makeSource({ seconds: 0 })
      source.failures.push({ kind: "full" })
      const pool = yield* poolOf(source)
      const { fiber } = yield* taking(pool)
      yield* settle
      expect(yield* Effect.flip(Fiber.join(fiber))).toMatchObject({ kind: "full" })
    })
  )

  it.scoped("replaces what has become unfit or too old", () =>
    Effect.gen(function* () {
      const source = makeSource()
      const pool = yield* poolOf(source, { minimum: 2, concurrency: 1, timeToLive: Duration.minutes(10) })
      yield* TestClock.adjust("1 second")
      yield* TestClock.adjust("5 minutes")
      source.unfit.add(1)
      const { fiber } = yield* taking(pool)
      yield* settle
      expect(yield* Fiber.join(fiber)).toBe(2)
      yield* TestClock.adjust("1 second")
      yield* TestClock.adjust("1 second")
      expect([...source.alive]).toEqual([2, 3, 4])
      yield* TestClock.adjust("10 minutes")
      yield* TestClock.adjust("1 minute")
      expect([...source.alive], "one in use is not too old").toEqual([2, 5, 6])
    })
  )

  it.scoped("does not make items without end when none of them is fit", () =>
    Effect.gen(function* () {
      const source = makeSource({ seconds: 0 })
      for (let id = 1; id < 1_000; id++) source.unfit.add(id)
      const pool = yield* poolOf(source)
      const { fiber } = yield* taking(pool)
      yield* TestClock.adjust("1 minute")
      expect(yield* Effect.flip(Fiber.join(fiber))).toMatchObject({ kind: "passing" })
      expect(source.made()).toBe(5)
    })
  )

  it.scoped("loses nothing when one who waits is interrupted", () =>
    Effect.gen(function* () {
      const source = makeSource()
      const pool = yield* poolOf(source)
      const [first, second] = [yield* taking(pool), yield* taking(pool)]
      yield* Fiber.interrupt(first.fiber)
      yield* TestClock.adjust("1 second")
      expect(Option.isSome(yield* Fiber.poll(second.fiber))).toBe(true)
      expect(yield* pool.status).toEqual({ size: 2, idle: 1, creating: 0, inUse: 1, waiting: 0 })
    })
  )

  it.effect("gives what was on its way to an interrupted caller to the next one", () =>
    Effect.gen(function* () {
      // At each turn of the scheduler between the release of the check and the end of the wait.
      for (let turns = 0; turns < 12; turns++) {
        yield* Effect.scoped(
          Effect.gen(function* () {
            const source = makeSource({ seconds: 0 })
            const checked = yield* Deferred.make<void>()
            const pool = yield* poolOf(source, { maximum: 1, check: () => Deferred.await(checked) })
            const [first, second] = [yield* taking(pool), yield* taking(pool)]
            yield* settle
            yield* Deferred.succeed(checked, undefined)
            for (let turn = 0; turn < turns; turn++) yield* Effect.yieldNow()
            yield* Fiber.interrupt(first.fiber)
            yield* first.close
            yield* settle
            expect(yield* Fiber.join(second.fiber), `after ${turns} turns`).toBeLessThanOrEqual(2)
            expect(yield* pool.status).toMatchObject({ size: 1, inUse: 1, waiting: 0 })
          })
        )
      }
    })
  )

  it.effect("leaves nothing behind when its scope closes, neither in use nor in creation", () =>
    Effect.gen(function* () {
      const source = makeSource()
      const scope = yield* Scope.make()
      const pool = yield* Scope.extend(poolOf(source, { minimum: 2, maximum: 4 }), scope)
      yield* TestClock.adjust("1 second")
      const used = yield* taking(pool)
      yield* settle
      yield* TestClock.adjust("500 millis")
      const waiting = yield* Effect.forEach([1, 2, 3, 4], () => taking(pool))
      expect(yield* pool.status).toMatchObject({ size: 4, creating: 2 })
      yield* Scope.close(scope, Exit.void)
      expect([...source.alive]).toEqual([])
      const exits = yield* Effect.forEach(waiting, ({ fiber }) => Fiber.await(fiber))
      expect(exits.filter(Exit.isInterrupted)).toHaveLength(3)
      yield* used.close
      expect(Exit.isInterrupted(yield* Effect.exit(Effect.scoped(pool.take)))).toBe(true)
      yield* TestClock.adjust("1 hour")
      expect([...source.alive]).toEqual([])
    })
  )

  it.effect("closes also where it was made without being interruptible", () =>
    Effect.gen(function* () {
      const source = makeSource({ seconds: 3_600 })
      const scope = yield* Scope.make()
      yield* Effect.uninterruptible(Scope.extend(poolOf(source, { minimum: 1 }), scope))
      yield* settle
      expect(source.alive.size).toBe(1)
      yield* Scope.close(scope, Exit.void)
      expect(source.alive.size).toBe(0)
    })
  )
})

type Command =
  | { readonly _tag: "Take" }
  | { readonly _tag: "Return"; readonly which: number }
  | { readonly _tag: "Interrupt"; readonly which: number }
  | { readonly _tag: "Fail"; readonly kind: SingleUse.Verdict["kind"]; readonly pause: number }
  | { readonly _tag: "Spoil"; readonly which: number }
  | { readonly _tag: "Pass"; readonly seconds: number }

const commands = FastCheck.array(
  FastCheck.oneof(
    { weight: 4, arbitrary: FastCheck.constant<Command>({ _tag: "Take" }) },
    { weight: 3, arbitrary: FastCheck.record({ _tag: FastCheck.constant("Return" as const), which: FastCheck.nat() }) },
    {
      weight: 2,
      arbitrary: FastCheck.record({ _tag: FastCheck.constant("Interrupt" as const), which: FastCheck.nat() })
    },
    {
      weight: 1,
      arbitrary: FastCheck.record({
        _tag: FastCheck.constant("Fail" as const),
        kind: FastCheck.constantFrom("final" as const, "full" as const, "passing" as const),
        pause: FastCheck.nat(90)
      })
    },
    { weight: 1, arbitrary: FastCheck.record({ _tag: FastCheck.constant("Spoil" as const), which: FastCheck.nat() }) },
    {
      weight: 3,
      arbitrary: FastCheck.record({ _tag: FastCheck.constant("Pass" as const), seconds: FastCheck.nat(20) })
    }
  ),
  { maxLength: 40 }
)

describe("whatever happens", () => {
  it.effect.prop(
    "a pool never has more than its maximum, serves everybody who waits, and leaves nothing behind",
    {
      commands,
      minimum: FastCheck.nat(3),
      more: FastCheck.integer({ min: 1, max: 3 }),
      concurrency: FastCheck.integer({ min: 1, max: 3 }),
      releaseSeconds: FastCheck.nat(2)
    },
    ({ commands, concurrency, minimum, more, releaseSeconds }) =>
      Effect.gen(function* () {
        const maximum = minimum + more
        const source = makeSource({ releaseSeconds })
        const scope = yield* Scope.make()
        const pool = yield* Scope.extend(
          poolOf(source, { minimum, maximum, concurrency, timeToLive: Duration.seconds(30) }),
          scope
        )
        const callers: Array<Effect.Effect.Success<ReturnType<typeof taking>>> = []
        const handed: Array<number> = []
        const pick = (which: number) => callers.splice(which % Math.max(callers.length, 1), 1)[0]
        const close = (caller: (typeof callers)[number]) =>
          Effect.flatMap(Fiber.poll(caller.fiber), (exit) => {
            if (Option.isSome(exit) && Exit.isSuccess(exit.value)) handed.push(exit.value.value)
            return Effect.zipRight(Fiber.interrupt(caller.fiber), caller.close)
          })
        for (const command of commands) {
          switch (command._tag) {
            case "Take":
              callers.push(yield* taking(pool))
              break
            case "Return":
            case "Interrupt": {
              const caller = pick(command.which)
              if (caller !== undefined) yield* close(caller)
              break
            }
            case "Fail":
              source.failures.push({ kind: command.kind, pause: Duration.seconds(command.pause) })
              break
            case "Spoil":
              source.unfit.add(1 + (command.which % (source.made() + 2)))
              break
            case "Pass":
              yield* TestClock.adjust(Duration.seconds(command.seconds))
          }
          expect(source.alive.size).toBeLessThanOrEqual(maximum)
          expect((yield* pool.status).size).toBeLessThanOrEqual(maximum)
        }
        // The world is well again, and everybody gives back what they have: nobody may be left waiting.
        source.failures.length = 0
        source.unfit.clear()
        for (let round = 0; callers.length > 0 && round < 200; round++) {
          for (const caller of [...callers]) {
            if (Option.isSome(yield* Fiber.poll(caller.fiber))) {
              callers.splice(callers.indexOf(caller), 1)
              yield* close(caller)
            }
          }
          yield* TestClock.adjust("10 seconds")
        }
        expect(callers).toEqual([])
        expect(yield* pool.status).toMatchObject({ inUse: 0, waiting: 0 })
        expect(new Set(handed).size, "each is used once").toBe(handed.length)
        expect(source.most()).toBeLessThanOrEqual(maximum)
        const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
        yield* TestClock.adjust("10 seconds")
        yield* closing
        expect(source.alive.size).toBe(0)
      }),
    { fastCheck: { numRuns: 60 } }
  )
})
