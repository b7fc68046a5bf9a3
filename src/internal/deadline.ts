/** Deadlines for less than `Effect.timeoutFail` costs: one fiber and a timer instead of two fibers and a race. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as FiberRefs from "effect/FiberRefs"
import * as Runtime from "effect/Runtime"

export interface Limits<E> {
  /** `Duration.infinity`: none. */
  readonly deadline: Duration.Duration
  readonly onDeadline: () => E
  /** Changes what the effect sees of the fiber refs of its caller. */
  readonly refs?: ((refs: FiberRefs.FiberRefs, id: FiberId.Single) => FiberRefs.FiberRefs) | undefined
}

/**
 * Runs an effect in its own fiber and waits for it. At the deadline it is interrupted; once it has ended, this fails.
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

const liveClock = Context.get(DefaultServices.liveServices, Clock.Clock)

/** The longest delay that `setTimeout` takes. A later deadline is none. */
const longest = Duration.millis(2 ** 31 - 1)

const nothing = () => {}

/** Runs a task after a delay, by the clock in these services. Returns what cancels it. */
export const startTimer = (
  services: Context.Context<DefaultServices.DefaultServices>,
  duration: Duration.Duration,
  task: () => void
): (() => void) => {
  if (Duration.greaterThan(duration, longest)) return nothing
  const clock = Context.get(services, Clock.Clock)
  if (clock === liveClock) {
    const timer = setTimeout(task, Duration.toMillis(duration))
    return () => clearTimeout(timer)
  }
  // Another clock, such as a `TestClock`.
  const sleeper = Effect.runFork(Effect.andThen(clock.sleep(duration), Effect.sync(task)))
  return () => sleeper.unsafeInterruptAsFork(FiberId.none)
}
