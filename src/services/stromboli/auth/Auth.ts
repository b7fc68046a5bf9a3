/**
 * Access tokens: get one, refresh it, ask about it, give it up. A token obtained here is used from then on for every
 * request of the same layer.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type { ApiError, InvalidRequest } from "../../../errors/ApiError.js"
import { invalidRequest } from "../../../internal/failure.js"
import type { TokenPair, TokenValidation } from "../../../schema/stromboli/Token.js"
import { StromboliClient } from "../StromboliClient.js"
import { operations } from "./operations.js"

/**
 * Access tokens: get one, refresh it, ask about it, give it up.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Auth } from "effect-sandboxes/stromboli"
 *
 * const program = Effect.gen(function* () {
 *   const auth = yield* Auth
 *   yield* auth.token("my-client-id") // used from here on, for every request
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
     * Gets a pair of tokens for a client id, which becomes the subject of the token and is not checked by anyone. A server
     * with authentication wants an API token or an access token for it. Fails with `Unavailable` where the server has no
     * JWT secret. `POST /auth/token`
     */
    readonly token: (clientId: string) => Effect.Effect<TokenPair, ApiError>
    /**
     * Gets a new pair for a refresh token, by default the one that was obtained last; fails with `InvalidRequest` when
     * there is none. `POST /auth/refresh`
     */
    readonly refresh: (refreshToken?: Redacted.Redacted) => Effect.Effect<TokenPair, ApiError>
    /** Asks the server about the access token in use. Fails with `Unauthorized` for API tokens too. `GET /auth/validate` */
    readonly validate: Effect.Effect<TokenValidation, ApiError>
    /**
     * Makes the server refuse the access token from now on, and forgets it here. Fails with `Unavailable`, and keeps the
     * token, when the server cannot remember that. `POST /auth/logout`
     */
    readonly logout: Effect.Effect<void, ApiError>
    /** Uses this token from now on. Fails with `InvalidRequest` when it could not stand in a header. Sends nothing. */
    readonly setToken: (token: Redacted.Redacted) => Effect.Effect<void, InvalidRequest>
    /** Sends no token from now on; with a `clientId` in the layer, the next request logs in again. */
    readonly clearToken: Effect.Effect<void>
  }
}

export { operations }

const noRefreshToken = invalidRequest(
  { system: "stromboli", operation: operations.refresh.name, method: "POST", path: operations.refresh.path },
  "refreshToken",
  "is needed: no token has been obtained yet that could be refreshed"
)

export const make: Effect.Effect<Auth.Service, never, StromboliClient> = Effect.map(StromboliClient, (client) => {
  const { credentials } = client
  return Auth.of({
    token: (clientId) => Effect.tap(client.call(operations.token, { body: { clientId } }), credentials.remember),
    refresh: (given) =>
      Effect.gen(function* () {
        const refreshToken = given ?? Option.getOrUndefined(yield* credentials.refreshToken)
        if (refreshToken === undefined) return yield* noRefreshToken
        const pair = yield* client.call(operations.refresh, { body: { refreshToken } })
        yield* credentials.remember(pair)
        return pair
      }),
    validate: client.call(operations.validate),
    logout: Effect.zipRight(client.call(operations.logout), credentials.clear),
    setToken: credentials.set,
    clearToken: credentials.clear
  })
})
