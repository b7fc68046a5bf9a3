/**
 * What is ours on a server that others use too. A sandbox carries it in labels from its creation on, and they are
 * never rewritten. Volumes and snapshots have no labels: those that were made with a key carry application and key in
 * their names.
 */
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { KeyConflict } from "../../errors/daytona/controlPlane.js"

export const labels = {
  /** The application of the layer that created it. */
  application: "effect-sandboxes-application",
  /** Unique to the request that created it. */
  creation: "effect-sandboxes-creation",
  /** The key it was created with. */
  key: "effect-sandboxes-key",
  /** A digest of the parameters it was created with. Only with a key. */
  parameters: "effect-sandboxes-parameters",
  /** When it is no longer wanted: an instant in ISO 8601. */
  until: "effect-sandboxes-until"
} as const

export type Labels = Readonly<Record<string, string>>

const reserved: ReadonlySet<string> = new Set(Object.values(labels))

/** Whether this is the name of one of our labels. */
export const isReserved = (label: string): boolean => reserved.has(label)

/** Our labels among those of a sandbox. */
export const reservedOf = (all: Labels): Labels =>
  Object.fromEntries(Object.entries(all).filter(([label]) => isReserved(label)))

/** The labels of a sandbox that are not ours. */
export const withoutReserved = (all: Labels): Labels =>
  Object.fromEntries(Object.entries(all).filter(([label]) => !isReserved(label)))

/**
 * When a sandbox is no longer wanted, in milliseconds since 1970, if its labels say so in exactly the form that
 * `untilLabel` gives them: `Date.parse` alone reads "1" as a year.
 */
export const untilOf = (all: Labels): number | undefined => {
  const label = all[labels.until] ?? ""
  const instant = Date.parse(label)
  return Number.isNaN(instant) || new Date(instant).toISOString() !== label ? undefined : instant
}

/** The last instant that a `Date` can hold. */
const lastInstant = 8.64e15

/** The label for what is wanted for this long; none if it is wanted for ever. Or what is wrong with the duration. */
export const untilLabel = (wantedFor: Duration.DurationInput, now: number): Either.Either<Labels, string> => {
  const duration = Option.getOrUndefined(Duration.decodeUnknown(wantedFor))
  const millis = duration === undefined ? Number.NaN : Math.ceil(Duration.toMillis(duration))
  if (Number.isNaN(millis) || millis <= 0) return Either.left("must be a duration, longer than zero")
  if (millis === Number.POSITIVE_INFINITY) return Either.right({})
  return now + millis > lastInstant
    ? Either.left("must be shorter, or `Duration.infinity`")
    : Either.right({ [labels.until]: new Date(now + millis).toISOString() })
}

/** A key, and the application that it belongs to: the same key of another application is another key. */
export interface Owner {
  readonly application: string
  readonly key: string
}

/** In bytes of UTF-8. A byte becomes three characters at most, and servers keep names of 1,000 characters. */
const longest = { application: 64, key: 256 } as const

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

const unfit = /[\p{Cc}\p{Surrogate}]/u

/** What is wrong with a key or the name of an application, if anything is. */
export const problemOf = (field: keyof typeof longest, text: unknown): string | undefined => {
  if (typeof text !== "string") return "must be text"
  if (text === "") return "must not be empty"
  if (unfit.test(text)) return "must not contain control characters or halves of surrogate pairs"
  const { length } = bytesOf(text)
  return length > longest[field]
    ? `must not be longer than ${longest[field]} bytes of UTF-8; it has ${length}`
    : undefined
}

const beginning = "es__"
const separator = "__"
const kept = /^[A-Za-z0-9-]$/

const encode = (text: string): string =>
  Array.from(bytesOf(text), (byte) => {
    const character = String.fromCharCode(byte)
    return kept.test(character) ? character : `_${byte.toString(16).padStart(2, "0")}`
  }).join("")

const decode = (encoded: string): string | undefined => {
  const bytes = Array.from(encoded.matchAll(/_([0-9a-f]{2})|([^_])/g), ([, hex, character = ""]) =>
    hex === undefined ? character.charCodeAt(0) : Number.parseInt(hex, 16)
  )
  return Option.getOrUndefined(
    Option.liftThrowable(() =>
      new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(new Uint8Array(bytes))
    )()
  )
}

/**
 * The name of what was made with a key: `es__<application>__<key>`. Letters, digits and `-` stand for themselves, and
 * every other byte of the UTF-8 text is `_` with two hex digits: `es__shop__user_2042` is the key `user 42`.
 * Sandboxes, volumes and snapshots can all have such a name. It has no `.`, since servers refuse a name with `www.` in
 * it, and is never an id.
 */
export const nameOf = ({ application, key }: Owner): string =>
  `${beginning}${encode(application)}${separator}${encode(key)}`

/** The application and the key in a name; `undefined` for any name that `nameOf` does not make. */
export const ownerOf = (name: string): Owner | undefined => {
  if (!name.startsWith(beginning)) return undefined
  const [application, key, ...more] = name.slice(beginning.length).split(separator).map(decode)
  if (application === undefined || key === undefined || more.length > 0) return undefined
  const owner = { application, key }
  const isPossible = problemOf("application", application) === undefined && problemOf("key", key) === undefined
  return isPossible && nameOf(owner) === name ? owner : undefined
}

/** Refuses what has the name of a key. */
export const conflictOf = ({
  application,
  differing = [],
  key,
  ...found
}: Owner &
  Pick<KeyConflict, "id" | "kind" | "name" | "operation" | "reason"> &
  Partial<Pick<KeyConflict, "differing">>) =>
  new KeyConflict({
    system: "daytona",
    application,
    key,
    differing,
    ...found,
    message: `${found.operation}: ${found.kind} ${found.id} has the name of the key ${key} of application ${application} (${found.name}), but ${
      found.reason === "not-ours"
        ? "its labels do not say that it was created with this key"
        : `was created with other parameters${differing.length === 0 ? "" : `: ${differing.join(", ")}`}`
    }. It was not touched, and nothing was created. Use another key${
      found.reason === "parameters" ? `, or the ${found.kind} as it is by its id` : ""
    }; or, only if nobody needs it, delete it first`
  })
