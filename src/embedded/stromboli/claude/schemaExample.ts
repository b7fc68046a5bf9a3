/** Examples for JSON Schemas. */
type Schema = Readonly<Record<string, unknown>>

const deepest = 24
/** How many schemas are followed, and how long the parts of an example may be, whatever the schema asks for. */
const mostSchemas = 10_000
const longest = 10_000

interface Context {
  readonly root: Schema
  schemasLeft: number
}

/**
 * The smallest value that conforms to a JSON Schema. Supports what is common in structured output: types, required
 * properties, enums, constants, arrays, nested objects, unions, `$defs` and `$ref`, lengths and bounds.
 */
export const exampleOf = (schemaText: string): unknown => {
  const root = parse(schemaText)
  const value = root === undefined ? null : example(root, { root, schemasLeft: mostSchemas }, 0)
  return isWritable(value) ? value : null
}

/** A constant may be nested too deep to be written. */
const isWritable = (value: unknown): boolean => {
  try {
    JSON.stringify(value)
    return true
  } catch {
    return false
  }
}

const parse = (text: string): Schema | undefined => {
  try {
    const json: unknown = JSON.parse(text)
    return asSchema(json)
  } catch {
    return undefined
  }
}

const asSchema = (json: unknown): Schema | undefined => (isSchema(json) ? json : undefined)
const isSchema = (json: unknown): json is Schema => typeof json === "object" && json !== null && !Array.isArray(json)

const list = (json: unknown): ReadonlyArray<unknown> => (Array.isArray(json) ? json : [])
const number = (json: unknown): number | undefined => (typeof json === "number" ? json : undefined)

const example = (schema: Schema, context: Context, depth: number): unknown => {
  context.schemasLeft -= 1
  if (depth > deepest || context.schemasLeft < 0) return null
  if ("const" in schema) return schema["const"]
  if (Array.isArray(schema["enum"])) return list(schema["enum"])[0]
  if ("default" in schema) return schema["default"]
  if (typeof schema["$ref"] === "string") {
    const target = resolve(schema["$ref"], context.root)
    return target === undefined ? null : example(target, context, depth + 1)
  }
  const union = asSchema(list(schema["anyOf"] ?? schema["oneOf"])[0])
  if (union !== undefined) return example(union, context, depth + 1)
  if (Array.isArray(schema["allOf"])) {
    const { allOf, ...rest } = schema
    return example(merge([rest, ...list(allOf).flatMap((part) => expand(part, context.root))]), context, depth + 1)
  }
  return exampleOfType(schema, context, depth)
}

const exampleOfType = (schema: Schema, context: Context, depth: number): unknown => {
  const declared = Array.isArray(schema["type"]) ? schema["type"][0] : schema["type"]
  switch (declared ?? ("properties" in schema ? "object" : "items" in schema ? "array" : "string")) {
    case "object":
      return exampleObject(schema, context, depth)
    case "array":
      return exampleArray(schema, context, depth)
    case "integer":
      return Math.ceil(exampleNumber(schema))
    case "number":
      return exampleNumber(schema)
    case "boolean":
      return true
    case "null":
      return null
    default:
      return exampleString(schema)
  }
}

const exampleObject = (schema: Schema, context: Context, depth: number) => {
  const properties = asSchema(schema["properties"]) ?? {}
  const entries = list(schema["required"]).flatMap((name) =>
    typeof name === "string" ? [[name, example(asSchema(properties[name]) ?? {}, context, depth + 1)] as const] : []
  )
  return Object.fromEntries(entries)
}

const exampleArray = (schema: Schema, context: Context, depth: number) => {
  const prefix = list(schema["prefixItems"] ?? (Array.isArray(schema["items"]) ? schema["items"] : []))
  const items = asSchema(schema["items"])
  const wanted = Math.max(number(schema["minItems"]) ?? (items === undefined ? 0 : 1), prefix.length)
  const length = Math.min(wanted, number(schema["maxItems"]) ?? wanted, longest)
  return Array.from({ length }, (_, index) => example(asSchema(prefix[index]) ?? items ?? {}, context, depth + 1))
}

const exampleNumber = (schema: Schema): number => {
  const above = number(schema["exclusiveMinimum"])
  const step = number(schema["multipleOf"]) ?? 1
  const least = number(schema["minimum"]) ?? (above === undefined ? undefined : above + step)
  const most = number(schema["maximum"]) ?? number(schema["exclusiveMaximum"])
  const wanted = Math.max(least ?? 1, 1)
  const value = most !== undefined && wanted > most ? (least ?? most - step) : wanted
  return step === 1 ? value : Math.ceil(value / step) * step
}

const formats: Readonly<Record<string, string>> = {
  "date-time": "2026-01-01T00:00:00Z",
  date: "2026-01-01",
  time: "00:00:00Z",
  email: "demo@example.com",
  uri: "https://example.com/",
  uuid: "00000000-0000-4000-8000-000000000000"
}

const exampleString = (schema: Schema): string => {
  const format = schema["format"]
  const text = (typeof format === "string" ? formats[format] : undefined) ?? "demo"
  return text
    .padEnd(Math.min(number(schema["minLength"]) ?? 0, longest), "o")
    .slice(0, number(schema["maxLength"]) ?? undefined)
}

const resolve = (reference: string, root: Schema): Schema | undefined => {
  if (!reference.startsWith("#")) return undefined
  const steps = reference.split("/").slice(1)
  return steps.reduce<Schema | undefined>((at, step) => asSchema(at?.[unescapePointer(step)]), root)
}

const unescapePointer = (step: string): string => {
  const pointer = step.replaceAll("~1", "/").replaceAll("~0", "~")
  return pointer.replace(/%[0-9a-fA-F]{2}/g, (escaped) => String.fromCharCode(Number.parseInt(escaped.slice(1), 16)))
}

const expand = (part: unknown, root: Schema): ReadonlyArray<Schema> => {
  const schema = asSchema(part)
  const target = typeof schema?.["$ref"] === "string" ? resolve(schema["$ref"], root) : schema
  return target === undefined ? [] : [target]
}

const merge = (schemas: ReadonlyArray<Schema>): Schema => ({
  ...Object.assign({}, ...schemas),
  properties: Object.assign({}, ...schemas.map((schema) => schema["properties"])),
  required: schemas.flatMap((schema) => list(schema["required"]))
})
