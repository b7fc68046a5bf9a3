/** Handlers of `/warm-pools`. */
import * as Effect from "effect/Effect"
import { badRequest, type HttpError, notFound } from "../http/HttpError.js"
import * as responses from "../http/responses.js"
import * as regions from "../organization/regions.js"
import type { WarmPool, WarmPools } from "../organization/WarmPools.js"
import type { Settings } from "../Settings.js"
import * as dto from "../sandbox/dto.js"
import type { Snapshots } from "../snapshot/Snapshots.js"
import type { Call, Handler } from "./Handler.js"
import { guardSuspended } from "./stateGuards.js"

/** More than one machine can hold; the real server is limited by quotas. */
const mostMembers = 100

/** `/warm-pools`. */
export const make = (dependencies: {
  readonly settings: Settings
  readonly warmPools: WarmPools
  readonly snapshots: Snapshots
}) => {
  const { settings, snapshots, warmPools } = dependencies

  const find = (call: Call): Effect.Effect<WarmPool, HttpError> =>
    Effect.suspend(() => {
      const id = call.parameter("id")
      const pool = warmPools.of(call.organization.id).find((candidate) => candidate.id === id)
      return pool === undefined ? notFound(`Warm pool with ID ${id} not found`) : Effect.succeed(pool)
    })

  const view = (pool: WarmPool) =>
    Effect.map(warmPools.size(pool), (currentSize) => {
      const snapshot = snapshots.find(pool.organizationId, pool.snapshot)
      return {
        id: pool.id,
        organizationId: pool.organizationId,
        snapshot: pool.snapshot,
        target: pool.target,
        pool: pool.pool,
        currentSize,
        cpu: snapshot?.cpu ?? 0,
        mem: snapshot?.memory ?? 0,
        disk: snapshot?.disk ?? 0,
        osUser: "daytona",
        env: {},
        errorReason: null,
        createdAt: dto.iso(pool.createdAt),
        updatedAt: dto.iso(pool.updatedAt)
      }
    })

  const sizeIn = (call: Call, least: number): Effect.Effect<number, HttpError> =>
    Effect.suspend(() => {
      const size = call.fields.integer("pool", { least, most: mostMembers })
      if (size === undefined) call.fields.addProblem("pool must be an integer number")
      return Effect.as(call.fields.problems, size ?? 0)
    })

  return {
    "GET /warm-pools": (call) =>
      Effect.map(Effect.forEach(warmPools.of(call.organization.id), view), (all) => responses.json(200, all)),
    "POST /warm-pools": (call) =>
      Effect.gen(function* () {
        const name = call.fields.requiredText("snapshot")
        const target = call.fields.text("target")
        const size = yield* sizeIn(call, 1)
        yield* guardSuspended(call.organization)
        const snapshot = snapshots.find(call.organization.id, name)
        if (snapshot === undefined) {
          return yield* badRequest(`Snapshot ${name} not found. Did you add it through the Daytona Dashboard?`)
        }
        const region = yield* regions.resolve(settings, call.organization, target)
        const pool = yield* warmPools.create(call.organization.id, snapshot, region.id, size)
        return responses.json(201, yield* view(pool))
      }),
    "PATCH /warm-pools/{id}": (call) =>
      Effect.gen(function* () {
        const size = yield* sizeIn(call, 0)
        const pool = yield* warmPools.resize(yield* find(call), size)
        return responses.json(200, yield* view(pool))
      }),
    "DELETE /warm-pools/{id}": (call) =>
      Effect.gen(function* () {
        yield* warmPools.remove(yield* find(call))
        return responses.empty(204)
      })
  } satisfies Record<string, Handler>
}
