/** Reads a JSON body and validates it as class-validator does. */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { badRequest, type HttpError } from "./HttpError.js"

/**
 * Reads the members of a JSON body as the server validates them: unknown members are ignored, `null` counts as absent,
 * and all problems are reported in one message, joined by commas. Read the members first and `problems` last.
 */
export interface BodyFields {
  readonly text: (name: string) => string | undefined
  readonly requiredText: (name: string) => string
  readonly flag: (name: string) => boolean | undefined
  /** Any number: a fraction passes the validation, and fails later or does harm. */
  readonly number: (name: string, options?: { readonly least?: number; readonly most?: number }) => number | undefined
  readonly integer: (name: string, options?: { readonly least?: number; readonly most?: number }) => number | undefined
  readonly texts: (name: string) => ReadonlyArray<string> | undefined
  /** A list of values from a fixed set; a single value is accepted, too. */
  readonly choices: (name: string, allowed: ReadonlyArray<string>) => ReadonlyArray<string> | undefined
  /** An object as it was sent: nobody looks at its values. */
  readonly record: (name: string) => Readonly<Record<string, unknown>> | undefined
  /** A member as it was sent, validated by nobody. */
  readonly raw: (name: string) => unknown
  readonly maps: (name: string) => ReadonlyArray<Readonly<Record<string, string>>> | undefined
  readonly object: (name: string) => BodyFields | undefined
  readonly objects: (name: string) => ReadonlyArray<BodyFields> | undefined
  readonly addProblem: (problem: string) => void
  readonly problems: Effect.Effect<void, HttpError>
}

export const make = (json: unknown): BodyFields => under(json, "", [])

const under = (json: unknown, prefix: string, problems: Array<string>): BodyFields => {
  const members: Readonly<Record<string, unknown>> = Predicate.isRecord(json) ? json : {}

  const optional =
    <A>(refine: (value: unknown) => value is A, complaint: string) =>
    (name: string): A | undefined => {
      const value = members[name]
      if (value === undefined || value === null) return undefined
      if (refine(value)) return value
      problems.push(`${prefix}${name} ${complaint}`)
      return undefined
    }

  const text = optional(Predicate.isString, "must be a string")
  const record = optional(Predicate.isRecord, "must be an object")
  const list = optional((value): value is ReadonlyArray<unknown> => Array.isArray(value), "must be an array")

  /** Every complaint about a number, the last rule first. */
  const numeric = (
    name: string,
    { least, most }: { readonly least?: number; readonly most?: number } = {},
    isOfKind: (value: unknown) => boolean,
    complaint: string
  ): number | undefined => {
    const value = members[name]
    if (value === undefined || value === null) return undefined
    const isNumber = typeof value === "number"
    if (most !== undefined && !(isNumber && value <= most)) {
      problems.push(`${prefix}${name} must not be greater than ${most}`)
    }
    if (least !== undefined && !(isNumber && value >= least)) {
      problems.push(`${prefix}${name} must not be less than ${least}`)
    }
    if (!isOfKind(value)) problems.push(`${prefix}${name} ${complaint}`)
    return isNumber ? value : undefined
  }

  return {
    text,
    requiredText: (name) => {
      const value = text(name)
      const given = members[name]
      if (given === undefined || given === null || given === "") problems.push(`${prefix}${name} should not be empty`)
      if (given === undefined || given === null) problems.push(`${prefix}${name} must be a string`)
      return value ?? ""
    },
    flag: optional(Predicate.isBoolean, "must be a boolean value"),
    number: (name, bounds) =>
      numeric(name, bounds, Number.isFinite, "must be a number conforming to the specified constraints"),
    integer: (name, bounds) => numeric(name, bounds, Number.isInteger, "must be an integer number"),
    texts: (name) => {
      const values = list(name)
      if (values?.every(Predicate.isString) === false) problems.push(`each value in ${prefix}${name} must be a string`)
      return values?.filter(Predicate.isString)
    },
    choices: (name, allowed) => {
      const given = typeof members[name] === "string" ? [members[name]] : list(name)
      const chosen = given?.filter((value): value is string => Predicate.isString(value) && allowed.includes(value))
      if (given !== undefined && chosen?.length !== given.length) {
        problems.push(`each value in ${prefix}${name} must be one of the following values: ${allowed.join(", ")}`)
      }
      return chosen
    },
    record,
    raw: (name) => members[name],
    maps: (name) => list(name)?.map((value) => (Predicate.isRecord(value) ? texted(value) : {})),
    object: (name) => {
      const value = record(name)
      return value === undefined ? undefined : under(value, `${prefix}${name}.`, problems)
    },
    objects: (name) => list(name)?.map((value, index) => under(value, `${prefix}${name}.${index}.`, problems)),
    addProblem: (problem) => {
      problems.push(`${prefix}${problem}`)
    },
    problems: Effect.suspend(() => (problems.length === 0 ? Effect.void : badRequest(problems.join(", "))))
  }
}

const texted = (value: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(value).map(([key, member]) => [key, String(member)]))
