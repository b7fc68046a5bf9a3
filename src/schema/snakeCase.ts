/**
 * Structs whose fields are camelCase here and snake_case on the wire.
 *
 * `Schema.fromKey` on every field costs four times a plain `Schema.Struct`, so this package does not use it.
 */
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import { renamed } from "./wireStruct.js"

/** `createdAt` becomes `created_at`. */
export type SnakeCase<Name extends string> = Name extends `${infer Head}${infer Tail}`
  ? Head extends Lowercase<Head>
    ? `${Head}${SnakeCase<Tail>}`
    : `_${Lowercase<Head>}${SnakeCase<Tail>}`
  : Name

/** The same object with the names of the wire. */
export type SnakeCased<A> = { readonly [Name in keyof A as Name extends string ? SnakeCase<Name> : never]: A[Name] }

/** The wire name of one field. */
export const toSnakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

export interface SnakeCaseOptions<Fields extends Schema.Struct.Fields> {
  /**
   * What `null` stands for in fields that are always there. An answer without such a field is not the one that was
   * asked for, whereas `null` is an empty list.
   */
  readonly nulls?: { readonly [Name in keyof Fields]?: unknown }
}

/** A struct with snake_case names on the wire. `null` is read as absent: Go writes it for an empty slice or map. */
export const snakeCase = <Fields extends Schema.Struct.Fields>(
  fields: Fields,
  { nulls }: SnakeCaseOptions<Fields> = {}
): Schema.transform<Schema.Schema<SnakeCased<Schema.Struct.Encoded<Fields>>>, Schema.Struct<Fields>> =>
  // The keys are computed at run time, out of reach of the type system.
  renamed(Schema.make<SnakeCased<Schema.Struct.Encoded<Fields>>>(AST.objectKeyword), Schema.Struct(fields), {
    wireNames: new Map(Object.keys(fields).map((name) => [name, toSnakeCase(name)])),
    absent: {},
    nulls
  })
