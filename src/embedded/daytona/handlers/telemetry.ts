/** Handlers of `/sandbox/{id}/telemetry`. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { HttpError } from "../http/HttpError.js"
import * as QueryParameters from "../http/QueryParameters.js"
import * as responses from "../http/responses.js"
import * as dto from "../sandbox/dto.js"
import type { Sandbox } from "../sandbox/Sandbox.js"
import type { Call, Handler } from "./Handler.js"
import type { SandboxView } from "./sandboxView.js"

const gib = 1024 ** 3
const step = 60_000
const mostPoints = 500

/** The value of each metric. They are constant: nothing is measured. */
const readings: Readonly<Record<string, (sandbox: Sandbox) => number>> = {
  "daytona.sandbox.cpu.utilization": () => 0.125,
  "daytona.sandbox.cpu.limit": ({ cpu }) => cpu,
  "daytona.sandbox.memory.usage": ({ memory }) => (memory * gib) / 4,
  "daytona.sandbox.memory.limit": ({ memory }) => memory * gib,
  "daytona.sandbox.memory.cache": ({ memory }) => (memory * gib) / 16,
  "daytona.sandbox.filesystem.usage": ({ disk }) => (disk * gib) / 8,
  "daytona.sandbox.filesystem.total": ({ disk }) => disk * gib
}

/** One data point of each metric per minute. There are no logs and no traces. */
export const make = (view: SandboxView) => {
  const emptyPage = (call: Call) =>
    Effect.as(period(call), responses.json(200, { items: [], total: 0, page: 1, totalPages: 0 }))

  return {
    "GET /sandbox/{id}/telemetry/logs": (call) => Effect.zipRight(view.findById(call), emptyPage(call)),
    "GET /sandbox/{id}/telemetry/traces": (call) => Effect.zipRight(view.findById(call), emptyPage(call)),
    "GET /sandbox/{id}/telemetry/traces/{traceId}": (call) => Effect.as(view.findById(call), responses.json(200, [])),
    "GET /sandbox/{id}/telemetry/metrics": (call) =>
      Effect.gen(function* () {
        const sandbox = yield* view.findById(call)
        const { from, to } = yield* period(call)
        const now = yield* Clock.currentTimeMillis
        const first = Math.ceil(Math.max(from, sandbox.createdAt) / step) * step
        const count = Math.max(0, Math.floor((Math.min(to, now) - first) / step) + 1)
        const times = Array.from({ length: Math.min(count, mostPoints) }, (_, index) => first + index * step)
        const wanted = call.query.getAll("metricNames")
        const series = Object.entries(readings)
          .filter(([metricName]) => wanted.length === 0 || wanted.includes(metricName))
          .map(([metricName, read]) => ({
            metricName,
            dataPoints: times.map((time) => ({ timestamp: dto.iso(time), value: read(sandbox) }))
          }))
        return responses.json(200, { series })
      })
  } satisfies Record<string, Handler>
}

const period = (call: Call): Effect.Effect<{ readonly from: number; readonly to: number }, HttpError> =>
  Effect.suspend(() => {
    const values = QueryParameters.make(call.query)
    const [from, to] = [values.date("from"), values.date("to")]
    for (const [name, value] of [
      ["from", from],
      ["to", to]
    ] as const) {
      if (value === undefined) values.addProblem(`${name} must be a valid ISO 8601 date string`)
    }
    return Effect.as(values.problems, { from: from ?? 0, to: to ?? 0 })
  })
