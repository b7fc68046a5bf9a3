/** The resource usage of sandboxes over time. */
import * as Cache from "effect/Cache"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { type ApiError, NotFound } from "../../../errors/ApiError.js"
import { asking, lookedUp } from "../../../internal/callersSpan.js"
import * as Operation from "../../../internal/Operation.js"
import { Configuration } from "../../../schema/daytona/Configuration.js"
import type { SandboxRef } from "../../../schema/daytona/Identifiers.js"
import * as Metrics from "../../../schema/daytona/SandboxMetrics.js"
import { readableElements } from "../../../schema/wireStruct.js"
import type { DaytonaClient } from "../DaytonaClient.js"
import { operations as sandboxOperations } from "./operations.js"

export interface SandboxTelemetry {
  /**
   * The resource usage of a sandbox, in chronological order. Daytona's cloud has a separate server for it, named in its
   * configuration.
   * `GET /sandbox/{sandboxId}/telemetry/metrics`, after `GET /config` and `GET /sandbox/{sandboxIdOrName}`
   */
  readonly metrics: (
    sandbox: SandboxRef,
    range?: Metrics.TimeRange
  ) => Effect.Effect<ReadonlyArray<Metrics.SandboxMetrics>, ApiError | NotFound>
}

export const operations = {
  configuration: Operation.make("Sandboxes.configuration", "GET", "/config", { success: Configuration })
}

/** The same request to the analytics server, which has a wire format of its own. */
const analytics = Operation.make(
  "Sandboxes.metrics",
  "GET",
  "/organization/{organizationId}/sandbox/{sandboxId}/telemetry/metrics",
  {
    query: Metrics.AnalyticsQuery,
    success: readableElements(Metrics.AnalyticsPoint),
    fails: [NotFound]
  }
)

const metricNames = Object.keys(Metrics.metricFields)

export const make = (client: DaytonaClient.Service): Effect.Effect<SandboxTelemetry> =>
  Effect.map(
    // The configuration does not change while a server runs. Failed lookups are not cached.
    Cache.makeWith({
      capacity: 1,
      timeToLive: Exit.match({ onFailure: () => Duration.zero, onSuccess: () => Duration.infinity }),
      lookup: (_: "configuration") => lookedUp(client.call(operations.configuration))
    }),
    (configurations) => ({
      metrics: (sandboxIdOrName, range = {}) =>
        Effect.gen(function* () {
          const { analyticsApiUrl } = yield* asking(configurations.get("configuration"))
          const sandbox = yield* client.call(sandboxOperations.get, { path: { sandboxIdOrName } })
          const now = yield* Clock.currentTimeMillis
          const query = { from: range.from ?? sandbox.createdAt ?? 0, to: range.to ?? now }
          const { id: sandboxId, organizationId } = sandbox
          if (analyticsApiUrl === undefined) {
            const path = { sandboxId }
            return Metrics.byTimestamp(
              yield* client.call(sandboxOperations.metrics, { path, query: { ...query, metricNames }, sandboxId })
            )
          }
          const analyticsServer = yield* client.at(analyticsApiUrl, analytics.name)
          const path = { organizationId, sandboxId }
          return Metrics.byTimestamp({
            series: Metrics.toSeries(
              yield* analyticsServer.call(analytics, { path, query: { ...query, metricNames }, sandboxId })
            )
          })
        })
    })
  )
