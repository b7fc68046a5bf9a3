/** Creates, activates and removes snapshots. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import type * as Scope from "effect/Scope"
import { badRequest, conflict, type HttpError } from "../http/HttpError.js"
import * as identifiers from "../identifiers.js"
import * as quota from "../organization/quota.js"
import * as regions from "../organization/regions.js"
import { type Failure, type OutcomeRegistry, sleepUnlessZero } from "../outcomes/Outcomes.js"
import type { Organization, Settings } from "../Settings.js"
import type { BuildInfo, Sandbox } from "../sandbox/Sandbox.js"
import * as Builds from "./Builds.js"
import * as dockerfile from "./dockerfile.js"
import type { Snapshot, SnapshotState, Snapshots } from "./Snapshots.js"
import type { SnapshotRequest } from "./snapshotRequest.js"

/** The operations on snapshots. */
export interface SnapshotCreation {
  /** Fails if the name is taken. */
  readonly checkName: (organization: Organization, name: string) => Effect.Effect<void, HttpError>
  /** Fails if the organization cannot have another snapshot of this size. */
  readonly checkQuota: (organization: Organization, size: quota.Resources) => Effect.Effect<void, HttpError>
  readonly create: (organization: Organization, request: SnapshotRequest) => Effect.Effect<Snapshot, HttpError>
  /** Adds the snapshot that was taken of a sandbox. If its name is taken meanwhile or before, it is dropped. */
  readonly fromSandbox: (sandbox: Sandbox, name: string) => Effect.Effect<void>
  /** Makes an inactive snapshot usable again. */
  readonly activate: (snapshot: Snapshot) => Effect.Effect<void>
  readonly remove: (snapshot: Snapshot) => Effect.Effect<void>
}

type SnapshotTask = Effect.Effect<void, Failure & { readonly state?: SnapshotState }>

const timeout = { after: "60 minutes", reason: "Timeout processing snapshot on initial runner" } as const

