/** The secrets of the vault, which sandboxes mount with `secrets`. Their values cannot be read back. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import { type ApiError, Conflict, NotFound } from "../../errors/ApiError.js"
import * as Arguments from "../../internal/arguments.js"
import { withMethodSpans } from "../../internal/methodSpans.js"
import * as Operation from "../../internal/Operation.js"
import type { SecretId } from "../../schema/daytona/Identifiers.js"
import {
  type CreateSecret,
  CreateSecretBody,
  ListSecretsQuery,
  Secret,
  type SecretFilter,
  SecretPageResponse,
  type UpdateSecret,
  UpdateSecretBody
} from "../../schema/daytona/Secret.js"
import { cursorPages } from "../../stream/cursorPages.js"
import { DaytonaClient } from "./DaytonaClient.js"
import { contains } from "./nameFilter.js"

/**
 * The secrets of the vault, which sandboxes mount in their environment with `secrets`. Their values cannot be read
 * back.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Secrets } from "effect-sandboxes/daytona"
 *
 * const program = Effect.gen(function* () {
 *   const secrets = yield* Secrets
 *   return yield* Stream.runCollect(secrets.list())
 * })
 * ```
 */
export class Secrets extends Context.Tag("effect-sandboxes/daytona/Secrets")<Secrets, Secrets.Service>() {
  /** The service over a `DaytonaClient`. Building the layer sends nothing. */
  static readonly layer: Layer.Layer<Secrets, never, DaytonaClient> = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

export declare namespace Secrets {
  /** Recent servers only. */
  interface Service {
    /** The matching secrets, fetched page by page as they are consumed. `GET /secret/paginated` */
    readonly list: (
      filter?: SecretFilter & {
        /** How many to fetch per request, 1 to 200; default 100. */
        readonly pageSize?: number | undefined
      }
    ) => Stream.Stream<Secret, ApiError>
    /** One page of `list`. `GET /secret/paginated` */
    readonly listPage: (
      page?: SecretFilter & {
        /** The `nextCursor` of the previous page. */
        readonly cursor?: string | undefined
        /** 1 to 200; default 100. */
        readonly limit?: number | undefined
      }
    ) => Effect.Effect<Page, ApiError>
    /** Creates a secret. Fails with `Conflict` when the name is taken. `POST /secret` */
    readonly create: (secret: CreateSecret) => Effect.Effect<Secret, ApiError | Conflict>
    /** One secret, without its value. Fails with `NotFound`. `GET /secret/{secretId}` */
    readonly get: (secret: SecretId) => Effect.Effect<Secret, ApiError | NotFound>
    /** Changes the value, description or hosts of a secret. Fails with `NotFound`. `PATCH /secret/{secretId}` */
    readonly update: (secret: SecretId, change: UpdateSecret) => Effect.Effect<Secret, ApiError | NotFound>
    /** Deletes a secret. Fails with `NotFound`. `DELETE /secret/{secretId}` */
    readonly delete: (secret: SecretId) => Effect.Effect<void, ApiError | NotFound>
  }

  /** A page of secrets. */
  interface Page {
    readonly items: ReadonlyArray<Secret>
    /** The number of matching secrets on all pages. */
    readonly total: number
    /** The cursor of the next page, for the same filter; absent on the last page. */
    readonly nextCursor: string | undefined
  }
}

const one = "/secret/{secretId}"

export const operations = {
  list: Operation.make("Secrets.list", "GET", "/secret/paginated", {
    query: ListSecretsQuery,
    success: SecretPageResponse
  }),
  create: Operation.make("Secrets.create", "POST", "/secret", {
    body: CreateSecretBody,
    success: Secret,
    fails: [Conflict],
    secretBody: true
  }),
  get: Operation.make("Secrets.get", "GET", one, { success: Secret, fails: [NotFound] }),
  update: Operation.make("Secrets.update", "PATCH", one, {
    body: UpdateSecretBody,
    success: Secret,
    fails: [NotFound],
    // Applying the same change twice is harmless.
    retry: "always",
    secretBody: true
  }),
  delete: Operation.make("Secrets.delete", "DELETE", one, { success: Schema.Void, fails: [NotFound] })
}

const { stream } = Arguments.methodsOf("daytona", "Secrets")

export const make: Effect.Effect<Secrets.Service, never, DaytonaClient> = Effect.map(DaytonaClient, (client) => {
  const listPage: Secrets.Service["listPage"] = (query = {}) =>
    Effect.map(client.call(operations.list, { query }), ({ items, nextCursor, total }) => ({
      items: items.filter(contains("name", query.name)),
      total,
      nextCursor
    }))
  return withMethodSpans(
    "Daytona.Secrets",
    Secrets.of({
      listPage,
      list: stream("list", { filter: Arguments.options({}) }, ({ pageSize, ...filter } = {}) =>
        cursorPages((cursor) => listPage({ ...filter, cursor, limit: pageSize }))
      ),
      create: (secret) => client.call(operations.create, { body: secret }),
      get: (secretId) => client.call(operations.get, { path: { secretId } }),
      update: (secretId, change) => client.call(operations.update, { path: { secretId }, body: change }),
      delete: (secretId) => client.call(operations.delete, { path: { secretId } })
    }),
    ["list", "listPage"]
  )
})
