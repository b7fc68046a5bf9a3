/** Creates sandboxes from snapshots and builds. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { badRequest, conflict, type HttpError, notFound } from "../http/HttpError.js"
import * as identifiers from "../identifiers.js"
import * as quota from "../organization/quota.js"
import * as regions from "../organization/regions.js"
import type { Secrets } from "../organization/Secrets.js"
import type { Volumes } from "../organization/Volumes.js"
import type { WarmPools } from "../organization/WarmPools.js"
import type { OutcomeRegistry } from "../outcomes/Outcomes.js"
import type { Organization, Settings } from "../Settings.js"
import * as Builds from "../snapshot/Builds.js"
import type { Snapshot, Snapshots } from "../snapshot/Snapshots.js"
import type { CreateRequest } from "./createRequest.js"
import * as intervals from "./intervals.js"
import type { Lifecycle } from "./Lifecycle.js"
import * as networkRules from "./networkRules.js"
import * as newSandbox from "./newSandbox.js"
import type { BuildInfo, Sandbox, VolumeMount } from "./Sandbox.js"
import type { Sandboxes } from "./Sandboxes.js"
import * as volumeRules from "./volumeRules.js"

/** Creates sandboxes. */
export interface Creation {
  /** Returns when the real server responds: from a snapshot once started or after the wait, otherwise immediately. */
  readonly create: (organization: Organization, request: CreateRequest) => Effect.Effect<Sandbox, HttpError>
}

