/** What one process of a cluster does for all of them. */
import type { Sharding } from "@effect/cluster/Sharding"
import * as Singleton from "@effect/cluster/Singleton"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { InvalidRequest } from "../errors/ApiError.js"
import { refusalOfPool, SandboxPool } from "../services/daytona/pool/SandboxPool.js"
import { Reaper, settingsOfRepeat } from "../services/daytona/reaper/Reaper.js"
import type { Sandboxes } from "../services/daytona/sandboxes/Sandboxes.js"

/**
 * A `Reaper` that runs in one process of the cluster; when that process ends, in another one. Fails with
 * `InvalidRequest` when an option is invalid.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import { Daytona, Reaper } from "effect-sandboxes/daytona"
 * import { Singletons } from "effect-sandboxes/workflow"
 *
 * const ReaperLive = Singletons.layerReaper({ unusedFor: "6 hours" }).pipe(
 *   Layer.provide(Reaper.layer),
 *   Layer.provide(Daytona.layerConfig({ application: "shop" }))
 * )
 * ```
 */
export const layerReaper = (
  options: Reaper.RepeatOptions = {}
): Layer.Layer<never, InvalidRequest, Sharding | Reaper> =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const reaper = yield* Reaper
      // Fails here, and not later in the background.
      yield* settingsOfRepeat(options)
      return Singleton.make("effect-sandboxes/Reaper", reaper.repeat(options))
    })
  )

/**
 * A `SandboxPool` in one process of the cluster, and the program that uses it: such as one that takes work from a
 * queue. When that process ends, its sandboxes are deleted, and another process begins with a pool of its own. A
 * program that fails is logged, and does not run again before the singleton moves. Fails with `InvalidRequest` when an
 * option is invalid.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Singletons } from "effect-sandboxes/workflow"
 *
 * declare const nextQuestion: Effect.Effect<string>
 *
 * const AnswersLive = Singletons.layerPool({ minimum: 2, maximum: 10 }, (pool) =>
 *   nextQuestion.pipe(
 *     Effect.flatMap((question) =>
 *       Effect.flatMap(pool.take, ({ process }) => process.execute(["echo", question])).pipe(Effect.scoped)
 *     ),
 *     Effect.forever
 *   )
 * )
 * ```
 */
export const layerPool = <E, R, RP = never>(
  options: SandboxPool.Options<RP>,
  use: (pool: SandboxPool.Service) => Effect.Effect<unknown, E, R>
): Layer.Layer<never, InvalidRequest, Sharding | Sandboxes | Exclude<R | RP, Scope.Scope>> => {
  const refused = refusalOfPool(options)
  if (refused !== undefined) return Layer.fail(refused)
  return Singleton.make(
    `effect-sandboxes/SandboxPool/${options.name ?? "default"}`,
    SandboxPool.make(options).pipe(Effect.flatMap(use), Effect.asVoid, Effect.scoped)
  )
}
