/** The examples of the documentation, as the modules that they stand for. */
import * as Context from "effect/Context"
import ts from "typescript"
import { pages, read } from "../support/documentation.js"
import { modules } from "./modules.js"

export interface Example {
  /** `README.md:12`, where its first line is. */
  readonly name: string
  readonly page: string
  /** The line of the page before its first line. */
  readonly line: number
  /** The innermost heading above it. */
  readonly heading: string
  readonly code: string
  /** What the page says to us before it, `<!-- not run: … -->`: why nothing can run it. */
  readonly notRun: string | undefined
  /** A program has imports. What has none is a fragment, and stands in the middle of a program. */
  readonly kind: "fragment" | "program" | "test"
  /** The module: one line of ours, then the example. */
  readonly module: string
}

/**
 * Names that are used and not declared: roughly, since a name that is declared anywhere in the example counts as
 * declared.
 */
const freeNames = (code: string): ReadonlySet<string> => {
  const used = new Set<string>()
  const declared = new Set(["fragments"])
  const isName = (node: ts.Identifier): boolean => {
    const { parent } = node
    if (ts.isPropertyAccessExpression(parent) || ts.isQualifiedName(parent)) return node !== lastOf(parent)
    if (ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent)) return parent.name !== node
    return !(ts.isBindingElement(parent) && parent.propertyName === node)
  }
  const isDeclared = (node: ts.Identifier, { parent } = node): boolean =>
    (ts.isVariableDeclaration(parent) || ts.isParameter(parent) || ts.isBindingElement(parent)) && parent.name === node
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && isName(node)) (isDeclared(node) ? declared : used).add(node.text)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile("example.ts", generator("", code), ts.ScriptTarget.ESNext, true))
  return new Set([...used].filter((name) => !declared.has(name)))
}

const lastOf = (node: ts.PropertyAccessExpression | ts.QualifiedName): ts.Node =>
  ts.isQualifiedName(node) ? node.right : node.name

/** `fragments` takes programs that the world can run, so the compiler sees whether it can. */
const generator = (services: string, code: string) =>
  `fragments.push(Effect.gen(function* () {${services}\n${code}\n}))\n`

/** Those that both systems have: the one that the heading names, else the first. */
const sourceOf = (name: string, about: string): string | undefined => {
  const sources = Object.keys(modules).filter((source) => name in (modules[source] ?? {}))
  return sources.find((source) => source.endsWith(about)) ?? sources[0]
}

const exported = (name: string, source: string): unknown => Reflect.get(modules[source] ?? {}, name)

/** What a fragment leaves out: imports, and services, which have their own name with a small first letter. */
const completed = (code: string, about: string): string => {
  const imports = new Map([
    ["Effect", "effect"],
    ["fragments", "./given.js"]
  ])
  const services: Array<string> = []
  for (const name of freeNames(code)) {
    const serviceName = `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`
    // `Number` and `Array` are also modules of Effect.
    const source = /^[A-Z]/.test(name) && name in globalThis ? undefined : sourceOf(name, about)
    const serviceSource = sourceOf(serviceName, about)
    if (source !== undefined) {
      imports.set(name, source)
    } else if (serviceSource !== undefined && Context.isTag(exported(serviceName, serviceSource))) {
      imports.set(serviceName, serviceSource)
      services.push(` const ${name} = yield* ${serviceName};`)
    }
  }
  const lines = [...imports].map(([name, source]) => `import { ${name} } from "${source}"; `)
  return lines.join("") + generator(services.join(""), code)
}

const kindOf = (code: string): Example["kind"] => {
  if (!/^import /m.test(code)) return "fragment"
  return code.includes('from "@effect/vitest"') ? "test" : "program"
}

const examplesOf = (page: string): ReadonlyArray<Example> => {
  const lines = read(page).split("\n")
  const headings: Array<string> = []
  const found: Array<Example> = []
  for (let index = 0; index < lines.length; index++) {
    const text = lines[index] ?? ""
    const heading = /^(#+) (.*)$/.exec(text)
    if (heading !== null) headings.splice((heading[1] ?? "").length - 1, Number.POSITIVE_INFINITY, heading[2] ?? "")
    if (!text.startsWith("```")) continue
    const end = lines.indexOf("```", index + 1)
    if (text === "```ts") {
      const code = lines.slice(index + 1, end).join("\n")
      const about = headings.findLast((each) => /Stromboli|Daytona/.test(each)) ?? ""
      found.push({
        name: `${page}:${index + 2}`,
        page,
        line: index + 1,
        heading: headings.at(-1) ?? "",
        code,
        notRun: /^<!-- not run: (.*) -->$/.exec(lines[index - 1] ?? "")?.[1],
        kind: kindOf(code),
        module:
          kindOf(code) === "fragment"
            ? completed(code, about.includes("Daytona") ? "/daytona" : "/stromboli")
            : `\n${code}\n`
      })
    }
    index = end
  }
  return found
}

export const examples: ReadonlyArray<Example> = pages.flatMap(examplesOf)

/**
 * What an example mentions and does not do: an effect that nobody yields, a promise that nobody awaits, or nothing at
 * all. Such an example would run without being tried.
 */
export const idleStatementsOf = ({ code, kind }: Example): ReadonlyArray<string> => {
  if (kind === "test") return []
  const idle: Array<string> = []
  let isDoing = false
  const visit = (node: ts.Node): void => {
    if (ts.isYieldExpression(node) || ts.isAwaitExpression(node)) isDoing = true
    if (
      ts.isExpressionStatement(node) &&
      !ts.isYieldExpression(node.expression) &&
      !ts.isAwaitExpression(node.expression)
    ) {
      idle.push(node.getText())
    }
    // Callbacks are plain code, which does what it does by itself.
    if (!ts.isArrowFunction(node)) ts.forEachChild(node, visit)
  }
  const statements = kind === "fragment" ? `function* example() {\n${code}\n}` : code
  visit(ts.createSourceFile("example.ts", statements, ts.ScriptTarget.ESNext, true))
  return isDoing ? idle : [...idle, "nothing is run"]
}
