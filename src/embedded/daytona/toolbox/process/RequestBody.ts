/** Reads the bodies of requests to run something. */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type { ConnectionFault } from "../../../ConnectionFault.js"
import { Refusal } from "../Refusal.js"
import type { DaemonRequest } from "../Route.js"

/**
 * The members of a body as Go decodes them: `null` counts as absent, and a member of the wrong type rejects the body.
 */
export interface RequestBody {
  readonly text: (name: string) => Effect.Effect<string, Refusal>
  readonly texts: (name: string) => Effect.Effect<ReadonlyArray<string>, Refusal>
  readonly map: (name: string) => Effect.Effect<Readonly<Record<string, string>>, Refusal>
  /** Whole seconds; 0 when absent. */
  readonly seconds: (name: string) => Effect.Effect<number, Refusal>
}

const longest = 2 ** 32 - 1

export const badRequest = (message: string) => new Refusal({ status: 400, message, old: "envelope" })

/**
 * The body of a request, which must be a JSON object. `struct` is what Go reads it into, and `describe` makes the
 * message for what is wrong with it.
 */
export const read = (
  request: DaemonRequest,
  struct: string,
  describe: (problem: string) => string = (problem) => `invalid request body: ${problem}`
): Effect.Effect<RequestBody, Refusal | ConnectionFault> => {
  const refuse = (problem: string) => badRequest(describe(problem))
  return Effect.flatMap(request.json, (json) =>
    Predicate.isRecord(json) ? Effect.succeed(make(json, struct, refuse)) : notObject(request, refuse)
  )
}

const notObject = (request: DaemonRequest, refuse: (problem: string) => Refusal) =>
  Effect.flatMap(request.isEmpty, (isEmpty) => refuse(isEmpty ? "EOF" : "expected a JSON object"))

/** A value in the words of Go. It says which number it cannot read as another kind of number. */
const named = (value: unknown, isNumeric: boolean): string => {
  if (typeof value === "number") return isNumeric ? `number ${value}` : "number"
  if (typeof value === "boolean") return "bool"
  return Array.isArray(value) ? "array" : typeof value
}

const make = (
  json: Readonly<Record<string, unknown>>,
  struct: string,
  refuse: (problem: string) => Refusal
): RequestBody => {
  const member =
    <A>(type: string, absent: A, refine: (value: unknown) => value is A) =>
    (name: string): Effect.Effect<A, Refusal> => {
      const value = json[name] ?? absent
      return refine(value)
        ? Effect.succeed(value)
        : refuse(
            `json: cannot unmarshal ${named(value, type === "uint32")} into Go struct field ${struct}.${name} of type ${type}`
          )
    }
  return {
    text: member("string", "", Predicate.isString),
    texts: member<ReadonlyArray<string>>("[]string", [], isTexts),
    map: member<Readonly<Record<string, string>>>("map[string]string", {}, isTextMap),
    seconds: member("uint32", 0, isSeconds)
  }
}

const isTexts = (value: unknown): value is ReadonlyArray<string> =>
  Array.isArray(value) && value.every(Predicate.isString)

const isTextMap = (value: unknown): value is Readonly<Record<string, string>> =>
  Predicate.isRecord(value) && Object.values(value).every(Predicate.isString)

const isSeconds = (value: unknown): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= longest

/** Rejects names that are not valid shell variables. */
export const checkNames = (envs: Readonly<Record<string, string>>): Effect.Effect<void, Refusal> => {
  const wrong = Object.keys(envs).find((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
  return wrong === undefined ? Effect.void : badRequest(`invalid environment variable name: '${wrong}'`)
}
