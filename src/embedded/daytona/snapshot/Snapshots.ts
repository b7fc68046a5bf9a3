/** Stores the snapshots. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as identifiers from "../identifiers.js"
import type { SandboxClass } from "../Options.js"
import type { Settings } from "../Settings.js"
import type { BuildInfo } from "../sandbox/Sandbox.js"

/** The state of a snapshot. */
export type SnapshotState =
  | "pending"
  | "pulling"
  | "building"
  | "active"
  | "inactive"
  | "error"
  | "build_failed"
  | "removing"

/** A snapshot as stored. Times are milliseconds since 1970; memory and disk are GiB. */
export interface Snapshot {
  readonly id: string
  /** Absent for a general snapshot, which every organization has. */
  readonly organizationId: string | undefined
  readonly name: string
  readonly imageName: string | undefined
  readonly state: SnapshotState
  /** GB, once it is known. */
  readonly size: number | null
  readonly entrypoint: ReadonlyArray<string> | null
  readonly cpu: number
  readonly gpu: number
  readonly gpuType: string | undefined
  readonly memory: number
  readonly disk: number
  readonly errorReason: string | null
  readonly createdAt: number
  readonly updatedAt: number
  readonly lastUsedAt: number | null
  readonly buildInfo: BuildInfo | undefined
  readonly regionIds: ReadonlyArray<string>
  readonly initialRunnerId: string | undefined
  readonly ref: string | undefined
  readonly sourceSandboxId: string | null
  readonly sandboxClass: SandboxClass
  /** When it was last deactivated. */
  readonly deactivatedAt: number | undefined
}

/** All snapshots of the server. */
export interface Snapshots {
  readonly all: Effect.Effect<ReadonlyArray<Snapshot>>
  readonly get: (id: string) => Snapshot | undefined
  /** By id or name. An organization's own snapshot takes precedence over a general one of the same name. */
  readonly find: (organizationId: string, idOrName: string) => Snapshot | undefined
  readonly insert: (snapshot: Snapshot) => Effect.Effect<void>
  readonly update: (id: string, change: Partial<Snapshot>) => Effect.Effect<Snapshot | undefined>
  readonly remove: (id: string) => Effect.Effect<void>
}

/** Starts with the configured snapshots. */
export const make = (settings: Settings): Effect.Effect<Snapshots> =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const seeds = yield* Effect.forEach(settings.snapshots, (seed) =>
      Effect.map(
        identifiers.uuid,
        (id): Snapshot => ({
          id,
          organizationId: seed.organizationId,
          name: seed.name,
          imageName: `daytonaio/sandbox:${seed.name}`,
          state: seed.state ?? "active",
          size: 1.2,
          entrypoint: null,
          cpu: seed.cpu ?? 1,
          gpu: seed.gpu ?? 0,
          gpuType: seed.gpuType,
          memory: seed.memory ?? 1,
          disk: seed.disk ?? 3,
          errorReason: seed.state === "error" ? "seeded as broken" : null,
          createdAt: now,
          updatedAt: now,
          lastUsedAt: null,
          buildInfo: undefined,
          regionIds: seed.regions ?? settings.regions.map((region) => region.id),
          initialRunnerId: undefined,
          ref: `daytonaio/sandbox:${seed.name}`,
          sourceSandboxId: null,
          sandboxClass: seed.sandboxClass ?? "container",
          deactivatedAt: undefined
        })
      )
    )
    const snapshots = new Map(seeds.map((snapshot) => [snapshot.id, snapshot]))

    return {
      all: Effect.sync(() => [...snapshots.values()]),
      get: (id) => snapshots.get(id),
      find: (organizationId, idOrName) => {
        const visible = [...snapshots.values()].filter(
          (snapshot) => snapshot.organizationId === undefined || snapshot.organizationId === organizationId
        )
        return (
          visible.find((snapshot) => snapshot.id === idOrName) ??
          visible.find((snapshot) => snapshot.name === idOrName && snapshot.organizationId === organizationId) ??
          visible.find((snapshot) => snapshot.name === idOrName)
        )
      },
      insert: (snapshot) => Effect.sync(() => void snapshots.set(snapshot.id, snapshot)),
      update: (id, change) =>
        Effect.map(Clock.currentTimeMillis, (updatedAt) => {
          const snapshot = snapshots.get(id)
          if (snapshot === undefined) return undefined
          const changed = { ...snapshot, ...change, updatedAt }
          snapshots.set(id, changed)
          return changed
        }),
      remove: (id) => Effect.sync(() => void snapshots.delete(id))
    }
  })
