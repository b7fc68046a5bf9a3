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
  readonly integer: (name: string, options?: { readonly least?: number; readonly most?: number }) => number | undefined
  readonly texts: (name: string) => ReadonlyArray<string> | undefined
  /** A list of values from a fixed set; a single value is accepted, too. */
  readonly choices: (name: string, allowed: ReadonlyArray<string>) => ReadonlyArray<string> | undefined
  readonly map: (name: string) => Readonly<Record<string, string>> | undefined
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
  const number = optional((value): value is number => Number.isInteger(value), "must be an integer number")
  const record = optional(Predicate.isRecord, "must be an object")
  const list = optional((value): value is ReadonlyArray<unknown> => Array.isArray(value), "must be an array")

  return {
    text,
    requiredText: (name) => {
      const value = text(name)
      if (members[name] === undefined || members[name] === null) problems.push(`${prefix}${name} must be a string`)
      else if (value === "") problems.push(`${prefix}${name} should not be empty`)
      return value ?? ""
    },
    flag: optional(Predicate.isBoolean, "must be a boolean value"),
    integer: (name, { least, most } = {}) => {
      const value = number(name)
      if (value !== undefined && least !== undefined && value < least) {
        problems.push(`${prefix}${name} must not be less than ${least}`)
      }
      if (value !== undefined && most !== undefined && value > most) {
        problems.push(`${prefix}${name} must not be greater than ${most}`)
      }
      return value
    },
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
    map: (name) => {
      const value = record(name)
      return value === undefined ? undefined : texted(value)
    },
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
