/** What the package exports, by page: TypeDoc says what is public, the entries how it is named outside. */
import { type DeclarationReflection, type ProjectReflection, ReferenceReflection, ReflectionKind } from "typedoc"
import type ts from "typescript"
import { pageOf } from "./pageOf.js"
import { unaliased } from "./typeText.js"

/** Everything that is exported under one name: a class and a type, a schema and its type. */
export interface Item {
  /** As it is written after the import, such as `Jobs.AwaitOptions`. */
  readonly name: string
  readonly reflections: Array<DeclarationReflection>
  readonly symbols: Set<ts.Symbol>
  readonly declarations: Array<ts.Declaration>
  /** The entries that export it, the one it stands under first. */
  readonly entries: Array<string>
}

export interface Page {
  /** Such as `stromboli/Jobs`. */
  readonly path: string
  readonly entry: string
  /** The file whose comment describes the subject. */
  readonly source: ts.SourceFile
  readonly items: Array<Item>
}

export interface Entry {
  readonly name: string
  readonly source: ts.SourceFile
  readonly pages: ReadonlyArray<Page>
}

export type SymbolOf = (reflection: DeclarationReflection) => ts.Symbol | undefined

const nameOfEntry = (module: string): string => module.replace(/\/index$/, "")

const folderOfEntry = (entry: string): string => entry.replace(/\/[A-Z]\w*$/, "")

/** `export type { X }` of a schema and its type exports the type alone. */
const onlyType = (reflection: DeclarationReflection, declaration: ts.Declaration): boolean =>
  reflection.kindOf(ReflectionKind.TypeAlias) && "initializer" in declaration

const fitsKind = (
  reflection: DeclarationReflection,
  declaration: ts.Declaration,
  kinds: typeof ts.SyntaxKind
): boolean => {
  if (reflection.kindOf(ReflectionKind.Class)) return declaration.kind === kinds.ClassDeclaration
  if (reflection.kindOf(ReflectionKind.Interface)) return declaration.kind === kinds.InterfaceDeclaration
  if (reflection.kindOf(ReflectionKind.TypeAlias)) return declaration.kind === kinds.TypeAliasDeclaration
  if (reflection.kindOf(ReflectionKind.Function)) {
    return declaration.kind === kinds.FunctionDeclaration || declaration.kind === kinds.VariableDeclaration
  }
  return declaration.kind === kinds.VariableDeclaration
}

/** A module that is exported under a name has a page of that name. */
interface ModulePage {
  readonly name: string
  readonly source: ts.SourceFile
}

const subjectOf = (path: string): string => path.replace(/^.*\//, "")

const isSubject = (path: string, { fileName }: ts.SourceFile): boolean =>
  fileName.endsWith(`/${subjectOf(path)}.ts`) && !fileName.includes("/schema/")

export const publicApi = (
  project: ProjectReflection,
  symbolOf: SymbolOf,
  checker: ts.TypeChecker,
  kinds: typeof ts.SyntaxKind
): ReadonlyArray<Entry> => {
  const byReflection = new Map<DeclarationReflection, Item>()
  const entryOf = (module: DeclarationReflection): Entry => {
    const entry = nameOfEntry(module.name)
    const pages = new Map<string, Page>()
    const visit = (reflection: DeclarationReflection, prefix: string, module?: ModulePage): void => {
      const name = `${prefix}${reflection.name}`
      if (reflection instanceof ReferenceReflection) return
      if (reflection.kindOf(ReflectionKind.Namespace)) {
        const [file] = symbolOf(reflection)?.declarations?.filter((node) => node.kind === kinds.SourceFile) ?? []
        const page = module ?? (file && { name, source: file.getSourceFile() })
        for (const child of reflection.children ?? []) visit(child, `${name}.`, page)
        return
      }
      const found = symbolOf(reflection)
      if (found === undefined) return
      const symbol = unaliased(checker, found)
      const declarations = (symbol.declarations ?? []).filter(
        (declaration) => fitsKind(reflection, declaration, kinds) && !onlyType(reflection, declaration)
      )
      const [first] = declarations
      if (first === undefined) return
      const path = `${folderOfEntry(entry)}/${module?.name ?? pageOf(first.getSourceFile().fileName)}`
      const source = module?.source ?? first.getSourceFile()
      const known = pages.get(path)
      const page: Page =
        known === undefined || isSubject(path, source) ? { path, entry, source, items: known?.items ?? [] } : known
      pages.set(path, page)
      let item = page.items.find((other) => other.name === name)
      if (item === undefined) {
        item = { name, reflections: [], symbols: new Set(), declarations: [], entries: [entry] }
        page.items.push(item)
      }
      item.reflections.push(reflection)
      item.symbols.add(symbol)
      item.declarations.push(...declarations.filter((declaration) => item.declarations.indexOf(declaration) < 0))
      byReflection.set(reflection, item)
    }
    for (const child of module.children ?? []) visit(child, "")
    const [declaration] = symbolOf(module)?.declarations ?? []
    if (declaration === undefined) throw new Error(`TypeDoc does not know the source of ${module.name}`)
    return { name: entry, source: declaration.getSourceFile(), pages: [...pages.values()] }
  }
  const modules = (project.children ?? []).filter((child) => child.kindOf(ReflectionKind.Module))
  const entries = modules.map(entryOf)
  for (const module of modules) {
    for (const child of module.children ?? []) {
      const target = child instanceof ReferenceReflection ? child.tryGetTargetReflectionDeep() : undefined
      const item = target?.isDeclaration() ? byReflection.get(target) : undefined
      const name = nameOfEntry(module.name)
      if (item !== undefined && !item.entries.includes(name)) item.entries.push(name)
    }
  }
  return entries.map((entry) => ({
    ...entry,
    pages: entry.pages.toSorted((one, other) => (one.path < other.path ? -1 : 1)).map(inOrder)
  }))
}

/** The subject of a page first; the rest as it stands in the sources. */
const inOrder = (page: Page): Page => {
  const subject = subjectOf(page.path)
  const place = ({ declarations: [declaration] }: Item): readonly [boolean, string, number] => {
    const file = declaration?.getSourceFile().fileName ?? ""
    return [!file.endsWith(`/${subject}.ts`) || file.includes("/schema/"), file, declaration?.pos ?? 0]
  }
  return {
    ...page,
    items: page.items.toSorted((one, other) => {
      const [mine, theirs] = [place(one), place(other)]
      if (mine[0] !== theirs[0]) return mine[0] ? 1 : -1
      return mine[1] === theirs[1] ? mine[2] - theirs[2] : mine[1] < theirs[1] ? -1 : 1
    })
  }
}
