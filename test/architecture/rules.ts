/** The rules of the house, as functions from sources to what breaks them. */
import { posix } from "node:path"
import ts from "typescript"
import { entries, systems } from "../../tools/manifest.js"

/** Texts by path; paths are relative to the root of the package. */
export type Sources = ReadonlyMap<string, string>

interface Import {
  readonly from: string
  readonly specifier: string
  /** The file that a relative specifier means. */
  readonly target: string | undefined
}

export const importsOf = (from: string, text: string): ReadonlyArray<Import> =>
  ts.preProcessFile(text, true, true).importedFiles.map(({ fileName: specifier }) => ({
    from,
    specifier,
    target: specifier.startsWith(".") ? posix.join(posix.dirname(from), specifier).replace(/\.js$/, ".ts") : undefined
  }))

const allImports = (sources: Sources): ReadonlyArray<Import> =>
  [...sources].flatMap(([path, text]) => importsOf(path, text))

const anySystem = systems.join("|")

/** From the ground up; the first that matches counts. */
const floors: ReadonlyArray<readonly [RegExp, number]> = [
  [/^src\/(schema|errors)\/|^src\/(version|RequestOptions)\.ts$/, 0],
  [/^src\/(internal|stream)\//, 1],
  [/^src\/services\//, 2],
  [new RegExp(`^src/(index|${anySystem})\\.ts$`), 3],
  [/^src\/(claude-code|ai|workflow|report)\//, 4],
  [/^src\/(node|embedded)\//, 5],
  [/^src\/cli\//, 6]
]

/** The floor of what only Node has. */
const nodeFloor = 5

/** Optional peers of one entry, which nothing else imports. */
const ownPeers: ReadonlyArray<readonly [specifier: RegExp, owner: RegExp]> = [
  [/^@effect\/ai(\/|$)/, /^src\/(ai|cli)\//],
  [/^@effect\/rpc(\/|$)/, /^src\/(ai|workflow)\//],
  [/^@effect\/(cluster|experimental|sql[\w-]*|workflow)(\/|$)/, /^src\/workflow\//]
]

export const floorOf = (path: string): number | undefined => floors.find(([pattern]) => pattern.test(path))?.[1]

const named = new RegExp(`(?:^|/)(${anySystem})[^/]*(?:/|$)`, "i")

/** The system that a file belongs to: the name of its folder, or the beginning of its own. */
const systemOf = (path: string): string | undefined => named.exec(path)?.[1]?.toLowerCase()

const shared = new Set(["src/index.ts", "src/errors/index.ts"])

/** What the embedded servers share with the client: the types and buffers of web sockets, whose other end they are. */
export const sharedWithServers: ReadonlyArray<readonly [folder: string, modules: ReadonlyArray<string>]> = [
  ["src/embedded/inMemory/", ["src/stream/WebSocket.ts", "src/stream/WebSockets.ts", "src/stream/inbox.ts"]],
  ["src/embedded/sockets/", ["src/node/wsInbox.ts"]]
]

const isSharedWithServers = (from: string, target: string): boolean =>
  sharedWithServers.some(([folder, modules]) => from.startsWith(folder) && modules.includes(target))

/** What the command line may import besides itself: what a user can, and the version of the package. */
const publicModules = new Set([...entries.map(({ source }) => source), "src/version.ts"])

const onlyForCommandLine = /^(@effect\/(cli|printer)|string-width$)/

const onlyForNode = /^(node:|undici|ws$|@effect\/platform-node)/

const show = ({ from, specifier }: Import) => `${from} imports ${specifier}`

/** A rule, and what it says about one import. */
const importRules: Readonly<Record<string, (imported: Import) => boolean>> = {
  "an import goes up a floor": ({ from, target }) =>
    target !== undefined && (floorOf(from) ?? Number.NaN) < (floorOf(target) ?? Number.NaN),
  "a file stands on no floor": ({ from, target }) =>
    floorOf(from) === undefined || (target !== undefined && floorOf(target) === undefined),
  "one system imports the other": ({ from, target }) => {
    const [own, other] = [systemOf(from), target === undefined ? undefined : systemOf(target)]
    return !shared.has(from) && own !== undefined && other !== undefined && own !== other
  },
  "the core imports what only Node has": ({ from, specifier }) =>
    (floorOf(from) ?? 0) < nodeFloor && onlyForNode.test(specifier),
  "an entry's own peer is imported elsewhere": ({ from, specifier }) =>
    ownPeers.some(([peer, owner]) => peer.test(specifier) && !owner.test(from)),
  "a barrel is imported": ({ specifier }) => specifier === "effect" || /^@effect\/[^/]+$/.test(specifier),
  "an embedded server imports the client": ({ from, target }) =>
    from.startsWith("src/embedded/") &&
    target !== undefined &&
    !target.startsWith("src/embedded/") &&
    !isSharedWithServers(from, target),
  "the command line imports what no user could": ({ from, target }) =>
    from.startsWith("src/cli/") && target !== undefined && !target.startsWith("src/cli/") && !publicModules.has(target),
  "only the command line may import this": ({ from, specifier, target }) =>
    !from.startsWith("src/cli/") && (onlyForCommandLine.test(specifier) || target?.startsWith("src/cli/") === true),
  "an import has no ending": ({ specifier }) => specifier.startsWith(".") && !specifier.endsWith(".js")
}

/** Every import that breaks a rule, by rule. */
export const brokenImports = (sources: Sources): ReadonlyArray<string> =>
  allImports(sources).flatMap((imported) =>
    Object.entries(importRules).flatMap(([rule, breaks]) => (breaks(imported) ? [`${rule}: ${show(imported)}`] : []))
  )

/** Every circle of imports, type-only ones included, as the path around it. */
export const circles = (sources: Sources): ReadonlyArray<string> => {
  const targets = new Map(
    [...sources].map(([path, text]) => [path, importsOf(path, text).flatMap(({ target }) => target ?? [])])
  )
  const found: Array<string> = []
  const finished = new Set<string>()
  const visit = (path: string, trail: ReadonlyArray<string>) => {
    if (trail.includes(path)) return found.push([...trail.slice(trail.indexOf(path)), path].join(" → "))
    if (finished.has(path)) return undefined
    for (const target of targets.get(path) ?? []) visit(target, [...trail, path])
    return finished.add(path)
  }
  for (const path of targets.keys()) visit(path, [])
  return found
}

const isProperty = (node: ts.Node, object: string, property?: string): boolean =>
  ts.isPropertyAccessExpression(node) &&
  ts.isIdentifier(node.expression) &&
  node.expression.text === object &&
  (property === undefined || node.name.text === property)

const hatches = Object.entries<(node: ts.Node) => boolean>({
  any: (node) => node.kind === ts.SyntaxKind.AnyKeyword,
  "as unknown as": (node) =>
    ts.isAsExpression(node) &&
    ts.isAsExpression(node.expression) &&
    node.expression.type.kind === ts.SyntaxKind.UnknownKeyword,
  throw: (node) => ts.isThrowStatement(node),
  "Effect.die": (node) => ["die", "dieMessage", "dieSync", "orDie"].some((name) => isProperty(node, "Effect", name)),
  "process.env": (node) =>
    isProperty(node, "process", "env") ||
    (ts.isImportSpecifier(node) &&
      (node.propertyName ?? node.name).text === "env" &&
      /^["'](node:)?process["']$/.test(node.parent.parent.parent.moduleSpecifier.getText())),
  console: (node) => isProperty(node, "console")
})

/** Every place where a file steps around the type system or the error channel. */
export const escapeHatches = (sources: Sources): ReadonlyArray<string> =>
  [...sources].flatMap(([path, text]) => {
    const found: Array<string> = []
    const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
    const visit = (node: ts.Node): void => {
      for (const [name, matches] of hatches) {
        if (!matches(node)) continue
        const { line } = file.getLineAndCharacterOfPosition(node.getStart())
        found.push(`${name}: ${path}:${line + 1}`)
      }
      ts.forEachChild(node, visit)
    }
    visit(file)
    for (const [directive] of text.matchAll(/@ts-(ignore|expect-error|nocheck)/g)) found.push(`${directive}: ${path}`)
    return found
  })
