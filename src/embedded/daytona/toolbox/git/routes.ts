/** All endpoints for git. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import type { Machine } from "../Machine.js"
import * as hostEnvironment from "../machine/hostEnvironment.js"
import type { Handler, Route } from "../Route.js"
import * as branches from "./branches.js"
import { clone } from "./clone.js"
import * as commits from "./commits.js"
import * as settings from "./config.js"
import * as Git from "./Git.js"
import * as remotes from "./remotes.js"
import { status } from "./status.js"
import * as transfer from "./transfer.js"
import * as workingTree from "./workingTree.js"

/** Git in the sandbox. Every operation runs the real program. */
export const make = (machine: Machine): Effect.Effect<ReadonlyArray<Route>, never, Scope.Scope> =>
  Effect.map(Effect.all([Effect.scope, hostEnvironment.variables]), ([scope, { PATH = "" }]) => {
    const context = { machine, git: Git.make(machine, PATH) }
    const both = (method: Route["method"], path: string, handler: Handler): Route => ({
      method,
      path: `/git/${path}`,
      handler: detached(scope, handler)
    })
    const newer = (method: Route["method"], path: string, handler: Handler): Route => ({
      ...both(method, path, handler),
      only: "current"
    })
    return [
      both("POST", "clone", clone(context)),
      both("POST", "add", commits.add(context)),
      both("POST", "commit", commits.commit(context)),
      both("GET", "history", commits.history(context)),
      both("POST", "push", transfer.push(context)),
      both("POST", "pull", transfer.pull(context)),
      both("GET", "status", status(context)),
      both("GET", "branches", branches.list(context)),
      both("POST", "branches", branches.create(context)),
      both("DELETE", "branches", branches.remove(context)),
      both("POST", "checkout", branches.checkout(context)),
      newer("POST", "init", workingTree.init(context)),
      newer("POST", "reset", workingTree.reset(context)),
      newer("POST", "restore", workingTree.restore(context)),
      newer("GET", "remotes", remotes.list(context)),
      newer("POST", "remotes", remotes.add(context)),
      newer("GET", "config", settings.get(context)),
      newer("POST", "config", settings.set(context)),
      newer("POST", "config/user", settings.setUser(context)),
      newer("POST", "credentials", settings.storeCredentials(context))
    ]
  })

/** An operation continues when the client disconnects, and ends with the machine at the latest. */
const detached =
  (scope: Scope.Scope, handler: Handler): Handler =>
  (request) =>
    Effect.flatMap(Effect.forkIn(handler(request), scope), Fiber.join)
