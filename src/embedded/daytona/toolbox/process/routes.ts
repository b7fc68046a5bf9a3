/** The endpoints that run commands and code. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Machine } from "../Machine.js"
import type { Route } from "../Route.js"
import { codeRun } from "./codeRun.js"
import { execute, runner } from "./execute.js"

/** Commands and code that run to completion. */
export const make = (machine: Machine): Effect.Effect<ReadonlyArray<Route>, never, Scope.Scope> =>
  Effect.map(Effect.scope, (scope) => {
    const run = runner(machine, scope)
    return [
      { method: "POST", path: "/process/execute", handler: execute(run) },
      { method: "POST", path: "/process/code-run", handler: codeRun(run, machine.generation) }
    ]
  })
