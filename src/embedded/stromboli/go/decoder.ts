/** Decodes JSON as Go fills a struct, with Go's error messages. */
import * as Either from "effect/Either"
import * as GoJson from "./json.js"

/**
 * Decodes parsed JSON as Go fills a struct: unknown members are ignored, names match regardless of case, `null` counts
 * as absent, and absent members have the zero value of their type. A member of the wrong type keeps its zero value,
 * too; the first such mismatch is reported after everything has been read.
 */
export interface Decoder<A> {
  readonly goType: string
  readonly zero: A
  readonly read: (json: unknown, place: Place) => A
}

/** The position of a value in the document, as Go's messages name it. */
interface Place {
  readonly struct: string
  readonly path: string
  /** A number as it was sent, if JavaScript would write it differently. */
  readonly literal?: string | undefined
  readonly literals: GoJson.Literals
  readonly mismatch: (message: string) => void
}

type Fields = Readonly<Record<string, Decoder<unknown>>>
type Struct<F extends Fields> = { readonly [K in keyof F]: F[K] extends Decoder<infer A> ? A : never }

const kindOf = (json: unknown): string =>
  Array.isArray(json) ? "array" : typeof json === "boolean" ? "bool" : typeof json

const mismatch = (json: unknown, goType: string, place: Place, shown = kindOf(json)): void =>
  place.mismatch(
    place.path === ""
      ? `json: cannot unmarshal ${shown} into Go value of type ${goType}`
      : `json: cannot unmarshal ${shown} into Go struct field ${place.struct}.${place.path} of type ${goType}`
  )

const make = <A>(goType: string, zero: A, accepts: (json: unknown) => json is A & {}): Decoder<A> => ({
  goType,
  zero,
  read: (json, place) => {
    if (json === null || json === undefined) return zero
    if (accepts(json)) return json
    mismatch(json, goType, place)
    return zero
  }
})

const isString = (json: unknown): json is string => typeof json === "string"
const isBoolean = (json: unknown): json is boolean => typeof json === "boolean"
const isNumber = (json: unknown): json is number => typeof json === "number"
const isObject = (json: unknown): json is Readonly<Record<string, unknown>> =>
  typeof json === "object" && json !== null && !Array.isArray(json)

/** A Go `string`. */
export const string: Decoder<string> = make<string>("string", "", isString)
/** A Go `bool`. */
export const bool: Decoder<boolean> = make<boolean>("bool", false, isBoolean)
const numeric = <A>(goType: string, zero: A, fits: (literal: string) => boolean): Decoder<number | A> => ({
  goType,
  zero,
  read: (json, place) => {
    if (json === null || json === undefined) return zero
    const literal = place.literal ?? String(json)
    if (isNumber(json) && fits(literal)) return json
    mismatch(json, goType, place, isNumber(json) ? `number ${literal}` : kindOf(json))
    return zero
  }
})

/** A Go `*float64`: absent differs from 0. */
export const optionalFloat: Decoder<number | undefined> = numeric("float64", undefined, (literal) =>
  Number.isFinite(Number(literal))
)
/** A Go `map[string]interface {}`. */
export const anyObject: Decoder<Readonly<Record<string, unknown>> | undefined> = make<
  Readonly<Record<string, unknown>> | undefined
>("map[string]interface {}", undefined, isObject)

// Go takes neither fractions nor exponents for an integer, even if its value is one. Longer literals are out of range.
const isInt64 = (literal: string): boolean =>
  literal.length <= 20 && /^-?\d+$/.test(literal) && BigInt.asIntN(64, BigInt(literal)) === BigInt(literal)

/** A Go `int`. */
export const int: Decoder<number> = numeric("int", 0, isInt64)
/** A Go `*int`: absent differs from 0. */
export const optionalInt: Decoder<number | undefined> = numeric("int", undefined, isInt64)
/** A Go `*int64`. */
export const optionalInt64: Decoder<number | undefined> = numeric("int64", undefined, isInt64)

/** A Go `[]string`; `undefined` is the nil slice, which differs from an empty one. */
export const strings: Decoder<ReadonlyArray<string> | undefined> = {
  goType: "[]string",
  zero: undefined,
  read: (json, place) => {
    if (json === null || json === undefined) return undefined
    if (!Array.isArray(json)) {
      mismatch(json, "[]string", place)
      return undefined
    }
    return json.map((element: unknown) => string.read(element, place))
  }
}

/** A Go `map[string]string`. */
export const stringMap: Decoder<Readonly<Record<string, string>> | undefined> = {
  goType: "map[string]string",
  zero: undefined,
  read: (json, place) => {
    if (json === null || json === undefined) return undefined
    if (!isObject(json)) {
      mismatch(json, "map[string]string", place)
      return undefined
    }
    return Object.fromEntries(Object.entries(json).map(([key, element]) => [key, string.read(element, place)]))
  }
}

/** A Go struct. `goType` is the qualified name (`types.ClaudeOptions`) for messages. */
export const struct = <F extends Fields>(goType: string, fields: F): Decoder<Struct<F>> => {
  const byLowerCase = new Map(Object.keys(fields).map((name) => [name.toLowerCase(), name]))
  const name = goType.slice(goType.lastIndexOf(".") + 1)
  const build = (read: (field: string, decoder: Decoder<unknown>) => unknown): Struct<F> =>
    // Object.fromEntries loses the keys, which are exactly those of `fields`.
    Object.fromEntries(Object.entries(fields).map(([field, decoder]) => [field, read(field, decoder)])) as Struct<F>
  const zero = build((_, decoder) => decoder.zero)
  return {
    goType,
    zero,
    read: (json, place) => {
      if (json === null || json === undefined) return zero
      if (!isObject(json)) {
        mismatch(json, goType, place)
        return zero
      }
      const members = new Map<string, unknown>()
      for (const [key, member] of Object.entries(json)) {
        const field = Object.hasOwn(fields, key) ? key : byLowerCase.get(key.toLowerCase())
        const decoder = field === undefined ? undefined : fields[field]
        if (field !== undefined && decoder !== undefined) {
          const path = place.path === "" ? field : `${place.path}.${field}`
          const literal = place.literals.get(json, key)
          members.set(field, decoder.read(member, { ...place, struct: name, path, literal }))
        }
      }
      return build((field, decoder) => (members.has(field) ? members.get(field) : decoder.zero))
    }
  }
}

/** Parses and decodes a request body. */
export const decode = <A>(decoder: Decoder<A>, body: string): Either.Either<A, string> => {
  const literals = GoJson.literals()
  return Either.flatMap(GoJson.parse(body, literals), (json) => {
    let firstMismatch: string | undefined
    const value = decoder.read(json, {
      struct: "",
      path: "",
      literals,
      mismatch: (message) => {
        firstMismatch ??= message
      }
    })
    return firstMismatch === undefined ? Either.right(value) : Either.left(firstMismatch)
  })
}

/** gin's message for required fields that are empty; `undefined` if none is. */
export const missing = (struct: string, fields: Readonly<Record<string, string>>): string | undefined => {
  const messages = Object.entries(fields)
    .filter(([, value]) => value === "")
    .map(([field]) => `Key: '${struct}.${field}' Error:Field validation for '${field}' failed on the 'required' tag`)
  return messages.length === 0 ? undefined : messages.join("\n")
}
