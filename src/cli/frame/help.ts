/**
 * Help, written from what the commands declare: one screen, wrapped to the width of the terminal. `@effect/cli` has the
 * same facts, in paragraphs for each option, and lists all commands below each other with all of their options.
 */
import * as CliConfig from "@effect/cli/CliConfig"
import * as Descriptor from "@effect/cli/CommandDescriptor"
import type * as HelpDoc from "@effect/cli/HelpDoc"
import type * as Span from "@effect/cli/HelpDoc/Span"
import { hasProperty } from "effect/Predicate"
import { bold, cyan, type Text } from "./text.js"

/** A command by the words that lead to it. */
export interface Found {
  readonly path: ReadonlyArray<string>
  readonly command: Descriptor.Command<unknown>
  /** The arguments behind those words. */
  readonly rest: ReadonlyArray<string>
}

const config: CliConfig.CliConfig = { ...CliConfig.defaultConfig, showBuiltIns: false, showTypes: true }

const isCommand = (value: unknown): value is Descriptor.Command<unknown> => hasProperty(value, Descriptor.TypeId)

/**
 * The commands directly below one, as declared. `getSubcommands` of `@effect/cli` forgets those of a subcommand, so the
 * declaration itself is read.
 */
const childrenOf = (command: unknown): ReadonlyArray<Descriptor.Command<unknown>> => {
  if (hasProperty(command, "command")) return childrenOf(command.command)
  return hasProperty(command, "children") && Array.isArray(command.children) ? command.children.filter(isCommand) : []
}

const nameOf = (command: Descriptor.Command<unknown>): string => [...Descriptor.getNames(command)][0] ?? ""

/** The command that arguments begin with the name of. */
export const find = (root: Descriptor.Command<unknown>, args: ReadonlyArray<string>): Found => {
  const path: Array<string> = []
  let command = root
  for (const word of args) {
    const next = childrenOf(command).find((child) => nameOf(child) === word)
    if (next === undefined) break
    path.push(word)
    command = next
  }
  return { path, command, rest: args.slice(path.length) }
}

/** Whether the arguments ask for help. Nothing after `--` is ours. */
export const isHelp = ({ command, rest }: Found): boolean => {
  const end = rest.indexOf("--")
  const own = end === -1 ? rest : rest.slice(0, end)
  if (own.some((word) => word === "--help" || word === "-h")) return true
  return rest.length === 0 && childrenOf(command).length > 0
}

const textOf = (span: Span.Span): string => {
  switch (span._tag) {
    case "Sequence":
      return textOf(span.left) + textOf(span.right)
    case "Text":
    case "URI":
      return span.value
    default:
      return textOf(span.value)
  }
}

const blocksOf = (doc: HelpDoc.HelpDoc): ReadonlyArray<Exclude<HelpDoc.HelpDoc, HelpDoc.Sequence>> =>
  doc._tag === "Sequence" ? [...blocksOf(doc.left), ...blocksOf(doc.right)] : [doc]

/** What `@effect/cli` says of every option, and the usage line says already. */
const isBoilerplate = (sentence: string): boolean =>
  /^(A true or false value|A user-defined piece of text|An integer|One of the following|This setting is optional|This option (may|must) be repeated|This argument (may|must) be repeated)\b/.test(
    sentence
  )

const sentencesOf = (doc: HelpDoc.HelpDoc): string =>
  blocksOf(doc)
    .flatMap((block) => (block._tag === "Paragraph" ? [textOf(block.value)] : []))
    .filter((sentence) => sentence !== "" && !isBoilerplate(sentence))
    .join(" ")

/** The part of a help document below a heading. */
const below = (doc: HelpDoc.HelpDoc, heading: string): ReadonlyArray<HelpDoc.HelpDoc> => {
  const blocks = blocksOf(doc)
  const start = blocks.findIndex((block) => block._tag === "Header" && textOf(block.value) === heading)
  if (start === -1) return []
  const rest = blocks.slice(start + 1)
  const end = rest.findIndex(({ _tag }) => _tag === "Header")
  return end === -1 ? rest : rest.slice(0, end)
}

/** As people write it: `--yes, -y` for `(-y, --yes)`, `<id>...` for `<id> 1+`. */
const usageOf = (name: string): string =>
  name.replace(/^\((-\w), (--[\w-]+)([^)]*)\)/, "$2, $1$3").replace(/ 1\+$/, "...")

const definitionsOf = (doc: HelpDoc.HelpDoc, heading: string): ReadonlyArray<readonly [string, string]> =>
  below(doc, heading).flatMap((block) =>
    block._tag === "DescriptionList"
      ? block.definitions.map(
          ([name, description]) => [usageOf(textOf(name).trim()), sentencesOf(description)] as const
        )
      : []
  )

