/** The secrets of organizations. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as identifiers from "../identifiers.js"

/** A secret as stored; its value is never returned. */
export interface Secret {
  readonly id: string
  readonly organizationId: string
  readonly name: string
  readonly value: string
  readonly description: string | undefined
  readonly placeholder: string
  readonly hosts: ReadonlyArray<string>
  readonly createdAt: number
  readonly updatedAt: number
}

/** The parts of a secret that can be changed. */
export type SecretContent = Pick<Secret, "value" | "description" | "hosts">

/** The secrets of all organizations. */
export interface Secrets {
  readonly of: (organizationId: string) => ReadonlyArray<Secret>
  readonly byName: (organizationId: string, name: string) => Secret | undefined
  readonly create: (organizationId: string, name: string, content: SecretContent) => Effect.Effect<Secret>
  readonly update: (secret: Secret, change: Partial<SecretContent>) => Effect.Effect<Secret>
  readonly remove: (id: string) => Effect.Effect<void>
}

export const make = (): Secrets => {
  const secrets = new Map<string, Secret>()
  const of = (organizationId: string) =>
    [...secrets.values()].filter((secret) => secret.organizationId === organizationId)
  return {
    of,
    byName: (organizationId, name) => of(organizationId).find((secret) => secret.name === name),
    create: (organizationId, name, content) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const secret: Secret = {
          id: yield* identifiers.uuid,
          organizationId,
          name,
          ...content,
          placeholder: `dtn_secret_${yield* identifiers.token(12)}`,
          createdAt: now,
          updatedAt: now
        }
        secrets.set(secret.id, secret)
        return secret
      }),
    update: (secret, change) =>
      Effect.map(Clock.currentTimeMillis, (updatedAt) => {
        const changed = { ...secret, ...change, updatedAt }
        secrets.set(secret.id, changed)
        return changed
      }),
    remove: (id) => Effect.sync(() => void secrets.delete(id))
  }
}
