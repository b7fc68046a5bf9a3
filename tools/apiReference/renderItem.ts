/** One export, as Markdown. */
import ts from "typescript"
import { type Member, membersOf, staticMembersOf } from "./members.js"
import { inferredType, isOurs, type Names, unaliased, type Written, writtenType } from "./typeText.js"

export interface Rendering {
  readonly names: Names
  /** A Markdown link to a public declaration. */
  readonly link: (symbol: ts.Symbol) => string | undefined
}

const cell = (text: string): string => text.replaceAll(/\s+/g, " ").replaceAll("|", "\\|").trim()

const code = (text: string): string => `\`\`\`ts\n${text}\n\`\`\``

const sharedFields = "/src/errors/RequestFailure.ts"

const isShared = ({ declaration }: Member): boolean => declaration.getSourceFile().fileName.endsWith(sharedFields)

/** The fields that all failed requests have, as those of one of them. */
export const sharedFieldsOf = (names: Names, node: ts.Declaration): string => {
  const shared = membersOf(names, names.checker.getTypeAtLocation(node), node).filter(isShared)
  return shared.length === 0 ? "" : table(shared)
}

/** The links under a signature: to what it names, in the order of their names. */
const seeAlso = ({ link }: Rendering, { named }: Written): string => {
  const links = [...named].flatMap((symbol) => link(symbol) ?? [])
  return links.length === 0 ? "" : `${[...new Set(links)].sort().join(" · ")}\n`
}

const table = (members: ReadonlyArray<Member>): string =>
  [
    "| field | type | |",
    "|---|---|---|",
    ...members.map(
      ({ comment, isOptional, name, type }) =>
        `| \`${name}${isOptional ? "?" : ""}\` | \`${cell(type.text)}\` | ${cell(comment)} |`
    )
  ].join("\n")

/** Members that cannot be named from outside, such as `ComputerUse.Service["mouse"]`, are shown in place. */
const groupOf = (names: Names, { declaration, type }: Member): ts.Type | undefined => {
  if (type.unnamed.size !== 1 || !ts.isPropertySignature(declaration) || declaration.type === undefined) {
    return undefined
  }
  if (!ts.isTypeReferenceNode(declaration.type)) return undefined
  return names.checker.getTypeFromTypeNode(declaration.type)
}

const section = (rendering: Rendering, member: Member, prefix: string, unnamed: Set<ts.Symbol>): string => {
  const name = `${prefix}${member.name}`
  const group = groupOf(rendering.names, member)
  const parts = [`### ${name}`, "", member.comment, ""]
  if (group !== undefined) {
    const members = membersOf(rendering.names, group, member.declaration)
    return [...parts, ...members.map((inner) => section(rendering, inner, `${name}.`, unnamed))].join("\n")
  }
  for (const symbol of member.type.unnamed) unnamed.add(symbol)
  const keyword = member.isStatic ? "static " : ""
  return [
    `### ${name}`,
    "",
    code(`${keyword}${name.replace(/^.*\./, "")}${member.isOptional ? "?" : ""}: ${member.type.text}`),
    "",
    member.comment,
    "",
    seeAlso(rendering, member.type)
  ].join("\n")
}

/** Data is a table; what has methods is a list of them. */
const membersText = (rendering: Rendering, members: ReadonlyArray<Member>, unnamed: Set<ts.Symbol>): string => {
  if (members.some((member) => member.isFunction || groupOf(rendering.names, member) !== undefined)) {
    return members.map((member) => section(rendering, member, "", unnamed)).join("\n")
  }
  for (const { type } of members) for (const symbol of type.unnamed) unnamed.add(symbol)
  const links = new Set(members.flatMap(({ type }) => [...type.named]))
  return members.length === 0 ? "" : `${table(members)}\n\n${seeAlso(rendering, { text: "", named: links, unnamed })}`
}

const parametersOf = ({
  typeParameters
}: {
  readonly typeParameters?: ts.NodeArray<ts.TypeParameterDeclaration> | undefined
}): string =>
  typeParameters === undefined ? "" : `<${typeParameters.map((parameter) => parameter.getText()).join(", ")}>`

