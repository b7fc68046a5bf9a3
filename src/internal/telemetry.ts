/** What an operator sees: counters per operation and outcome, and how many streams are open. */
import type * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"

const requests = Metric.counter("effect_sandboxes_requests", {
  description: "Operations called, by outcome (`ok` or the tag of the error)",
  incremental: true
})

const retries = Metric.counter("effect_sandboxes_retries", {
  description: "Attempts beyond the first, by the tag of the error that caused them",
  incremental: true
})

const openStreams = Metric.gauge("effect_sandboxes_open_streams", { description: "Streams that are open now" })

type Labels = Readonly<Record<string, string>>

const tagged = <Type, In, Out>(metric: Metric.Metric<Type, In, Out>, labels: Labels): Metric.Metric<Type, In, Out> =>
  Object.entries(labels).reduce((inner, [key, value]) => Metric.tagged(inner, key, value), metric)

/** Tagging builds a new metric key, which costs more than the update itself: each combination is built once. */
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
  readonly outcome: (outcome: string) => Effect.Effect<void>
  readonly retry: (cause: string) => Effect.Effect<void>
  readonly stream: (change: 1 | -1) => Effect.Effect<void>
}

export const metricsOf = (system: string): ((operation: string) => OperationMetrics) =>
  memoized((operation) => {
    const labels = { system, operation }
    const openNow = tagged(openStreams, labels)
    return {
      outcome: memoized((outcome) => Metric.update(tagged(requests, { ...labels, outcome }), 1)),
      retry: memoized((cause) => Metric.update(tagged(retries, { ...labels, cause }), 1)),
      stream: (change) => Metric.modify(openNow, change)
    }
  })

/** The outcome of an effect as a label. */
export const outcomeOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "_tag" in error ? String(error._tag) : "Unknown"
