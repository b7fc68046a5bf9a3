/** The API reference: TypeDoc reads the doc comments and writes the files; which pages there are is decided here. */
import { fileURLToPath } from "node:url"
import {
  Application,
  type Context,
  Converter,
  type DeclarationReflection,
  type PageDefinition,
  PageKind,
  type ProjectReflection,
  type Reflection,
  type Renderer,
  TSConfigReader,
  TypeDocReader
} from "typedoc"
import { type MarkdownPageEvent, MarkdownTheme, ModuleRouter } from "typedoc-plugin-markdown"
import ts from "typescript"
import * as Manifest from "../manifest.js"
import { type Entry, type Item, publicApi } from "./publicApi.js"
import { sharedFieldsOf } from "./renderItem.js"
import { modelOf, type PageRendering, renderEntry, renderIndex, renderPage } from "./renderPage.js"
import { type Names, unaliased } from "./typeText.js"

const { root } = Manifest

/** TypeDoc shows a declaration in the first entry that exports it: errors in their own, the index only what is left. */
const entryPoints = Manifest.entries
  .map(({ path, source }) => ({ source, rank: path === "errors" ? 0 : path === "index" ? 2 : 1 }))
  .sort((one, other) => one.rank - other.rank)
  .map(({ source }) => `${root}${source}`)

export interface PublicApi {
  readonly application: Application
  readonly project: ProjectReflection
  readonly entries: ReadonlyArray<Entry>
  readonly items: ReadonlyMap<ts.Symbol, Item>
  readonly names: Names
}

/** Public names of what an alias in a namespace stands for: `Files.ReadOptions` is an interface of another file. */
const namesOf = (entries: ReadonlyArray<Entry>, checker: ts.TypeChecker): Map<ts.Symbol, Item> => {
  const items = entries.flatMap(({ pages }) => pages.flatMap((page) => page.items))
  const named = new Map<ts.Symbol, Item>()
  for (const item of items) for (const symbol of item.symbols) if (!named.has(symbol)) named.set(symbol, item)
  for (const item of items) {
    for (const node of item.declarations) {
      if (!ts.isTypeAliasDeclaration(node) || !ts.isTypeReferenceNode(node.type)) continue
      const found = checker.getSymbolAtLocation(node.type.typeName)
      const symbol = found && unaliased(checker, found)
      if (
        symbol?.declarations?.some((declaration) => declaration.getSourceFile().fileName.startsWith(`${root}src/`)) &&
        !named.has(symbol)
      ) {
        named.set(symbol, item)
      }
    }
  }
  return named
}

/** What is exported, as the sources say; pages that are generated from it go to `out`. */
export const readPublicApi = async (out: string): Promise<PublicApi> => {
  const application = await Application.bootstrapWithPlugins({ options: `${root}typedoc.json`, entryPoints, out }, [
    new TypeDocReader(),
    new TSConfigReader()
  ])
  const symbols = new Map<Reflection, ts.Symbol>()
  let context: Context | undefined
  application.converter.on(Converter.EVENT_CREATE_DECLARATION, (current, reflection) => {
    context = current
    const symbol = current.getSymbolFromReflection(reflection)
    if (symbol !== undefined) symbols.set(reflection, symbol)
  })
  const project = await application.convert()
  if (project === undefined || context === undefined) throw new Error("TypeDoc could not read the sources")
  const { checker } = context
  const entries = publicApi(project, (reflection) => symbols.get(reflection), checker, ts.SyntaxKind)
  const items = namesOf(entries, checker)
  return { application, project, entries, items, names: { checker, publicName: (symbol) => items.get(symbol)?.name } }
}

const relative = (from: string, to: string): string => {
  const folder = from.split("/").slice(0, -1)
  const target = to.split("/")
  while (folder.length > 0 && target.length > 1 && folder[0] === target[0]) {
    folder.shift()
    target.shift()
  }
  return `${"../".repeat(folder.length)}${target.join("/")}`
}

/** Writes the pages into their folder, which is emptied before. */
export const generate = async ({ application, entries, items, names, project }: PublicApi): Promise<void> => {
  const pages = entries.flatMap((entry) => entry.pages)
  const urls = new Map<Item, string>()
  for (const page of pages) for (const item of page.items) urls.set(item, `${page.path}.md#${item.name}`)
  const badRequest = pages.flatMap(
    (page) => page.items.find(({ name }) => name === "BadRequest")?.declarations[0] ?? []
  )[0]
  const sharedFields = badRequest === undefined ? "" : sharedFieldsOf(names, badRequest)
  const templates = new Map<Reflection, (rendering: PageRendering) => string>()

  const definitions: ReadonlyArray<PageDefinition<DeclarationReflection>> = [
    ...entries
      .filter((entry) => entry.pages.some((page) => page.path.startsWith(`${entry.name}/`)))
      .map((entry) => {
        const model = modelOf(entry.name)
        const others = pages.filter(
          (page) => page.entry !== entry.name && page.items.some((item) => item.entries.includes(entry.name))
        )
        templates.set(model, () => renderEntry(entry, others))
        return { url: `${entry.name}/README.md`, kind: PageKind.Reflection, model }
      }),
    ...pages.map((page) => {
      const model = modelOf(page.path)
      templates.set(model, (rendering) => renderPage(rendering, page))
      return { url: `${page.path}.md`, kind: PageKind.Reflection, model }
    })
  ]

  class PagesRouter extends ModuleRouter {
    override buildPages(whole: ProjectReflection): Array<PageDefinition> {
      this.fullUrls.set(whole, "README.md")
      for (const { model, url } of definitions) this.fullUrls.set(model, url)
      for (const [item, url] of urls) for (const reflection of item.reflections) this.fullUrls.set(reflection, url)
      return [{ url: "README.md", kind: PageKind.Reflection, model: whole }, ...definitions]
    }
  }

  class PagesTheme extends MarkdownTheme {
    constructor(renderer: Renderer) {
      super(renderer)
      this.reflectionTemplate = (page: MarkdownPageEvent<DeclarationReflection>) => {
        const context = this.getRenderContext(page)
        const link = (symbol: ts.Symbol): string | undefined => {
          const item = items.get(symbol)
          const url = item && urls.get(item)
          return url === undefined ? undefined : `[\`${item?.name}\`](${relative(page.url, url)})`
        }
        const rendering = {
          names,
          link,
          sharedFields,
          comment: (comment: Parameters<PageRendering["comment"]>[0]) => context.partials.comment(comment)
        }
        return templates.get(page.model)?.(rendering) ?? renderIndex(entries)
      }
    }
    override getNavigation(): [] {
      return []
    }
  }

  application.renderer.defineRouter("pages", PagesRouter)
  application.renderer.defineTheme("pages", PagesTheme)
  await application.generateOutputs(project)
  if (application.logger.hasErrors()) throw new Error("TypeDoc reported errors")
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await generate(await readPublicApi(`${root}docs/api`))
