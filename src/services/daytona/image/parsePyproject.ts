/**
 * Parses the dependencies in a `pyproject.toml`. Only the string lists of two tables are read, in every TOML notation;
 * everything else is skipped.
 */
import * as Either from "effect/Either"

export interface Dependencies {
  /** `project.dependencies`, if present. */
  readonly main: ReadonlyArray<string> | undefined
  /** `project.optional-dependencies`. */
  readonly groups: ReadonlyMap<string, ReadonlyArray<string>>
}

type Value = string | ReadonlyArray<Value> | undefined

type Read<A> = Either.Either<readonly [value: A, next: number], number>

/** The position after spaces, comments and line breaks. */
const skipBlank = (text: string, at: number): number => at + (/^(?:\s|#[^\n]*)*/.exec(text.slice(at))?.[0].length ?? 0)

const skipSpace = (text: string, at: number): number => at + (/^[ \t]*/.exec(text.slice(at))?.[0].length ?? 0)

const escapes: Readonly<Record<string, string>> = { b: "\b", t: "\t", n: "\n", f: "\f", r: "\r", e: "\x1b" }

const unescape = (text: string): string =>
  text.replace(
    /\\(?:u([0-9a-fA-F]{4})|U00([0-9a-fA-F]{6})|[ \t]*\n\s*|([\s\S]))/g,
    (_, short: string | undefined, long: string | undefined, character: string | undefined) => {
      const digits = short ?? long
      if (digits !== undefined) {
        const point = Number.parseInt(digits, 16)
        return point > 0x10ffff ? "\uFFFD" : String.fromCodePoint(point)
      }
      return character === undefined ? "" : (escapes[character] ?? character)
    }
  )

const stringForms: ReadonlyArray<readonly [form: RegExp, read: (content: string) => string]> = [
  [/"""\n?((?:\\[\s\S]|[^\\])*?"{0,2})"""(?!")/y, unescape],
  [/'''\n?([\s\S]*?'{0,2})'''(?!')/y, (content) => content],
  [/"((?:\\.|[^"\\\n])*)"/y, unescape],
  [/'([^'\n]*)'/y, (content) => content]
]

const readString = (text: string, at: number): Read<string> => {
  for (const [form, read] of stringForms) {
    form.lastIndex = at
    const match = form.exec(text)
    if (match !== null) return Either.right([read(match[1] ?? ""), form.lastIndex])
  }
  return Either.left(at)
}

/** A key, split into parts: `project."optional-dependencies".dev`. */
const readKey = (text: string, start: number): Read<ReadonlyArray<string>> => {
  const parts: Array<string> = []
  let at = start
  while (true) {
    const bare = /^[A-Za-z0-9_-]+/.exec(text.slice(at, at + 200))?.[0]
    const part = bare === undefined ? readString(text, at) : Either.right([bare, at + bare.length] as const)
    if (Either.isLeft(part)) return Either.left(part.left)
    parts.push(part.right[0])
    at = skipSpace(text, part.right[1])
    if (text[at] !== ".") return Either.right([parts, at])
    at = skipSpace(text, at + 1)
  }
}

type Visit = (key: ReadonlyArray<string>, value: Value) => void

const readList = (text: string, start: number): Read<Value> => {
  const values: Array<Value> = []
  let at = skipBlank(text, start + 1)
  while (text[at] !== "]") {
    const value = readValue(text, at, [], () => undefined)
    if (Either.isLeft(value)) return value
    values.push(value.right[0])
    at = skipBlank(text, value.right[1])
    if (text[at] === ",") at = skipBlank(text, at + 1)
    else if (text[at] !== "]") return Either.left(at)
  }
  return Either.right([values, at + 1])
}

const readInlineTable = (text: string, start: number, table: ReadonlyArray<string>, visit: Visit): Read<Value> => {
  let at = skipBlank(text, start + 1)
  while (text[at] !== "}") {
    const entry = readEntry(text, at, table, visit)
    if (Either.isLeft(entry)) return entry
    at = skipBlank(text, entry.right[1])
    if (text[at] === ",") at = skipBlank(text, at + 1)
    else if (text[at] !== "}") return Either.left(at)
  }
  return Either.right([undefined, at + 1])
}

const readValue = (text: string, at: number, key: ReadonlyArray<string>, visit: Visit): Read<Value> => {
  if (text[at] === "[") return readList(text, at)
  if (text[at] === "{") return readInlineTable(text, at, key, visit)
  if (text[at] === '"' || text[at] === "'") return readString(text, at)
  // Numbers, dates and booleans are skipped.
  const scalar = /^[A-Za-z0-9+_:.-]+(?: \d\d:[0-9:.Zz+-]+)?/.exec(text.slice(at, at + 200))?.[0]
  return scalar === undefined ? Either.left(at) : Either.right([undefined, at + scalar.length])
}

const readEntry = (text: string, start: number, table: ReadonlyArray<string>, visit: Visit): Read<Value> =>
  Either.flatMap(readKey(text, start), ([parts, after]) => {
    if (text[after] !== "=") return Either.left(after)
    const key = [...table, ...parts]
    return Either.map(readValue(text, skipSpace(text, after + 1), key, visit), (read) => {
      visit(key, read[0])
      return read
    })
  })

const readHeader = (text: string, start: number): Read<ReadonlyArray<string>> => {
  const brackets = text.startsWith("[[", start) ? 2 : 1
  return Either.flatMap(readKey(text, skipSpace(text, start + brackets)), ([key, after]) =>
    text.startsWith("]".repeat(brackets), after) ? Either.right([key, after + brackets] as const) : Either.left(after)
  )
}

const strings = (value: Value): ReadonlyArray<string> | undefined =>
  Array.isArray(value) && value.every((each): each is string => typeof each === "string") ? value : undefined

/** The dependencies, or the number of the first line that is not valid TOML. */
export const parsePyproject = (source: string): Either.Either<Dependencies, number> => {
  const text = source.replace(/^\uFEFF/, "").replace(/\r\n/g, "\n")
  let main: ReadonlyArray<string> | undefined
  const groups = new Map<string, ReadonlyArray<string>>()
  const visit: Visit = ([root, name = "", group, ...deeper], value) => {
    const list = strings(value)
    if (root !== "project" || list === undefined || deeper.length > 0) return
    if (name === "dependencies" && group === undefined) main = list
    if (name === "optional-dependencies" && group !== undefined) groups.set(group, list)
  }
  let table: ReadonlyArray<string> = []
  let at = skipBlank(text, 0)
  while (at < text.length) {
    const read: Read<unknown> = text[at] === "[" ? readHeader(text, at) : readEntry(text, at, table, visit)
    if (Either.isLeft(read)) return Either.left(text.slice(0, read.left).split("\n").length)
    const [header, next] = read.right
    if (text[at] === "[" && Array.isArray(header)) table = header
    const end = skipSpace(text, next)
    if (end < text.length && text[end] !== "\n" && text[end] !== "#") {
      return Either.left(text.slice(0, end).split("\n").length)
    }
    at = skipBlank(text, end)
  }
  return Either.right({ main, groups })
}
