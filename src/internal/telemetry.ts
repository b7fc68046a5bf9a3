/**
 * What an operator sees of operations: how they ended and how long they took, streams that are open, and what a process
 * holds and spends. Labels that the caller has set (`Effect.tagMetrics`) are added to all of it; whatever goes up goes
 * down with the labels it went up with.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricKey from "effect/MetricKey"
import * as MetricLabel from "effect/MetricLabel"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { memoized } from "./memoized.js"

const requests = MetricKey.counter("effect_sandboxes_requests", {
  description: "Operations that have ended, by outcome: `ok`, the tag of the error, `Interrupted` or `Defect`",
  incremental: true
})

/** Those of OpenTelemetry for HTTP clients, and longer ones: an agent may work for half an hour. */
const seconds = MetricBoundaries.fromIterable([
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 300, 900, 1800
])

const durations = MetricKey.histogram(
  "effect_sandboxes_request_duration_seconds",
  seconds,
  "How long operations took, with all retries and waits; of a stream, until it was left or had ended"
)

const retries = MetricKey.counter("effect_sandboxes_retries", {
  description: "Requests beyond the first of an operation, by the tag of the error that caused them",
  incremental: true
})

const openStreams = MetricKey.gauge("effect_sandboxes_open_streams", { description: "Streams that are open now" })

const liveSandboxes = MetricKey.gauge("effect_sandboxes_live_sandboxes", {
  description: "Sandboxes that scopes of this process hold now"
})

const liveAgents = MetricKey.gauge("effect_sandboxes_live_agents", {
  description: "Agents that scopes of this process hold now"
})

const sandboxSeconds = MetricKey.counter("effect_sandboxes_sandbox_seconds", {
  description: "Seconds from the creation of a sandbox for a scope until its deletion, added when it is deleted",
  incremental: true
})

const tokens = MetricKey.counter("effect_sandboxes_run_tokens", {
  description: "Tokens of runs and turns, by type",
  incremental: true
})

const cost = MetricKey.counter("effect_sandboxes_run_cost_usd", {
  description: "Cost of runs and turns in US dollars",
  incremental: true
})

type Labels = Readonly<Record<string, string>>

const withLabels = (labels: Labels) =>
  MetricKey.taggedWithLabels(Object.entries(labels).map(([name, value]) => MetricLabel.make(name, value)))

type CallingFiber = Fiber.RuntimeFiber<unknown, unknown>

const labelsOf = (fiber: CallingFiber) => fiber.getFiberRef(FiberRef.currentMetricLabels)

const clockOf = (fiber: CallingFiber) => Context.get(fiber.currentDefaultServices, Clock.Clock)

export interface OperationMetrics {
  /** Starts to measure a call. What it returns is called once, when the call has ended. */
  readonly begin: (fiber: CallingFiber) => (exit: Exit.Exit<unknown, unknown>) => void
  readonly retry: (cause: string) => Effect.Effect<void>
  /** Counts an open stream. What it returns is called once, when the stream has closed. */
  readonly open: (fiber: CallingFiber) => () => void
}

// A metric that is tagged in its key finds its state once; one that is tagged later looks for it at each update.
export const metricsOf = (system: string): ((operation: string) => OperationMetrics) =>
  memoized((operation) => {
    const labels = { system, operation }
    const openNow = Metric.fromMetricKey(withLabels(labels)(openStreams))
    const outcomes = memoized((outcome) => Metric.fromMetricKey(withLabels({ ...labels, outcome })(requests)))
    const durationsOf = memoized((result) => Metric.fromMetricKey(withLabels({ ...labels, result })(durations)))
    return {
      begin: (fiber) => {
        const given = labelsOf(fiber)
        const clock = clockOf(fiber)
        const start = clock.unsafeCurrentTimeMillis()
        return (exit) => {
          const outcome = outcomeOf(exit)
          outcomes(outcome).unsafeUpdate(1, given)
          durationsOf(resultOf(outcome)).unsafeUpdate((clock.unsafeCurrentTimeMillis() - start) / 1000, given)
        }
      },
      retry: memoized((cause) => Metric.update(Metric.fromMetricKey(withLabels({ ...labels, cause })(retries)), 1)),
      open: (fiber) => upAndDown(openNow, fiber)
    }
  })

