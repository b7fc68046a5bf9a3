/** The metrics of one program: the registry is that of the process. */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricState from "effect/MetricState"

export interface Figure {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** Of a counter or a gauge; of a histogram, how many values it has. */
  readonly value: number
  /** Of a histogram. */
  readonly sum: number | undefined
}

let last = 0

/** A label of its own, what runs a program with it, and what reads the figures that have it. */
export const labelled = () => {
  const label = `program-${++last}`
  const figures: Effect.Effect<ReadonlyArray<Figure>> = Effect.map(Metric.snapshot, (pairs) =>
    pairs.flatMap(({ metricKey, metricState }): ReadonlyArray<Figure> => {
      const { program, ...labels } = Object.fromEntries(metricKey.tags.map(({ key, value }) => [key, value]))
      if (program !== label) return []
      const { name } = metricKey
      if (MetricState.isHistogramState(metricState)) {
        return [{ name, labels, value: metricState.count, sum: metricState.sum }]
      }
      return MetricState.isCounterState(metricState) || MetricState.isGaugeState(metricState)
        ? [
            {
              name,
              labels,
              value: Number(MetricState.isCounterState(metricState) ? metricState.count : metricState.value),
              sum: undefined
            }
          ]
        : []
    })
  )
  /** The sum of the figures of this name that have these labels. */
  const total = (name: string, labels: Readonly<Record<string, string>> = {}) =>
    Effect.map(figures, (all) =>
      all
        .filter(
          (each) => each.name === name && Object.entries(labels).every(([key, value]) => each.labels[key] === value)
        )
        .reduce((sum, { value }) => sum + value, 0)
    )
  return {
    measured: <A, E, R>(program: Effect.Effect<A, E, R>) => Effect.tagMetrics(program, "program", label),
    figures,
    total
  }
}
