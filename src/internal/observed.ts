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

type CallingFiber = Fiber.RuntimeFiber<unknown, unknown>

export interface Observed<A, E, R> {
  readonly metrics: OperationMetrics
  /** Asked where there are spans only: making one costs something even where nobody looks at it. */
  readonly span: () => readonly [name: string, options: Tracer.SpanOptions]
  /** Gets the span, where there are spans. Putting it into the fiber would cost more. */
  readonly run: (span: Tracer.Span | undefined) => Effect.Effect<A, E, R>
}

export const observed = <A, E, R>({ metrics, run, span: spanOf }: Observed<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime((fiber) => {
    const end = metrics.begin(fiber)
    // Only what cannot be interrupted sees an interruption.
    return Effect.uninterruptibleMask((restore) => {
      const measured = (span: Tracer.Span | undefined) =>
        Effect.matchCauseEffect(restore(run(span)), {
          onSuccess: (value) => {
            const exit = Exit.succeed(value)
            end(exit)
            if (span !== undefined) endSpan(span, fiber, exit)
            return exit
          },
          onFailure: (cause) => {
            const exit = Exit.failCause(cause)
            end(exit)
            if (span === undefined) return exit
            endSpan(span, fiber, exit)
            return cause._tag === "Fail" ? failIn(span, cause.error) : exit
          }
        })
      return fiber.getFiberRef(FiberRef.currentTracerEnabled)
        ? Effect.flatMap(Effect.makeSpan(...spanOf()), measured)
        : measured(undefined)
    })
  })

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
