/** Writes the reference of the command line into `docs/command-line.md`, from what the commands declare. */
import { readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { type Described, describe } from "../src/cli/frame/help.js"
import { root as commands } from "../src/cli/root.js"
import { root } from "./manifest.js"

const page = `${root}docs/command-line.md`
const begin = "<!-- The rest is written by tools/cliReference.ts. -->"

type Option = readonly [usage: string, meaning: string]

/** What every command that talks to a server takes, or every command: it is described once. */
const isShared = ([usage]: Option): boolean =>
  /^--(json|verbose|profile|embedded|url|token-file|key-file)\b/.test(usage) && !usage.endsWith("...")

const row = ([usage, meaning]: Option): string =>
  `| \`${usage.replaceAll("|", "\\|")}\` | ${meaning.replaceAll("|", "\\|")} |`

const table = (rows: ReadonlyArray<Option>): string =>
  rows.length === 0 ? "" : `\n| | |\n|---|---|\n${rows.map(row).join("\n")}\n`

const leavesOf = (
  command: Described,
  path: ReadonlyArray<string>
): ReadonlyArray<{ readonly path: ReadonlyArray<string>; readonly command: Described }> =>
  command.children.length === 0
    ? [{ path, command }]
    : command.children.flatMap((child) => leavesOf(child, [...path, child.name]))

const sectionOf = (command: Described, path: ReadonlyArray<string>): string => {
  const usage = [...path, ...command.arguments.map(([name]) => name)].join(" ")
  const rows = [...command.arguments, ...command.options.filter((option) => !isShared(option))]
  return `### ${path.join(" ")}\n\n\`effect-sandboxes ${usage}\`\n\n${command.description}\n${table(rows)}`
}

/** The reference of all commands. */
export const cliReference = (): string => {
  const leaves = leavesOf(describe(commands.descriptor), [])
  const shared = new Map(leaves.flatMap(({ command }) => command.options.filter(isShared)))
  return [
    "## Commands\n",
    `### Options of all commands\n${table([...shared])}`,
    ...leaves.map(({ command, path }) => sectionOf(command, path))
  ].join("\n")
}

/** The page with the reference that it should have. */
export const pageWithReference = (text: string): string => {
  const end = text.indexOf(begin)
  return `${end === -1 ? text : text.slice(0, end)}${begin}\n\n${cliReference()}`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(page, pageWithReference(readFileSync(page, "utf8")))
}
