/**
 * Structs of a wire that is camelCase already, and where `null` stands for "nothing".
 *
 * The brother of `snakeCase`, and as cheap: the object is looked over once, before the struct sees it. That drops what is
 * `null`, fills in what older servers leave out, and gives the few fields that are called otherwise on the wire our name.
 * `Schema.optionalWith(…, { nullable: true })` and `Schema.fromKey` on every field cost several times as much.
 */
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"

export interface CamelCaseOptions<Fields extends Schema.Struct.Fields> {
  /** The wire names of the fields that are called otherwise there. */
  readonly wireNames?: { readonly [Name in keyof Fields]?: string }
  /** What a field is on the wire when it is absent or `null` there. */
  readonly absent?: { readonly [Name in keyof Fields]?: unknown }
}

/** Where the walk over the published specs finds the wire names. */
export const wireNamesAnnotation = Symbol.for("effect-sandboxes/wireNames")

type Names = ReadonlyArray<readonly [from: string, to: string]>

const copy = (names: Names, absent: object) => (source: object) => {
  const target: Record<string, unknown> = { ...absent }
  for (const [from, to] of names) {
    const value: unknown = Reflect.get(source, from)
    if (value !== undefined && value !== null) target[to] = value
  }
  return target
}

/** A struct that reads `null` as absent and writes nothing for what is `undefined`. Unknown fields are ignored. */
export const camelCase = <Fields extends Schema.Struct.Fields>(
  fields: Fields,
  options: CamelCaseOptions<Fields> = {}
): Schema.transform<Schema.Schema<object>, Schema.Struct<Fields>> => {
  const wireNames = new Map<string, string | undefined>(Object.entries(options.wireNames ?? {}))
  const names = Object.keys(fields).map((name) => [wireNames.get(name) ?? name, name] as const)
  const decode = copy(names, options.absent ?? {})
  const encode = copy(
    names.map(([wire, name]) => [name, wire] as const),
    {}
  )
  return Schema.transform(
    Schema.make<object>(AST.annotations(AST.objectKeyword, { [wireNamesAnnotation]: wireNames })),
    Schema.Struct(fields),
    // The object is as loose as JSON; the struct checks what comes out of it.
    { strict: false, decode, encode }
  )
}
