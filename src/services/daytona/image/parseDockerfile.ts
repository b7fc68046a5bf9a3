/**
 * Parses a Dockerfile as far as needed to find its COPY and ADD instructions, whose local sources are uploaded.
 * Everything else is kept unchanged.
 */
import * as Either from "effect/Either"
import type { Source } from "../../../schema/daytona/image/Image.js"
import { anyText, type Checked, problem } from "../../../schema/daytona/image/text.js"
import { instruction, type Steps } from "./builder.js"

/** An instruction with its continuation lines and here-documents, a comment, or a blank line. */
interface LogicalLine {
  /** The text, unchanged. */
  readonly lines: ReadonlyArray<string>
  /** The number of its first line, from 1. */
  readonly number: number
  /** In upper case; empty for comments and blank lines. */
  readonly keyword: string
  /** The text after the keyword: continuation lines are joined, and comments between them dropped. */
  readonly rest: string
  readonly heredocs: ReadonlyArray<string>
  /** Whether the text ends in the middle of it. */
  readonly open: boolean
}

const isComment = (line: string): boolean => /^\s*#/.test(line)
const isBlank = (line: string): boolean => line.trim() === ""

/** The words of a line, split as a shell does, with their quotes. */
const shellWords = (text: string): ReadonlyArray<string> =>
  text.match(/(?:\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"|[^\s])+/g) ?? []

/** How deeply variables may be nested in each other's operands. */
const maxDepth = 200

/** `${`, a name, and what follows it: the end, or an operator and its operand. */
const variable = /\{(?:[\p{L}_][\p{L}\p{Nd}_]*|\p{Nd}+|[@*#?$!-])?(?:(\})|:[-+?]|[-+?#%]|(\/\/?))/uy

/**
 * The words of a line, with their quotes, as BuildKit splits it to find here-documents. A line that it cannot read (an
 * unterminated quote or variable) has none.
 */
const heredocWords = (text: string): ReadonlyArray<string> => {
  let at = 0
  let depth = 0
  const until = (end: string): boolean => {
    depth++
    while (depth < maxDepth && at < text.length && text[at] !== end) if (!piece()) return false
    depth--
    return text[at++] === end
  }
  const doubleQuoted = (): boolean => {
    at++
    while (at < text.length) {
      if (text[at] === '"') return ++at > 0
      if (text[at] === "$") {
        if (!dollar()) return false
      } else {
        at += text[at] === "\\" && /["$\\]/.test(text.charAt(at + 1)) ? 2 : 1
      }
    }
    return false
  }
  const dollar = (): boolean => {
    at++
    if (text[at] !== "{") return true
    variable.lastIndex = at
    const match = variable.exec(text)
    if (match === null) return false
    at = variable.lastIndex
    const [, end, replacement] = match
    return end !== undefined || ((replacement === undefined || until("/")) && until("}"))
  }
  const piece = (): boolean => {
    const character = text[at]
    if (character === "'") {
      const end = text.indexOf("'", at + 1)
      at = end + 1
      return end >= 0
    }
    if (character === '"') return doubleQuoted()
    if (character === "$") return dollar()
    at += character === "\\" ? 2 : 1
    return true
  }
  const words: Array<string> = [""]
  while (at < text.length) {
    const start = at
    if (text.startsWith("<<", at)) {
      at += /^<<[ \t]*/.exec(text.slice(at))?.[0].length ?? 2
    } else if (/\s/.test(text.charAt(at))) {
      at++
      words.push("")
      continue
    } else if (!piece()) {
      return []
    }
    const [part = "", ...others] = text[start] === "$" ? text.slice(start, at).split(/\s+/) : [text.slice(start, at)]
    words[words.length - 1] += part
    words.push(...others)
  }
  return words
}

interface Heredoc {
  readonly word: string
  readonly name: string
  /** `<<-`: leading tabs of the terminator are ignored. */
  readonly chomp: boolean
}

const heredocsIn = (text: string): ReadonlyArray<Heredoc> =>
  heredocWords(text).flatMap((word) => {
    const [, dash, quotedName = ""] = /^\d*<<(-?)\s*([^<]*)$/.exec(word) ?? []
    const name = quotedName.replace(/["'\\]/g, "")
    return name === "" ? [] : [{ word, name, chomp: dash === "-" }]
  })

/**
 * The here-documents of an instruction, or of the trigger that ONBUILD sets. A JSON array has none: its words are
 * quoted.
 */
const heredocsOf = (keyword: string, rest: string): ReadonlyArray<Heredoc> => {
  const [instruction, words] = keyword === "ONBUILD" ? splitKeyword(rest) : [keyword, rest]
  return ["RUN", "COPY", "ADD"].includes(instruction) && words.includes("<<") ? heredocsIn(words) : []
}

const splitKeyword = (line: string): readonly [keyword: string, rest: string] => {
  const [, keyword = "", rest = ""] = /^\s*(\S+)\s*([\s\S]*)$/.exec(line) ?? []
  return [keyword.toUpperCase(), rest.trimEnd()]
}

/**
 * A line without the backslash that continues it, if there is one. A backslash before it escapes it: `RUN echo \\\\` is
 * a complete instruction.
 */
const continued = (line: string): string | undefined => /^((?:.*[^\\])?)\\[ \t]*$/s.exec(line)?.[1]

/** Splits a Dockerfile into logical lines, as BuildKit does. Trailing blank lines are dropped. */
const logicalLines = (text: string): ReadonlyArray<LogicalLine> => {
  const all = text
    .replace(/^\uFEFF/, "")
    .replace(/\r+(?=\n|$)/g, "")
    .replace(/\n+$/, "")
    .split("\n")
  const found: Array<LogicalLine> = []
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
      // The indentation of the first line is not part of the instruction.
      const line = index === start ? first.trimStart() : (all[index] ?? "")
      index++
      if (index > start + 1 && (isBlank(line) || isComment(line))) continue
      const more = continued(line)
      joined += more ?? line
      open = more !== undefined
    }
    const [keyword, rest] = splitKeyword(joined)
    const heredocs = heredocsOf(keyword, rest)
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
      keyword,
      rest,
      heredocs: heredocs.map(({ word }) => word),
      open
    })
  }
  return found
}

/**
 * A word without its quotes and backslashes, as Docker reads it. `undefined` if it has a variable, whose value only the
 * builder knows, or an unterminated quote.
 */
const unquote = (word: string): string | undefined => {
  let text = ""
  let quote = ""
  for (let index = 0; index < word.length; index++) {
    const character = word.charAt(index)
    const next = word.charAt(index + 1)
    if (quote === "'") {
      if (character === "'") quote = ""
      else text += character
    } else if (character === "\\" && (quote === "" || next === '"' || next === "$" || next === "\\")) {
      text += next
      index++
    } else if (character === "$") {
      return undefined
    } else if (quote === "" && (character === "'" || character === '"')) {
      quote = character
    } else if (quote === '"' && character === '"') {
      quote = ""
    } else {
      text += character
    }
  }
  return quote === "" ? text : undefined
}

/** Whether the builder fetches a source itself: a URL, or a Git repository. */
export const isRemote = (source: string): boolean => /^(https?:\/\/|git:\/\/|ssh:\/\/|git@)/i.test(source)

const jsonStrings = (text: string): ReadonlyArray<string> | undefined => {
  if (!text.startsWith("[")) return undefined
  const parsed = Either.try((): unknown => JSON.parse(text))
  return Either.isRight(parsed) && Array.isArray(parsed.right) && parsed.right.every((word) => typeof word === "string")
    ? parsed.right
    : undefined
}

const splitFlags = (rest: string): { readonly flags: ReadonlyArray<string>; readonly arguments: string } => {
  const flags: Array<string> = []
  let words = rest
  for (let flag = /^(--\S+)\s*/.exec(words); flag !== null; flag = /^(--\S+)\s*/.exec(words)) {
    flags.push(flag[1] ?? "")
    words = words.slice(flag[0].length)
  }
  return { flags, arguments: words }
}

/** The words of COPY and ADD. Docker splits at every space, quoted or not: a path with a space needs the JSON form. */
const copyWords = (text: string): ReadonlyArray<string> =>
  jsonStrings(text) ?? text.split(/[\t\v\f\r ]+/).filter((word) => word !== "")

interface ParseContext {
  /** The function that was called, such as `Image.fromDockerfile`. */
  readonly call: string
  readonly argument: string
  readonly contextDir: string | undefined
  readonly ignoreFile?: string | undefined
}

const shown = ({ number, keyword, rest }: LogicalLine): string => {
  const text = `${keyword} ${rest}`
  return `has at line ${number} \`${text.length > 80 ? `${text.slice(0, 80)}…` : text}\``
}

const readSource = (
  line: LogicalLine,
  word: string,
  { argument, contextDir, ignoreFile }: ParseContext
): Checked<Source> => {
  const refused = (why: string) => problem(argument, `${shown(line)}: ${why}`)
  if (line.heredocs.includes(word)) return Either.right({ _tag: "Word", word })
  const pattern = unquote(word)
  if (line.keyword === "ADD" && isRemote(pattern ?? word)) return Either.right({ _tag: "Word", word })
  if (pattern === undefined) {
    return word.includes("$")
      ? refused(`\`${word}\` has a variable, so its files cannot be determined`)
      : refused(`\`${word}\` has an unterminated quote`)
  }
  if (contextDir === undefined) return refused("it needs local files, so `contextDir` must be given")
  return Either.right({
    _tag: "Pattern",
    argument,
    directory: contextDir,
    pattern: pattern.replace(/^\/+/, "") || ".",
    ignoreFile
  })
}

const readCopy = (line: LogicalLine, context: ParseContext): Checked<Steps> => {
  const { flags, arguments: text } = splitFlags(line.rest)
  const words = copyWords(text)
  const verbatim: Steps = [instruction(line.lines.join("\n"))]
  if (flags.some((flag) => flag.startsWith("--from="))) return Either.right(verbatim)
  const sources = words.slice(0, -1)
  const destination = words.at(-1)
  const refused = (why: string) => problem(context.argument, `${shown(line)}: ${why}`)
  if (destination === undefined || sources.length === 0) return refused("it must have a source and a destination")
  if (flags.some((flag) => flag.startsWith("--parents"))) {
    return refused("`--parents` is not supported, since files are uploaded under other paths")
  }
  return Either.flatMap(Either.all(sources.map((word) => readSource(line, word, context))), (read) => {
    if (read.every(({ _tag }) => _tag === "Word")) return Either.right(verbatim)
    if (line.heredocs.length > 0) return refused("files and here-documents must be in separate instructions")
    return Either.right([
      { _tag: "Copy", call: context.call, instruction: line.keyword, flags, sources: read, destination }
    ])
  })
}

/** Whether a RUN instruction mounts the build context: a bind mount that names no image or stage. */
const bindsContext = (rest: string): boolean => {
  for (const word of shellWords(rest)) {
    if (!word.startsWith("--")) return false
    const options = word.startsWith("--mount=") ? word.slice("--mount=".length).split(",") : undefined
    if (options === undefined) continue
    const isBind = options.includes("type=bind") || !options.some((option) => option.startsWith("type="))
    if (isBind && !options.some((option) => option.startsWith("from="))) return true
  }
  return false
}

const readLine = (line: LogicalLine, context: ParseContext): Checked<Steps> => {
  const refused = (why: string) => problem(context.argument, `${shown(line)}: ${why}`)
  if (line.open) return refused("the instruction is incomplete")
  if (line.keyword === "COPY" || line.keyword === "ADD") return readCopy(line, context)
  return line.keyword === "RUN" && bindsContext(line.rest)
    ? refused("mounts of the build context are not supported; copy the files, or mount an image with `from=`")
    : Either.right([instruction(line.lines.join("\n"))])
}

const directive = /^\s*#\s*(syntax|escape|check)\s*=\s*(\S.*?)\s*$/i

/** The character that the directives at the beginning set; a comment, a blank line or an instruction ends them. */
const escapeCharacter = (lines: ReadonlyArray<LogicalLine>): string => {
  for (const { lines: text } of lines) {
    const [, name, value = ""] = directive.exec(text.join("\n")) ?? []
    if (name === undefined) break
    if (name.toLowerCase() === "escape") return value
  }
  return "\\"
}

/** The steps of a Dockerfile, or of a part of one. `complete`: it must have a FROM instruction. */
export const parseDockerfile = (text: string, context: ParseContext & { readonly complete: boolean }): Checked<Steps> =>
  Either.gen(function* () {
    const { argument, complete } = context
    const checked = yield* anyText(argument, text)
    const lines = logicalLines(checked)
    if (lines.every(({ keyword }) => keyword === "")) return yield* problem(argument, "must have an instruction")
    if (complete && !lines.some(({ keyword }) => keyword === "FROM")) {
      return yield* problem(argument, "must have a FROM instruction")
    }
    if (complete && escapeCharacter(lines) !== "\\") {
      return yield* problem(argument, "must not change the escape character, which later steps rely on")
    }
    const steps = yield* Either.all(lines.map((line) => readLine(line, context)))
    return steps.flat()
  })
