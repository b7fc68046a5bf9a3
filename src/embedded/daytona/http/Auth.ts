/** Authenticates requests by API key or JWT. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { jwtVerify } from "jose"
import type { Permission } from "../Options.js"
import type { Organization, Settings } from "../Settings.js"
import { forbidden, type HttpError, unauthorized } from "./HttpError.js"

/** The authenticated caller. */
export interface Caller {
  readonly organization: Organization
  readonly may: (permission: Permission) => boolean
}

/** Authenticates a request by its headers. */
export type Auth = (headers: Readonly<Record<string, string>>) => Effect.Effect<Caller, HttpError>

const invalid = unauthorized("Invalid credentials")
const foreign = forbidden("Invalid authentication context")
const everything = () => true

const looksLikeJwt = (token: string) => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)

export const make = (settings: Settings): Auth => {
  const { auth, firstOrganization, organizations } = settings
  if (auth === undefined) {
    return (headers) => {
      const named = organizations.find(({ id }) => id === headers["x-daytona-organization-id"])
      return Effect.succeed({ organization: named ?? firstOrganization, may: everything })
    }
  }
  const secret = auth.jwtSecret === undefined ? undefined : new TextEncoder().encode(auth.jwtSecret)

  const byApiKey = (token: string): Effect.Effect<Caller, HttpError> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const key = auth.apiKeys.get(token)
      const organization = organizations.find(({ id }) => id === key?.organizationId)
      return key === undefined || organization === undefined || now >= key.expiresAt
        ? invalid
        : Effect.succeed({ organization, may: (permission) => key.permissions?.has(permission) ?? true })
    })

  // An API key is bound to one organization; only a JWT has to name one.
  const byJwt = (token: string, organizationId: string | undefined): Effect.Effect<Caller, HttpError> =>
    Effect.gen(function* () {
      if (secret === undefined) return yield* invalid
      const now = yield* Clock.currentTimeMillis
      const { payload } = yield* Effect.tryPromise({
        try: () => jwtVerify(token, secret, { algorithms: ["HS256"], currentDate: new Date(now) }),
        catch: () => invalid
      })
      const organization = organizations.find(({ id }) => id === organizationId)
      const isMember =
        organization !== undefined &&
        (auth.members === undefined || (auth.members[payload.sub ?? ""] ?? []).includes(organization.id))
      return isMember ? { organization, may: everything } : yield* foreign
    })

  return (headers) => {
    const token = /^Bearer (.+)$/i.exec(headers["authorization"] ?? "")?.[1]
    if (token === undefined) return invalid
    return looksLikeJwt(token) && !auth.apiKeys.has(token)
      ? byJwt(token, headers["x-daytona-organization-id"])
      : byApiKey(token)
  }
}
