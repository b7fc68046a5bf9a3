/** The toolbox's daemon: all its endpoints as one app. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ConnectionFault } from "../../ConnectionFault.js"
import * as computerUse from "./computerUse/routes.js"
import * as daemonRequest from "./daemon/daemonRequest.js"
import * as daemonResponses from "./daemon/daemonResponses.js"
import * as files from "./files/routes.js"
import * as git from "./git/routes.js"
import * as info from "./info/routes.js"
import * as interpreter from "./interpreter/routes.js"
import * as lsp from "./lsp/routes.js"
import type { Machine } from "./Machine.js"
import * as processes from "./process/routes.js"
import * as pty from "./pty/routes.js"
import type { Refusal } from "./Refusal.js"
import { makeRouter, type Route } from "./Route.js"
import * as sessions from "./sessions/routes.js"
import type { SessionsOptions } from "./sessions/Sessions.js"

/** The daemon of a machine. */
export interface Daemon {
  readonly app: HttpApp.Default<ConnectionFault, Scope.Scope>
  /** The path template of the matching route. */
  readonly template: (method: string, rawPath: string) => string | undefined
}

export interface DaemonOptions extends computerUse.ComputerUseOptions, Pick<SessionsOptions, "entrypoint"> {}

const unknownRoute = HttpServerResponse.text("404 page not found", { status: 404, contentType: "text/plain" })

/** Combines the endpoints of all areas of the toolbox. */
export const make = (machine: Machine, options: DaemonOptions = {}): Effect.Effect<Daemon, never, Scope.Scope> =>
  Effect.gen(function* () {
    const routes = yield* allRoutes(machine, options)
    const { generation } = machine
    const router = makeRouter(routes, generation)

    const answer = Effect.gen(function* () {
      const request = yield* daemonRequest.read
      const explain = (refusal: Refusal) =>
        Effect.map(Clock.currentTimeMillis, (now) =>
          daemonResponses.response(refusal, { generation, method: request.method, path: request.rawPath, now })
        )
      const { method, rawPath, rawQuery } = request
      const found = router(method, rawPath)
      if (found === undefined) {
        const other = rawPath.endsWith("/") ? rawPath.slice(0, -1) : `${rawPath}/`
        if (router(method, other) === undefined) return unknownRoute
        return daemonResponses.redirect(method, rawQuery === "" ? other : `${other}?${rawQuery}`)
      }
      const { parameters, route } = found
      const response = yield* Effect.catchTag(
        route.handler({ ...request, parameter: (name) => parameters.get(name) ?? "" }),
        "Refusal",
        explain
      )
      return daemonResponses.withLength(response)
    })

    return {
      // A defect in a handler corresponds to a panic of the daemon.
      app: Effect.catchAllDefect(answer, () => Effect.succeed(daemonResponses.empty(500))),
      template: (method, rawPath) => router(method, rawPath)?.route.path
    }
  })

const allRoutes = (machine: Machine, options: DaemonOptions): Effect.Effect<ReadonlyArray<Route>, never, Scope.Scope> =>
  Effect.map(
    Effect.all([
      info.make(machine),
      processes.make(machine),
      files.make(machine),
      sessions.make(machine, { entrypoint: options.entrypoint }),
      pty.make(machine),
      interpreter.make(machine),
      git.make(machine),
      lsp.make(machine),
      computerUse.make(machine, options)
    ]),
    (areas) => areas.flat()
  )
