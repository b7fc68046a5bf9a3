/**
 * Access tokens: requesting, refreshing, validating and revoking them. A token obtained here is sent with all later
 * requests of the same layer.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type { ApiError, InvalidRequest } from "../../../errors/ApiError.js"
import * as Arguments from "../../../internal/arguments.js"
import { invalidRequest } from "../../../internal/failure.js"
import type { TokenPair, TokenValidation } from "../../../schema/stromboli/Token.js"
import { StromboliClient } from "../StromboliClient.js"
import * as operations from "./operations.js"

/**
 * Access tokens: requesting, refreshing, validating and revoking them.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Auth } from "effect-sandboxes/stromboli"
 *
 * const program = Effect.gen(function* () {
 *   const auth = yield* Auth
 *   yield* auth.token("my-client-id") // sent with every request from now on
 *   const { subject } = yield* auth.validate
 *   yield* auth.logout
 *   return subject
 * })
 * ```
 */
export class Auth extends Context.Tag("effect-sandboxes/stromboli/Auth")<Auth, Auth.Service>() {
  /** The service on top of the connection to the server. Building it sends nothing. */
  static readonly layer: Layer.Layer<Auth, never, StromboliClient> = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

export declare namespace Auth {
  interface Service {
    /**
     * Requests a pair of tokens for a client id, which becomes the subject of the token and is not checked. A server
     * with authentication requires an API token or an access token for this request. Fails with `Unavailable` when the
     * server has no JWT secret. `POST /auth/token`
     */
    readonly token: (clientId: string) => Effect.Effect<TokenPair, ApiError>
    /**
     * Exchanges a refresh token, by default the latest one, for a new pair. Fails with `InvalidRequest` when there is
     * none. `POST /auth/refresh`
     */
    readonly refresh: (refreshToken?: Redacted.Redacted) => Effect.Effect<TokenPair, ApiError>
    /** Validates the access token in use. Fails with `Unauthorized` for an API token, too. `GET /auth/validate` */
    readonly validate: Effect.Effect<TokenValidation, ApiError>
    /**
     * Revokes the access token on the server and forgets it here. Fails with `Unavailable`, and keeps the token, when
     * the server cannot store the revocation. `POST /auth/logout`
     */
    readonly logout: Effect.Effect<void, ApiError>
    /** Uses this token from now on. Fails with `InvalidRequest` when it is not a valid header value. Sends nothing. */
    readonly setToken: (token: Redacted.Redacted) => Effect.Effect<void, InvalidRequest>
    /** Sends no token from now on. With a `clientId` in the layer, the next request logs in again. */
    readonly clearToken: Effect.Effect<void>
  }
}

export { operations }

const noRefreshToken = () =>
  invalidRequest(
    { system: "stromboli", operation: operations.refresh.name, method: "POST", path: operations.refresh.path },
    "refreshToken",
    "is required, because no refresh token has been obtained yet"
  )

export const make: Effect.Effect<Auth.Service, never, StromboliClient> = Effect.map(StromboliClient, (client) => {
  const { credentials } = client
  return Auth.of({
    token: (clientId) => Effect.tap(client.call(operations.token, { body: { clientId } }), credentials.remember),
    refresh: (given) =>
      Effect.gen(function* () {
        const refreshToken = given ?? Option.getOrUndefined(yield* credentials.refreshToken)
        if (refreshToken === undefined) return yield* noRefreshToken()
        const pair = yield* client.call(operations.refresh, { body: { refreshToken } })
        yield* credentials.remember(pair)
        return pair
      }),
    validate: client.call(operations.validate),
    logout: Effect.zipRight(client.call(operations.logout), credentials.clear),
    setToken: Arguments.methodsOf("stromboli", "Auth").effect("setToken", { token: Arguments.secret }, credentials.set),
    clearToken: credentials.clear
  })
})