const functionText = (names: Names, node: ts.SignatureDeclaration): Written => {
  const parts = node.parameters.map((parameter) => {
    const isOptional = parameter.questionToken !== undefined || parameter.initializer !== undefined
    const name = ts.isIdentifier(parameter.name) ? parameter.name.text : "options"
    const type = parameter.type === undefined ? undefined : writtenType(names, parameter.type)
    const rest = parameter.dotDotDotToken === undefined ? "" : "..."
    return { text: `${rest}${name}${isOptional ? "?" : ""}: ${type?.text ?? "unknown"}`, type }
  })
  const result = node.type === undefined ? undefined : writtenType(names, node.type)
  const signature = names.checker.getSignatureFromDeclaration(node)
  const returned =
    result?.text ??
    (signature === undefined ? "unknown" : inferredType(names, names.checker.getReturnTypeOfSignature(signature), node))
  const types = [...parts.flatMap(({ type }) => type ?? []), ...(result === undefined ? [] : [result])]
  return {
    text: `${parametersOf(node)}(${parts.map(({ text }) => text).join(", ")}) => ${returned}`,
    named: new Set(types.flatMap(({ named }) => [...named])),
    unnamed: new Set(types.flatMap(({ unnamed }) => [...unnamed]))
  }
}

/** The longest inferred type that is still worth reading. */
const longestInferred = 200

/** A schema is said to be one, where its whole type would say less. */
const variableText = (names: Names, name: string, node: ts.VariableDeclaration): Written => {
  if (node.type !== undefined) return writtenType(names, node.type)
  if (node.initializer !== undefined && ts.isArrowFunction(node.initializer)) {
    return functionText(names, node.initializer)
  }
  const type = names.checker.getTypeAtLocation(node)
  const inferred = inferredType(names, type, node)
  const isSchema = type.getProperty("ast") !== undefined
  const short = isSchema ? `Schema.Schema<${name}, …>` : `${inferred.slice(0, longestInferred)} …`
  return { text: inferred.length > longestInferred ? short : inferred, named: new Set(), unnamed: new Set() }
}

/** The declaration that an alias is another name of, where that one has no name of its own. */
const renamed = ({ checker, publicName }: Names, node: ts.TypeAliasDeclaration): ts.Declaration | undefined => {
  if (!ts.isTypeReferenceNode(node.type)) return undefined
  const found = checker.getSymbolAtLocation(node.type.typeName)
  const symbol = found && unaliased(checker, found)
  const own = checker.getSymbolAtLocation(node.name)
  if (symbol === undefined || (publicName(symbol) !== undefined && publicName(symbol) !== (own && publicName(own)))) {
    return undefined
  }
  return symbol.declarations?.find((declaration) => isOurs(declaration) && !ts.isVariableDeclaration(declaration))
}

/** The text of a declaration under its public name. What it names without a public name is added to `unnamed`. */
export const renderDeclaration = (
  rendering: Rendering,
  name: string,
  node: ts.Declaration,
  unnamed: Set<ts.Symbol>
): string => {
  const { names } = rendering
  const written = (keyword: string, { text, ...symbols }: Written): string => {
    for (const symbol of symbols.unnamed) unnamed.add(symbol)
    return `${code(`${keyword}${text}`)}\n\n${seeAlso(rendering, { text, ...symbols })}`
  }
  if (ts.isClassDeclaration(node)) {
    const members = membersOf(names, names.checker.getTypeAtLocation(node), node)
    const own = members.filter((member) => !isShared(member))
    // A failed request's class has its status for the request core.
    const statics = (members.length === own.length ? staticMembersOf(names, node) : []).map((member) =>
      section(rendering, member, `${name}.`, unnamed)
    )
    const shared =
      members.length === own.length ? "" : "\nAnd the [fields of every failed request](RequestFailure.md).\n"
    return [membersText(rendering, own, unnamed), shared, ...statics].join("\n")
  }
  if (ts.isInterfaceDeclaration(node)) {
    return membersText(rendering, membersOf(names, names.checker.getTypeAtLocation(node), node), unnamed)
  }
  if (ts.isTypeAliasDeclaration(node)) {
    const target = renamed(names, node)
    if (target !== undefined && !ts.isTypeParameterDeclaration(target)) {
      return renderDeclaration(rendering, name, target, unnamed)
    }
    const keyword = `type ${name}${parametersOf(node)} = `
    if (!ts.isTypeQueryNode(node.type) && !node.type.getText().startsWith("typeof ")) {
      return written(keyword, writtenType(names, node.type))
    }
    const text = inferredType(names, names.checker.getTypeAtLocation(node), node)
    return written(keyword, { text: text === name ? "string" : text, named: new Set(), unnamed: new Set() })
  }
  if (ts.isVariableDeclaration(node)) return written(`const ${name}: `, variableText(names, name, node))
  if (ts.isFunctionDeclaration(node)) return written(`const ${name}: `, functionText(names, node))
  return ""
}
