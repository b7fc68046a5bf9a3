/** Handlers of `/secret`. */
import * as Effect from "effect/Effect"
import { badRequest, conflict, type HttpError, notFound } from "../http/HttpError.js"
import * as QueryParameters from "../http/QueryParameters.js"
import * as responses from "../http/responses.js"
import type { Secret, Secrets } from "../organization/Secrets.js"
import * as dto from "../sandbox/dto.js"
import { like } from "../sandbox/like.js"
import type { Call, Handler } from "./Handler.js"

const namePattern = /^[a-zA-Z_][a-zA-Z0-9_-]*$/

/** `/secret`. */
export const make = (secrets: Secrets) => {
  const find = (call: Call): Effect.Effect<Secret, HttpError> =>
    Effect.suspend(() => {
      const id = call.parameter("id")
      const secret = secrets.of(call.organization.id).find((candidate) => candidate.id === id)
      return secret === undefined ? notFound(`Secret with ID ${id} not found`) : Effect.succeed(secret)
    })

  return {
    "POST /secret": (call) =>
      Effect.gen(function* () {
        const name = call.fields.requiredText("name")
        const content = {
          value: call.fields.requiredText("value"),
          description: call.fields.text("description"),
          hosts: call.fields.texts("hosts") ?? []
        }
        if (name !== "" && !namePattern.test(name)) {
          call.fields.addProblem(`name must match ${String(namePattern)} regular expression`)
        }
        yield* call.fields.problems
        if (secrets.byName(call.organization.id, name) !== undefined) {
          return yield* conflict(`Secret with name ${name} already exists`)
        }
        return responses.json(201, view(yield* secrets.create(call.organization.id, name, content)))
      }),
    "GET /secret": (call) => Effect.sync(() => responses.json(200, secrets.of(call.organization.id).map(view))),
    "GET /secret/paginated": (call) =>
      Effect.gen(function* () {
        const values = QueryParameters.make(call.query)
        const limit = values.integer("limit", { least: 1, most: 200 }) ?? 100
        const sort = values.choice("sort", ["name", "createdAt", "updatedAt"]) ?? "createdAt"
        const order = values.choice("order", ["asc", "desc"]) ?? "desc"
        const name = values.text("name")?.toLowerCase()
        yield* values.problems
        const from = yield* offsetOf(values.text("cursor"))
        const direction = order === "asc" ? 1 : -1
        const matching = secrets
          .of(call.organization.id)
          .filter((secret) => name === undefined || like(`%${name}%`)(secret.name.toLowerCase()))
          .sort((a, b) => (a[sort] === b[sort] ? (a.id < b.id ? -1 : 1) : a[sort] < b[sort] ? -direction : direction))
        const end = from + limit
        return responses.json(200, {
          items: matching.slice(from, end).map(view),
          total: matching.length,
          nextCursor: end < matching.length ? Buffer.from(`${end}`).toString("base64") : null
        })
      }),
    "GET /secret/{id}": (call) => Effect.map(find(call), (secret) => responses.json(200, view(secret))),
    "PATCH /secret/{id}": (call) =>
      Effect.gen(function* () {
        const value = call.fields.text("value")
        const description = call.fields.text("description")
        const hosts = call.fields.texts("hosts")
        yield* call.fields.problems
        const changed = yield* secrets.update(yield* find(call), {
          ...(value === undefined ? {} : { value }),
          ...(description === undefined ? {} : { description }),
          ...(hosts === undefined ? {} : { hosts })
        })
        return responses.json(200, view(changed))
      }),
    "DELETE /secret/{id}": (call) =>
      Effect.gen(function* () {
        const { id } = yield* find(call)
        yield* secrets.remove(id)
        return responses.empty(204)
      })
  } satisfies Record<string, Handler>
}

// A secret's value is never returned.
const view = (secret: Secret) => ({
  id: secret.id,
  name: secret.name,
  ...(secret.description === undefined ? {} : { description: secret.description }),
  createdAt: dto.iso(secret.createdAt),
  placeholder: secret.placeholder,
  hosts: secret.hosts,
  updatedAt: dto.iso(secret.updatedAt)
})

const offsetOf = (cursor: string | undefined): Effect.Effect<number, HttpError> =>
  Effect.suspend(() => {
    const text = cursor === undefined || cursor === "" ? "0" : Buffer.from(cursor, "base64").toString()
    return /^\d+$/.test(text) ? Effect.succeed(Number(text)) : badRequest("Invalid cursor provided")
  })
