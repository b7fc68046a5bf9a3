/** Effects in a fiber of their own: the ground of deadlines, and of settings that hold for nothing else. */
import * as DefaultServices from "effect/DefaultServices"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as FiberRefs from "effect/FiberRefs"
import * as Runtime from "effect/Runtime"
import { startTimer } from "./timer.js"

export interface Limits<E> {
  /** `Duration.infinity`: none. */
  readonly deadline: Duration.Duration
  readonly onDeadline: () => E
  /** What the effect sees instead of the fiber refs of its caller. */
  readonly refs?: ((refs: FiberRefs.FiberRefs, id: FiberId.Single) => FiberRefs.FiberRefs) | undefined
}

/**
 * Runs an effect in a fiber of its own and waits for it. When its time is up it is interrupted, and the failure is there once
 * it has ended. Two fibers and a race, as `Effect.timeoutFail` has them, cost more than a request does.
 */
export const withDeadline = <A, E, R, E2>(
  effect: Effect.Effect<A, E, R>,
  { deadline, onDeadline, refs }: Limits<E2>
): Effect.Effect<A, E | E2, R> =>
  Effect.flatMap(Effect.runtime<R>(), (runtime) =>
    Effect.async<A, E | E2>((resume) => {
      let isLate = false
      const fiber = Runtime.runFork(runtime, effect, refs && { updateRefs: refs })
      const services = FiberRefs.getOrDefault(runtime.fiberRefs, DefaultServices.currentServices)
      const stopTimer = startTimer(services, deadline, () => {
        isLate = true
        fiber.unsafeInterruptAsFork(FiberId.none)
      })
      fiber.addObserver((exit) => {
        stopTimer()
        resume(isLate && Exit.isInterrupted(exit) ? Effect.failSync(onDeadline) : exit)
      })
      return Fiber.interrupt(fiber)
    })
  )
