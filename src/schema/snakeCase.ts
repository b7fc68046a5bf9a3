/**
 * Structs whose fields are camelCase here and snake_case on the wire.
 *
 * `Schema.fromKey` on every field costs four times a plain `Schema.Struct`; renaming the keys of the object once, before
 * the struct looks at it, costs half again. This is the only way the package maps names.
 */
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"

/** `createdAt` becomes `created_at`. */
export type SnakeCase<Name extends string> = Name extends `${infer Head}${infer Tail}`
  ? Head extends Lowercase<Head>
    ? `${Head}${SnakeCase<Tail>}`
    : `_${Lowercase<Head>}${SnakeCase<Tail>}`
  : Name

/** The same object under the names that go over the wire. */
export type SnakeCased<A> = { readonly [Name in keyof A as Name extends string ? SnakeCase<Name> : never]: A[Name] }

/** The wire name of one field. */
export const toSnakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

// Go writes `null` for an empty slice or map and reads it as "absent", so a null field never reaches the struct.
const renameKeys = (names: ReadonlyArray<readonly [from: string, to: string]>) => (source: object) => {
  const target: Record<string, unknown> = {}
  for (const [from, to] of names) {
    const value: unknown = Reflect.get(source, from)
    if (value !== undefined && value !== null) target[to] = value
  }
  return target
}

/** A struct that reads and writes snake_case names. A field that is `null` on the wire counts as absent. */
export const snakeCase = <Fields extends Schema.Struct.Fields>(
  fields: Fields
): Schema.transform<Schema.Schema<SnakeCased<Schema.Struct.Encoded<Fields>>>, Schema.Struct<Fields>> => {
  const names = Object.keys(fields).map((name) => [toSnakeCase(name), name] as const)
  const decode = renameKeys(names)
  const encode = renameKeys(names.map(([wire, name]) => [name, wire] as const))
  return Schema.transform(
    Schema.make<SnakeCased<Schema.Struct.Encoded<Fields>>>(AST.objectKeyword),
    Schema.Struct(fields),
    // Keys are computed at run time, which the type system cannot follow; the struct checks the result.
    { strict: false, decode, encode }
  )
}
