/** An OpenAPI 2 document, as far as the walk over it needs to know it. */
import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { parse } from "yaml"

export interface SpecSchema {
  readonly $ref?: string
  readonly properties?: Readonly<Record<string, SpecSchema>>
  readonly items?: SpecSchema
  readonly allOf?: ReadonlyArray<SpecSchema>
}

interface SpecOperation {
  readonly parameters?: ReadonlyArray<{ readonly name: string; readonly in: string; readonly schema?: SpecSchema }>
  readonly responses: Readonly<Record<string, { readonly schema?: SpecSchema }>>
}

export interface Spec {
  readonly paths: Readonly<Record<string, Readonly<Record<string, SpecOperation>>>>
  readonly definitions: Readonly<Record<string, SpecSchema>>
}

/** The specs are data of the project, not of the package: where they are not, the walk is skipped. */
export const specPath = (name: string): string =>
  fileURLToPath(new URL(`../../../shared/specs/${name}`, import.meta.url))

export const isPresent = (name: string): boolean => existsSync(specPath(name))

// JSON is YAML.
export const load = (name: string): Spec => parse(readFileSync(specPath(name), "utf8"))

/** The properties of a schema, with references followed; of a list, those of its elements. */
export const propertiesOf = (spec: Spec, schema: SpecSchema | undefined): Readonly<Record<string, SpecSchema>> => {
  if (schema === undefined) return {}
  if (schema.$ref !== undefined) return propertiesOf(spec, spec.definitions[schema.$ref.replace("#/definitions/", "")])
  if (schema.items !== undefined) return propertiesOf(spec, schema.items)
  return Object.assign({}, schema.properties, ...(schema.allOf ?? []).map((part) => propertiesOf(spec, part)))
}
