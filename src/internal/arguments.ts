/**
 * What methods take. A program without types may pass anything: a value of the wrong kind is refused with the name of
 * its field, before anything is sent. Values that only go into a path, a query or a body need no check here, since
 * their codecs refuse them as well.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { InvalidRequest } from "../errors/ApiError.js"
import type { System } from "../errors/RequestFailure.js"
import { invalidRequest } from "./failure.js"

/** A field and what is wrong with it. */
export interface Problem {
  readonly field: string
  readonly problem: string
}

/** Finds what is wrong with a value, if anything is. `field` is its name, `""` for all options together. */
export type Shape = (value: unknown, field: string) => Problem | undefined

/** What a method takes, by the names of its parameters, in their order. */
export type Parameters = Readonly<Record<string, Shape>>

/** Values that a predicate knows; `problem` follows the name of the field. */
export const kind =
  (is: (value: unknown) => boolean, problem: string): Shape =>
  (value, field) =>
    is(value) ? undefined : { field, problem }

const isText = Predicate.isString
const isBytes = Predicate.isUint8Array
const isSecretText = (value: unknown): boolean => Redacted.isRedacted(value) && isText(Redacted.value(value))

const isDuration = (value: unknown): boolean => !Number.isNaN(value) && Option.isSome(Duration.decodeUnknown(value))

export const text: Shape = kind(isText, "must be text")
export const flag: Shape = kind(Predicate.isBoolean, "must be `true` or `false`")
export const count: Shape = kind(
  (value) => Predicate.isNumber(value) && value >= 0,
  "must be a number, and not a negative one"
)
export const positive: Shape = kind((value) => Predicate.isNumber(value) && value > 0, "must be a positive number")
export const number: Shape = kind((value) => Predicate.isNumber(value) && !Number.isNaN(value), "must be a number")
export const duration: Shape = kind(isDuration, 'must be a duration, such as "30 seconds" or a number of milliseconds')
export const schedule: Shape = kind(Schedule.isSchedule, "must be a `Schedule`")
export const schema: Shape = kind(Schema.isSchema, "must be a `Schema`")
export const callback: Shape = kind(Predicate.isFunction, "must be a function")
export const secret: Shape = kind(isSecretText, "must be `Redacted` text: wrap it in `Redacted.make`")
export const textOrBytes: Shape = kind((value) => isText(value) || isBytes(value), "must be text or a `Uint8Array`")
export const bytes: Shape = kind(isBytes, "must be a `Uint8Array`")
export const textOrSecret: Shape = kind(
  (value) => isText(value) || isSecretText(value),
  "must be text or `Redacted` text"
)

/** One of these texts. */
export const oneOf = (...choices: ReadonlyArray<string>): Shape =>
  kind(
    (value) => isText(value) && choices.includes(value),
    `must be ${choices.map((each) => `"${each}"`).join(" or ")}`
  )

/** Text or a value of another kind. */
export const textOr =
  (other: Shape): Shape =>
  (value, field) =>
    isText(value) ? undefined : other(value, field)

export const optional =
  (shape: Shape): Shape =>
  (value, field) =>
    value === undefined ? undefined : shape(value, field)

export const arrayOf =
  (element: Shape): Shape =>
  (value, field) =>
    Array.isArray(value)
      ? firstOf(value, (each, index) => element(each, within(field, String(index))))
      : { field, problem: "must be an array" }

const isIterable = (value: unknown): boolean => !isText(value) && Predicate.isIterable(value)

/** Anything that can be iterated, except text. The elements are checked in an array: others may be read only once. */
export const iterableOf =
  (element: Shape): Shape =>
  (value, field) => {
    if (Array.isArray(value)) return arrayOf(element)(value, field)
    return isIterable(value) ? undefined : { field, problem: "must be an array or another iterable" }
  }

const isRecord = (value: unknown): value is object => Predicate.isRecord(value) && !Redacted.isRedacted(value)

const within = (field: string, name: string): string => (field === "" ? name : `${field}.${name}`)

/** An object whose values are all of one kind. */
export const recordOf =
  (element: Shape): Shape =>
  (value, field) =>
    isRecord(value)
      ? firstOf(Object.entries(value), ([name, each]) => element(each, within(field, name)))
      : { field, problem: "must be an object" }

/** An object with these fields, and maybe others. */
export const struct =
  (fields: Parameters): Shape =>
  (value, field) =>
    isRecord(value)
      ? firstOf(Object.entries(fields), ([name, shape]) => shape(Reflect.get(value, name), within(field, name)))
      : { field, problem: "must be an object" }

export const allOptional = (fields: Parameters): Parameters =>
  Object.fromEntries(Object.entries(fields).map(([name, shape]) => [name, optional(shape)]))

/** A parameter whose fields are named without it in errors: `timeout`, not `options.timeout`. */
export const unnamed =
  (shape: Shape): Shape =>
  (value, field) => {
    const found = shape(value, "")
    return found?.field === "" ? { ...found, field } : found
  }

/** Options that may all be absent. */
export const options = (fields: Parameters): Shape => unnamed(optional(struct(allOptional(fields))))

/** How any wait polls. */
export const polling: Parameters = { schedule, maxFailures: count }

/** How a build log is followed. */
export const following: Shape = options({ silence: duration, pause: duration, maxFailures: count })

const firstOf = <A>(
  values: ReadonlyArray<A>,
  problemOf: (value: A, index: number) => Problem | undefined
): Problem | undefined => {
  for (const [index, value] of values.entries()) {
    const problem = problemOf(value, index)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** What is wrong with the arguments of a method, if anything is. */
export const refusalOf = (system: System, service: string, method: string, parameters: Parameters) => {
  const shapes = Object.entries(parameters)
  const at = { system, operation: `${service}.${method}` }
  return (given: ReadonlyArray<unknown>): InvalidRequest | undefined => {
    const found = firstOf(shapes, ([name, shape], index) => shape(given[index], name))
    return found && invalidRequest(at, found.field, found.problem)
  }
}

/** Checks of what single methods of a service take. */
export const methodsOf = (system: System, service: string) => ({
  effect: <Given extends ReadonlyArray<unknown>, A, E, R>(
    method: string,
    parameters: Parameters,
    run: (...given: Given) => Effect.Effect<A, E, R>
  ): ((...given: Given) => Effect.Effect<A, E | InvalidRequest, R>) => {
    const refusal = refusalOf(system, service, method, parameters)
    return (...given) => {
      const refused = refusal(given)
      return refused === undefined ? run(...given) : Effect.fail(refused)
    }
  },
  stream: <Given extends ReadonlyArray<unknown>, A, E, R>(
    method: string,
    parameters: Parameters,
    run: (...given: Given) => Stream.Stream<A, E, R>
  ): ((...given: Given) => Stream.Stream<A, E | InvalidRequest, R>) => {
    const refusal = refusalOf(system, service, method, parameters)
    return (...given) => {
      const refused = refusal(given)
      return refused === undefined ? run(...given) : Stream.fail(refused)
    }
  }
})
