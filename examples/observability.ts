/**
 * Spans and metrics through the SDK of OpenTelemetry, printed by its console exporters. For a collector, replace them
 * with those of `@opentelemetry/exporter-trace-otlp-http` and `@opentelemetry/exporter-metrics-otlp-http`.
 *
 *     STROMBOLI_URL=http://localhost:8585 npx tsx examples/observability.ts
 */
import * as NodeSdk from "@effect/opentelemetry/NodeSdk"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { ConsoleMetricExporter, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics"
import { ConsoleSpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { NodeTransport } from "effect-sandboxes/node"
import { Execution, Stromboli } from "effect-sandboxes/stromboli"

const Answer = Schema.Struct({ answer: Schema.Number })

const program = Effect.gen(function* () {
  const execution = yield* Execution
  const { value } = yield* execution.runStructured(Answer, { prompt: "What is 6 times 7?" })
  yield* Console.log(`The answer is ${value.answer}`)
}).pipe(
  // What fails is in the spans and in the metrics, too.
  Effect.catchTag("StructuredOutputMismatch", ({ message }) => Console.log(message)),
  // All metrics of the package get the labels of the fiber.
  Effect.tagMetrics("team", "docs"),
  Effect.withSpan("ask")
)

const Exporters = NodeSdk.layer(() => ({
  resource: { serviceName: "an-example" },
  spanProcessor: new SimpleSpanProcessor(new ConsoleSpanExporter()),
  // Exports once more when the program ends.
  metricReader: new PeriodicExportingMetricReader({ exporter: new ConsoleMetricExporter() })
}))

program.pipe(
  Effect.provide(Stromboli.layerConfig()),
  Effect.provide(NodeTransport.layer),
  Effect.provide(Exporters),
  NodeRuntime.runMain
)
