import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import type { Machine } from "../Machine.js"
import type { Handler, Route } from "../Route.js"
import * as branches from "./branches.js"
import { clone } from "./clone.js"
import * as commits from "./commits.js"
import * as Git from "./Git.js"
import * as remotes from "./remotes.js"
import * as settings from "./settings.js"
import { status } from "./status.js"
import * as transfer from "./transfer.js"
import * as workingTree from "./workingTree.js"

/** Git in the sandbox: every operation runs the real program in the machine. */
export const make = (machine: Machine): Effect.Effect<ReadonlyArray<Route>, never, Scope.Scope> =>
  Effect.map(Effect.scope, (scope) => {
    const area = { machine, git: Git.make(machine) }
    const both = (method: Route["method"], path: string, handler: Handler): Route => ({
      method,
      path: `/git/${path}`,
      handler: toTheEnd(scope, handler)
    })
    const newer = (method: Route["method"], path: string, handler: Handler): Route => ({
      ...both(method, path, handler),
      only: "current"
    })
    return [
      both("POST", "clone", clone(area)),
      both("POST", "add", commits.add(area)),
      both("POST", "commit", commits.commit(area)),
      both("GET", "history", commits.history(area)),
      both("POST", "push", transfer.push(area)),
      both("POST", "pull", transfer.pull(area)),
      both("GET", "status", status(area)),
      both("GET", "branches", branches.list(area)),
      both("POST", "branches", branches.create(area)),
      both("DELETE", "branches", branches.remove(area)),
      both("POST", "checkout", branches.checkout(area)),
      newer("POST", "init", workingTree.init(area)),
      newer("POST", "reset", workingTree.reset(area)),
      newer("POST", "restore", workingTree.restore(area)),
      newer("GET", "remotes", remotes.list(area)),
      newer("POST", "remotes", remotes.add(area)),
      newer("GET", "config", settings.get(area)),
      newer("POST", "config", settings.set(area)),
      newer("POST", "config/user", settings.setUser(area)),
      newer("POST", "credentials", settings.storeCredentials(area))
    ]
  })

/** An operation that has begun goes on when the client goes away, and ends with the machine at the latest. */
const toTheEnd =
  (scope: Scope.Scope, handler: Handler): Handler =>
  (request) =>
    Effect.flatMap(Effect.forkIn(handler(request), scope), Fiber.join)
