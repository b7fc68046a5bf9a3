/**
 * A pool whose items are used once. It makes them ahead of time, hands them out in the order in which they were asked
 * for, and releases each after its use. It knows nothing of sandboxes.
 *
 * Effect's own `Pool` gives items back to the pool after their use, hands a failed acquisition to the next caller, and
 * does not refill itself then.
 */
import type * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as FiberSet from "effect/FiberSet"
import * as Scope from "effect/Scope"
import type { PoolStatus } from "../../../schema/daytona/PoolStatus.js"

/** What a failure says about the next attempt. */
export interface Verdict {
  /**
   * `final`: it will fail again. `full`: it may succeed once something that is in use has been released. `passing`: it
   * may succeed later.
   */
  readonly kind: "final" | "full" | "passing"
  /** The wait that was asked for. */
  readonly pause?: Duration.Duration | undefined
}

export interface Options<A, E, R> {
  /** Makes an item. Its scope is closed after the use of the item. */
  readonly acquire: Effect.Effect<A, E, R | Scope.Scope>
  /** Fails if an item cannot be used any more. Runs each time before one is handed out. */
  readonly check: (item: A) => Effect.Effect<unknown, E, R>
  readonly judge: (cause: Cause.Cause<E>) => Verdict
  /** How many are kept ready. */
  readonly minimum: number
  /** How many exist at most: made, being made, in use or being released. */
  readonly maximum: number
  /** How many are made at once. */
  readonly concurrency: number
  /** How long an item is kept ready. */
  readonly timeToLive: Duration.Duration
  /** Runs after every change. */
  readonly onChange: (status: PoolStatus) => void
}

export interface SingleUsePool<A, E> {
  /** Takes an item, which is released when the scope closes. Waits for one if none is ready. */
  readonly take: Effect.Effect<A, E, Scope.Scope>
  readonly status: Effect.Effect<PoolStatus>
}

/** With this many failures in a row and nothing else coming, those who wait are told. */
const mostFailures = 5
const longestPause = Duration.toMillis("1 minute")

/** A younger item that cannot be used counts as a failure to make one. An older one has aged, and is only replaced. */
const youth = Duration.toMillis("30 seconds")

const pauseAfter = (failures: number): number => Math.min(1_000 * 2 ** (failures - 1), longestPause)

interface Item<A> {
  readonly value: A
  readonly scope: Scope.CloseableScope
  readonly madeAt: number
}

interface Waiter<A, E> {
  readonly item: Deferred.Deferred<Item<A>, E>
  /** What it was given, perhaps just before it was interrupted. */
  given: Item<A> | undefined
}

/** A pool that is closed. */
const nothing: PoolStatus = { size: 0, idle: 0, creating: 0, inUse: 0, waiting: 0 }

/** How many are released at once when the pool closes. */
const releasedAtOnce = 10

