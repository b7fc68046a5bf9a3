/** Podman secrets for the environment of runs (`podman.secretsEnv`). Their values cannot be read back. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import { type ApiError, Conflict, NotFound } from "../../errors/ApiError.js"
import * as Operation from "../../internal/Operation.js"
import type { SecretName } from "../../schema/stromboli/Identifiers.js"
import { CreateSecret, Secret, SecretChanged, SecretList } from "../../schema/stromboli/Secret.js"
import { StromboliClient } from "./StromboliClient.js"

/**
 * Podman secrets for the environment of runs (`podman.secretsEnv`). Their values cannot be read back.
 *
 * @example
 * ```ts
 * import { Effect, Redacted } from "effect"
 * import { SecretName, Secrets } from "effect-sandboxes/stromboli"
 *
 * const program = Effect.gen(function* () {
 *   const secrets = yield* Secrets
 *   yield* secrets.create({ name: SecretName.make("github-token"), value: Redacted.make("…") })
 *   return yield* secrets.list
 * })
 * ```
 */
export class Secrets extends Context.Tag("effect-sandboxes/stromboli/Secrets")<Secrets, Secrets.Service>() {
  /** The service on top of the connection to the server. Building it sends nothing. */
  static readonly layer: Layer.Layer<Secrets, never, StromboliClient> = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

export declare namespace Secrets {
  interface Service {
    /** All secrets. Server 0.4 or newer. `GET /secrets` */
    readonly list: Effect.Effect<ReadonlyArray<Secret>, ApiError>
    /**
     * Stores a secret. Its name has 1 to 253 letters, digits, `_` and `-`, its value 1 byte to 1 MB. Fails with
     * `Conflict` when the name is taken: a secret cannot be overwritten, only deleted and created again.
     * `POST /secrets`
     */
    readonly create: (secret: {
      readonly name: SecretName
      readonly value: Redacted.Redacted
    }) => Effect.Effect<void, ApiError | Conflict>
    /** One secret, without its value. Fails with `NotFound`. `GET /secrets/{name}` */
    readonly get: (name: SecretName) => Effect.Effect<Secret, ApiError | NotFound>
    /** Deletes a secret. Fails with `NotFound`. `DELETE /secrets/{name}` */
    readonly delete: (name: SecretName) => Effect.Effect<void, ApiError | NotFound>
  }
}

export const operations = {
  list: Operation.make("Secrets.list", "GET", "/secrets", { success: SecretList }),
  create: Operation.make("Secrets.create", "POST", "/secrets", {
    body: CreateSecret,
    success: SecretChanged,
    fails: [Conflict],
    secretBody: true
  }),
  get: Operation.make("Secrets.get", "GET", "/secrets/{name}", { success: Secret, fails: [NotFound] }),
  delete: Operation.make("Secrets.delete", "DELETE", "/secrets/{name}", { success: SecretChanged, fails: [NotFound] })
}

export const make: Effect.Effect<Secrets.Service, never, StromboliClient> = Effect.map(StromboliClient, (client) =>
  Secrets.of({
    list: Effect.map(client.call(operations.list), ({ secrets }) => secrets),
    create: (secret) => Effect.asVoid(client.call(operations.create, { body: secret })),
    get: (name) => client.call(operations.get, { path: { name } }),
    delete: (name) => Effect.asVoid(client.call(operations.delete, { path: { name } }))
  })
)
