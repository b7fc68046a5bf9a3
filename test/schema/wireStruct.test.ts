import { describe, expect, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as JSONSchema from "effect/JSONSchema"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { snakeCase, toSnakeCase } from "../../src/schema/snakeCase.js"
import { decoderOf, wireStruct } from "../../src/schema/wireStruct.js"

const inner = { someText: Schema.String, someCount: Schema.optional(Schema.Number) }

const fields = {
  id: Schema.NonEmptyString,
  isDone: Schema.optional(Schema.Boolean),
  createdAt: Schema.optional(Schema.DateFromString),
  kind: Schema.optional(Schema.Literal("a", "b")),
  anyThing: Schema.optional(Schema.Unknown),
  wordList: Schema.optional(Schema.Array(Schema.String))
}

const Fast = snakeCase({ ...fields, first: snakeCase(inner), others: Schema.optional(Schema.Array(snakeCase(inner))) })

/** The same without any haste. */
const slow = <Fields extends Schema.Struct.Fields>(fields: Fields) =>
  Schema.transform(Schema.Object, Schema.Struct(fields), {
    strict: false,
    decode: (source) =>
      Object.fromEntries(
        Object.keys(fields).flatMap((name) => {
          const value: unknown = Reflect.get(source, toSnakeCase(name))
          return value === undefined || value === null ? [] : [[name, value]]
        })
      ),
    encode: (target) => target
  })
const Slow = slow({ ...fields, first: slow(inner), others: Schema.optional(Schema.Array(slow(inner))) })

const often = <A>(value: FastCheck.Arbitrary<A>) =>
  FastCheck.oneof({ weight: 12, arbitrary: value }, { weight: 1, arbitrary: FastCheck.jsonValue() })

const innerObject = often(
  FastCheck.record(
    { some_text: often(FastCheck.string()), some_count: often(FastCheck.integer()), more: FastCheck.boolean() },
    { requiredKeys: ["some_text"] }
  )
)

const wireObject = FastCheck.record(
  {
    id: often(FastCheck.string()),
    first: innerObject,
    is_done: often(FastCheck.boolean()),
    created_at: often(FastCheck.constant("2026-05-06T12:00:00.000Z")),
    kind: often(FastCheck.constantFrom("a", "b", "c")),
    any_thing: FastCheck.jsonValue(),
    word_list: often(FastCheck.array(often(FastCheck.string()), { maxLength: 3 })),
    others: often(FastCheck.array(innerObject, { maxLength: 3 })),
    more: FastCheck.jsonValue()
  },
  { requiredKeys: ["id", "first"] }
)

/** What comes out, with its order; or where it is wrong, and how. */
const outcome = <A>(decoded: Either.Either<A, ParseResult.ParseError>) =>
  Either.match(decoded, {
    onLeft: (error) => ParseResult.ArrayFormatter.formatErrorSync(error).map(({ _tag, path }) => ({ _tag, path })),
    onRight: (decoded) => ({ decoded, order: JSON.stringify(decoded) })
  })

describe("a struct with other names on the wire", () => {
  it("gives what a transformation and its struct give, and finds the same faults", () => {
    const decode = decoderOf(Fast)
    let right = 0
    FastCheck.assert(
      FastCheck.property(FastCheck.oneof(wireObject, FastCheck.jsonValue()), (value) => {
        const given = outcome(decode(value))
        if ("decoded" in given) right++
        expect(given).toEqual(outcome(Schema.decodeUnknownEither(Slow)(value)))
      }),
      { numRuns: 1000 }
    )
    expect(right).toBeGreaterThan(50)
  })

  it("is a schema like any other, from which values and JSON Schemas can be made", () => {
    const Plain = snakeCase(inner)
    FastCheck.assert(FastCheck.property(Arbitrary.make(Plain), (value) => Schema.is(Plain)(value)))
    expect(JSONSchema.make(Schema.typeSchema(Plain))).toMatchObject({ required: ["someText"] })
    expect(Schema.equivalence(Plain)({ someText: "x" }, { someText: "x" })).toBe(true)
  })

  it("checks its type alone, and its encoded side alone", () => {
    const value: typeof Fast.Type = { id: "x", first: { someText: "y" } }
    expect(Schema.is(Fast)(value)).toBe(true)
    expect(Schema.is(Fast)({ id: "x", first: { some_text: "y" } })).toBe(false)
    expect(Schema.decodeUnknownSync(Schema.encodedSchema(Fast))({ anything: 1 })).toEqual({ anything: 1 })
    expect(Schema.encodeSync(Fast)(value)).toEqual({ id: "x", first: { some_text: "y" } })
  })

  it("reads a default like a value", () => {
    const Thing = wireStruct({ names: Schema.Array(Schema.String) }, { absent: { names: [] } })
    const given = [{}, { names: null }]
    const read = [{ names: [] }, { names: [] }]
    expect(decoderOf(Schema.Array(Thing))(given)).toEqual(Either.right(read))
    expect(Schema.decodeUnknownSync(Schema.Array(Thing))(given)).toEqual(read)
  })
})