export const make = <A, E, R>(options: Options<A, E, R>): Effect.Effect<SingleUsePool<A, E>, never, R | Scope.Scope> =>
  Effect.gen(function* () {
    const { concurrency, maximum, minimum } = options
    const timeToLive = Duration.toMillis(options.timeToLive)
    const clock = yield* Effect.clock
    const now = () => clock.unsafeCurrentTimeMillis()
    const fork = yield* FiberSet.makeRuntime<R | Scope.Scope, void, never>()
    // A fiber that began at once could end within the change that started it.
    const run = (effect: Effect.Effect<void, never, R | Scope.Scope>) =>
      void fork(Effect.interruptible(effect), { immediate: false })

    /** All that exist, and how far they are: each is in one of these, or in use. */
    const items = new Set<Item<A>>()
    const idle: Array<Item<A>> = []
    const inspected = new Set<Item<A>>()
    const releasing = new Set<Item<A>>()
    const waiters: Array<Waiter<A, E>> = []
    let creating = 0
    let isClosed = false

    /** Failures in a row, and of what the last one was. Attempts that were made together fail together. */
    let failures = 0
    let lastFailed: "acquire" | "check" = "acquire"
    let isFull = false
    /** No attempt is made before these: the server asked for the first, and a release ends the second. */
    let allowedAt = 0
    let patientUntil = 0
    let wakesAt: number | undefined

    const inUse = () => items.size - idle.length - inspected.size - releasing.size
    const status = (): PoolStatus => ({
      size: items.size + creating,
      idle: idle.length + inspected.size,
      creating,
      inUse: inUse(),
      waiting: waiters.length
    })

    /** Hands out what is ready, and makes what is missing. The only function that starts anything. */
    const proceed = (): void => {
      if (isClosed) return
      while (idle.length > 0 && waiters.length > inspected.size) {
        const item = idle.shift()
        if (item !== undefined) (now() - item.madeAt < timeToLive ? inspect : release)(item)
      }
      const missing = waiters.length + minimum - idle.length - inspected.size - creating
      const room = maximum - items.size - creating
      // After a failure one attempt at a time tells whether the others would fail too.
      const slots = (failures > 0 ? 1 : concurrency) - creating
      const count = Math.min(missing, room, slots)
      if (count > 0) {
        const startsAt = Math.max(allowedAt, patientUntil)
        if (startsAt > now()) {
          wakeAt(startsAt)
        } else {
          creating += count
          for (let each = 0; each < count; each++) run(create)
        }
      }
      options.onChange(status())
    }

    const wakeAt = (instant: number): void => {
      if (wakesAt !== undefined && wakesAt <= instant) return
      wakesAt = instant
      run(
        Effect.zipRight(
          Effect.sleep(instant - now()),
          Effect.sync(() => {
            if (wakesAt === instant) wakesAt = undefined
            proceed()
          })
        )
      )
    }

    const failed = (what: typeof lastFailed, cause: Cause.Cause<E>, failuresBefore: number): void => {
      const { kind, pause = Duration.zero } = options.judge(cause)
      failures = Math.max(failures, failuresBefore + 1)
      lastFailed = what
      isFull = kind === "full"
      patientUntil = now() + pauseAfter(failures)
      allowedAt = Math.max(allowedAt, now() + Duration.toMillis(pause))
      const isComing = idle.length + inspected.size + creating > 0
      const mayMakeRoom = kind === "full" && items.size > 0
      const isHopeless = kind === "final" || kind === "full" || failures >= mostFailures
      if (isComing || mayMakeRoom || !isHopeless) return
      for (const { item } of waiters.splice(0)) Deferred.unsafeDone(item, Exit.failCause(cause))
    }

    const create = Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const failuresBefore = failures
        const scope = yield* Scope.make()
        const exit = yield* Effect.exit(restore(Scope.extend(options.acquire, scope)))
        if (Exit.isFailure(exit) || isClosed) {
          yield* Scope.close(scope, exit)
          creating--
          if (Exit.isFailure(exit) && !isClosed) failed("acquire", exit.cause, failuresBefore)
          return proceed()
        }
        creating--
        const item = { value: exit.value, scope, madeAt: now() }
        if (lastFailed === "acquire") failures = patientUntil = 0
        items.add(item)
        idle.push(item)
        proceed()
        yield* Effect.forkIn(Effect.interruptible(Effect.delay(expire(item), timeToLive)), scope)
      })
    )

    const expire = (item: Item<A>) =>
      Effect.sync(() => {
        const index = idle.indexOf(item)
        if (index === -1) return
        idle.splice(index, 1)
        release(item)
      })

    const inspect = (item: Item<A>): void => {
      inspected.add(item)
      const failuresBefore = failures
      run(
        Effect.map(Effect.exit(options.check(item.value)), (exit) => {
          inspected.delete(item)
          if (isClosed) return
          if (Exit.isSuccess(exit)) {
            failures = patientUntil = 0
            give(item)
          } else {
            release(item)
            if (now() - item.madeAt < youth) failed("check", exit.cause, failuresBefore)
          }
          proceed()
        })
      )
    }

    /** To the caller that has waited the longest, or to the next one that comes. */
    const give = (item: Item<A>): void => {
      const waiter = waiters.shift()
      if (waiter === undefined) {
        idle.unshift(item)
      } else {
        waiter.given = item
        Deferred.unsafeDone(waiter.item, Exit.succeed(item))
      }
    }

    const release = (item: Item<A>): void => {
      releasing.add(item)
      run(
        Effect.uninterruptible(
          Effect.zipRight(
            Scope.close(item.scope, Exit.void),
            Effect.sync(() => {
              items.delete(item)
              releasing.delete(item)
              if (isFull) patientUntil = 0
              proceed()
            })
          )
        )
      )
    }

    /** Runs when the scope of a caller closes. When that of the pool closed before, there is nothing left to do. */
    const giveBack = (item: Item<A>) =>
      Effect.sync(() => {
        if (isClosed || !items.has(item)) return
        release(item)
        options.onChange(status())
      })

    /** A caller was interrupted. What was on its way to it goes to the next one. */
    const leave = (waiter: Waiter<A, E>): void => {
      const index = waiters.indexOf(waiter)
      if (index !== -1) waiters.splice(index, 1)
      else if (waiter.given !== undefined && !isClosed) give(waiter.given)
      proceed()
    }

    const take: SingleUsePool<A, E>["take"] = Effect.uninterruptibleMask((restore) =>
      Effect.suspend(() => {
        if (isClosed) return Effect.interrupt
        const waiter: Waiter<A, E> = { item: Deferred.unsafeMake(FiberId.none), given: undefined }
        waiters.push(waiter)
        proceed()
        return Effect.matchCauseEffect(restore(Deferred.await(waiter.item)), {
          onFailure: (cause) =>
            Effect.zipRight(
              Effect.sync(() => leave(waiter)),
              Effect.failCause(cause)
            ),
          onSuccess: (item) =>
            Effect.as(
              Effect.addFinalizer(() => giveBack(item)),
              item.value
            )
        })
      })
    )

    // It runs before the fibers are interrupted, so none of them takes an interruption for a failure.
    yield* Effect.addFinalizer(() =>
      Effect.suspend(() => {
        isClosed = true
        for (const { item } of waiters.splice(0)) Deferred.unsafeDone(item, Exit.interrupt(FiberId.none))
        const all = [...items]
        items.clear()
        return Effect.forEach(all, ({ scope }) => Scope.close(scope, Exit.void), {
          concurrency: releasedAtOnce,
          discard: true
        }).pipe(Effect.ensuring(Effect.sync(() => options.onChange(nothing))))
      })
    )
    proceed()
    return { take, status: Effect.sync(status) }
  })
