/** What surrounds a call: its span, and the count of how it ended, also when it is interrupted. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import type * as Tracer from "effect/Tracer"
import { timeOf } from "./clientSpan.js"
import { type OperationMetrics, outcomeOf } from "./telemetry.js"
import { inSpan } from "./transport.js"

export type CallingFiber = Fiber.RuntimeFiber<unknown, unknown>

export interface Observed<A, E, R> {
  readonly fiber: CallingFiber
  readonly metrics: OperationMetrics
  /** Its name and options, where there are spans: making one costs something even where nobody looks at it. */
  readonly span: readonly [name: string, options: Tracer.SpanOptions] | undefined
  /** Gets the span, where there are spans. Putting it into the fiber would cost more. */
  readonly run: (span: Tracer.Span | undefined) => Effect.Effect<A, E, R>
}

/** Whether a fiber has spans. */
export const hasSpans = (fiber: CallingFiber): boolean => fiber.getFiberRef(FiberRef.currentTracerEnabled)

export const observed = <A, E, R>(subject: Observed<A, E, R>): Effect.Effect<A, E, R> => new Observation(subject).effect

/** A class: literals that live as long as a request cost more than all that it does. */
class Observation<A, E, R> {
  readonly #fiber: CallingFiber
  readonly #run: Observed<A, E, R>["run"]
  #spanOptions: Observed<A, E, R>["span"]
  readonly #end: (exit: Exit.Exit<unknown, unknown>) => void
  #span: Tracer.Span | undefined

  constructor({ fiber, metrics, run, span }: Observed<A, E, R>) {
    this.#fiber = fiber
    this.#run = run
    this.#spanOptions = span
    this.#end = metrics.begin(fiber)
  }

  /** Only what cannot be interrupted sees an interruption. */
  get effect(): Effect.Effect<A, E, R> {
    return Effect.uninterruptibleMask((restore) => {
      const options = this.#spanOptions
      // Literals that live as long as the call cost more than they do.
      this.#spanOptions = undefined
      return options === undefined
        ? this.#around(restore(this.#run(undefined)))
        : Effect.flatMap(Effect.makeSpan(...options), (span) => {
            this.#span = span
            return this.#around(restore(this.#run(span)))
          })
    })
  }

  #around(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.matchCauseEffect(effect, {
      onSuccess: (value) => this.#ended(Exit.succeed(value)),
      onFailure: (cause) => {
        const ended = this.#ended(Exit.failCause(cause))
        return this.#span !== undefined && cause._tag === "Fail" ? failIn(this.#span, cause.error) : ended
      }
    })
  }

  #ended<Outcome extends Exit.Exit<unknown, unknown>>(exit: Outcome): Outcome {
    this.#end(exit)
    if (this.#span !== undefined) endSpan(this.#span, this.#fiber, exit)
    return exit
  }
}

/** An error remembers the span that it first failed in, which is what `Cause.pretty` prints: let it be this one. */
const failIn = <E>(span: Tracer.Span, error: E): Effect.Effect<never, E> =>
  inSpan(
    Effect.suspend(() => Effect.fail(Cause.originalError(error))),
    span
  )

export const endSpan = (span: Tracer.Span, fiber: CallingFiber, exit: Exit.Exit<unknown, unknown>): void => {
  if (Exit.isFailure(exit)) span.attribute("error.type", outcomeOf(exit))
  span.end(timeOf(fiber), exit)
}
