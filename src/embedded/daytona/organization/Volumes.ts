/** The volumes of organizations, and the task that moves them through their states. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import type * as Scope from "effect/Scope"
import * as identifiers from "../identifiers.js"
import { type Failure, type OutcomeRegistry, sleepUnlessZero } from "../outcomes/Outcomes.js"
import type { Settings } from "../Settings.js"

/** The state of a volume. */
export type VolumeState = "pending_create" | "creating" | "ready" | "pending_delete" | "deleting" | "deleted" | "error"

/** A volume as stored. Times are milliseconds since 1970. */
export interface Volume {
  readonly id: string
  readonly organizationId: string
  readonly name: string
  readonly state: VolumeState
  readonly errorReason: string | null
  readonly createdAt: number
  readonly updatedAt: number
  readonly lastUsedAt: number | null
}

/** All volumes, including deleted ones. */
export interface Volumes {
  readonly all: Effect.Effect<ReadonlyArray<Volume>>
  readonly get: (organizationId: string, id: string) => Volume | undefined
  readonly byName: (organizationId: string, name: string) => Volume | undefined
  readonly create: (organizationId: string, name: string | undefined) => Effect.Effect<Volume>
  readonly remove: (volume: Volume) => Effect.Effect<void>
  readonly used: (ids: ReadonlyArray<string>) => Effect.Effect<void>
}

/** Advances each volume by one state at fixed intervals. */
export const make = (dependencies: {
  readonly settings: Settings
  readonly outcomes: OutcomeRegistry
}): Effect.Effect<Volumes, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { outcomes, settings } = dependencies
    const volumes = new Map<string, Volume>()
    const tasks = yield* FiberMap.make<string, void>()
    const tick = settings.duration("volumeTick")
    const startedAt = yield* Clock.currentTimeMillis

    const update = (id: string, change: Partial<Volume>) =>
      Effect.map(Clock.currentTimeMillis, (updatedAt) => {
        const volume = volumes.get(id)
        if (volume !== undefined) volumes.set(id, { ...volume, ...change, updatedAt })
      })

    const nextTick = Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const millis = Duration.toMillis(tick)
      return millis === 0 ? Effect.void : sleepUnlessZero(Duration.millis(millis - ((now - startedAt) % millis)))
    })

    const begin = (volume: Volume, work: Effect.Effect<void, Failure>) =>
      FiberMap.run(
        tasks,
        volume.id,
        Effect.interruptible(
          Effect.catchAll(work, ({ reason }) => update(volume.id, { state: "error", errorReason: reason }))
        )
      )

    return {
      all: Effect.sync(() => [...volumes.values()]),
      get: (organizationId, id) => {
        const volume = volumes.get(id)
        return volume?.organizationId === organizationId ? volume : undefined
      },
      byName: (organizationId, name) =>
        [...volumes.values()].find(
          (volume) => volume.organizationId === organizationId && volume.name === name && volume.state !== "deleted"
        ),
      create: (organizationId, name) =>
        Effect.gen(function* () {
          const id = yield* identifiers.uuid
          const now = yield* Clock.currentTimeMillis
          const volume: Volume = {
            id,
            organizationId,
            name: name ?? id,
            state: "pending_create",
            errorReason: null,
            createdAt: now,
            updatedAt: now,
            lastUsedAt: null
          }
          volumes.set(id, volume)
          yield* begin(
            volume,
            Effect.gen(function* () {
              yield* nextTick
              yield* update(id, { state: "creating" })
              yield* outcomes.perform("createVolume", volume)
              yield* nextTick
              yield* update(id, { state: "ready" })
            })
          )
          return volume
        }),
      remove: (volume) =>
        Effect.zipRight(
          update(volume.id, { state: "pending_delete" }),
          begin(
            volume,
            Effect.gen(function* () {
              yield* nextTick
              yield* update(volume.id, { state: "deleting" })
              yield* outcomes.perform("deleteVolume", volume)
              yield* nextTick
              yield* update(volume.id, { state: "deleted", name: `${volume.name}-deleted` })
            })
          )
        ),
      used: (ids) =>
        Effect.flatMap(Clock.currentTimeMillis, (lastUsedAt) =>
          Effect.forEach(ids, (id) => update(id, { lastUsedAt }), { discard: true })
        )
    }
  })
