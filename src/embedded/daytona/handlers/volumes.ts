/** Handlers of `/volumes`. */
import * as Effect from "effect/Effect"
import { badRequest, conflict, type HttpError, notFound, unavailable } from "../http/HttpError.js"
import * as responses from "../http/responses.js"
import type { Volume, Volumes } from "../organization/Volumes.js"
import type { OutcomeRegistry } from "../outcomes/Outcomes.js"
import type { Settings } from "../Settings.js"
import * as dto from "../sandbox/dto.js"
import type { Sandboxes } from "../sandbox/Sandboxes.js"
import type { Call, Handler } from "./Handler.js"
import { guardSuspended } from "./stateGuards.js"

/** `/volumes`. */
export const make = (dependencies: {
  readonly settings: Settings
  readonly volumes: Volumes
  readonly sandboxes: Sandboxes
  readonly outcomes: OutcomeRegistry
}) => {
  const { outcomes, sandboxes, settings, volumes } = dependencies

  const find = (call: Call): Effect.Effect<Volume, HttpError> =>
    Effect.suspend(() => {
      const id = call.parameter("id")
      const volume = volumes.get(call.organization.id, id)
      return volume === undefined ? notFound(`Volume with ID ${id} not found`) : Effect.succeed(volume)
    })

  const own = ({ organization }: Call) =>
    Effect.map(volumes.all, (all) => all.filter(({ organizationId }) => organizationId === organization.id))

  const view = (volume: Volume) => ({
    id: volume.id,
    name: volume.name,
    organizationId: volume.organizationId,
    state: volume.state,
    createdAt: dto.iso(volume.createdAt),
    updatedAt: dto.iso(volume.updatedAt),
    ...lastUsed(settings, volume),
    errorReason: volume.errorReason
  })

  return {
    "GET /volumes": (call) =>
      Effect.map(own(call), (all) => {
        const withDeleted = call.query.get("includeDeleted") === "true"
        const items = all
          .filter(({ state }) => withDeleted || state !== "deleted")
          .sort((a, b) => (b.lastUsedAt ?? 0) - (a.lastUsedAt ?? 0) || b.createdAt - a.createdAt)
        return responses.json(200, items.map(view))
      }),
    "POST /volumes": (call) =>
      Effect.gen(function* () {
        const asked = call.fields.text("name")
        if (asked === undefined) call.fields.addProblem("name must be a string")
        yield* call.fields.problems
        // An empty name counts as absent.
        const name = asked || undefined
        yield* guardSuspended(call.organization)
        if (settings.objectStorage === undefined) return yield* unavailable("Object storage is not configured")
        const limit = call.organization.quotas.volumes
        const present = (yield* own(call)).filter(({ state }) => state !== "deleted")
        if (limit !== undefined && present.length >= limit) {
          return yield* badRequest(`Volume quota exceeded. Maximum allowed: ${limit}`)
        }
        if (name !== undefined && volumes.byName(call.organization.id, name) !== undefined) {
          return yield* badRequest(`Volume with name ${name} already exists`)
        }
        yield* outcomes.admit("createVolume", { id: name ?? "", name: name ?? "" })
        return responses.json(200, view(yield* volumes.create(call.organization.id, name)))
      }),
    "GET /volumes/by-name/{name}": (call) =>
      Effect.suspend(() => {
        const name = call.parameter("name")
        const volume = volumes.byName(call.organization.id, name)
        return volume === undefined
          ? notFound(`Volume with name ${name} not found`)
          : Effect.succeed(responses.json(200, view(volume)))
      }),
    "GET /volumes/{id}": (call) => Effect.map(find(call), (volume) => responses.json(200, view(volume))),
    "DELETE /volumes/{id}": (call) =>
      Effect.gen(function* () {
        const volume = yield* find(call)
        if (volume.state !== "ready" && volume.state !== "error") {
          return yield* badRequest("Volume must be in 'ready' or 'error' state in order to be deleted")
        }
        const user = (yield* sandboxes.all).find(
          (sandbox) =>
            sandbox.desiredState !== "destroyed" && sandbox.volumes.some(({ volumeId }) => volumeId === volume.id)
        )
        if (user !== undefined) {
          return yield* conflict(
            `Volume cannot be deleted because it is in use by one or more sandboxes (e.g. ${user.id})`
          )
        }
        yield* outcomes.admit("deleteVolume", volume)
        yield* volumes.remove(volume)
        return responses.empty(200)
      })
  } satisfies Record<string, Handler>
}

// For a volume that was never used, older servers omit the field and newer ones send `null`.
const lastUsed = ({ generation }: Settings, { lastUsedAt }: Volume) => {
  if (lastUsedAt !== null) return { lastUsedAt: dto.iso(lastUsedAt) }
  return generation === "0.190" ? {} : { lastUsedAt: null }
}