export const make = (dependencies: {
  readonly settings: Settings
  readonly snapshots: Snapshots
  readonly builds: Builds.Builds
  readonly outcomes: OutcomeRegistry
}): Effect.Effect<SnapshotCreation, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { builds, outcomes, settings, snapshots } = dependencies
    const tasks = yield* FiberMap.make<string, void>()

    const change = (snapshot: Snapshot, changes: Partial<Snapshot>) =>
      Effect.asVoid(snapshots.update(snapshot.id, changes))

    const begin = (snapshot: Snapshot, work: SnapshotTask) =>
      FiberMap.run(
        tasks,
        snapshot.id,
        Effect.interruptible(
          Effect.catchAll(work, ({ reason, state = "error" }) => change(snapshot, { state, errorReason: reason }))
        )
      )

    const assign = Effect.gen(function* () {
      yield* sleepUnlessZero(settings.duration("pickUp"))
      return yield* identifiers.uuid
    })

    const active = (snapshot: Snapshot, size: number) =>
      change(snapshot, {
        state: "active",
        size,
        errorReason: null,
        ref: snapshot.ref ?? snapshot.buildInfo?.snapshotRef ?? snapshot.imageName
      })

    const pull = (snapshot: Snapshot): SnapshotTask =>
      Effect.gen(function* () {
        yield* change(snapshot, { state: "pulling", initialRunnerId: yield* assign })
        yield* outcomes.perform("pullSnapshot", snapshot, timeout)
        yield* active(snapshot, 1.2)
      })

    const build = (snapshot: Snapshot, info: BuildInfo): SnapshotTask =>
      Effect.gen(function* () {
        yield* change(snapshot, { state: "building", initialRunnerId: yield* assign })
        const region = snapshot.regionIds[0] ?? ""
        const organizationId = snapshot.organizationId ?? ""
        yield* builds
          .build({ info, region, organizationId }, outcomes.perform("buildSnapshot", snapshot, timeout))
          .pipe(
            Effect.mapError((failure) => ({
              ...failure,
              state: failure.reason === timeout.reason ? ("error" as const) : ("build_failed" as const)
            }))
          )
        yield* active(snapshot, 1.5)
      })

    const checkName = (organization: Organization, name: string) =>
      Effect.gen(function* () {
        const own = (yield* snapshots.all).filter(({ organizationId }) => organizationId === organization.id)
        if (own.some((snapshot) => snapshot.name === name)) {
          return yield* conflict(`Snapshot with name "${name}" already exists for this organization`)
        }
      })

    const checkQuota = (organization: Organization, size: quota.Resources) =>
      Effect.gen(function* () {
        yield* quota.checkPerSandbox(organization, size)
        const limit = organization.quotas.snapshots
        const own = (yield* snapshots.all).filter(({ organizationId }) => organizationId === organization.id)
        if (limit !== undefined && own.length >= limit) {
          return yield* badRequest(`Snapshot quota exceeded. Maximum allowed: ${limit}`)
        }
      })

    return {
      checkName,
      checkQuota,
      create: (organization, request) =>
        Effect.gen(function* () {
          const region = yield* regions.resolve(settings, organization, request.regionId)
          yield* regions.checkClass(region, request.sandboxClass)
          yield* checkQuota(organization, request)
          yield* checkName(organization, request.name)
          const now = yield* Clock.currentTimeMillis
          const info =
            request.buildInfo === undefined
              ? undefined
              : {
                  ...request.buildInfo,
                  snapshotRef: Builds.refOf(request.buildInfo.dockerfileContent, request.buildInfo.contextHashes),
                  createdAt: now
                }
          const isBuilt = info !== undefined && builds.isBuilt(region.id, info.snapshotRef)
          const snapshot: Snapshot = {
            id: yield* identifiers.uuid,
            organizationId: organization.id,
            name: request.name,
            imageName: request.imageName,
            state: isBuilt ? "active" : "pending",
            size: isBuilt ? 1.5 : null,
            entrypoint: info === undefined ? request.entrypoint : dockerfile.entrypoint(info.dockerfileContent),
            cpu: request.cpu,
            gpu: request.gpu,
            gpuType: request.gpuType,
            memory: request.memory,
            disk: request.disk,
            errorReason: null,
            createdAt: now,
            updatedAt: now,
            lastUsedAt: null,
            buildInfo: info,
            regionIds: [region.id],
            initialRunnerId: undefined,
            ref: isBuilt ? info.snapshotRef : undefined,
            sourceSandboxId: null,
            sandboxClass: request.sandboxClass,
            deactivatedAt: undefined
          }
          const work = info === undefined ? "pullSnapshot" : "buildSnapshot"
          yield* outcomes.admit(work, snapshot)
          yield* snapshots.insert(snapshot)
          if (!isBuilt) yield* begin(snapshot, info === undefined ? pull(snapshot) : build(snapshot, info))
          return snapshot
        }),
      fromSandbox: (sandbox, name) =>
        Effect.gen(function* () {
          const now = yield* Clock.currentTimeMillis
          const id = yield* identifiers.uuid
          const present = yield* snapshots.all
          if (present.some((other) => other.organizationId === sandbox.organizationId && other.name === name)) return
          yield* snapshots.insert({
            id,
            organizationId: sandbox.organizationId,
            name,
            imageName: undefined,
            state: "active",
            size: 2.1,
            entrypoint: null,
            cpu: sandbox.cpu,
            gpu: sandbox.gpu,
            gpuType: sandbox.gpuType,
            memory: sandbox.memory,
            disk: sandbox.disk,
            errorReason: null,
            createdAt: now,
            updatedAt: now,
            lastUsedAt: null,
            buildInfo: undefined,
            regionIds: [sandbox.target],
            initialRunnerId: sandbox.runnerId ?? undefined,
            ref: `daytona-${id}:daytona`,
            sourceSandboxId: sandbox.id,
            sandboxClass: sandbox.sandboxClass,
            deactivatedAt: undefined
          })
        }),
      activate: (snapshot) =>
        Effect.zipRight(change(snapshot, { state: "pending", errorReason: null }), begin(snapshot, pull(snapshot))),
      remove: (snapshot) =>
        Effect.zipRight(
          change(snapshot, { state: "removing" }),
          begin(snapshot, Effect.zipRight(outcomes.perform("removeSnapshot", snapshot), snapshots.remove(snapshot.id)))
        )
    }
  })
