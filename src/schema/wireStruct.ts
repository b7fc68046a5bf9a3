/**
 * Structs whose fields have other names on the wire, decoded in one copy.
 *
 * `Schema.transform` copies an object to rename its fields, and the struct then copies it again. `decoderOf` does both
 * in one copy, as long as every value is as expected. Anything else is left to the schema, so that results and errors
 * always agree.
 */
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"

/** Not what is expected. */
const unexpected = Symbol("unexpected")

/** Returns the decoded value, or `unexpected`. */
type Read = (value: unknown, options: AST.ParseOptions) => unknown

/** Readers of the schemas made here. Each is made at its first use, since a program uses few of them. */
const readers = new WeakMap<AST.AST, () => Read>()

const readerOf = (ast: AST.AST): Read => {
  const own = readers.get(ast)
  if (own !== undefined) return own()
  switch (ast._tag) {
    case "StringKeyword":
      return (value) => (typeof value === "string" ? value : unexpected)
    case "NumberKeyword":
      return (value) => (typeof value === "number" ? value : unexpected)
    case "BooleanKeyword":
      return (value) => (typeof value === "boolean" ? value : unexpected)
    case "UnknownKeyword":
      return (value) => value
    case "TupleType":
      return listReader(ast) ?? anyReader(ast)
    case "Union": {
      // An optional field is a union with `undefined`, which is never read.
      const [type, ...others] = ast.types.filter((member) => !AST.isUndefinedKeyword(member))
      return type !== undefined && others.length === 0 ? readerOf(type) : anyReader(ast)
    }
    default:
      return anyReader(ast)
  }
}

const anyReader = (ast: AST.AST): Read => {
  const decode = ParseResult.decodeUnknownEither(Schema.make<unknown>(ast))
  return (value, options) => Either.getOrElse(decode(value, options), () => unexpected)
}

const listReader = ({ annotations, elements, rest }: AST.TupleType): Read | undefined => {
  const [element, ...others] = rest
  const isPlain = elements.length === 0 && others.length === 0 && Object.keys(annotations).length === 0
  if (element === undefined || !isPlain) return undefined
  const read = readerOf(element.type)
  return (value, options) => {
    if (!Array.isArray(value)) return unexpected
    const list: Array<unknown> = []
    for (const item of value) {
      const decoded = read(item, options)
      if (decoded === unexpected) return unexpected
      list.push(decoded)
    }
    return list
  }
}

const structReader = (struct: AST.TypeLiteral, wireNames: ReadonlyMap<string, string>, absent: object): Read => {
  const fields = struct.propertySignatures.map(({ isOptional, name, type }) => ({
    name,
    wireName: wireNames.get(String(name)) ?? name,
    isOptional,
    absent: Reflect.get(absent, name),
    read: readerOf(type)
  }))
  return (source, options) => {
    if (!Predicate.isRecord(source)) return unexpected
    const target: Record<PropertyKey, unknown> = {}
    for (const field of fields) {
      const value = source[field.wireName] ?? field.absent
      if (value === undefined) {
        if (field.isOptional) continue
        return unexpected
      }
      const decoded = field.read(value, options)
      if (decoded === unexpected) return unexpected
      target[field.name] = decoded
    }
    return target
  }
}

export interface Renaming {
  /** The wire name of each field. */
  readonly wireNames: ReadonlyMap<string, string>
  /** The wire values of fields that are absent or `null`. */
  readonly absent: object
}

const copy = (names: Iterable<readonly [from: string, to: string]>, absent: object) => {
  const pairs = [...names]
  return (source: object) => {
    const target: Record<string, unknown> = { ...absent }
    for (const [from, to] of pairs) {
      const value: unknown = Reflect.get(source, from)
      if (value !== undefined && value !== null) target[to] = value
    }
    return target
  }
}

/** A struct that reads `null` as absent and writes nothing for what is `undefined`. Unknown fields are ignored. */
export const renamed = <Wire extends object, Fields extends Schema.Struct.Fields>(
  wire: Schema.Schema<Wire>,
  struct: Schema.Struct<Fields>,
  { absent, wireNames }: Renaming
): Schema.transform<Schema.Schema<Wire>, Schema.Struct<Fields>> => {
  const transformation = Schema.transform(wire, struct, {
    // The object is untyped JSON; the struct validates the result.
    strict: false,
    decode: copy(
      Array.from(wireNames, ([name, wireName]) => [wireName, name] as const),
      absent
    ),
    encode: copy(wireNames, {})
  })
  const { ast } = struct
  if (AST.isTypeLiteral(ast)) {
    let reader: Read | undefined
    readers.set(transformation.ast, () => {
      reader ??= structReader(ast, wireNames, absent)
      return reader
    })
  }
  return transformation
}

/** The schema with another way to read what it refuses; expected values still take the short way. */
export const withFallback = <A, I>(
  schema: Schema.Schema<A, I>,
  fallback: (issue: ParseResult.ParseIssue) => Either.Either<A, ParseResult.ParseIssue>
): Schema.Schema<A, I> => {
  const annotated = schema.annotations({ decodingFallback: fallback })
  const reader = readers.get(schema.ast)
  if (reader !== undefined) readers.set(annotated.ast, reader)
  return annotated
}

/** Decodes as the schema does: in one copy if every value is as expected, or else by the schema itself. */
export const decoderOf = <A, I>(
  schema: Schema.Schema<A, I>
): ((input: unknown) => Either.Either<A, ParseResult.ParseError>) => {
  const read = readerOf(schema.ast)
  const decode = Schema.decodeUnknownEither(schema)
  const isDecoded = (value: unknown): value is A => value !== unexpected
  return (input) => {
    const decoded = read(input, defaults)
    return isDecoded(decoded) ? Either.right(decoded) : decode(input)
  }
}

const defaults: AST.ParseOptions = {}

export interface WireStructOptions<Fields extends Schema.Struct.Fields> {
  /** The wire names of fields that have another name on the wire. */
  readonly wireNames?: { readonly [Name in keyof Fields]?: string }
  /** The wire values of fields that are absent or `null`. */
  readonly absent?: { readonly [Name in keyof Fields]?: unknown }
}

/** The annotation in which the tests of the published specs find the wire names. */
export const wireNamesAnnotation = Symbol.for("effect-sandboxes/wireNames")

/** A struct that reads `null` as absent and writes nothing for what is `undefined`. Unknown fields are ignored. */
export const wireStruct = <Fields extends Schema.Struct.Fields>(
  fields: Fields,
  options: WireStructOptions<Fields> = {}
): Schema.transform<Schema.Schema<object>, Schema.Struct<Fields>> => {
  const given = new Map<string, string | undefined>(Object.entries(options.wireNames ?? {}))
  return renamed(
    Schema.make<object>(AST.annotations(AST.objectKeyword, { [wireNamesAnnotation]: given })),
    Schema.Struct(fields),
    {
      wireNames: new Map(Object.keys(fields).map((name) => [name, given.get(name) ?? name])),
      absent: options.absent ?? {}
    }
  )
}
