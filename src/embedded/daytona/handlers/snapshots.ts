/** Handlers of `/snapshots`. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { badRequest, type HttpError, notFound, unexpected } from "../http/HttpError.js"
import * as QueryParameters from "../http/QueryParameters.js"
import * as responses from "../http/responses.js"
import type { UrlTargets } from "../http/UrlTargets.js"
import * as identifiers from "../identifiers.js"
import type { Settings } from "../Settings.js"
import * as dto from "../sandbox/dto.js"
import { like } from "../sandbox/like.js"
import type { Builds } from "../snapshot/Builds.js"
import { buildLogResponse } from "../snapshot/buildLogResponse.js"
import type { SnapshotCreation } from "../snapshot/SnapshotCreation.js"
import type { Snapshot, Snapshots } from "../snapshot/Snapshots.js"
import * as snapshotRequest from "../snapshot/snapshotRequest.js"
import type { Call, Handler } from "./Handler.js"
import { guardSuspended } from "./stateGuards.js"

const coolDown = 10 * 60_000
const assignmentWait = 30

/** `/snapshots`. */
export const make = (dependencies: {
  readonly settings: Settings
  readonly urlTargets: UrlTargets
  readonly snapshots: Snapshots
  readonly snapshotCreation: SnapshotCreation
  readonly builds: Builds
}) => {
  const { builds, urlTargets, settings, snapshotCreation, snapshots } = dependencies

  const find = (call: Call, idOrName: string): Effect.Effect<Snapshot, HttpError> =>
    Effect.suspend(() => {
      const snapshot = snapshots.find(call.organization.id, idOrName)
      return snapshot === undefined ? notFound(unknownSnapshot(idOrName)) : Effect.succeed(snapshot)
    })

  // Ownership is checked before the form of the id, and a general snapshot has no owner.
  const findOwn = (call: Call): Effect.Effect<Snapshot, HttpError> =>
    Effect.gen(function* () {
      const id = call.parameter("id")
      const snapshot = yield* find(call, id)
      if (snapshot.organizationId === undefined) return yield* notFound(unknownSnapshot(id))
      return identifiers.isUuid(id) ? snapshot : yield* badRequest("Validation failed (uuid is expected)")
    })

  const view = (snapshot: Snapshot) => snapshotDto(settings, snapshot)

  const withBuild = (snapshot: Snapshot): Effect.Effect<string, HttpError> =>
    snapshot.buildInfo === undefined
      ? notFound(`Snapshot ${snapshot.id} has no build info`)
      : Effect.succeed(snapshot.buildInfo.snapshotRef)

  const awaitRunner = (id: string, seconds: number): Effect.Effect<void, HttpError> =>
    Effect.suspend(() => {
      if (snapshots.get(id)?.initialRunnerId !== undefined) return Effect.void
      return seconds === 0
        ? notFound(`Timeout waiting for build runner assignment for snapshot ${id}`)
        : Effect.zipRight(Effect.sleep("1 second"), awaitRunner(id, seconds - 1))
    })

  return {
    "POST /snapshots": (call) =>
      Effect.gen(function* () {
        const request = yield* snapshotRequest.read(call.fields, settings.generation)
        yield* guardSuspended(call.organization)
        return responses.json(200, view(yield* snapshotCreation.create(call.organization, request)))
      }),
    "GET /snapshots": (call) =>
      Effect.gen(function* () {
        const values = QueryParameters.make(call.query)
        const page = values.integer("page", { least: 1 }) ?? 1
        const limit = values.integer("limit", { least: 1, most: 200 }) ?? 100
        const sort = values.choice("sort", ["name", "state", "lastUsedAt", "createdAt"]) ?? "lastUsedAt"
        const order = values.choice("order", ["asc", "desc"]) ?? "desc"
        const name = values.text("name")?.toLowerCase()
        const source = values.text("sourceSandboxId")
        yield* values.problems
        const direction = order === "asc" ? 1 : -1
        const matching = (yield* snapshots.all)
          .filter(
            (snapshot) =>
              (snapshot.organizationId === undefined || snapshot.organizationId === call.organization.id) &&
              (name === undefined || like(`%${name}%`)(snapshot.name.toLowerCase())) &&
              (source === undefined || snapshot.sourceSandboxId === source)
          )
          .sort((a, b) => {
            const byOwner = Number(a.organizationId === undefined) - Number(b.organizationId === undefined)
            const [left, right] = [a[sort] ?? 0, b[sort] ?? 0]
            return byOwner !== 0 ? byOwner : left === right ? 0 : left < right ? -direction : direction
          })
        return responses.json(200, {
          items: matching.slice((page - 1) * limit, page * limit).map(view),
          total: matching.length,
          page,
          totalPages: Math.ceil(matching.length / limit)
        })
      }),
    "GET /snapshots/{idOrName}": (call) =>
      Effect.map(find(call, call.parameter("idOrName")), (snapshot) => responses.json(200, view(snapshot))),
    "DELETE /snapshots/{id}": (call) =>
      Effect.gen(function* () {
        yield* snapshotCreation.remove(yield* findOwn(call))
        return responses.empty(200)
      }),
    "POST /snapshots/{id}/activate": (call) =>
      Effect.gen(function* () {
        const snapshot = yield* findOwn(call)
        const now = yield* Clock.currentTimeMillis
        if (snapshot.state === "active") return yield* badRequest(`Snapshot ${snapshot.id} is already active`)
        if (snapshot.state !== "inactive") {
          return yield* badRequest(`Snapshot ${snapshot.id} cannot be activated - it is in ${snapshot.state} state`)
        }
        if (snapshot.deactivatedAt !== undefined && now - snapshot.deactivatedAt < coolDown) {
          return yield* badRequest("Snapshot deactivation is still in progress. Please try again in a few minutes.")
        }
        yield* snapshotCreation.activate(snapshot)
        return responses.json(200, view(snapshots.get(snapshot.id) ?? snapshot))
      }),
    "POST /snapshots/{id}/deactivate": (call) =>
      Effect.gen(function* () {
        const snapshot = yield* findOwn(call)
        if (snapshot.state !== "inactive") {
          const deactivatedAt = yield* Clock.currentTimeMillis
          yield* snapshots.update(snapshot.id, { state: "inactive", deactivatedAt })
        }
        return responses.empty(204)
      }),
    "GET /snapshots/{id}/build-logs-url": (call) =>
      Effect.gen(function* () {
        const snapshot = yield* find(call, call.parameter("id"))
        // Only the access check takes names; then the database is asked for an id.
        if (!identifiers.isUuid(call.parameter("id"))) return yield* unexpected
        yield* withBuild(snapshot)
        yield* awaitRunner(snapshot.id, assignmentWait)
        const proxy = urlTargets.proxyUrl(call.origin, snapshot.regionIds[0] ?? "")
        return responses.json(200, { url: `${proxy}/snapshots/${snapshot.id}/build-logs` })
      }),
    "GET /snapshots/{id}/build-logs": (call) =>
      Effect.gen(function* () {
        const snapshot = yield* find(call, call.parameter("id"))
        const ref = yield* withBuild(snapshot)
        return snapshot.state === "active"
          ? responses.bytes(Stream.empty)
          : yield* buildLogResponse(builds, ref, { follow: call.query.get("follow") === "true", ends: true })
      })
  } satisfies Record<string, Handler>
}

