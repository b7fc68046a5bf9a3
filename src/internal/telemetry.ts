/** What an operator sees of calls: counters per operation and outcome, open streams, and the current span. */
import type * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Metric from "effect/Metric"
import * as MetricKey from "effect/MetricKey"
import * as MetricLabel from "effect/MetricLabel"
import type * as Tracer from "effect/Tracer"

const requests = MetricKey.counter("effect_sandboxes_requests", {
  description: "Operations called, by outcome (`ok` or the tag of the error)",
  incremental: true
})

const retries = MetricKey.counter("effect_sandboxes_retries", {
  description: "Attempts beyond the first, by the tag of the error that caused them",
  incremental: true
})

const openStreams = MetricKey.gauge("effect_sandboxes_open_streams", { description: "Streams that are open now" })

type Labels = Readonly<Record<string, string>>

const labelsOf = (labels: Labels) => Object.entries(labels).map(([key, value]) => MetricLabel.make(key, value))

/** A metric that is tagged in its key finds its state once; one that is tagged later looks for it at each update. */
const memoized = <M>(make: (label: string) => M) => {
  const known = new Map<string, M>()
  return (label: string): M => {
    const found = known.get(label)
    if (found !== undefined) return found
    const made = make(label)
    known.set(label, made)
    return made
  }
}

export interface OperationMetrics {
  readonly outcome: (fiber: Fiber.RuntimeFiber<unknown, unknown>, outcome: string) => void
  readonly retry: (cause: string) => Effect.Effect<void>
  readonly stream: (change: 1 | -1) => Effect.Effect<void>
}

export const metricsOf = (system: string): ((operation: string) => OperationMetrics) =>
  memoized((operation) => {
    const labels = { system, operation }
    const openNow = Metric.fromMetricKey(MetricKey.taggedWithLabels(openStreams, labelsOf(labels)))
    const outcomes = memoized((outcome) =>
      Metric.fromMetricKey(MetricKey.taggedWithLabels(requests, labelsOf({ ...labels, outcome })))
    )
    return {
      outcome: (fiber, outcome) => outcomes(outcome).unsafeUpdate(1, fiber.getFiberRef(FiberRef.currentMetricLabels)),
      retry: memoized((cause) =>
        Metric.update(Metric.fromMetricKey(MetricKey.taggedWithLabels(retries, labelsOf({ ...labels, cause }))), 1)
      ),
      stream: (change) => Metric.modify(openNow, change)
    }
  })

/** The outcome of an effect as a label. */
export const outcomeOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "_tag" in error ? String(error._tag) : "Unknown"

/** The span of the fiber, unless tracing is off. */
export const spanOf = (fiber: Fiber.RuntimeFiber<unknown, unknown>): Tracer.AnySpan | undefined =>
  fiber.getFiberRef(FiberRef.currentTracerEnabled) ? fiber.currentSpan : undefined
