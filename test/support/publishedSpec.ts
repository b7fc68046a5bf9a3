/**
 * The walk over a published spec, OpenAPI 2 or 3: every path, method, parameter and field, held against our operations.
 */
import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type * as AST from "effect/SchemaAST"
import { parse } from "yaml"
import type * as Operation from "../../src/internal/Operation.js"
import { fieldsOf } from "./wireShape.js"

export interface SpecSchema {
  readonly $ref?: string
  readonly properties?: Readonly<Record<string, SpecSchema>>
  readonly items?: SpecSchema
  readonly allOf?: ReadonlyArray<SpecSchema>
}

/** A body: under `schema` in version 2, under `content` in version 3. */
interface SpecBody {
  readonly schema?: SpecSchema
  readonly content?: Readonly<Record<string, { readonly schema?: SpecSchema }>>
}

interface SpecOperation {
  readonly deprecated?: boolean
  readonly parameters?: ReadonlyArray<{ readonly name: string; readonly in: string; readonly schema?: SpecSchema }>
  readonly requestBody?: SpecBody
  readonly responses: Readonly<Record<string, SpecBody>>
}

export interface Spec {
  readonly paths: Readonly<Record<string, Readonly<Record<string, SpecOperation>>>>
  readonly definitions?: Readonly<Record<string, SpecSchema>>
  readonly components?: { readonly schemas: Readonly<Record<string, SpecSchema>> }
}

/** The specs are data of the project, not of the package: where they are not, the walk is skipped. */
export const specPath = (name: string): string =>
  fileURLToPath(new URL(`../../../shared/specs/${name}`, import.meta.url))

export const isPresent = (name: string): boolean => existsSync(specPath(name))

// JSON is YAML.
export const load = (name: string): Spec => parse(readFileSync(specPath(name), "utf8"))

/** The properties of a schema, with references followed; of a list, those of its elements. */
const propertiesOf = (spec: Spec, schema: SpecSchema | undefined): Readonly<Record<string, SpecSchema>> => {
  if (schema === undefined) return {}
  if (schema.$ref !== undefined) {
    const name = schema.$ref.replace(/^#\/(definitions|components\/schemas)\//, "")
    return propertiesOf(spec, (spec.definitions ?? spec.components?.schemas)?.[name])
  }
  if (schema.items !== undefined) return propertiesOf(spec, schema.items)
  return Object.assign({}, schema.properties, ...(schema.allOf ?? []).map((part) => propertiesOf(spec, part)))
}

const schemaOf = (body: SpecBody | undefined): SpecSchema | undefined =>
  body?.schema ?? Object.values(body?.content ?? {})[0]?.schema

/** Compares two field trees and tells what only one of them has. */
const differences = (
  spec: Spec,
  at: string,
  published: SpecSchema | undefined,
  ours: AST.AST | undefined,
  depth = 0
): ReadonlyArray<string> => {
  const theirs = propertiesOf(spec, published)
  const fields = ours === undefined ? new Map<string, AST.AST>() : fieldsOf(ours)
  return [...new Set([...Object.keys(theirs), ...fields.keys()])].flatMap((name) => {
    const here = `${at} ${name}`
    if (!(name in theirs)) return [`only ours: ${here}`]
    const field = fields.get(name)
    if (field === undefined) return [`only in the spec: ${here}`]
    // A spec that leaves an object open, or a schema that takes anything, ends the comparison.
    const deeper = Object.keys(propertiesOf(spec, theirs[name])).length > 0 && fieldsOf(field).size > 0
    return deeper && depth < 6 ? differences(spec, here, theirs[name], field, depth + 1) : []
  })
}

/** What some operations for one endpoint know: all that any of them has, and they lack what none of them has. */
const together = (each: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> =>
  [...new Set(each.flat())].filter(
    (difference) => difference.startsWith("only ours") || each.every((all) => all.includes(difference))
  )

const compared = (
  spec: Spec,
  key: string,
  theirs: SpecOperation,
  ours: ReadonlyArray<Operation.Any>
): ReadonlyArray<string> => {
  const parameters = theirs.parameters ?? []
  const query: SpecSchema = {
    properties: Object.fromEntries(parameters.filter((each) => each.in === "query").map(({ name }) => [name, {}]))
  }
  const body = schemaOf(theirs.requestBody) ?? parameters.find((each) => each.in === "body")?.schema
  const success = schemaOf(Object.entries(theirs.responses).find(([status]) => status.startsWith("2"))?.[1])
  const readers = ours.filter(({ ignoresBody }) => !ignoresBody)
  return [
    ...together(ours.map(({ schemas }) => differences(spec, `${key} query`, query, schemas.query?.ast))),
    ...together(ours.map(({ schemas }) => differences(spec, `${key} request`, body, schemas.body?.ast))),
    ...together(readers.map(({ schemas }) => differences(spec, `${key} response`, success, schemas.success.ast)))
  ]
}

/** Every difference between a spec and our operations, some of which may be for the same endpoint. */
export const walk = (
  spec: Spec,
  operations: ReadonlyArray<Operation.Any>,
  options: {
    /**
     * How an endpoint is called: two templates are the same path whatever their holes are called, unless told
     * otherwise.
     */
    readonly keyOf?: (method: string, path: string) => string
    /** Which paths of the spec are ours to know; default all of them. */
    readonly isOurs?: (path: string) => boolean
  } = {}
): ReadonlyArray<string> => {
  const { isOurs = () => true, keyOf = withoutNames } = options
  const published = new Map(
    Object.entries(spec.paths)
      .filter(([path]) => isOurs(path))
      .flatMap(([path, methods]) =>
        Object.entries(methods)
          .filter(([, { deprecated }]) => deprecated !== true)
          .map(([method, operation]) => [keyOf(method.toUpperCase(), path), operation] as const)
      )
  )
  const keys = operations.map(({ method, path }) => keyOf(method, path))
  return [...new Set([...published.keys(), ...keys])].flatMap((key) => {
    const theirs = published.get(key)
    const ours = operations.filter((_, index) => keys[index] === key)
    if (theirs === undefined) return [`only ours: ${key}`]
    return ours.length === 0 ? [`only in the spec: ${key}`] : compared(spec, key, theirs, ours)
  })
}

const withoutNames = (method: string, path: string): string => `${method} ${path.replace(/\{\w+\}/g, "{}")}`

/** A difference that has a reason. Whatever is not listed as one fails the walk. */
export interface Deviation {
  readonly kind: "only ours" | "only in the spec"
  readonly what: ReadonlyArray<string>
  readonly why: string
}

/** The differences that a walk is to find. */
export const expectedOf = (deviations: ReadonlyArray<Deviation>): ReadonlyArray<string> =>
  deviations.flatMap(({ kind, what }) => what.map((each) => `${kind}: ${each}`)).sort()