export const make = (dependencies: {
  readonly settings: Settings
  readonly sandboxes: Sandboxes
  readonly snapshots: Snapshots
  readonly volumes: Volumes
  readonly secrets: Secrets
  readonly warmPools: WarmPools
  readonly builds: Builds.Builds
  readonly lifecycle: Lifecycle
  readonly outcomes: OutcomeRegistry
}): Creation => {
  const { builds, lifecycle, outcomes, sandboxes, secrets, settings, snapshots, volumes, warmPools } = dependencies

  const mounts = (
    organization: Organization,
    request: CreateRequest
  ): Effect.Effect<ReadonlyArray<VolumeMount>, HttpError> =>
    Effect.forEach(request.volumes ?? [], (mount) => {
      const volume = volumes.get(organization.id, mount.volumeId) ?? volumes.byName(organization.id, mount.volumeId)
      if (volume === undefined || volume.state === "deleted") return notFound(`Volume '${mount.volumeId}' not found`)
      return volume.state === "ready"
        ? Effect.as(volumeRules.check(mount), { ...mount, volumeId: volume.id })
        : badRequest(`Volume '${mount.volumeId}' is not in a ready state. Current state: ${volume.state}`)
    })

  const linkTarget = (organization: Organization, request: CreateRequest, gpu: number) =>
    Effect.gen(function* () {
      if (request.linkedSandbox === undefined || request.linkedSandbox === "") return undefined
      if (request.autoDeleteInterval !== 0) {
        return yield* badRequest("Linked sandboxes must be ephemeral (set autoDeleteInterval to 0)")
      }
      const target = sandboxes.find(organization.id, request.linkedSandbox)
      if (target === undefined) return yield* notFound(`Sandbox with ID or name ${request.linkedSandbox} not found`)
      if (target.linkedSandboxId !== undefined) {
        return yield* badRequest(
          `Linked sandbox ${target.id} is itself linked to another sandbox; chained links are not allowed`
        )
      }
      if (!["started", "stopped"].includes(target.state) || target.runnerId === null) {
        return yield* badRequest(
          `Linked sandbox must be in STARTED or STOPPED state with an assigned runner (current: ${target.state})`
        )
      }
      return gpu > 0 || target.gpu > 0 ? yield* badRequest("GPU sandboxes cannot be linked") : target
    })

  const checkSecrets = (organization: Organization, request: CreateRequest) =>
    checkAttached(secrets, organization, request.secrets ?? [])

  /** The checks and values that both ways of creating a sandbox share. */
  const blueprint = (organization: Organization, request: CreateRequest, resources: quota.Resources) =>
    Effect.gen(function* () {
      if (resources.gpu > 0 && request.autoDeleteInterval !== 0) {
        return yield* badRequest("GPU sandboxes must be ephemeral - set autoDeleteInterval to 0")
      }
      if (request.spot === true && settings.generation === "current" && resources.gpu === 0) {
        return yield* badRequest("Spot is only supported for sandboxes with GPUs")
      }
      const linked = yield* linkTarget(organization, request, resources.gpu)
      yield* checkSecrets(organization, request)
      const mounted = yield* mounts(organization, request)
      yield* quota.check(organization, yield* sandboxes.all, resources)
      const { name } = request
      if (name !== undefined && sandboxes.find(organization.id, name) !== undefined) {
        return yield* conflict(`Sandbox with name ${name} already exists`)
      }
      return {
        organizationId: organization.id,
        ...(name === undefined ? {} : { name }),
        ...(request.user === undefined ? {} : { user: request.user }),
        env: request.env ?? {},
        labels: request.labels ?? {},
        public: request.public ?? false,
        networkBlockAll: false,
        ...networkRules.networkChanges(request),
        outboundProxyUrl: request.outboundProxyUrl,
        otelEndpointOverride: request.otelEndpointOverride,
        ...resources,
        spot: settings.generation === "current" && (request.spot ?? false),
        kvm: request.kvm ?? false,
        volumes: mounted,
        linkedSandboxId: linked?.id,
        // A linked sandbox runs beside its owner.
        runnerId: linked?.runnerId ?? null,
        secrets: request.secrets ?? []
      } satisfies Partial<Sandbox>
    })

  const usableSnapshot = (organization: Organization, request: CreateRequest): Effect.Effect<Snapshot, HttpError> =>
    Effect.suspend(() => {
      const name = request.snapshot ?? settings.defaultSnapshot
      const snapshot = snapshots.find(organization.id, name)
      if (snapshot === undefined) {
        return badRequest(`Snapshot ${name} not found. Did you add it through the Daytona Dashboard?`)
      }
      return snapshot.state === "active"
        ? Effect.succeed(snapshot)
        : badRequest(`Snapshot ${name} is ${snapshot.state}`)
    })

  const fromSnapshot = (organization: Organization, request: CreateRequest) =>
    Effect.gen(function* () {
      if ([request.cpu, request.memory, request.disk, request.gpu].some((amount) => amount !== undefined)) {
        return yield* badRequest("Cannot specify Sandbox resources when using a snapshot")
      }
      if (request.gpuType !== undefined && request.gpuType.length > 0) {
        return yield* badRequest(
          "Cannot specify GPU type when creating sandbox from snapshot. GPU type is inherited from snapshot."
        )
      }
      const snapshot = yield* usableSnapshot(organization, request)
      const region = yield* regions.resolve(settings, organization, request.target)
      if (!snapshot.regionIds.includes(region.id)) {
        return yield* badRequest(`Snapshot ${snapshot.name} is not available in region ${region.name}`)
      }
      yield* regions.checkClass(region, snapshot.sandboxClass)
      const now = yield* Clock.currentTimeMillis
      const { cpu, disk, gpu, memory } = snapshot
      const plan = yield* blueprint(organization, request, { cpu, disk, gpu, memory })
      const times = yield* intervals.ofNewSandbox(settings, request, snapshot.sandboxClass, now)
      yield* snapshots.update(snapshot.id, { lastUsedAt: now })
      const warm = yield* warmPools.claim(organization, request, snapshot, region.id)
      if (Option.isSome(warm)) {
        const { runnerId } = warm.value
        const claimed = { ...plan, ...times, runnerId, warmPoolId: undefined, createdAt: now, lastActivityAt: now }
        return (yield* sandboxes.update(warm.value.id, claimed)) ?? warm.value
      }
      const sandbox = yield* newSandbox.make(settings, {
        ...plan,
        ...times,
        runnerId: plan.runnerId ?? (yield* identifiers.uuid),
        snapshot: snapshot.name,
        entrypoint: snapshot.entrypoint,
        gpuType: snapshot.gpuType,
        target: region.id,
        sandboxClass: snapshot.sandboxClass
      })
      yield* outcomes.admit("create", sandbox)
      yield* sandboxes.insert(sandbox)
      yield* lifecycle.createFromSnapshot(sandbox)
      // The server waits for the sandbox, and then answers what it has written before.
      yield* awaitStarted(sandboxes, settings, sandbox)
      return sandbox
    })

  const fromBuild = (
    organization: Organization,
    request: CreateRequest,
    build: { readonly dockerfileContent: string; readonly contextHashes: ReadonlyArray<string> | undefined }
  ) =>
    Effect.gen(function* () {
      if (request.snapshot !== undefined) {
        return yield* badRequest("Cannot specify a snapshot when using a build info entry")
      }
      if (request.linkedSandbox !== undefined) {
        return yield* badRequest(
          "linkedSandbox is not supported with declarative builds. Create a sandbox from a snapshot"
        )
      }
      const region = yield* regions.resolve(settings, organization, request.target)
      yield* regions.checkClass(region, "container")
      const now = yield* Clock.currentTimeMillis
      const plan = yield* blueprint(organization, request, {
        // Zero means the default.
        cpu: request.cpu || 1,
        memory: request.memory || 1,
        disk: request.disk || 3,
        gpu: request.gpu ?? 0
      })
      const times = yield* intervals.ofNewSandbox(settings, request, "container", now)
      const info: BuildInfo = {
        ...build,
        snapshotRef: Builds.refOf(build.dockerfileContent, build.contextHashes),
        createdAt: now
      }
      const isBuilt = builds.isBuilt(region.id, info.snapshotRef)
      const sandbox = yield* newSandbox.make(settings, {
        ...plan,
        ...times,
        gpuType: request.gpuType?.[0],
        target: region.id,
        sandboxClass: "container",
        buildInfo: info,
        ...(isBuilt ? {} : { state: "pending_build", pending: false })
      })
      yield* outcomes.admit("create", sandbox)
      yield* sandboxes.insert(sandbox)
      yield* isBuilt ? lifecycle.createFromSnapshot(sandbox) : lifecycle.createFromBuild(sandbox, info)
      return sandbox
    })

  return {
    create: (organization, request) =>
      Effect.gen(function* () {
        const sandbox = yield* request.buildInfo === undefined
          ? fromSnapshot(organization, request)
          : fromBuild(organization, request, request.buildInfo)
        yield* volumes.used(sandbox.volumes.map(({ volumeId }) => volumeId))
        return sandbox
      })
  }
}