const helpOf = (command: Descriptor.Command<unknown>) => Descriptor.getHelp(command, config)

const descriptionOf = (command: Descriptor.Command<unknown>): string =>
  below(helpOf(command), "DESCRIPTION").map(sentencesOf).join(" ")

/** A command, and those below it, as they are described. */
export interface Described {
  readonly name: string
  readonly description: string
  /** How an option is written, and what it means. */
  readonly options: ReadonlyArray<readonly [usage: string, meaning: string]>
  readonly arguments: ReadonlyArray<readonly [usage: string, meaning: string]>
  readonly children: ReadonlyArray<Described>
}

/** What a command declares. */
export const describe = (command: Descriptor.Command<unknown>): Described => ({
  name: nameOf(command),
  description: descriptionOf(command),
  options: definitionsOf(helpOf(command), "OPTIONS"),
  arguments: definitionsOf(helpOf(command), "ARGUMENTS"),
  children: childrenOf(command).map(describe)
})

/** Breaks a text into lines of a width, between words. Every letter of ours is one column wide. */
const wrap = (text: string, width: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let line = ""
  for (const word of text.split(/\s+/)) {
    const longer = line === "" ? word : `${line} ${word}`
    if (line !== "" && longer.length > width) {
      lines.push(line)
      line = word
    } else {
      line = longer
    }
  }
  return [...lines, line]
}

/** Names with what they mean, in two columns. A name that is too wide stands on a line of its own. */
const list = (pairs: ReadonlyArray<readonly [string, string]>, width: number): Text => {
  const widest = Math.min(30, Math.max(...pairs.map(([name]) => name.length)))
  const indent = " ".repeat(widest + 4)
  return pairs.map(([name, description]) => {
    const [first = "", ...more] = wrap(description, Math.max(20, width - indent.length))
    const beside = name.length <= widest
    return [
      "  ",
      cyan(name),
      beside ? " ".repeat(widest - name.length + 2) : `\n${indent}`,
      first,
      "\n",
      more.map((line) => `${indent}${line}\n`)
    ]
  })
}

/**
 * A problem with the arguments, as `@effect/cli` words it, with what it leaves out: which word is not a command, and
 * which option has a value that is not one of its own.
 */
export const worded = (problem: string, { command, path, rest }: Found): string => {
  const children = childrenOf(command).map(nameOf)
  const [word] = rest
  if (children.length > 0 && word !== undefined && !word.startsWith("-")) {
    return `${JSON.stringify(word)} is not a command of ${["effect-sandboxes", ...path].join(" ")}, which has: ${children.join(", ")}`
  }
  const values = /^Expected one of the following cases: (.+)$/.exec(problem)?.[1]?.split(", ")
  if (values === undefined) return problem
  const option = definitionsOf(helpOf(command), "OPTIONS").find(([name]) => name.includes(values.join(" | ")))
  return option === undefined ? problem : `${option[0].split(/[ ,]/, 1)[0]}: expected ${values.join(" or ")}`
}

const section = (heading: string, pairs: ReadonlyArray<readonly [string, string]>, width: number): Text =>
  pairs.length === 0 ? "" : ["\n", bold(heading), "\n", list(pairs, width)]

const everywhere: ReadonlyArray<readonly [string, string]> = [
  ["--help, -h", "Show help. It works after every command."],
  ["--version", "Show the version."],
  ["--wizard", "Ask for the options of a command one by one."],
  ["--completions SHELL", "Print a script that completes commands and options: bash, zsh or fish."],
  ["--log-level LEVEL", "Show more or less of the log: debug, info, warning, error, none."]
]

/** The help of a command, or of a group of commands. */
export const helpText = ({ command, path }: Pick<Found, "command" | "path">, width: number): Text => {
  const name = ["effect-sandboxes", ...path].join(" ")
  const { arguments: args, children, description, options } = describe(command)
  const usage = [
    name,
    ...(children.length > 0 ? ["<command>"] : []),
    ...(options.length > 0 ? ["[options]"] : []),
    ...args.map(([argument]) => argument)
  ].join(" ")
  return [
    wrap(description, width).map((line) => `${line}\n`),
    "\n",
    bold("USAGE"),
    `\n  ${usage}\n`,
    section(
      "COMMANDS",
      children.map((child) => [child.name, child.description] as const),
      width
    ),
    section("ARGUMENTS", args, width),
    section("OPTIONS", options, width),
    path.length === 0 ? section("EVERYWHERE", everywhere, width) : ""
  ]
}
