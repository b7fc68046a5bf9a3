/** Handlers of `/auth`. */
import * as Effect from "effect/Effect"
import type { Auth, AuthError } from "../Auth.js"
import type { Settings } from "../Options.js"
import * as responses from "../responses.js"
import * as wire from "../wire.js"
import { bind, type Handler } from "./Handler.js"

const refusal = ({ message, status }: AuthError) => responses.error(status, message)
const invalid = (message: string) => responses.error(400, `invalid request: ${message}`)

/** `/auth`. */
export const make = (dependencies: { readonly settings: Settings; readonly auth: Auth }) => {
  const { auth, settings } = dependencies
  const configured =
    settings.auth?.jwtSecret === undefined
      ? Effect.fail(responses.error(503, "JWT authentication not configured"))
      : Effect.void

  return {
    "POST /auth/token": (call) =>
      Effect.gen(function* () {
        yield* configured
        const { client_id } = yield* bind(wire.tokenRequest, call, (request) => ({ ClientID: request.client_id })).pipe(
          Effect.mapError(invalid)
        )
        return responses.json(200, yield* Effect.mapError(auth.issue(client_id), refusal))
      }).pipe(Effect.merge),
    "POST /auth/refresh": (call) =>
      Effect.gen(function* () {
        yield* configured
        const { refresh_token } = yield* bind(wire.refreshRequest, call, (request) => ({
          RefreshToken: request.refresh_token
        })).pipe(Effect.mapError(invalid))
        // The used token stays valid: there is no rotation.
        const claims = yield* Effect.mapError(auth.refreshClaims(refresh_token), refusal)
        return responses.json(200, yield* Effect.mapError(auth.issue(claims.subject), refusal))
      }).pipe(Effect.merge),
    "GET /auth/validate": (call) =>
      Effect.map(auth.accessClaims(call.headers["authorization"]), ({ expiresAt, subject }) =>
        responses.json(200, { valid: true, subject, expires_at: expiresAt })
      ).pipe(Effect.mapError(refusal), Effect.merge),
    "POST /auth/logout": (call) =>
      Effect.flatMap(auth.accessClaims(call.headers["authorization"]), auth.revoke).pipe(
        Effect.mapBoth({
          onFailure: refusal,
          onSuccess: () => responses.json(200, { success: true, message: "token invalidated" })
        }),
        Effect.merge
      )
  } satisfies Record<string, Handler>
}
