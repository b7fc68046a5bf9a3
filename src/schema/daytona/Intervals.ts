/**
 * The intervals after which the server stops, archives or deletes a sandbox. On the wire they are whole minutes, and
 * some numbers have a special meaning. Here those have names, so that no duration can be mistaken for one.
 */
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type { DurationWithUnit } from "../refused.js"

/** Zero is no interval: the special values have names. */
type LongDuration = Exclude<DurationWithUnit, 0>

/** A kind of interval, with the names of its special values. */
export interface Interval<Special extends string> {
  /** The value as the server sends it. */
  readonly received: Schema.Schema<Duration.Duration | Special, number>
  /** The value as a caller passes it: only for requests. */
  readonly sent: Schema.Schema<LongDuration | Special, number>
  /** The number for the wire, or what is wrong with the value. */
  readonly toMinutes: (value: LongDuration | Special) => Either.Either<number, string>
}

const make = <const Special extends string>(specials: { readonly [Name in Special]: number }): Interval<Special> => {
  const names = Object.keys(specials)
  const isSpecial = (value: unknown): value is Special => typeof value === "string" && names.includes(value)
  const numbers = Object.values<number>(specials)
  const choices = names.map((name) => `"${name}"`).join(" or ")
  const isInput = (value: unknown): value is LongDuration | Special =>
    isSpecial(value) || Option.isSome(Duration.decodeUnknown(value))

  const toMinutes = (value: LongDuration | Special): Either.Either<number, string> => {
    if (isSpecial(value)) return Either.right(specials[value])
    const minutes = Option.match(Duration.decodeUnknown(value), {
      onNone: () => Number.NaN,
      onSome: Duration.toMinutes
    })
    return Number.isSafeInteger(minutes) && minutes > 0
      ? Either.right(minutes)
      : Either.left(`must be whole minutes, at least one, or ${choices}`)
  }

  const fromMinutes = (minutes: number): Duration.Duration | Special => {
    for (const name of names) {
      // All negative numbers mean the same.
      if (isSpecial(name) && Math.max(minutes, -1) === specials[name]) return name
    }
    return Duration.minutes(Math.max(minutes, 0))
  }

  const isReceived = (value: unknown): value is Duration.Duration | Special =>
    isSpecial(value) || Duration.isDuration(value)

  const codec = <A extends LongDuration | Special>(is: (value: unknown) => value is A, read: (minutes: number) => A) =>
    Schema.transformOrFail(
      Schema.Number,
      Schema.declare(is, {
        identifier: `a duration in whole minutes or ${choices}`,
        arbitrary: () => (fc) => fc.oneof(fc.constantFrom(...numbers), fc.integer({ min: 1, max: 1e6 })).map(read)
      }),
      {
        strict: true,
        decode: (minutes) => ParseResult.succeed(read(minutes)),
        encode: (value, _, ast) =>
          Either.mapLeft(toMinutes(value), (problem) => new ParseResult.Type(ast, value, problem))
      }
    )

  return { received: codec(isReceived, fromMinutes), sent: codec(isInput, fromMinutes), toMinutes }
}

/** Stop after this long without activity. */
export const AutoStop = make({ disabled: 0 })
export type AutoStop = LongDuration | "disabled"

/** Pause after this long without activity. */
export const AutoPause = make({ disabled: 0 })
export type AutoPause = LongDuration | "disabled"

/** Archive after being stopped this long. `maximum`: the longest interval the server allows, 30 days by default. */
export const AutoArchive = make({ maximum: 0 })
export type AutoArchive = LongDuration | "maximum"

/** Delete after being stopped this long. `on-stop`: immediately, which makes the sandbox ephemeral. */
export const AutoDelete = make({ disabled: -1, "on-stop": 0 })
export type AutoDelete = LongDuration | "disabled" | "on-stop"

/** Destroy this long after creation, regardless of activity. */
export const TimeToLive = make({ disabled: 0 })
export type TimeToLive = LongDuration | "disabled"
