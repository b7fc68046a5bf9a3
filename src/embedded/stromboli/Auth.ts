/** API tokens and JWTs of the embedded Stromboli. */
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { jwtVerify, SignJWT } from "jose"
import * as identifiers from "./identifiers.js"
import type { AuthSettings, Settings } from "./Options.js"

/** A request that fails authentication, with the server's message. */
export class AuthError extends Data.TaggedError("AuthError")<{
  readonly status: 400 | 401 | 500 | 503
  readonly message: string
}> {}

/** The claims of a valid token. */
export interface Claims {
  readonly subject: string
  /** Unix seconds. */
  readonly expiresAt: number
  readonly id: string
  readonly isRefresh: boolean
}

/** A pair of tokens, as `POST /auth/token` sends it. */
export interface TokenPair {
  readonly access_token: string
  readonly refresh_token: string
  readonly token_type: "bearer"
  readonly expires_in: number
}

/** API tokens and JWTs. */
export interface Auth {
  /** Accepts a valid API token or access token. */
  readonly check: (authorization: string | undefined) => Effect.Effect<void, AuthError>
  /** The claims of the access token in the header; an API token does not count. */
  readonly accessClaims: (authorization: string | undefined) => Effect.Effect<Claims, AuthError>
  readonly refreshClaims: (token: string) => Effect.Effect<Claims, AuthError>
  readonly issue: (subject: string) => Effect.Effect<TokenPair, AuthError>
  /** Revokes a token by its id. */
  readonly revoke: (claims: Claims) => Effect.Effect<void, AuthError>
}

const unauthorized = (message: string) => new AuthError({ status: 401, message })
const notConfigured = new AuthError({ status: 503, message: "JWT authentication not configured" })

export const make = (settings: Settings): Auth => {
  const auth: AuthSettings | undefined = settings.auth
  const revoked = new Set<string>()
  const key = auth?.jwtSecret === undefined ? undefined : new TextEncoder().encode(auth.jwtSecret)

  const bearer = (authorization: string | undefined): Effect.Effect<string, AuthError> => {
    if (authorization === undefined || authorization === "") return unauthorized("missing authorization header")
    const space = authorization.indexOf(" ")
    return space === -1 || authorization.slice(0, space).toLowerCase() !== "bearer"
      ? unauthorized("invalid authorization header format")
      : Effect.succeed(authorization.slice(space + 1))
  }

  const verify = (token: string, message: string): Effect.Effect<Claims, AuthError> =>
    Effect.gen(function* () {
      if (key === undefined) return yield* notConfigured
      const now = yield* Clock.currentTimeMillis
      const { payload } = yield* Effect.tryPromise({
        try: () => jwtVerify(token, key, { algorithms: ["HS256"], currentDate: new Date(now) }),
        catch: () => unauthorized(message)
      })
      return {
        subject: payload.sub ?? "",
        expiresAt: payload.exp ?? 0,
        id: payload.jti ?? "",
        isRefresh: payload["is_refresh"] === true
      }
    })

  const accessClaimsOf = (token: string) =>
    Effect.filterOrFail(
      verify(token, "invalid or expired token"),
      (claims) => !claims.isRefresh,
      () => unauthorized("invalid or expired token")
    )

  const sign = (signingKey: Uint8Array, subject: string, lifetime: Duration.Duration, isRefresh: boolean) =>
    Effect.gen(function* () {
      const issuedAt = Math.floor((yield* Clock.currentTimeMillis) / 1_000)
      const id = yield* identifiers.uuid
      return yield* Effect.tryPromise({
        try: () =>
          new SignJWT(isRefresh ? { is_refresh: true } : {})
            .setProtectedHeader({ alg: "HS256", typ: "JWT" })
            .setSubject(subject)
            .setIssuedAt(issuedAt)
            .setExpirationTime(issuedAt + Math.floor(Duration.toSeconds(lifetime)))
            .setJti(id)
            .sign(signingKey),
        catch: () =>
          new AuthError({ status: 500, message: `failed to generate ${isRefresh ? "refresh" : "access"} token` })
      })
    })

  return {
    check: (authorization) =>
      Effect.gen(function* () {
        if (auth === undefined || !auth.required) return
        const token = yield* bearer(authorization)
        if (auth.tokens.has(token)) return
        const claims = yield* accessClaimsOf(token).pipe(
          Effect.mapError(() => unauthorized("invalid or expired token"))
        )
        if (revoked.has(claims.id)) return yield* unauthorized("token revoked")
      }),
    accessClaims: (authorization) =>
      key === undefined ? notConfigured : Effect.flatMap(bearer(authorization), accessClaimsOf),
    refreshClaims: (token) =>
      Effect.filterOrFail(
        verify(token, "invalid or expired refresh token"),
        (claims) => claims.isRefresh,
        () => unauthorized("invalid or expired refresh token")
      ),
    issue: (subject) =>
      Effect.gen(function* () {
        if (auth === undefined || key === undefined) return yield* notConfigured
        return {
          access_token: yield* sign(key, subject, auth.accessTokenLifetime, false),
          refresh_token: yield* sign(key, subject, auth.refreshTokenLifetime, true),
          token_type: "bearer",
          expires_in: Math.floor(Duration.toSeconds(auth.accessTokenLifetime))
        } as const
      }),
    revoke: (claims) =>
      Effect.suspend(() => {
        if (auth?.blacklist === false) return new AuthError({ status: 503, message: "token blacklist not configured" })
        if (claims.id === "") return new AuthError({ status: 400, message: "token does not have a JTI claim" })
        revoked.add(claims.id)
        return Effect.void
      })
  }
}
