/** The pages: of one subject, of one entry, and of them all. */
import { type Comment, DeclarationReflection, ReflectionKind } from "typedoc"
import ts from "typescript"
import * as Manifest from "../manifest.js"
import { commentOf } from "./members.js"
import type { Entry, Item, Page } from "./publicApi.js"
import { type Rendering, renderDeclaration } from "./renderItem.js"

export interface PageRendering extends Rendering {
  readonly comment: (comment: Comment) => string
  /** The table of the fields that all failed requests have. */
  readonly sharedFields: string
}

export interface FileComment {
  readonly text: string
  readonly example: string
}

/** The comment at the top of a file. */
export const fileComment = (source: ts.SourceFile): FileComment => {
  const [range] = ts.getLeadingCommentRanges(source.text, 0) ?? []
  const raw = range === undefined ? "" : source.text.slice(range.pos, range.end)
  if (!raw.startsWith("/**")) return { text: "", example: "" }
  const lines = raw
    .replace(/^\/\*\*|\*\/$/g, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trimEnd())
    .join("\n")
    .replaceAll(/\{@link (\w+)\}/g, "`$1`")
    .trim()
  const [text = "", example = ""] = lines.split("@example")
  return { text: text.trim(), example: example.trim() }
}

/** The first sentence, for lists of pages. */
const firstSentence = (text: string): string => /^[\s\S]*?[.!?](?=\s|$)/.exec(text)?.[0].replaceAll(/\s+/g, " ") ?? text

const titleOf = (page: Page): string => page.path.replace(/^.*\//, "")

const subjectOf = (page: Page): FileComment => fileComment(page.source)

/** What a page is about, in one sentence: of its file, or of what stands first on it. */
const sentenceOf = (page: Page): string => {
  const { text } = subjectOf(page)
  if (text !== "") return firstSentence(text)
  const comment = page.items.flatMap((item) => itemComment(item) ?? [])[0]
  return firstSentence((comment?.summary ?? []).map((part) => part.text).join(""))
}

const isValue = ({ declarations }: Item): boolean =>
  declarations.some((node) => !ts.isInterfaceDeclaration(node) && !ts.isTypeAliasDeclaration(node))

/** The import that a reader writes: what the names of the items begin with. */
const importOf = (page: Page): string => {
  const values = new Map<string, boolean>()
  for (const item of page.items) {
    const [name = ""] = item.name.split(".")
    values.set(name, (values.get(name) ?? false) || isValue(item))
  }
  const names = [...values].map(([name, value]) => (value ? name : `type ${name}`))
  const line = `import { ${names.join(", ")} } from "effect-sandboxes/${page.entry}"`
  return line.length <= 120 ? line : `import {\n  ${names.join(",\n  ")}\n} from "effect-sandboxes/${page.entry}"`
}

const importName = (entry: string): string => (entry === "index" ? "effect-sandboxes" : `effect-sandboxes/${entry}`)

const alsoFrom = (page: Page): string => {
  const others = [...new Set(page.items.flatMap(({ entries }) => entries))].filter((entry) => entry !== page.entry)
  return others.length === 0
    ? ""
    : `Also exported, all or in part, by ${others.map((entry) => `\`${importName(entry)}\``).join(", ")}.\n`
}

/** The comment of an item: the first of its declarations that has one. */
export const itemComment = (item: Item): Comment | undefined => {
  for (const reflection of item.reflections) {
    const comment = reflection.comment ?? reflection.signatures?.[0]?.comment
    if (comment?.hasVisibleComponent() === true) return comment
    const type =
      reflection.type?.type === "reflection" ? reflection.type.declaration.signatures?.[0]?.comment : undefined
    if (type?.hasVisibleComponent() === true) return type
  }
  return undefined
}

const anchored = (name: string): string => `<a id="${name}"></a>\n\n## ${name}\n`

const itemText = (rendering: PageRendering, item: Item, unnamed: Set<ts.Symbol>): string => {
  const comment = itemComment(item)
  return [
    anchored(item.name),
    comment === undefined ? "" : `${rendering.comment(comment)}\n`,
    ...item.declarations.map((node) => renderDeclaration(rendering, item.name, node, unnamed))
  ].join("\n")
}

/** What signatures of the page name and the entry does not export; shown so that a reader knows its fields. */
const unnamedText = (rendering: Rendering, unnamed: Set<ts.Symbol>): string => {
  const parts: Array<string> = []
  const seen = new Set<ts.Symbol>()
  for (const symbol of unnamed) {
    if (seen.has(symbol)) continue
    seen.add(symbol)
    const declaration = symbol.declarations?.find((node) => !ts.isVariableDeclaration(node))
    if (declaration === undefined || declaration.getSourceFile().fileName.includes("/internal/")) continue
    const text = renderDeclaration(rendering, symbol.name, declaration, unnamed)
    parts.push(
      `${anchored(symbol.name)}\nThe shape of a value; the type has no exported name.\n\n${commentOf(rendering.names.checker, symbol)}\n\n${text}`
    )
  }
  return parts.join("\n")
}

export const renderPage = (rendering: PageRendering, page: Page): string => {
  const unnamed = new Set<ts.Symbol>()
  const { example, text } = subjectOf(page)
  return [
    `# ${titleOf(page)}`,
    text,
    `\`\`\`ts\n${importOf(page)}\n\`\`\``,
    alsoFrom(page),
    example,
    ...page.items.map((item) => itemText(rendering, item, unnamed)),
    page.path === "errors/RequestFailure" ? `## Fields of every failed request\n\n${rendering.sharedFields}` : "",
    unnamedText(rendering, unnamed)
  ].join("\n\n")
}

const list = (pages: ReadonlyArray<Page>, from: string): string =>
  pages
    .map((page) => {
      const path = page.path.startsWith(from) ? page.path.slice(from.length) : page.path
      return `- [${titleOf(page)}](${path}.md): ${sentenceOf(page)}`
    })
    .join("\n")

export const renderEntry = (entry: Entry, others: ReadonlyArray<Page>): string => {
  const { example, text } = fileComment(entry.source)
  const shared =
    others.length === 0
      ? ""
      : `Exported here too:\n\n${list(others, "").replaceAll("](", `](${"../".repeat(entry.name.split("/").length)}`)}`
  return [`# effect-sandboxes/${entry.name}`, text, example, list(entry.pages, `${entry.name}/`), shared].join("\n\n")
}

export const renderIndex = (entries: ReadonlyArray<Entry>): string =>
  [
    "# API reference",
    "Generated from the doc comments of `src` by `npm run docs`. The first import shown on a page is the one to write.",
    ...Manifest.entries
      .flatMap(({ path }) => entries.find(({ name, pages }) => name === path && pages.length > 0) ?? [])
      .map((entry) => {
        const { text } = fileComment(entry.source)
        const own = entry.pages.every((page) => page.path.startsWith(`${entry.name}/`))
        const title = own
          ? `[effect-sandboxes/${entry.name}](${entry.name}/README.md)`
          : `effect-sandboxes/${entry.name}`
        return `## ${title}\n\n${own ? text : ""}\n\n${list(entry.pages, "")}`
      })
  ].join("\n\n")

/** A page of a subject as TypeDoc's renderer wants it: a reflection that stands for it. */
export const modelOf = (name: string): DeclarationReflection => new DeclarationReflection(name, ReflectionKind.Module)
