/** Types as they are written in the sources, with the names that a reader can import. */
import ts from "typescript"

/** How the declarations of the package are called from outside. */
export interface Names {
  readonly checker: ts.TypeChecker
  /** The public name of a declaration, where it has one. */
  readonly publicName: (symbol: ts.Symbol) => string | undefined
}

export interface Written {
  readonly text: string
  /** What is named in it and has a public name. */
  readonly named: ReadonlySet<ts.Symbol>
  /** What is named in it although nobody outside can name it. */
  readonly unnamed: ReadonlySet<ts.Symbol>
}

export const isOurs = (node: ts.Node): boolean => {
  const { fileName } = node.getSourceFile()
  return fileName.includes("/src/") && !fileName.includes("/node_modules/")
}

export const unaliased = (checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol =>
  (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol)

/** Lines that follow the first one, moved to the left by as much as the least indented of them. */
const dedented = (text: string): string => {
  const [first = "", ...rest] = text.split("\n")
  const indents = rest.filter((line) => line.trim() !== "").map((line) => line.search(/\S/))
  const shift = Math.min(...indents)
  const closes = /^\s*[)}\]>]/.test(rest.at(-1) ?? "")
  const kept = closes || !Number.isFinite(shift) ? 0 : 2
  return [first, ...rest.map((line) => " ".repeat(line.trim() === "" ? 0 : kept) + line.slice(shift))].join("\n")
}

/** A union keeps its meaning without parentheses where nothing binds more tightly. */
const bindsTightly = (node: ts.Node): boolean =>
  ts.isArrayTypeNode(node) || ts.isTypeOperatorNode(node) || ts.isIntersectionTypeNode(node)

const aliasOf = (symbol: ts.Symbol): ts.TypeAliasDeclaration | undefined =>
  symbol.declarations
    ?.filter(ts.isTypeAliasDeclaration)
    .find((node) => node.typeParameters === undefined && isOurs(node))

export const writtenType = (names: Names, root: ts.Node): Written => {
  const named = new Set<ts.Symbol>()
  const unnamed = new Set<ts.Symbol>()
  const textOf = (node: ts.Node): string => {
    const replaced: Array<{ readonly start: number; readonly end: number; readonly text: string }> = []
    const visit = (child: ts.Node): void => {
      if (ts.isTypeReferenceNode(child) || ts.isExpressionWithTypeArguments(child)) {
        const name = ts.isTypeReferenceNode(child) ? child.typeName : child.expression
        const found = names.checker.getSymbolAtLocation(name)
        const symbol = found && unaliased(names.checker, found)
        const publicName = symbol && names.publicName(symbol)
        const range = { start: name.getStart(), end: name.getEnd() }
        if (symbol !== undefined && publicName !== undefined) {
          named.add(symbol)
          replaced.push({ ...range, text: publicName })
        } else if (symbol?.declarations?.some(isOurs) && (symbol.flags & ts.SymbolFlags.TypeParameter) === 0) {
          const alias = aliasOf(symbol)
          if (alias !== undefined) {
            // A union on several lines begins with a bar.
            const text = textOf(alias.type).replace(/^\|\s*/, "")
            const grouped = ts.isUnionTypeNode(alias.type) && bindsTightly(child.parent) ? `(${text})` : text
            replaced.push({ start: child.getStart(), end: child.getEnd(), text: grouped })
            return
          }
          unnamed.add(symbol)
          replaced.push({ ...range, text: symbol.name })
        }
        child.typeArguments?.forEach(visit)
        return
      }
      ts.forEachChild(child, visit)
    }
    visit(node)
    const from = node.getStart()
    let text = ""
    let at = from
    const source = node.getSourceFile().text
    for (const { start, end, text: replacement } of replaced.sort((one, other) => one.start - other.start)) {
      text += source.slice(at, start) + replacement
      at = end
    }
    return text + source.slice(at, node.getEnd())
  }
  return { text: dedented(textOf(root)), named, unnamed }
}

/** The compiler lists literals in the order in which it met them, which edits elsewhere change. */
const sortedLiterals = (text: string): string => {
  const literal = String.raw`(?:"[^"]*"|\(string & \{\}\))`
  return text.replaceAll(new RegExp(`${literal}(?: \\| ${literal})+`, "g"), (union) => {
    const parts = union.split(" | ").sort()
    return [...parts.filter((part) => part.startsWith('"')), ...parts.filter((part) => !part.startsWith('"'))].join(
      " | "
    )
  })
}

/** A type that is written nowhere, as the compiler prints it. */
export const inferredType = ({ checker }: Names, type: ts.Type, at: ts.Node): string =>
  sortedLiterals(
    checker
      .typeToString(
        type,
        at,
        ts.TypeFormatFlags.NoTruncation |
          ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope |
          ts.TypeFormatFlags.UseSingleQuotesForStringLiteralType
      )
      .replaceAll(/import\("[^"]*"\)\./g, "")
      .replaceAll(/string & (?:Brand\.)?Brand<["'](\w+)["']>/g, "$1")
      .replaceAll("'", '"')
  )
