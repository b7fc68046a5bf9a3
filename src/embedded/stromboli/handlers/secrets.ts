/** Handlers of `/secrets`. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as GoTime from "../go/time.js"
import type { Settings } from "../Options.js"
import * as responses from "../responses.js"
import { ago, type Secrets } from "../Secrets.js"
import * as wire from "../wire.js"
import { bind, type Handler } from "./Handler.js"

const invalidName = "invalid secret name: must contain only alphanumeric characters, hyphens, and underscores"
const isName = (name: string) => name.length <= 253 && /^[a-zA-Z0-9_-]+$/.test(name)

/** `/secrets`. */
export const make = (dependencies: { readonly settings: Settings; readonly secrets: Secrets }) => {
  const { secrets, settings } = dependencies
  // The server recognizes a name that exists by the words of Podman, which the older one does not use.
  const taken = (name: string) =>
    settings.podman === "4.3"
      ? responses.failure(500, { name }, "failed to create secret")
      : responses.failure(409, { name }, "secret already exists")

  return {
    "GET /secrets": () =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const all = yield* secrets.list
        // The list has Podman's relative time; a single secret has a timestamp.
        const items = all.map(({ createdAt, id, name }) => ({ id, name, created_at: ago(now - createdAt) }))
        return responses.json(200, { secrets: items })
      }),
    "POST /secrets": (call) =>
      Effect.gen(function* () {
        const { name, value } = yield* bind(wire.createSecretRequest, call, (request) => ({
          Name: request.name,
          Value: request.value
        })).pipe(Effect.mapError((message) => responses.failure(400, {}, message)))
        if (!isName(name)) return responses.failure(400, { name }, invalidName)
        if (Buffer.byteLength(value) > 1_000_000) {
          return responses.failure(400, { name }, "invalid secret value: exceeds maximum size of 1MB")
        }
        return (yield* secrets.create(name)) ? responses.json(201, { success: true, name }) : taken(name)
      }).pipe(Effect.merge),
    "GET /secrets/{name}": (call) =>
      Effect.gen(function* () {
        const name = call.parameter("name")
        if (!isName(name)) return responses.error(400, invalidName)
        const secret = yield* secrets.get(name)
        return secret === undefined
          ? responses.error(404, "secret not found")
          : responses.json(200, { id: secret.id, name, created_at: GoTime.toSeconds(secret.createdAt) })
      }),
    "DELETE /secrets/{name}": (call) =>
      Effect.gen(function* () {
        const name = call.parameter("name")
        if (!isName(name)) return responses.failure(400, { name }, invalidName)
        return (yield* secrets.remove(name))
          ? responses.json(200, { success: true, name })
          : responses.failure(404, { name }, "secret not found")
      })
  } satisfies Record<string, Handler>
}
