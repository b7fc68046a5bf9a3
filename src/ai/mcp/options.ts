/** What every MCP server of a sandbox takes. */
import type * as Tool from "@effect/ai/Tool"
import type * as Toolkit from "@effect/ai/Toolkit"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { InvalidRequest } from "../../errors/ApiError.js"
import { invalidRequest } from "../../internal/failure.js"
import { sdkVersion } from "../../version.js"
import type { Session } from "./jsonRpc.js"
import type { Requirements } from "./requirements.js"

/** The tools of a server, and who answers their calls. */
export interface McpOptions<Tools extends Record<string, Tool.Any>, E, R> {
  /** The tools that clients may call: groups of `SandboxToolkit`, merged by `Toolkit.merge`. */
  readonly toolkit: Toolkit.Toolkit<Tools>
  /**
   * Answers the calls. It is built for every client, and released when that goes away. Over `Sandbox.layerLazy`, the
   * sandbox is created by the first call; clients see the list of tools before.
   */
  readonly handlers: Layer.Layer<Requirements<Tools>, E, R>
  /** What clients call the server. Default `sandbox`. */
  readonly name?: string | undefined
  /** Default: the version of this package. */
  readonly version?: string | undefined
}

/** Module loaders add where they looked. */
const firstLine = (problem: unknown): string => String(problem).split("\n", 1).join("")

const install = "npm install @effect/rpc@^0.76 @effect/experimental@^0.61"

/** Begins a session with handlers of its own. */
export type BeginSession = <Tools extends Record<string, Tool.Any>, E, R>(
  options: McpOptions<Tools, E, R>
) => Effect.Effect<Session, E, R | Scope.Scope>

/**
 * Loads what serves: `@effect/rpc` below it would double what programs with tools alone have to load. It is a peer of
 * `@effect/ai`, and not every package manager installs those. Its types need those of Node, so no type of ours may
 * lead there.
 */
export const load = (operation: string): Effect.Effect<BeginSession, InvalidRequest> =>
  Effect.tryPromise({
    try: () => Promise.all([import("./session.js"), import("./tools.js")]),
    catch: (problem) =>
      invalidRequest(
        { system: "daytona", operation: `SandboxToolkit.${operation}` },
        "toolkit",
        `needs peers of \`@effect/ai\`, but: ${firstLine(problem)}. To install them: ${install}`
      )
  }).pipe(
    Effect.map(
      ([{ make }, { addTools }]): BeginSession =>
        ({ handlers, name = "sandbox", toolkit, version = sdkVersion }) =>
          Effect.flatMap(Layer.build(handlers), (context) =>
            make({ name, version }, Effect.provide(addTools(toolkit), context))
          )
    )
  )
