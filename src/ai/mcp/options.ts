/** What every MCP server of a sandbox takes. */
import type * as Tool from "@effect/ai/Tool"
import type * as Toolkit from "@effect/ai/Toolkit"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
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

/** Loaded by the first session: `@effect/rpc` below it would double what programs with tools alone have to load. */
const loaded = Effect.promise(() => Promise.all([import("./session.js"), import("./tools.js")]))

/** A session with handlers of its own. */
export const sessionFor = <Tools extends Record<string, Tool.Any>, E, R>({
  handlers,
  name = "sandbox",
  toolkit,
  version = sdkVersion
}: McpOptions<Tools, E, R>): Effect.Effect<Session, E, R | Scope.Scope> =>
  Effect.gen(function* () {
    const [{ make }, { addTools }] = yield* loaded
    const context = yield* Layer.build(handlers)
    return yield* make({ name, version }, Effect.provide(addTools(toolkit), context))
  })
