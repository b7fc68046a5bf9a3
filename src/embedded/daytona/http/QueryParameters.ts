/** Reads query parameters and validates them as class-validator does. */
import * as Effect from "effect/Effect"
import { badRequest, type HttpError } from "./HttpError.js"

/** Reads query parameters as the server validates them. Read the values first and `problems` last. */
export interface QueryParameters {
  readonly text: (name: string) => string | undefined
  readonly flag: (name: string) => boolean | undefined
  readonly integer: (name: string, options?: { readonly least?: number; readonly most?: number }) => number | undefined
  /** Milliseconds since 1970. */
  readonly date: (name: string) => number | undefined
  readonly choice: <A extends string>(name: string, allowed: ReadonlyArray<A>) => A | undefined
  readonly choices: <A extends string>(name: string, allowed: ReadonlyArray<A>) => ReadonlyArray<A> | undefined
  readonly texts: (name: string) => ReadonlyArray<string> | undefined
  readonly addProblem: (problem: string) => void
  readonly problems: Effect.Effect<void, HttpError>
}

export const make = (query: URLSearchParams): QueryParameters => {
  const problems: Array<string> = []
  const text = (name: string) => query.get(name) ?? undefined
  const texts = (name: string) => (query.has(name) ? query.getAll(name) : undefined)
  return {
    text,
    texts,
    flag: (name) => {
      const value = text(name)
      return value === undefined ? undefined : value === "true" || value === "1"
    },
    integer: (name, { least, most } = {}) => {
      const value = text(name)
      if (value === undefined || value === "") return undefined
      const number = Number(value)
      if (!Number.isInteger(number)) problems.push(`${name} must be an integer number`)
      else if (least !== undefined && number < least) problems.push(`${name} must not be less than ${least}`)
      else if (most !== undefined && number > most) problems.push(`${name} must not be greater than ${most}`)
      return number
    },
    date: (name) => {
      const value = text(name)
      const millis = value === undefined ? undefined : Date.parse(value)
      if (Number.isNaN(millis)) problems.push(`${name} must be a Date instance`)
      return millis
    },
    choice: (name, allowed) => {
      const value = text(name)
      const chosen = allowed.find((candidate) => candidate === value)
      if (value !== undefined && chosen === undefined) {
        problems.push(`${name} must be one of the following values: ${allowed.join(", ")}`)
      }
      return chosen
    },
    choices: (name, allowed) => {
      const values = texts(name)
      const chosen = allowed.filter((candidate) => values?.includes(candidate))
      if (values?.some((value) => !allowed.some((candidate) => candidate === value)) === true) {
        problems.push(`each value in ${name} must be one of the following values: ${allowed.join(", ")}`)
      }
      return values === undefined ? undefined : chosen
    },
    addProblem: (problem) => {
      problems.push(problem)
    },
    problems: Effect.suspend(() => (problems.length === 0 ? Effect.void : badRequest(problems.join(", "))))
  }
}
