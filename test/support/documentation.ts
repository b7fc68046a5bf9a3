/** What the documentation says, taken apart: tables, examples, and the names of things. */
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import ts from "typescript"

const root = new URL("../../", import.meta.url)

const filesUnder = (folder: string, ending: string): ReadonlyArray<string> =>
  readdirSync(fileURLToPath(new URL(`${folder}/`, root)), { recursive: true, encoding: "utf8" })
    .map((path) => `${folder}/${path.replaceAll("\\", "/")}`)
    .filter((path) => path.endsWith(ending))
    .sort()

export const read = (path: string): string => readFileSync(new URL(path, root), "utf8")

/** Those that are written by hand: `docs/api` is generated. */
export const pages: ReadonlyArray<string> = [
  "README.md",
  "CONTRIBUTING.md",
  ...filesUnder("docs", ".md").filter((page) => !page.startsWith("docs/api/"))
]

export const sourcesOfServices = filesUnder("src/services", ".ts")

export interface Table {
  /** The headings above it, the outermost first. */
  readonly headings: ReadonlyArray<string>
  readonly columns: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
}

const cells = (line: string): ReadonlyArray<string> =>
  line
    .replace(/^\s*\||\|\s*$/g, "")
    .split("|")
    .map((cell) => cell.trim())

const withoutExamples = (markdown: string): string => markdown.replace(/^```[\s\S]*?^```$/gm, "")

export const tablesOf = (markdown: string): ReadonlyArray<Table> => {
  const tables: Array<Table & { readonly rows: Array<ReadonlyArray<string>> }> = []
  let headings: ReadonlyArray<string> = []
  let inTable = false
  for (const line of withoutExamples(markdown).split("\n")) {
    const heading = /^(#+) (.*)$/.exec(line)
    if (heading !== null) headings = [...headings.slice(0, (heading[1] ?? "").length - 1), heading[2] ?? ""]
    if (!line.startsWith("|")) {
      inTable = false
    } else if (!inTable) {
      inTable = true
      tables.push({ headings, columns: cells(line), rows: [] })
    } else if (!/^[|\s:-]+$/.test(line)) {
      tables.at(-1)?.rows.push(cells(line))
    }
  }
  return tables
}

export const codeSpansOf = (markdown: string): ReadonlyArray<string> =>
  [...withoutExamples(markdown).matchAll(/`([^`\n]+)`/g)].map(([, span]) => span ?? "")

interface Shape {
  /** Each with the name of its type, where that is one. */
  readonly members: ReadonlyMap<string, string | undefined>
  readonly parents: ReadonlyArray<string>
}

const lastName = (node: ts.Node): string | undefined => {
  if (ts.isIdentifier(node)) return node.text
  if (ts.isPropertyAccessExpression(node)) return node.name.text
  if (ts.isQualifiedName(node)) return node.right.text
  return ts.isTypeReferenceNode(node) ? lastName(node.typeName) : undefined
}

/**
 * The interfaces of the services: under their own names, and the interface `Service` also under that of its namespace.
 */
const interfaces = (): ReadonlyMap<string, ReadonlyArray<Shape>> => {
  const found = new Map<string, Array<Shape>>()
  const add = (name: string, shape: Shape) => found.set(name, [...(found.get(name) ?? []), shape])
  const visit = (statements: ReadonlyArray<ts.Statement>, namespace: string | undefined): void => {
    for (const statement of statements) {
      if (ts.isModuleDeclaration(statement) && statement.body !== undefined && ts.isModuleBlock(statement.body)) {
        visit(statement.body.statements, statement.name.text)
      }
      if (!ts.isInterfaceDeclaration(statement)) continue
      const shape: Shape = {
        members: new Map(
          statement.members.flatMap((member) =>
            ts.isPropertySignature(member) && ts.isIdentifier(member.name)
              ? [[member.name.text, member.type && lastName(member.type)] as const]
              : []
          )
        ),
        parents: (statement.heritageClauses ?? [])
          .flatMap(({ types }) => types)
          .flatMap(({ expression }) => lastName(expression) ?? [])
      }
      const { text } = statement.name
      if (namespace === undefined) add(text, shape)
      else if (text === "Service") add(namespace, shape)
      else add(`${namespace}.${text}`, shape)
    }
  }
  for (const path of sourcesOfServices) {
    visit(ts.createSourceFile(path, read(path), ts.ScriptTarget.ESNext).statements, undefined)
  }
  return found
}

/**
 * Answers whether a name such as `Files.list` is that of something; nothing for names that begin with something else.
 */
export const makeNames = (entries: ReadonlyArray<object>) => {
  const shapes = interfaces()

  const hasMember = (name: string, path: ReadonlyArray<string>): boolean => {
    const [first, ...rest] = path
    if (first === undefined) return true
    return (shapes.get(name) ?? []).some(({ members, parents }) => {
      if (parents.some((parent) => hasMember(parent, path))) return true
      if (!members.has(first)) return false
      const type = members.get(first)
      return rest.length === 0 || (type !== undefined && hasMember(type, rest))
    })
  }

  const isExported = (path: ReadonlyArray<string>): boolean =>
    entries.some((entry) => {
      let value: unknown = entry
      for (const name of path) {
        if ((typeof value !== "object" && typeof value !== "function") || value === null || !(name in value)) {
          return false
        }
        value = Reflect.get(value, name)
      }
      return true
    })

  return (name: string): boolean | undefined => {
    const path = name.split(".")
    const [first = "", second = "", ...rest] = path
    if (!shapes.has(first) && !isExported([first]) && !shapes.has(`${first}.${second}`)) return undefined
    return (
      isExported(path) ||
      hasMember(first, path.slice(1)) ||
      (shapes.has(`${first}.${second}`) && hasMember(`${first}.${second}`, rest))
    )
  }
}
