/** Makes something when it is first asked for. */
import type * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"

interface Attempt<A, E> {
  readonly result: Deferred.Deferred<A, E>
  fiber: Fiber.RuntimeFiber<unknown> | undefined
  waiters: number
}

/**
 * Makes something once, for the current scope, when it is first asked for. Those who ask meanwhile share the attempt;
 * after a failure, the next one makes another. An attempt that nobody waits for any more is interrupted. After the
 * scope, it fails with `closed`.
 */
export const onDemand = <A, E, R>(
  make: Effect.Effect<A, E, R>,
  closed: () => E
): Effect.Effect<Effect.Effect<A, E>, never, Exclude<R, Scope.Scope> | Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const context = yield* Effect.context<Exclude<R, Scope.Scope>>()
    let made = Option.none<A>()
    let current: Attempt<A, E> | undefined
    let isClosed = false

    const stop = (attempt: Attempt<A, E>) => {
      current = undefined
      return attempt.fiber === undefined ? Effect.void : Effect.asVoid(Fiber.interrupt(attempt.fiber))
    }

    yield* Effect.addFinalizer(() =>
      Effect.suspend(() => {
        isClosed = true
        return current === undefined ? Effect.void : stop(current)
      })
    )

    /** In a scope of its own, so that nothing is kept that was made for an attempt that is over. */
    const run = (attempt: Attempt<A, E>) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(Scope.fork(scope, ExecutionStrategy.sequential), (own) =>
          restore(Scope.extend(make, own)).pipe(
            Effect.exit,
            Effect.tap((exit) => {
              if (current === attempt) current = undefined
              if (Exit.isFailure(exit)) return Scope.close(own, exit)
              made = Option.some(exit.value)
              return Effect.void
            }),
            Effect.flatMap((exit) => Deferred.done(attempt.result, exit))
          )
        )
      ).pipe(
        // Not those of whoever happened to ask first.
        Effect.mapInputContext((_: Context.Context<never>) => context)
      )

    const join = (restore: Restore): Effect.Effect<A, E> => {
      const attempt: Attempt<A, E> = current ?? {
        result: Deferred.unsafeMake(FiberId.none),
        fiber: undefined,
        waiters: 0
      }
      current = attempt
      attempt.waiters++
      const begun =
        attempt.waiters > 1
          ? Effect.void
          : Effect.map(Effect.forkDaemon(Effect.interruptible(run(attempt))), (fiber) => {
              attempt.fiber = fiber
            })
      return Effect.zipRight(
        begun,
        Effect.ensuring(
          restore(Deferred.await(attempt.result)),
          Effect.suspend(() => (--attempt.waiters > 0 || current !== attempt ? Effect.void : stop(attempt)))
        )
      )
    }

    // The result makes it when it is first run.
    // @effect-diagnostics-next-line returnEffectInGen:off
    return Effect.suspend(() => {
      if (isClosed) return Effect.fail(closed())
      if (Option.isSome(made)) return Effect.succeed(made.value)
      return Effect.uninterruptibleMask((restore) => join(restore))
    })
  })

type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
