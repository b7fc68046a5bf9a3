/** Spans of the SDK of OpenTelemetry, which are kept in memory and dropped with each batch. */
import * as NodeSdk from "@effect/opentelemetry/NodeSdk"
import { BatchSpanProcessor, type SpanExporter } from "@opentelemetry/sdk-trace-base"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import type { Jobs } from "effect-sandboxes/stromboli"
import { connect } from "../../clients/stromboli.js"
import type { Setting } from "../../harness/Suite.js"
import { measureFibers } from "./fibers.js"
import { getJob } from "./jobs.js"

const dropping: SpanExporter = {
  export: (_, done) => done({ code: 0 }),
  shutdown: () => Promise.resolve()
}

const layerTracer = NodeSdk.layer(() => ({
  resource: { serviceName: "bench" },
  spanProcessor: new BatchSpanProcessor(dropping)
}))

export const measure = async ({ server }: Setting) => {
  const services = await connect(server["url"] ?? "").runtime()
  const runtime = ManagedRuntime.make(layerTracer)
  return measureFibers(
    (all: Effect.Effect<void, unknown, Jobs>) => runtime.runPromise(Effect.provide(all, services.context)),
    getJob,
    true
  )
}
