/** Authenticates and authorizes requests to the object storage. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { IncomingRequest } from "../http/IncomingRequest.js"
import type { ObjectStorageSettings } from "../Settings.js"
import type { Credential, Credentials } from "./Credentials.js"
import * as s3Errors from "./S3Error.js"
import * as signature from "./signature.js"

/** The credentials that a request was signed with. Fails unless the signature is valid. */
export const authenticate = (
  credentials: Credentials,
  settings: ObjectStorageSettings,
  incoming: IncomingRequest,
  body: Uint8Array
): Effect.Effect<Credential, s3Errors.S3Error> =>
  Effect.gen(function* () {
    const authorization = signature.parse(incoming.headers["authorization"])
    if (authorization === undefined) return yield* s3Errors.accessDenied
    const credential = credentials.find(authorization.accessKey)
    if (credential === undefined) return yield* s3Errors.unknownAccessKey
    if (incoming.headers["x-amz-security-token"] !== credential.sessionToken) return yield* s3Errors.invalidToken
    const request = { ...incoming, headers: withHost(incoming), body }
    const { region, service, signedHeaders } = authorization
    const isInScope = region === settings.region && service === "s3" && signedHeaders.includes("host")
    if (!isInScope || !signature.isValid(request, authorization, credential.secret)) {
      return yield* s3Errors.wrongSignature
    }
    const now = yield* Clock.currentTimeMillis
    if (now >= credential.expiresAt) return yield* s3Errors.expiredToken
    const signedAt = timeOf(incoming.headers["x-amz-date"])
    const { clockSkew } = settings
    if (clockSkew !== undefined && !(Math.abs(now - signedAt) <= Duration.toMillis(clockSkew))) {
      return yield* s3Errors.skewedTime
    }
    return signature.isBodySigned(request) ? credential : yield* s3Errors.wrongContent
  })

/** Whether an organization may list this prefix, which has to be its own. */
export const mayList = ({ organizationId }: Credential, prefix: string): boolean =>
  prefix === organizationId || prefix.startsWith(`${organizationId}/`)

/** Whether an organization may access this object, which has to be its own. */
export const mayAccess = ({ organizationId }: Credential, key: string): boolean => key.startsWith(`${organizationId}/`)

// A request in memory has no Host header, but every client signs it.
const withHost = ({ headers, origin }: IncomingRequest) => ({ host: new URL(origin).host, ...headers })

const timeOf = (date: string | undefined): number => {
  const [, day, time] = /^(\d{8})T(\d{6})Z$/.exec(date ?? "") ?? []
  return day === undefined || time === undefined
    ? Number.NaN
    : Date.parse(
        `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4)}Z`
      )
}
