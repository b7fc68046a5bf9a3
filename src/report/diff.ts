/** What an edit changes, line by line. */
import { isObject, listAt, numberAt, textsAt } from "../schema/jsonFields.js"
import { type Html, html, pre } from "./html.js"

/** A line with its mark: ` `, `-` or `+`. */
interface Line {
  readonly mark: " " | "-" | "+"
  readonly text: string
}

/** Lines that are next to each other in the file. */
export interface Hunk {
  /** Where it begins, if that is known. */
  readonly place?: string | undefined
  readonly lines: ReadonlyArray<Line>
}

/** Above this number of comparisons, all that differs is shown as removed and added. */
const mostComparisons = 250_000

const linesOf = (text: string): ReadonlyArray<string> => {
  const lines = text.split(/\r\n|\r|\n/)
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines
}

const marked = (mark: Line["mark"], lines: ReadonlyArray<string>): ReadonlyArray<Line> =>
  lines.map((text) => ({ mark, text }))

const commonStart = (one: ReadonlyArray<string>, other: ReadonlyArray<string>): number => {
  const end = Math.min(one.length, other.length)
  let index = 0
  while (index < end && one[index] === other[index]) index++
  return index
}

/** By the longest common subsequence. */
const compared = (before: ReadonlyArray<string>, after: ReadonlyArray<string>): ReadonlyArray<Line> => {
  if (before.length * after.length > mostComparisons) return [...marked("-", before), ...marked("+", after)]
  const width = after.length + 1
  const common = new Uint32Array((before.length + 1) * width)
  const at = (row: number, column: number) => common[row * width + column] ?? 0
  for (let row = before.length - 1; row >= 0; row--) {
    for (let column = after.length - 1; column >= 0; column--) {
      common[row * width + column] =
        before[row] === after[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1))
    }
  }
  const lines: Array<Line> = []
  let [row, column] = [0, 0]
  while (row < before.length || column < after.length) {
    const [old = "", now = ""] = [before[row], after[column]]
    if (row < before.length && column < after.length && old === now) {
      lines.push({ mark: " ", text: old })
      row++
      column++
    } else if (column >= after.length || (row < before.length && at(row + 1, column) >= at(row, column + 1))) {
      lines.push({ mark: "-", text: old })
      row++
    } else {
      lines.push({ mark: "+", text: now })
      column++
    }
  }
  return lines
}

/** The difference between two texts. */
export const between = (before: string, after: string): Hunk => {
  const [old, now] = [linesOf(before), linesOf(after)]
  const start = commonStart(old, now)
  const end = commonStart(old.slice(start).toReversed(), now.slice(start).toReversed())
  return {
    lines: [
      ...marked(" ", old.slice(0, start)),
      ...compared(old.slice(start, old.length - end), now.slice(start, now.length - end)),
      ...marked(" ", old.slice(old.length - end))
    ]
  }
}

const markOf = (line: string): Line | undefined => {
  const mark = line.charAt(0)
  return mark === " " || mark === "-" || mark === "+" ? { mark, text: line.slice(1) } : undefined
}

/** The patch that Claude Code adds to the result of an edit: it knows the lines around it and where they are. */
export const fromPatch = (toolUseResult: unknown): ReadonlyArray<Hunk> => {
  if (!isObject(toolUseResult)) return []
  return listAt(toolUseResult, "structuredPatch").flatMap((hunk) => {
    if (!isObject(hunk)) return []
    const lines = textsAt(hunk, "lines").flatMap((line) => markOf(line) ?? [])
    const start = numberAt(hunk, "newStart")
    return lines.length === 0 ? [] : [{ place: start === undefined ? undefined : `line ${start}`, lines }]
  })
}

const lineMarkup = ({ mark, text }: Line): Html => {
  if (mark === "+") return html`<ins>+ ${text}\n</ins>`
  return mark === "-" ? html`<del>- ${text}\n</del>` : html`<span>  ${text}\n</span>`
}

/** The lines of a diff as a page shows them, at most so many characters of them. */
export const diffMarkup = (hunks: ReadonlyArray<Hunk>, limit: number): Html => {
  const parts: Array<Html> = []
  let left = limit
  let leftOut = 0
  for (const { lines, place } of hunks) {
    if (place !== undefined && left > 0) parts.push(html`<span class="place">${place}\n</span>`)
    for (const line of lines) {
      left -= line.text.length + 3
      if (left >= 0) parts.push(lineMarkup(line))
      else leftOut += 1
    }
  }
  if (leftOut > 0) parts.push(html`<span class="place">${leftOut} more lines left out\n</span>`)
  return pre(html`${parts}`, "diff")
}

/** How many lines are added and removed. */
export const sizeOf = (hunks: ReadonlyArray<Hunk>): { readonly added: number; readonly removed: number } => {
  const lines = hunks.flatMap((hunk) => hunk.lines)
  return {
    added: lines.filter(({ mark }) => mark === "+").length,
    removed: lines.filter(({ mark }) => mark === "-").length
  }
}
