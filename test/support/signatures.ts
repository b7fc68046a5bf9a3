/** What the methods of the services take, read from their types: a new method or option is covered without an edit. */
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import ts from "typescript"
import { Image } from "../../src/daytona.js"

/** A valid value, as its type describes it. */
export type Sample =
  /** `kind`: the name of its type, of those that a caller could mistake. */
  | { readonly value: unknown; readonly kind?: string }
  | {
      readonly fields: Readonly<Record<string, Sample>>
      readonly required: ReadonlyArray<string>
      /** Text is valid, too. */
      readonly takesText?: boolean
    }
  | { readonly elements: ReadonlyArray<Sample> }

export interface Signature {
  readonly service: string
  /** Its name, after that of the group that it belongs to, if any. */
  readonly method: ReadonlyArray<string>
  readonly parameters: ReadonlyArray<readonly [name: string, sample: Sample]>
}

const root = fileURLToPath(new URL("../..", import.meta.url))

/** Types of libraries, by name. */
const known: Readonly<Record<string, () => unknown>> = {
  Date: () => new Date(0),
  Duration: () => "1 second",
  // Built by our own functions, so that nobody has one of another shape.
  Image: () => Image.base("x"),
  Effect: () => Effect.void,
  ReadonlyMap: () => new Map(),
  RegExp: () => /x/,
  Redacted: () => Redacted.make("secret"),
  Schedule: () => Schedule.recurs(1),
  Schema: () => Schema.Struct({}),
  Stream: () => Stream.make(new Uint8Array([1])),
  Uint8Array: () => new Uint8Array([1]),
  URL: () => new URL("http://localhost/")
}

interface Signatures {
  readonly services: ReadonlyArray<Signature>
  readonly handles: ReadonlyArray<Signature>
}

/** The entries, below `src`, that are asked about; they have so much in common that all are one program. */
const files = ["stromboli.ts", "daytona.ts", "claude-code/index.ts"] as const

let made: ts.Program | undefined

const compiled = (): ts.Program => {
  if (made !== undefined) return made
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  made = ts.createProgram(
    files.map((file) => `${root}src/${file}`),
    options
  )
  return made
}

const found = new Map<string, Signatures>()

/** The methods of the `Service` interfaces that an entry exports, and of the handles that those return. */
export const signaturesOf = (file: (typeof files)[number]): Signatures => {
  const signatures = found.get(file) ?? signaturesIn(file)
  found.set(file, signatures)
  return signatures
}

