/** The machine of a sandbox: its directories, environment and resource usage. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type { ApiError } from "../../../errors/ApiError.js"
import * as Operation from "../../../internal/Operation.js"
import { Directory, EnvironmentChange, Version, WorkspaceMetrics } from "../../../schema/daytona/toolbox/Workspace.js"
import { Toolbox } from "./Toolbox.js"

/**
 * The machine of a sandbox: its directories, environment and resource usage.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Workspace } from "effect-sandboxes/daytona"
 *
 * const program = Effect.gen(function* () {
 *   const workspace = yield* Workspace
 *   return yield* workspace.workDirectory
 * })
 * ```
 */
export class Workspace extends Context.Tag("effect-sandboxes/daytona/Workspace")<Workspace, Workspace.Service>() {
  /** The service on top of the connection to one sandbox. Building it sends nothing. */
  static readonly layer: Layer.Layer<Workspace, never, Toolbox> = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

export declare namespace Workspace {
  interface Service {
    /** The version of the daemon; `v0.0.0-dev` if it was built without one. `GET /version` */
    readonly version: Effect.Effect<string, ApiError>
    /** `$HOME`. `GET /user-home-dir` */
    readonly homeDirectory: Effect.Effect<string, ApiError>
    /** The default directory of commands, and the base of relative paths. `GET /work-dir` */
    readonly workDirectory: Effect.Effect<string, ApiError>
    /**
     * Changes the environment of every process, session and terminal that is started from now on. Older daemons do not
     * support it: `UnexpectedStatus`. `POST /env`
     */
    readonly updateEnvironment: (change: EnvironmentChange) => Effect.Effect<void, ApiError>
    /**
     * The current resource usage; `Sandboxes.metrics` has the history. Older daemons do not support it:
     * `UnexpectedStatus`. `GET /system/metrics`
     */
    readonly metrics: Effect.Effect<WorkspaceMetrics, ApiError>
  }
}

export const operations = {
  version: Operation.make("Workspace.version", "GET", "/version", { success: Version }),
  homeDirectory: Operation.make("Workspace.homeDirectory", "GET", "/user-home-dir", { success: Directory }),
  workDirectory: Operation.make("Workspace.workDirectory", "GET", "/work-dir", { success: Directory }),
  updateEnvironment: Operation.make("Workspace.updateEnvironment", "POST", "/env", {
    body: EnvironmentChange,
    // The response holds the environment, which may contain secrets.
    success: Schema.Void,
    retry: "always",
    secretBody: true
  }),
  metrics: Operation.make("Workspace.metrics", "GET", "/system/metrics", { success: WorkspaceMetrics })
}

export const make: Effect.Effect<Workspace.Service, never, Toolbox> = Effect.map(Toolbox, (toolbox) => {
  const directory = (operation: typeof operations.homeDirectory | typeof operations.workDirectory) =>
    Effect.map(toolbox.call(operation), ({ dir }) => dir)
  return Workspace.of({
    version: Effect.map(toolbox.call(operations.version), ({ version }) => version),
    homeDirectory: directory(operations.homeDirectory),
    workDirectory: directory(operations.workDirectory),
    updateEnvironment: (change) => toolbox.call(operations.updateEnvironment, { body: change }),
    metrics: toolbox.call(operations.metrics)
  })
})
