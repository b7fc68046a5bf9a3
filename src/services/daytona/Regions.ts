/** Regions: the values for the `target` of the layer or of a sandbox. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type ApiError, NotFound } from "../../errors/ApiError.js"
import { withMethodSpans } from "../../internal/methodSpans.js"
import * as Operation from "../../internal/Operation.js"
import type { RegionId } from "../../schema/daytona/Identifiers.js"
import { Region, RegionList } from "../../schema/daytona/Region.js"
import { DaytonaClient } from "./DaytonaClient.js"

/**
 * Regions: the values for the `target` of the layer or of a sandbox.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Regions } from "effect-sandboxes/daytona"
 *
 * const program = Effect.gen(function* () {
 *   const regions = yield* Regions
 *   return yield* regions.list
 * })
 * ```
 */
export class Regions extends Context.Tag("effect-sandboxes/daytona/Regions")<Regions, Regions.Service>() {
  /** The service over a `DaytonaClient`. Building the layer sends nothing. */
  static readonly layer: Layer.Layer<Regions, never, DaytonaClient> = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

export declare namespace Regions {
  interface Service {
    /** The regions available to the organization. `GET /regions` */
    readonly list: Effect.Effect<ReadonlyArray<Region>, ApiError>
    /** The shared regions. `GET /shared-regions` */
    readonly listShared: Effect.Effect<ReadonlyArray<Region>, ApiError>
    /**
     * One region that is available to the organization. Fails with `NotFound`. Servers look up only the organization's
     * own regions, so a shared one is taken from the list. `GET /regions/{id}`, `GET /regions`
     */
    readonly get: (region: RegionId) => Effect.Effect<Region, ApiError | NotFound>
  }
}

export const operations = {
  list: Operation.make("Regions.list", "GET", "/regions", { success: RegionList }),
  listShared: Operation.make("Regions.listShared", "GET", "/shared-regions", { success: RegionList }),
  get: Operation.make("Regions.get", "GET", "/regions/{id}", { success: Region, fails: [NotFound] })
}

export const make: Effect.Effect<Regions.Service, never, DaytonaClient> = Effect.map(DaytonaClient, (client) =>
  withMethodSpans(
    "Daytona.Regions",
    Regions.of({
      list: client.call(operations.list),
      listShared: client.call(operations.listShared),
      get: (id) =>
        Effect.catchTag(client.call(operations.get, { path: { id } }), "NotFound", (error) =>
          Effect.flatMap(client.call(operations.list), (regions) => {
            const found = regions.find((region) => region.id === id)
            return found === undefined ? Effect.fail(error) : Effect.succeed(found)
          })
        )
    }),
    ["get"]
  )
)
