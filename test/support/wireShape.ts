/** What a schema reads and writes, as the wire names it: for holding schemas against published specs. */
import * as AST from "effect/SchemaAST"
import { toSnakeCase } from "../../src/schema/snakeCase.js"
import { unreadableField, wireNamesAnnotation } from "../../src/schema/wireStruct.js"

/** The fields of an object, by wire name; of a list, those of its elements; otherwise nothing. */
export type Fields = ReadonlyMap<string, AST.AST>

const isRenamed = (ast: AST.Transformation): boolean => AST.isObjectKeyword(ast.from)

/** `wireStruct` says which names differ on the wire; `snakeCase` has one rule for all. */
const wireNameOf = (ast: AST.Transformation) => {
  const names: unknown = ast.from.annotations[wireNamesAnnotation]
  return (name: string): string => (names instanceof Map ? String(names.get(name) ?? name) : toSnakeCase(name))
}

export const fieldsOf = (ast: AST.AST): Fields => {
  switch (ast._tag) {
    case "Transformation":
      return isRenamed(ast)
        ? new Map([...fieldsOf(ast.to)].map(([name, type]) => [wireNameOf(ast)(name), type]))
        : fieldsOf(AST.isTupleType(ast.to) ? ast.to : ast.from)
    case "Refinement":
      return fieldsOf(ast.from)
    case "Suspend":
      return fieldsOf(ast.f())
    case "TypeLiteral":
      // Filled in on our side, and never on the wire.
      return new Map(
        ast.propertySignatures
          .map(({ name, type }) => [String(name), type] as const)
          .filter(([name]) => name !== unreadableField)
      )
    case "TupleType":
      return new Map(ast.rest.flatMap(({ type }) => [...fieldsOf(type)]))
    case "Union":
      return new Map(ast.types.flatMap((type) => [...fieldsOf(type)]))
    default:
      return new Map()
  }
}
