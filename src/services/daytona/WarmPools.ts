/** Warm pools: running sandboxes, kept ready so that `Sandboxes.create` returns immediately. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { type ApiError, Conflict, NotFound } from "../../errors/ApiError.js"
import * as Arguments from "../../internal/arguments.js"
import * as Operation from "../../internal/Operation.js"
import { RegionId, type WarmPoolId } from "../../schema/daytona/Identifiers.js"
import {
  type CreateWarmPool,
  CreateWarmPoolBody,
  UpdateWarmPoolBody,
  WarmPool,
  WarmPoolList
} from "../../schema/daytona/WarmPool.js"
import { DaytonaClient } from "./DaytonaClient.js"

/**
 * Warm pools: running sandboxes, kept ready so that `Sandboxes.create` returns immediately.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { WarmPools } from "effect-sandboxes/daytona"
 *
 * const program = Effect.gen(function* () {
 *   const pools = yield* WarmPools
 *   return yield* pools.list
 * })
 * ```
 */
export class WarmPools extends Context.Tag("effect-sandboxes/daytona/WarmPools")<WarmPools, WarmPools.Service>() {
  /** The service over a `DaytonaClient`. Building the layer sends nothing. */
  static readonly layer: Layer.Layer<WarmPools, never, DaytonaClient> = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

export declare namespace WarmPools {
  /** Recent servers only. */
  interface Service {
    /** All pools of the organization. `GET /warm-pools` */
    readonly list: Effect.Effect<ReadonlyArray<WarmPool>, ApiError>
    /**
     * Creates a pool. Fails with `NotFound` for an unknown snapshot, and with `Conflict` if the snapshot has a pool
     * already.
     * `POST /warm-pools`
     */
    readonly create: (pool: CreateWarmPool) => Effect.Effect<WarmPool, ApiError | NotFound | Conflict>
    /** Changes the size of a pool; 0 empties it without deleting it. Fails with `NotFound`. `PATCH /warm-pools/{id}` */
    readonly resize: (pool: WarmPoolId, size: number) => Effect.Effect<WarmPool, ApiError | NotFound>
    /** Deletes a pool. Fails with `NotFound`. `DELETE /warm-pools/{id}` */
    readonly delete: (pool: WarmPoolId) => Effect.Effect<void, ApiError | NotFound>
  }
}

export const operations = {
  list: Operation.make("WarmPools.list", "GET", "/warm-pools", { success: WarmPoolList, secretBody: true }),
  create: Operation.make("WarmPools.create", "POST", "/warm-pools", {
    body: CreateWarmPoolBody,
    success: WarmPool,
    fails: [NotFound, Conflict],
    secretBody: true
  }),
  resize: Operation.make("WarmPools.resize", "PATCH", "/warm-pools/{id}", {
    body: UpdateWarmPoolBody,
    success: WarmPool,
    fails: [NotFound],
    retry: "always",
    secretBody: true
  }),
  delete: Operation.make("WarmPools.delete", "DELETE", "/warm-pools/{id}", { success: Schema.Void, fails: [NotFound] })
}

const { effect } = Arguments.methodsOf("daytona", "WarmPools")

export const make: Effect.Effect<WarmPools.Service, never, DaytonaClient> = Effect.map(DaytonaClient, (client) => {
  const defaultTarget = client.target === undefined ? undefined : RegionId.make(client.target)
  return WarmPools.of({
    list: client.call(operations.list),
    create: effect("create", { pool: Arguments.unnamed(Arguments.struct({})) }, (pool) =>
      client.call(operations.create, { body: { ...pool, target: pool.target ?? defaultTarget } })
    ),
    resize: (id, size) => client.call(operations.resize, { path: { id }, body: { pool: size } }),
    delete: (id) => client.call(operations.delete, { path: { id } })
  })
})
