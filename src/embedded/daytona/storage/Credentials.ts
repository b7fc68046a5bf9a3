/** Issues credentials for the object storage. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as identifiers from "../identifiers.js"

/** Credentials to upload an organization's build contexts, valid for an hour. */
export interface Credential {
  readonly accessKey: string
  readonly secret: string
  readonly sessionToken: string
  readonly organizationId: string
  readonly expiresAt: number
}

/** The credentials that have been issued. */
export interface Credentials {
  readonly issue: (organizationId: string) => Effect.Effect<Credential>
  readonly find: (accessKey: string) => Credential | undefined
}

const lifetime = 3_600_000

export const make = (): Credentials => {
  const issued = new Map<string, Credential>()
  return {
    issue: (organizationId) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const credential = {
          accessKey: `ASIA${(yield* identifiers.token(16)).toUpperCase()}`,
          secret: yield* identifiers.token(40),
          sessionToken: yield* identifiers.token(120),
          organizationId,
          expiresAt: now + lifetime
        }
        issued.set(credential.accessKey, credential)
        return credential
      }),
    find: (accessKey) => issued.get(accessKey)
  }
}
