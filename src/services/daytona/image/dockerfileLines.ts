/** Reading a Dockerfile as far as one must in order to find its COPY and ADD: instructions, continuations, here-documents. */

/** An instruction, or lines that are none. */
export interface Logical {
  /** As written. */
  readonly lines: ReadonlyArray<string>
  /** Of its first line, from 1. */
  readonly number: number
  /** In capitals; empty for comments and blank lines. */
  readonly keyword: string
  /** What follows the keyword, continuation lines joined, comments between them dropped. */
  readonly rest: string
  readonly heredocs: ReadonlyArray<string>
  /** The text ended in the middle of it. */
  readonly open: boolean
}

const isComment = (line: string): boolean => /^\s*#/.test(line)
const isBlank = (line: string): boolean => line.trim() === ""

/** The words of a line, quotes kept, as a shell tells them apart. */
export const shellWords = (text: string): ReadonlyArray<string> =>
  text.match(/(?:\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"|[^\s])+/g) ?? []

interface Heredoc {
  readonly word: string
  readonly name: string
  /** `<<-`: tabs before its end do not count. */
  readonly chomp: boolean
}

const heredocsOf = (text: string): ReadonlyArray<Heredoc> =>
  shellWords(text).flatMap((word) => {
    const [, dash, name = ""] = /^\d*<<(-?)([^<]+)$/.exec(word) ?? []
    return name === "" ? [] : [{ word, name: name.replace(/["'\\]/g, ""), chomp: dash === "-" }]
  })

/** The instructions that can have here-documents. */
const withHeredocs = new Set(["RUN", "COPY", "ADD"])

/** The lines of a text, whichever system they were written on; blank ones at its end do not count. */
export const logicalLines = (text: string): ReadonlyArray<Logical> => {
  const all = text
    .replace(/^\uFEFF/, "")
    .replace(/\r\n/g, "\n")
    .replace(/\n+$/, "")
    .split("\n")
  const found: Array<Logical> = []
  let index = 0
  while (index < all.length) {
    const start = index
    const first = all[index] ?? ""
    if (isBlank(first) || isComment(first)) {
      index++
      found.push({ lines: [first], number: start + 1, keyword: "", rest: "", heredocs: [], open: false })
      continue
    }
    let joined = ""
    let open = true
    while (open && index < all.length) {
      const line = all[index] ?? ""
      index++
      if (index > start + 1 && (isBlank(line) || isComment(line))) continue
      const continued = /^([\s\S]*)\\[ \t]*$/.exec(line)
      joined += continued === null ? line : (continued[1] ?? "")
      open = continued !== null
    }
    const [, keyword = "", rest = ""] = /^\s*(\S+)\s*([\s\S]*)$/.exec(joined) ?? []
    const heredocs = withHeredocs.has(keyword.toUpperCase()) ? heredocsOf(rest) : []
    for (const { name, chomp } of heredocs) {
      open = true
      while (open && index < all.length) {
        const line = all[index] ?? ""
        index++
        open = (chomp ? line.replace(/^\t+/, "") : line) !== name
      }
    }
    found.push({
      lines: all.slice(start, index),
      number: start + 1,
      keyword: keyword.toUpperCase(),
      rest: rest.trimEnd(),
      heredocs: heredocs.map(({ word }) => word),
      open
    })
  }
  return found
}

/**
 * What a word of a Dockerfile means: quotes and backslashes taken away, as Docker does before it looks for files. Nothing
 * where it holds a variable, whose value only the builder knows.
 */
export const meaningOf = (word: string): string | undefined => {
  let meaning = ""
  let quote = ""
  for (let index = 0; index < word.length; index++) {
    const character = word.charAt(index)
    const next = word.charAt(index + 1)
    if (quote === "'") {
      if (character === "'") quote = ""
      else meaning += character
    } else if (character === "\\" && (quote === "" || next === '"' || next === "$" || next === "\\")) {
      meaning += next
      index++
    } else if (character === "$") return undefined
    else if (quote === "" && (character === "'" || character === '"')) quote = character
    else if (quote === '"' && character === '"') quote = ""
    else meaning += character
  }
  return quote === "" ? meaning : undefined
}