const unknownSnapshot = (idOrName: string) =>
  identifiers.isUuid(idOrName) ? `Snapshot ${idOrName} not found` : `Snapshot with name ${idOrName} not found`

const snapshotDto = (settings: Settings, snapshot: Snapshot) => ({
  id: snapshot.id,
  organizationId: snapshot.organizationId ?? null,
  general: snapshot.organizationId === undefined,
  name: snapshot.name,
  imageName: snapshot.imageName ?? "",
  state: snapshot.state,
  size: snapshot.size,
  entrypoint: snapshot.entrypoint,
  cpu: snapshot.cpu,
  gpu: snapshot.gpu,
  ...(snapshot.gpuType === undefined ? {} : { gpuType: snapshot.gpuType }),
  // The only field whose name differs from the request's.
  mem: snapshot.memory,
  disk: snapshot.disk,
  errorReason: snapshot.errorReason,
  createdAt: dto.iso(snapshot.createdAt),
  updatedAt: dto.iso(snapshot.updatedAt),
  lastUsedAt: snapshot.lastUsedAt === null ? null : dto.iso(snapshot.lastUsedAt),
  ...(snapshot.buildInfo === undefined ? {} : { buildInfo: dto.toBuildInfo(snapshot.buildInfo) }),
  regionIds: snapshot.regionIds,
  ...(snapshot.initialRunnerId === undefined ? {} : { initialRunnerId: snapshot.initialRunnerId }),
  ref: snapshot.ref ?? null,
  ...(settings.generation === "0.190" ? {} : { sourceSandboxId: snapshot.sourceSandboxId }),
  sandboxClass: snapshot.sandboxClass
})