/** An up with a down that has the same labels, whichever fiber it runs in. */
const upAndDown = (gauge: Metric.Metric.Gauge<number>, fiber: CallingFiber) => {
  const given = labelsOf(fiber)
  gauge.unsafeModify(1, given)
  return () => gauge.unsafeModify(-1, given)
}

/** The tag of an error: what kind of failure it is, for labels and attributes. */
export const tagOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "_tag" in error ? String(error._tag) : "Unknown"

/** An outcome as a label. */
export const outcomeOf = (exit: Exit.Exit<unknown, unknown>): string => {
  if (exit._tag === "Success") return "ok"
  const failure = Cause.failureOption(exit.cause)
  if (Option.isSome(failure)) return tagOf(failure.value)
  return Cause.isInterrupted(exit.cause) ? "Interrupted" : "Defect"
}

/** Durations are not divided by the kind of error: each label multiplies their nineteen buckets. */
const resultOf = (outcome: string): string => {
  if (outcome === "ok") return "success"
  return outcome === "Interrupted" ? "interrupted" : "failure"
}

/** Counts what a scope holds, from now until the scope closes. */
const held = (gauge: Metric.Metric.Gauge<number>, total?: Metric.Metric.Counter<number>) =>
  Effect.withFiberRuntime<void, never, Scope.Scope>((fiber) => {
    const given = labelsOf(fiber)
    const clock = clockOf(fiber)
    const start = clock.unsafeCurrentTimeMillis()
    const down = upAndDown(gauge, fiber)
    return Effect.addFinalizer(() =>
      Effect.sync(() => {
        down()
        total?.unsafeUpdate((clock.unsafeCurrentTimeMillis() - start) / 1000, given)
      })
    )
  })

/** A sandbox that the scope deletes. Added before the finalizer that deletes it, so that its time ends after that. */
export const heldSandbox: Effect.Effect<void, never, Scope.Scope> = held(
  Metric.fromMetricKey(withLabels({ system: "daytona" })(liveSandboxes)),
  Metric.fromMetricKey(withLabels({ system: "daytona" })(sandboxSeconds))
)

/** An agent that the scope stops. */
export const heldAgent: Effect.Effect<void, never, Scope.Scope> = held(
  Metric.fromMetricKey(withLabels({ system: "stromboli" })(liveAgents))
)

/** What a run or a turn has used; what is unknown is left out. */
export interface Spent {
  readonly inputTokens?: number | undefined
  readonly outputTokens?: number | undefined
  readonly cacheCreationInputTokens?: number | undefined
  readonly cacheReadInputTokens?: number | undefined
  readonly costUsd?: number | undefined
}

/** Who says so: Claude itself, or the server, whose numbers are too high for messages with several blocks. */
export type SpentSource = "claude" | "server"

const spentMetrics = memoized((source) => {
  const tokensOf = (type: string) => Metric.fromMetricKey(withLabels({ system: "stromboli", source, type })(tokens))
  return {
    inputTokens: tokensOf("input"),
    outputTokens: tokensOf("output"),
    cacheCreationInputTokens: tokensOf("cache_creation"),
    cacheReadInputTokens: tokensOf("cache_read"),
    costUsd: Metric.fromMetricKey(withLabels({ system: "stromboli", source })(cost))
  }
})

const kinds = ["inputTokens", "outputTokens", "cacheCreationInputTokens", "cacheReadInputTokens", "costUsd"] as const

/** Adds what a run or a turn has used, once. */
export const countSpent = (spent: Spent, source: SpentSource): Effect.Effect<void> =>
  Effect.withFiberRuntime((fiber) => {
    const given = labelsOf(fiber)
    for (const kind of kinds) {
      const amount = spent[kind]
      // Counters only go up, and what a model prints may be anything.
      if (amount !== undefined && amount > 0 && Number.isFinite(amount)) {
        spentMetrics(source)[kind].unsafeUpdate(amount, given)
      }
    }
    return Effect.void
  })
