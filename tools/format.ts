/** Rewrites blocks and wide comments into the dialect that `test/architecture` checks, as far as a tool can. */
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { wideComments, width, withBlocks } from "../test/architecture/dialect.js"
import { root } from "./manifest.js"

/** What a line of a comment begins with, and its words. */
const commentLine = /^(\s*(?:\/\/|\/\*\*|\*)) (.*)$/

/** A line that does not continue the one before: a list, a tag, a fence, a table, the end. */
const startsAnew = (text: string): boolean => /^([-*|#>@]|```|\d+\. |\/)/.test(text.trim()) || text.trim() === ""

/** How far the lines after this one are indented: as far as itself, and in a list as far as its words. */
const indentation = (text: string): string => " ".repeat(/^\s*(?:[-*] |\d+\. )?/.exec(text)?.[0].length ?? 0)

/** Breaks one wide line; what does not fit goes in front of the next line of its paragraph. */
const wrapped = (lines: ReadonlyArray<string>, at: number): ReadonlyArray<string> | undefined => {
  const [, head, body] = commentLine.exec(lines[at] ?? "") ?? []
  if (head === undefined || body === undefined) return undefined
  if (head.trim() === "/**") {
    const indent = head.slice(0, -"/**".length)
    const closes = body.endsWith("*/")
    const inner = closes ? [` * ${body.slice(0, -"*/".length).trim()}`, " */"] : [` * ${body}`]
    return lines.toSpliced(at, 1, `${indent}/**`, ...inner.map((line) => `${indent}${line}`))
  }
  const closing = head.trim() === "*" && body.endsWith("*/")
  const text = closing ? body.slice(0, -"*/".length).trimEnd() : body
  const room = width - head.length - 1
  const cut = text.length <= room ? text.length : text.lastIndexOf(" ", room)
  const [first, rest] = [text.slice(0, cut).trimEnd(), text.slice(cut).trim()]
  const [, nextHead, next] = commentLine.exec(lines[at + 1] ?? "") ?? []
  const end = closing ? [`${head.slice(0, -1)}*/`] : []
  const continues = !closing && rest !== "" && nextHead === head && next !== undefined && !startsAnew(next)
  const moved = `${head} ${indentation(text)}${rest}`
  if (continues) return lines.toSpliced(at, 2, `${head} ${first}`, `${moved} ${next.trimStart()}`)
  return lines.toSpliced(at, 1, `${head} ${first}`, ...(rest === "" ? [] : [moved]), ...end)
}

const withNarrowComments = (path: string, text: string): string => {
  let current = text
  // As often as there are lines at most: what cannot be broken stays for the check to name.
  for (let turn = 0; turn < 2_000; turn++) {
    const lines = current.split("\n")
    const next = wideComments(path, current)
      .map((line) => wrapped(lines, line - 1))
      .find((edited) => edited !== undefined && edited.join("\n") !== current)
    if (next === undefined) return current
    current = next.join("\n")
  }
  return current
}

/** All of them, or those in the folders that the command line names. */
const folders = process.argv.slice(2)
const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.ts"], { cwd: root, encoding: "utf8" })
for (const path of listed.trim().split("\n")) {
  const isChosen = folders.length === 0 || folders.some((folder) => path.startsWith(folder))
  if (!isChosen || !existsSync(root + path)) continue
  const text = readFileSync(root + path, "utf8")
  const formatted = withNarrowComments(path, withBlocks(path, text))
  if (formatted !== text) writeFileSync(root + path, formatted)
}
