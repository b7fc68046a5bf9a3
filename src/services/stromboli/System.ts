/** The state of the server itself. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { ApiError } from "../../errors/ApiError.js"
import * as Operation from "../../internal/Operation.js"
import { ClaudeStatus, Health } from "../../schema/stromboli/System.js"
import { StromboliClient } from "./StromboliClient.js"

/**
 * The state of the server itself.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { isHealthy, System } from "effect-sandboxes/stromboli"
 *
 * const program = Effect.gen(function* () {
 *   const system = yield* System
 *   return isHealthy(yield* system.health)
 * })
 * ```
 */
export class System extends Context.Tag("effect-sandboxes/stromboli/System")<System, System.Service>() {
  /** The service on top of the connection to the server. Building it sends nothing. */
  static readonly layer: Layer.Layer<System, never, StromboliClient> = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

export declare namespace System {
  interface Service {
    /** Version and health of the server. `degraded` is a value, not a failure. May take ten seconds. `GET /health` */
    readonly health: Effect.Effect<Health, ApiError>
    /** Whether the server has credentials for Claude. `GET /claude/status` */
    readonly claudeStatus: Effect.Effect<ClaudeStatus, ApiError>
  }
}

export const operations = {
  health: Operation.make("System.health", "GET", "/health", { success: Health }),
  claudeStatus: Operation.make("System.claudeStatus", "GET", "/claude/status", { success: ClaudeStatus })
}

export const make: Effect.Effect<System.Service, never, StromboliClient> = Effect.map(StromboliClient, (client) =>
  System.of({
    health: client.call(operations.health),
    claudeStatus: client.call(operations.claudeStatus)
  })
)