/** Fails unless every attached secret exists. */
export const checkAttached = (
  secrets: Secrets,
  organization: Organization,
  attached: ReadonlyArray<Readonly<Record<string, string>>>
): Effect.Effect<void, HttpError> =>
  Effect.suspend(() => {
    const missing = attached
      .flatMap((entry) => Object.values(entry))
      .find((name) => secrets.byName(organization.id, name) === undefined)
    return missing === undefined ? Effect.void : notFound(`Secret '${missing}' not found`)
  })

/**
 * Waits until a sandbox that is being recovered has started, for as long as the server does. Fails if it leaves its
 * error and then does not start.
 */
export const awaitRecovered = (
  sandboxes: Sandboxes,
  settings: Settings,
  sandbox: Sandbox
): Effect.Effect<Sandbox, HttpError> =>
  Effect.suspend(() => {
    let latest: Sandbox | undefined
    const hasSettled = (current: Sandbox) => {
      if (current.state !== "error") latest = current
      return current.state === "started" || (latest !== undefined && current.state === "error")
    }
    return Effect.flatMap(sandboxes.waitFor(sandbox.id, hasSettled, settings.startWait), (settled) =>
      latest !== undefined && settled?.state === "error"
        ? badRequest(`Sandbox failed to start: ${settled.errorReason}`)
        : Effect.succeed(latest ?? sandbox)
    )
  })

/** Waits until the sandbox has started, for as long as the server does. Fails if the sandbox does. */
export const awaitStarted = (
  sandboxes: Sandboxes,
  settings: Settings,
  sandbox: Sandbox
): Effect.Effect<Sandbox, HttpError> =>
  Effect.flatMap(
    sandboxes.waitFor(
      sandbox.id,
      ({ desiredState, pending, state }) => !pending || state === "started" || desiredState === "destroyed",
      settings.startWait
    ),
    (settled = sandbox) =>
      settled.state === "error" || settled.state === "build_failed"
        ? badRequest(`Sandbox failed to start: ${settled.errorReason ?? "unknown reason"}`)
        : Effect.succeed(settled)
  )
