/** The Podman secrets of the host. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as identifiers from "./identifiers.js"

/** A secret as stored, without its value. */
export interface Secret {
  readonly id: string
  readonly name: string
  readonly createdAt: number
}

/** The Podman secrets of the host. */
export interface Secrets {
  readonly list: Effect.Effect<ReadonlyArray<Secret>>
  readonly get: (name: string) => Effect.Effect<Secret | undefined>
  /** Returns `false` if the name is taken. */
  readonly create: (name: string) => Effect.Effect<boolean>
  /** Returns whether the secret existed. */
  readonly remove: (name: string) => Effect.Effect<boolean>
  readonly exists: (name: string) => boolean
}

/** Starts with the given names. Values are not stored: nothing in this server can read them. */
export const make = (names: ReadonlyArray<string>): Effect.Effect<Secrets> =>
  Effect.gen(function* () {
    const secrets = new Map<string, Secret>()
    const create = (name: string) =>
      Effect.gen(function* () {
        if (secrets.has(name)) return false
        const id = yield* identifiers.hex(13)
        const createdAt = yield* Clock.currentTimeMillis
        secrets.set(name, { id: id.slice(0, 25), name, createdAt })
        return true
      })
    yield* Effect.forEach(names, create, { discard: true })
    return {
      list: Effect.sync(() => [...secrets.values()]),
      get: (name) => Effect.sync(() => secrets.get(name)),
      create,
      remove: (name) => Effect.sync(() => secrets.delete(name)),
      exists: (name) => secrets.has(name)
    }
  })

const units = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1]
] as const

/** A relative time as Podman formats it (`10 days ago`). */
export const ago = (millis: number): string => {
  const seconds = Math.floor(millis / 1_000)
  const unit = units.find(([, length]) => seconds >= length)
  if (unit === undefined) return "Less than a second ago"
  const [name, length] = unit
  const count = Math.floor(seconds / length)
  return `${count} ${name}${count === 1 ? "" : "s"} ago`
}
