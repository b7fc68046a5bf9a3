/** Commands of the installed program, each as a process in a folder that is empty. */

import { mkdir, readFile } from "node:fs/promises"
import { availableParallelism } from "node:os"
import { join } from "node:path"
import { type Described, describe } from "../src/cli/frame/help.js"
import { root } from "../src/cli/root.js"
import { run } from "./program.js"

/** What a user tries first, and what has to be printed, stdout before stderr. */
const tried: ReadonlyArray<readonly [args: ReadonlyArray<string>, printed: RegExp]> = [
  [["run", "--embedded", "Count to 3"], /^\[demo agent.*\n1\n2\n3\n/],
  [
    ["run", "--embedded", "--html", "page.html", "Count to 3"],
    /^\[demo agent.*\n1\n2\n3\n[\s\S]*Wrote the page page\.html\.\n$/
  ],
  [["exec", "--embedded", "--new", "--", "echo", "hi"], /^hi\n/],
  [["doctor", "--embedded"], /Stromboli[\s\S]*Daytona/],
  [["sandbox", "ls", "--embedded", "--json"], /^\[\]\n/]
]

/** Every command and every group of commands. */
const pathsOf = (command: Described, path: ReadonlyArray<string> = []): ReadonlyArray<ReadonlyArray<string>> => [
  path,
  ...command.children.flatMap((child) => pathsOf(child, [...path, child.name]))
]

/** Runs some at a time: most of what each does is to start. */
const eachOf = async <A>(all: ReadonlyArray<A>, look: (one: A) => Promise<void>): Promise<void> => {
  const left = [...all]
  const worker = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await look(next)
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
}

/** Fails with every command that does not do what it should; `program` is the one that npm has linked. */
export const checkCommands = async (program: string, parent: string): Promise<string> => {
  const directory = join(parent, "empty")
  await mkdir(directory)
  const environment = { HOME: directory, XDG_CONFIG_HOME: directory, XDG_STATE_HOME: directory, NODE_PATH: "" }
  const problems: Array<string> = []
  const expectOf = async (args: ReadonlyArray<string>, printed: RegExp) => {
    const { code, output } = await run(program, args, { directory, environment, limit: 60 })
    if (code !== 0 || !printed.test(output)) problems.push(`${args.join(" ")}: exit code ${code}\n${output.trim()}`)
  }

  for (const [args, printed] of tried) await expectOf(args, printed)
  const page = await readFile(join(directory, "page.html"), "utf8").catch(() => "")
  if (!/^<!doctype html>[\s\S]*Count to 3[\s\S]*<\/html>\s*$/.test(page)) {
    problems.push("run --html: page.html is not a page")
  }

  const paths = pathsOf(describe(root.descriptor))
  await eachOf(paths, (path) => expectOf([...path, "--help"], new RegExp(`effect-sandboxes ${path.join(" ")}`.trim())))
  if (problems.length > 0) throw new Error(problems.join("\n"))
  return `${tried.length} commands run in an empty folder, ${paths.length} explain themselves`
}
