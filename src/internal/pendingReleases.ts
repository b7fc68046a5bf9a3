/**
 * What a client still has to release: what open scopes hold on the server, and work that leaves something behind if it
 * is cut off. The layer of the client closes last, so it can wait for all of that, and release what is held even then.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { runInDaemon } from "./finalizerRequest.js"

/** Something on the server that is to be released. */
export interface Resource {
  /** For the log, with the id: `sandbox 4f1c`. */
  readonly what: string
  /** The sandbox that it is. */
  readonly sandboxId?: string | undefined
  /** The sandbox that it is in, with which it disappears. */
  readonly inSandbox?: string | undefined
}

export interface PendingReleases {
  /** Runs `release` once: when the scope closes or, if that has not happened in time, when the layer does. */
  readonly hold: (resource: Resource, release: Effect.Effect<void>) => Effect.Effect<void, never, Scope.Scope>
  /**
   * For work that cleans up after itself when it is interrupted. A layer that closes waits for it, and then interrupts
   * its fiber.
   */
  readonly during: (resource: Resource) => <A, E, R>(work: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** Does work in a fiber of its own. A layer that closes waits for it. */
  readonly follow: (resource: Resource, work: Effect.Effect<void>) => Effect.Effect<void>
}

interface Entry {
  readonly resource: Resource
  /** The scope that holds it. */
  readonly scope?: Scope.Scope
  readonly settled: Deferred.Deferred<void>
  /** Makes it settle. With a sandbox that is about to be deleted, what is in it need not be released. */
  readonly release: (sandbox: Entry | undefined) => Effect.Effect<void>
}

const register = () => {
  const entries = new Set<Entry>()

  const add = (entry: Omit<Entry, "settled">): Entry => {
    const added = { ...entry, settled: Deferred.unsafeMake<void>(FiberId.none) }
    entries.add(added)
    return added
  }

  const settle = (entry: Entry): void => {
    entries.delete(entry)
    Deferred.unsafeDone(entry.settled, Exit.void)
    const { sandboxId } = entry.resource
    if (sandboxId === undefined) return
    for (const other of entries) if (other.resource.inSandbox === sandboxId) settle(other)
  }

  const hold: PendingReleases["hold"] = (resource, release) =>
    Effect.uninterruptible(
      Effect.flatMap(Effect.all([Effect.scope, Effect.getFiberRefs]), ([scope, refs]) => {
        let isBegun = false
        /** Whoever comes second waits for the first. */
        const once = (work: Effect.Effect<void>): Effect.Effect<void> =>
          Effect.suspend(() => {
            if (isBegun) return Deferred.await(entry.settled)
            isBegun = true
            return Effect.ensuring(
              work,
              Effect.sync(() => settle(entry))
            )
          })
        const entry = add({
          resource,
          scope,
          release: (sandbox) =>
            once(
              sandbox === undefined
                ? Effect.zipRight(Effect.setFiberRefs(refs), release)
                : Deferred.await(sandbox.settled)
            ).pipe(Effect.uninterruptible, Effect.forkDaemon, Effect.asVoid)
        })
        return Effect.addFinalizer(() => once(release))
      })
    )

  const during: PendingReleases["during"] = (resource) => (work) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.withFiberRuntime((fiber) => {
        const entry = add({
          resource,
          release: (sandbox) =>
            sandbox === undefined
              ? Fiber.interruptFork(fiber)
              : Effect.asVoid(Effect.forkDaemon(Effect.map(Deferred.await(sandbox.settled), () => settle(entry))))
        })
        return Effect.ensuring(
          restore(work),
          Effect.sync(() => settle(entry))
        )
      })
    )

  const follow: PendingReleases["follow"] = (resource, work) =>
    Effect.suspend(() => {
      const entry = add({ resource, release: () => Effect.void })
      return Effect.map(Effect.forkDaemon(Effect.interruptible(work)), (fiber) => {
        fiber.addObserver(() => settle(entry))
      })
    })

  return { entries, pendingReleases: { hold, during, follow } satisfies PendingReleases }
}

/** Where no client is known: nobody waits. */
export const unwatched: PendingReleases = register().pendingReleases

/** The default of `shutdownTimeout`. */
const defaultTimeout = Duration.seconds(10)

/** What is waited for is the network, so a clock for tests does not count. */
const within = (limit: Duration.Duration) => (effect: Effect.Effect<void>) =>
  Effect.map(Effect.withClock(Effect.timeoutOption(effect, limit), Clock.make()), Option.isSome)

/** The register of a client. Its scope closes when nothing is left, or after twice the limit. */
export const make = (
  system: string,
  shutdownTimeout: Duration.DurationInput = defaultTimeout
): Effect.Effect<PendingReleases, never, Scope.Scope> =>
  Effect.suspend(() => {
    const limit = Duration.decode(shutdownTimeout)
    const { entries, pendingReleases } = register()

    /** The scope around the layer closes after it, so waiting for that would be in vain. */
    const settledOutside = (around: Option.Option<Scope.Scope>) =>
      Effect.gen(function* () {
        const next = () =>
          [...entries].find(({ scope }) => scope === undefined || scope !== Option.getOrUndefined(around))
        for (let entry = next(); entry !== undefined; entry = next()) yield* Deferred.await(entry.settled)
      })

    const releaseAll = Effect.gen(function* () {
      const seen = new Set<Entry>()
      while (entries.size > 0) {
        const all = [...entries]
        for (const entry of all) {
          if (seen.has(entry)) continue
          seen.add(entry)
          const { inSandbox } = entry.resource
          yield* entry.release(
            inSandbox === undefined ? undefined : all.find(({ resource }) => resource.sandboxId === inSandbox)
          )
        }
        yield* Effect.forEach(all, ({ settled }) => Deferred.await(settled), { discard: true })
      }
    })

    const reportLeft = Effect.suspend(() => {
      const left = [...entries].map(({ resource }) => resource.what)
      return Effect.annotateLogs(
        Effect.logWarning(
          `The layer of ${system} closed before this was released, and it may have been left behind: ${left.join(", ")}`
        ),
        { left }
      )
    })

    const close = Effect.gen(function* () {
      yield* within(limit)(settledOutside(Context.getOption(yield* Effect.context<never>(), Scope.Scope)))
      if (entries.size === 0) return
      if (yield* within(limit)(releaseAll)) return
      yield* reportLeft
    })

    const finalizer = Effect.suspend(() =>
      entries.size === 0 || Duration.equals(limit, Duration.zero) ? Effect.void : runInDaemon(close)
    )
    // `Effect.addFinalizer` would run it in the context of the layer, and not in that of whoever closes it.
    return Effect.as(
      Effect.flatMap(Effect.scope, (scope) => Scope.addFinalizer(scope, finalizer)),
      pendingReleases
    )
  })
