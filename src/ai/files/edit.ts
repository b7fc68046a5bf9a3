/** Exact replacement of text, and what comes closest where there is no match. */

/** The positions of a text, which do not overlap. */
export const positionsOf = (text: string, find: string): ReadonlyArray<number> => {
  const found: Array<number> = []
  for (let at = text.indexOf(find); at !== -1; at = text.indexOf(find, at + find.length)) found.push(at)
  return found
}

/** The number of the line that a position is in, from 1. */
export const lineAt = (text: string, position: number): number => {
  let line = 1
  for (let at = text.indexOf("\n"); at !== -1 && at < position; at = text.indexOf("\n", at + 1)) line += 1
  return line
}

/** The text with every position replaced. */
export const replaced = (text: string, positions: ReadonlyArray<number>, find: string, replacement: string): string => {
  const parts: Array<string> = []
  let from = 0
  for (const position of positions) {
    parts.push(text.slice(from, position), replacement)
    from = position + find.length
  }
  return `${parts.join("")}${text.slice(from)}`
}

/** A line without what is easily got wrong: spaces. */
const bare = (line: string): string => line.replace(/\s+/g, "")

const wordsOf = (line: string): ReadonlySet<string> => new Set(line.match(/\w+|[^\s\w]/g) ?? [])

/** How much of the words and signs of a line another one has, from 0 to 1; a little more if it has few others. */
const likeness = (wanted: ReadonlySet<string>, line: ReadonlySet<string>): number => {
  if (wanted.size === 0 || line.size === 0) return 0
  let common = 0
  for (const word of wanted) if (line.has(word)) common += 1
  return common / wanted.size + common / line.size / 100
}

export interface Nearest {
  /** From 0. */
  readonly line: number
  readonly count: number
  /** Whether only spaces and line breaks differ. */
  readonly onlySpaces: boolean
}

/** Enough lines to recognize a place; a longer search would take too long. */
const comparedLines = 40

/** The lines that come closest to a text that is not there; `undefined` if none is like it. */
export const nearest = (lines: ReadonlyArray<string>, find: string): Nearest | undefined => {
  const wanted = find.replace(/^\n+|\n+$/g, "").split("\n")
  const compared = wanted.slice(0, comparedLines).map(bare)
  const bareLines = lines.map(bare)
  let best = { line: -1, equal: 0 }
  for (let line = 0; line < lines.length; line++) {
    let equal = 0
    for (const [offset, each] of compared.entries()) {
      if (each !== "" && bareLines[line + offset] === each) equal += 1
    }
    if (equal > best.equal) best = { line, equal }
  }
  const filled = compared.filter((each) => each !== "").length
  if (best.equal > 0) {
    const onlySpaces = best.equal === filled && wanted.length <= comparedLines
    return { line: best.line, count: wanted.length, onlySpaces }
  }
  const longest = wanted.reduce((one, other) => (bare(other).length > bare(one).length ? other : one), "")
  const words = wordsOf(longest)
  let closest = { line: -1, like: 0.5 }
  for (const [line, each] of lines.entries()) {
    const like = likeness(words, wordsOf(each))
    if (like > closest.like) closest = { line, like }
  }
  return closest.line === -1
    ? undefined
    : { line: Math.max(0, closest.line - wanted.indexOf(longest)), count: wanted.length, onlySpaces: false }
}
