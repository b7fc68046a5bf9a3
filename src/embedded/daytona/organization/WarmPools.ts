/** Pools of sandboxes that are started in advance. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as identifiers from "../identifiers.js"
import type { Organization, Settings } from "../Settings.js"
import type { CreateRequest } from "../sandbox/createRequest.js"
import type { Lifecycle } from "../sandbox/Lifecycle.js"
import * as newSandbox from "../sandbox/newSandbox.js"
import type { Sandbox } from "../sandbox/Sandbox.js"
import type { Sandboxes } from "../sandbox/Sandboxes.js"
import type { Snapshot, Snapshots } from "../snapshot/Snapshots.js"

/** A pool of sandboxes that are started before they are requested. */
export interface WarmPool {
  readonly id: string
  readonly organizationId: string
  /** The name of the snapshot. */
  readonly snapshot: string
  readonly target: string
  /** How many sandboxes to keep ready. */
  readonly pool: number
  readonly createdAt: number
  readonly updatedAt: number
}

/** The warm pools of all organizations. */
export interface WarmPools {
  readonly of: (organizationId: string) => ReadonlyArray<WarmPool>
  /** How many sandboxes are ready. */
  readonly size: (pool: WarmPool) => Effect.Effect<number>
  readonly create: (organizationId: string, snapshot: Snapshot, target: string, pool: number) => Effect.Effect<WarmPool>
  readonly resize: (pool: WarmPool, size: number) => Effect.Effect<WarmPool>
  readonly remove: (pool: WarmPool) => Effect.Effect<void>
  /** Takes a ready sandbox that fits the request from a pool, which is then refilled. */
  readonly claim: (
    organization: Organization,
    request: CreateRequest,
    snapshot: Snapshot,
    region: string
  ) => Effect.Effect<Option.Option<Sandbox>>
}

export const make = (dependencies: {
  readonly settings: Settings
  readonly sandboxes: Sandboxes
  readonly snapshots: Snapshots
  readonly lifecycle: Lifecycle
}): WarmPools => {
  const { lifecycle, sandboxes, settings, snapshots } = dependencies
  const pools = new Map<string, WarmPool>()

  const members = (pool: WarmPool) =>
    Effect.map(sandboxes.all, (all) =>
      all.filter(({ desiredState, warmPoolId }) => warmPoolId === pool.id && desiredState === "started")
    )

  const addMember = (pool: WarmPool, snapshot: Snapshot) =>
    Effect.gen(function* () {
      const { cpu, disk, entrypoint, gpu, gpuType, memory, sandboxClass } = snapshot
      const sandbox = yield* newSandbox.make(settings, {
        organizationId: pool.organizationId,
        target: pool.target,
        snapshot: snapshot.name,
        sandboxClass,
        entrypoint,
        cpu,
        disk,
        gpu,
        gpuType,
        memory,
        warmPoolId: pool.id,
        autoStopInterval: 0
      })
      yield* sandboxes.insert(sandbox)
      yield* lifecycle.createFromSnapshot(sandbox)
    })

  const fill = (id: string) =>
    Effect.gen(function* () {
      const pool = pools.get(id)
      const snapshot = pool === undefined ? undefined : snapshots.find(pool.organizationId, pool.snapshot)
      if (pool === undefined || snapshot === undefined) return
      const present = yield* members(pool)
      yield* Effect.forEach(present.slice(pool.pool), lifecycle.destroy, { discard: true })
      const missing = Math.max(0, pool.pool - present.length)
      yield* Effect.replicateEffect(addMember(pool, snapshot), missing, { discard: true })
    })

  const put = (pool: WarmPool) =>
    Effect.gen(function* () {
      pools.set(pool.id, pool)
      yield* fill(pool.id)
      return pool
    })

  return {
    of: (organizationId) => [...pools.values()].filter((pool) => pool.organizationId === organizationId),
    size: (pool) => Effect.map(members(pool), (all) => all.filter(({ state }) => state === "started").length),
    create: (organizationId, snapshot, target, pool) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const id = yield* identifiers.uuid
        return yield* put({ id, organizationId, snapshot: snapshot.name, target, pool, createdAt: now, updatedAt: now })
      }),
    resize: (pool, size) =>
      Effect.flatMap(Clock.currentTimeMillis, (updatedAt) => put({ ...pool, pool: size, updatedAt })),
    remove: (pool) =>
      Effect.gen(function* () {
        pools.delete(pool.id)
        yield* Effect.flatMap(members(pool), Effect.forEach(lifecycle.destroy, { discard: true }))
      }),
    claim: (organization, request, snapshot, region) =>
      Effect.gen(function* () {
        const pool = [...pools.values()].find(
          (candidate) =>
            candidate.organizationId === organization.id &&
            candidate.snapshot === snapshot.name &&
            candidate.target === region
        )
        if (pool === undefined || !isPlain(request)) return Option.none()
        const ready = (yield* members(pool)).find(({ state }) => state === "started")
        if (ready === undefined) return Option.none()
        yield* sandboxes.update(ready.id, { warmPoolId: undefined })
        yield* fill(pool.id)
        return Option.some(ready)
      })
  }
}

// A sandbox from a pool cannot have anything that must be set on creation.
const isPlain = ({ env, linkedSandbox, networkAllowList, networkBlockAll, secrets, user, volumes }: CreateRequest) =>
  (user === undefined || user === "daytona") &&
  Object.keys(env ?? {}).length === 0 &&
  (volumes ?? []).length === 0 &&
  (secrets ?? []).length === 0 &&
  networkBlockAll !== true &&
  networkAllowList === undefined &&
  linkedSandbox === undefined