const signaturesIn = (file: string): Signatures => {
  const program = compiled()
  const checker = program.getTypeChecker()

  const nameOf = (type: ts.Type) => type.getSymbol()?.name ?? ""

  const sampleOfUnion = (type: ts.UnionType, depth: number): Sample => {
    const present = type.types.filter((each) => (each.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Null)) === 0)
    const found = present.find((each) => known[nameOf(each)] !== undefined)
    // What no value can be is assignable to an array, too.
    const objects = present.filter(
      (each) =>
        checker.getPropertiesOfType(each).length > 0 &&
        (isPlain(each) || (each.isIntersection() && !isText(each) && !checker.isArrayLikeType(each)))
    )
    const chosen = found ?? objects[0] ?? present[0]
    if (chosen === undefined) return { value: undefined }
    const sample = sampleOf(chosen, depth)
    const takesText = present.some(isText)
    return takesText && "fields" in sample ? { ...sample, takesText } : sample
  }

  /** A branded string is an intersection. */
  const isText = (type: ts.Type): boolean =>
    (type.flags & ts.TypeFlags.StringLike) !== 0 || (type.isIntersection() && type.types.some(isText))

  const isPlain = (type: ts.Type) =>
    (type.flags & ts.TypeFlags.Object) !== 0 && !checker.isArrayType(type) && !checker.isTupleType(type)

  const sampleOf = (type: ts.Type, depth: number): Sample => {
    if (type.isUnion() && (type.flags & ts.TypeFlags.Boolean) === 0) return sampleOfUnion(type, depth)
    if ((type.flags & ts.TypeFlags.BooleanLike) !== 0) return { value: false }
    if (type.isStringLiteral() || type.isNumberLiteral()) return { value: type.value }
    // `Refused`: no value has this type.
    if (type.isIntersection() && type.types.some((each) => each.isStringLiteral())) return { value: undefined }
    if (isText(type)) return { value: "x" }
    if ((type.flags & ts.TypeFlags.Undefined) !== 0) return { value: undefined }
    if ((type.flags & ts.TypeFlags.NumberLike) !== 0) return { value: 1 }
    if ((type.flags & (ts.TypeFlags.Unknown | ts.TypeFlags.Any)) !== 0) return { value: {} }
    const base = checker.getBaseConstraintOfType(type) ?? type
    if (base !== type) return sampleOf(base, depth)
    const make = known[nameOf(type)]
    if (make !== undefined) return { value: make(), kind: nameOf(type) }
    if (checker.isArrayLikeType(type) || nameOf(type) === "Iterable") {
      const [element] = checker.getTypeArguments(type as ts.TypeReference)
      return { elements: element === undefined || depth === 0 ? [] : [sampleOf(element, depth - 1)] }
    }
    if (type.getCallSignatures().length > 0) return { value: () => undefined }
    if (depth === 0) return { value: {} }
    const index = checker.getIndexTypeOfType(type, ts.IndexKind.String)
    if (index !== undefined) return { fields: { name: sampleOf(index, depth - 1) }, required: [] }
    const properties = checker.getPropertiesOfType(type).filter(({ name }) => !name.startsWith("__"))
    return {
      fields: Object.fromEntries(
        properties.map((property) => [property.name, sampleOf(checker.getTypeOfSymbol(property), depth - 1)])
      ),
      required: properties.filter(({ flags }) => (flags & ts.SymbolFlags.Optional) === 0).map(({ name }) => name)
    }
  }

  const services: Array<Signature> = []
  const handles = new Map<string, ReadonlyArray<Signature>>()

  const isGroup = (type: ts.Type) => isPlain(type) && known[nameOf(type)] === undefined

  const methodsOf = (service: string, type: ts.Type, path: ReadonlyArray<string> = []): ReadonlyArray<Signature> =>
    checker.getPropertiesOfType(type).flatMap((property) => {
      const typeOfProperty = checker.getTypeOfSymbol(property)
      const method = [...path, property.name]
      const [signature] = typeOfProperty.getCallSignatures()
      if (signature === undefined) {
        return path.length === 0 && isGroup(typeOfProperty) ? methodsOf(service, typeOfProperty, method) : []
      }
      addHandle(signature.getReturnType())
      const parameters = signature
        .getParameters()
        .map((parameter) => [parameter.name, sampleOf(checker.getTypeOfSymbol(parameter), 4)] as const)
      return [{ service, method, parameters }]
    })

  /** An object with methods, which an effect of a service returns. */
  const addHandle = (returned: ts.Type) => {
    const [success] = nameOf(returned) === "Effect" ? checker.getTypeArguments(returned as ts.TypeReference) : []
    const name = success && nameOf(success)
    if (success === undefined || name === undefined || handles.has(name) || !isGroup(success)) return
    const methods = methodsOf(name, success)
    if (methods.length > 0) handles.set(name, methods)
  }

  const source = program.getSourceFile(`${root}src/${file}`)
  const module = source && checker.getSymbolAtLocation(source)
  if (module === undefined) throw new Error(`${file} exports nothing`)
  for (const exported of checker.getExportsOfModule(module)) {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
    const exportOf = (name: string) => symbol.exports?.get(ts.escapeLeadingUnderscores(name))
    const service = exportOf("Service")
    if (service !== undefined) services.push(...methodsOf(exported.name, checker.getDeclaredTypeOfSymbol(service)))
    // A module that makes a handle without a service of its own.
    const own = exportOf("make") && exportOf(exported.name)
    if (own !== undefined) handles.set(exported.name, methodsOf(exported.name, checker.getDeclaredTypeOfSymbol(own)))
  }
  return { services, handles: [...handles.values()].flat() }
}

/** A value with as little as the types allow: options may exclude each other. */
export const valueOf = (sample: Sample): unknown => {
  if ("value" in sample) return sample.value
  if ("elements" in sample) return sample.elements.map(valueOf)
  return Object.fromEntries(sample.required.map((name) => [name, valueOf(sample.fields[name] ?? { value: undefined })]))
}

export interface Replaced {
  /** Where the odd value is: the names of fields, from the outside. */
  readonly path: ReadonlyArray<string>
  readonly value: unknown
  readonly kind: string | undefined
}

const optionsKind = (sample: Sample): string | undefined =>
  "fields" in sample ? (sample.takesText === true ? "OptionsOrText" : "Options") : undefined

/** Each value of the sample, at any depth, replaced by another one. */
export const replacing = (sample: Sample, odd: unknown): ReadonlyArray<Replaced> => [
  { path: [], value: odd, kind: "kind" in sample ? sample.kind : optionsKind(sample) },
  ...("elements" in sample
    ? sample.elements.flatMap((element, index) =>
        replacing(element, odd).map(({ path, value, ...rest }) => ({
          ...rest,
          path: [String(index), ...path],
          value: sample.elements.map((each, at) => (at === index ? value : valueOf(each)))
        }))
      )
    : []),
  ...("fields" in sample
    ? Object.entries(sample.fields).flatMap(([name, inner]) =>
        replacing(inner, odd).map(({ path, value, ...rest }) => ({
          ...rest,
          path: [name, ...path],
          value: Object.assign({}, valueOf(sample), { [name]: value })
        }))
      )
    : [])
]
