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

const structReader = (struct: AST.TypeLiteral, { absent, essential, nulls = {}, wireNames }: Renaming): Read => {
  const fields = struct.propertySignatures.map(({ isOptional, name, type }) => ({
    name,
    wireName: wireNames.get(String(name)) ?? name,
    isOptional,
    isEssential: essential?.has(String(name)) ?? true,
    absent: Reflect.get(absent, name),
    ofNull: Reflect.get(nulls, name),
    read: readerOf(type)
  }))
  return (source, options) => {
    if (!Predicate.isRecord(source)) return unexpected
    const target: Record<PropertyKey, unknown> = {}
    let unreadable: Array<string> | undefined
    for (const field of fields) {
      const given = source[field.wireName]
      const value = (given === null ? field.ofNull : given) ?? field.absent
      let decoded = value === undefined ? undefined : field.read(value, options)
      if (decoded === unexpected && !field.isEssential) {
        unreadable = [...(unreadable ?? []), String(field.name)]
        decoded = field.absent === undefined ? undefined : field.read(field.absent, options)
      }
      if (decoded === unexpected || (decoded === undefined && !field.isOptional)) return unexpected
      if (decoded !== undefined) target[field.name] = decoded
    }
    if (unreadable !== undefined) target[unreadableField] = unreadable
    return target
  }
}

export interface Renaming {
  /** The wire name of each field. */
  readonly wireNames: ReadonlyMap<string, string>
  /** The wire values of fields that are absent or `null`. */
  readonly absent: object
  /** The wire values of fields that are `null`, where that is not the same as absent. */
  readonly nulls?: object | undefined
  /** The fields that must be readable; default: all. */
  readonly essential?: ReadonlySet<string> | undefined
}

/** The field that names those of a tolerant struct that could not be read. */
export const unreadableField = "unreadable"

const copy = (names: Iterable<readonly [from: string, to: string]>, absent: object, nulls: object = {}) => {
  const pairs = [...names]
  return (source: object) => {
    const target: Record<string, unknown> = { ...absent }
    for (const [from, to] of pairs) {
      const given: unknown = Reflect.get(source, from)
      const value: unknown = given === null ? Reflect.get(nulls, to) : given
      if (value !== undefined && value !== null) target[to] = value
    }
    return target
  }
}

/** Takes what cannot be read as absent, unless it is essential. */
const withoutUnreadable =
  (struct: AST.AST, absent: object, essential: ReadonlySet<string>) =>
  (source: Record<string, unknown>): Record<string, unknown> => {
    if (!AST.isTypeLiteral(struct)) return source
    const unreadable = struct.propertySignatures
      .map(({ name, type }) => ({ name: String(name), type }))
      .filter(({ name, type }) => {
        const value = source[name]
        return value !== undefined && !essential.has(name) && readerOf(type)(value, defaults) === unexpected
      })
      .map(({ name }) => name)
    if (unreadable.length === 0) return source
    const target = { ...source, [unreadableField]: unreadable }
    for (const name of unreadable) {
      const value: unknown = Reflect.get(absent, name)
      if (value === undefined) Reflect.deleteProperty(target, name)
      else Reflect.set(target, name, value)
    }
    return target
  }

/** A struct that reads `null` as absent and writes nothing for what is `undefined`. Unknown fields are ignored. */
export const renamed = <Wire extends object, Fields extends Schema.Struct.Fields>(
  wire: Schema.Schema<Wire>,
  struct: Schema.Struct<Fields>,
  renaming: Renaming
): Schema.transform<Schema.Schema<Wire>, Schema.Struct<Fields>> => {
  const { absent, essential, nulls, wireNames } = renaming
  const { ast } = struct
  const named = copy(
    Array.from(wireNames, ([name, wireName]) => [wireName, name] as const),
    absent,
    nulls
  )
  const readable = essential === undefined ? undefined : withoutUnreadable(ast, absent, essential)
  const transformation = Schema.transform(wire, struct, {
    // The object is untyped JSON; the struct validates the result.
    strict: false,
    decode: readable === undefined ? named : (source: Wire) => readable(named(source)),
    encode: copy(wireNames, {})
  })
  if (AST.isTypeLiteral(ast)) {
    let reader: Read | undefined
    readers.set(transformation.ast, () => {
      reader ??= structReader(ast, renaming)
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
  /**
   * The fields that must be readable; default: all. When it is given, any other field that cannot be read counts as
   * absent, and `unreadable` names it. A required field that is not essential needs a value in `absent`.
   */
  readonly essential?: ReadonlyArray<keyof Fields & string>
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
      absent: options.absent ?? {},
      essential: options.essential && new Set<string>(options.essential)
    }
  )
}

/**
 * A list without the elements that cannot be read, so that one of them does not take the others with it. A list of
 * which nothing can be read is of another kind, and fails.
 */
export const readableElements = <A, I>(
  element: Schema.Schema<A, I>
): Schema.Schema<ReadonlyArray<A>, ReadonlyArray<unknown>> => {
  const list = Schema.Array(element)
  const read = (value: unknown, options: AST.ParseOptions) => readerOf(element.ast)(value, options)
  const transformation = Schema.transform(Schema.Array(Schema.Unknown), list, {
    strict: false,
    decode: (values: ReadonlyArray<unknown>) => {
      const readable = values.filter((value) => read(value, defaults) !== unexpected)
      return readable.length === 0 ? values : readable
    },
    encode: (values: ReadonlyArray<I>) => values
  })
  readers.set(transformation.ast, () => (value, options) => {
    if (!Array.isArray(value)) return unexpected
    const elements = value.map((each) => read(each, options)).filter((each) => each !== unexpected)
    return elements.length === 0 && value.length > 0 ? unexpected : elements
  })
  return transformation
}
