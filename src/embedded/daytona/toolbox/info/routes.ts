/** The endpoints for information about the machine, the environment, ports and metrics. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import * as responses from "../../http/responses.js"
import type { Machine } from "../Machine.js"
import { Refusal } from "../Refusal.js"
import type { Handler, Route } from "../Route.js"
import * as environment from "./environment.js"
import * as metrics from "./metrics.js"
import * as ports from "./ports.js"
import * as reverseProxy from "./reverseProxy.js"

/** Information about the daemon and its machine. */
export const make = (machine: Machine): Effect.Effect<ReadonlyArray<Route>, never, Scope.Scope> => {
  const tell =
    (body: unknown): Handler =>
    () =>
      Effect.succeed(responses.json(200, body))

  return Effect.succeed([
    { method: "GET", path: "/version", handler: tell({ version: machine.version }) },
    { method: "GET", path: "/user-home-dir", handler: tell({ dir: machine.home }) },
    { method: "GET", path: "/project-dir", handler: tell({ dir: machine.home }) },
    { method: "GET", path: "/work-dir", handler: tell({ dir: machine.workDir }) },
    { method: "POST", path: "/init", handler: init },
    {
      method: "GET",
      path: "/port",
      handler: () => Effect.map(ports.listening(machine), (listening) => responses.json(200, { ports: listening }))
    },
    { method: "GET", path: "/port/{port}/in-use", handler: isInUse(machine) },
    { method: "ANY", path: "/proxy/{port}/{path...}", handler: reverseProxy.handler },
    { method: "POST", path: "/env", only: "current", handler: environment.change(machine) },
    {
      method: "GET",
      path: "/system/metrics",
      only: "current",
      handler: () =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          Effect.map(metrics.read(machine.root, now), (body) => responses.json(200, body))
        )
    }
  ])
}

const badRequest = (message: string) => new Refusal({ status: 400, message, old: "empty" })

// The token is for telemetry, which does not exist here. The daemon does not require it either.
const init: Handler = ({ json }) =>
  Effect.flatMap(json, (body) =>
    Predicate.isRecord(body) && (body["token"] ?? "") === String(body["token"] ?? "")
      ? Effect.succeed(responses.json(200, { message: "Auth token set and telemetry initialized successfully" }))
      : badRequest("invalid body request: expected a token")
  )

const isInUse =
  (machine: Machine): Handler =>
  (request) =>
    Effect.gen(function* () {
      const text = request.parameter("port")
      const port = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN
      if (!(port >= 3000 && port <= 9999)) return yield* badRequest("port out of range: 3000-9999")
      const listening = yield* ports.listening(machine)
      return responses.json(200, { isInUse: listening.includes(port) || (yield* ports.answers(port)) })
    })
