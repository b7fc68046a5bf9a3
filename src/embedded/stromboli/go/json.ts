/** JSON as Go reads and writes it. */
import * as Either from "effect/Either"

/** The number literals of a document that JavaScript would write differently, by their object and key. */
export interface Literals {
  readonly add: (container: object, key: string, literal: string) => void
  readonly get: (container: object, key: string) => string | undefined
}

/** No literals yet. */
export const literals = (): Literals => {
  const known = new WeakMap<object, Map<string, string>>()
  return {
    add: (container, key, literal) => {
      const members = known.get(container) ?? new Map<string, string>()
      known.set(container, members.set(key, literal))
    },
    get: (container, key) => known.get(container)?.get(key)
  }
}

/** How deep Go's decoder follows objects and arrays. */
const deepest = 10_000

/**
 * Parses the first JSON value of a text, as Go's decoder does: the rest is ignored, and errors have Go's messages
 * (`EOF`, `unexpected EOF`, `invalid character 'x' looking for beginning of value`, …). Adds to `found` the number
 * literals of objects.
 */
export const parse = (text: string, found: Literals = literals()): Either.Either<unknown, string> => {
  const open: Array<Container> = []
  let at = skipSpace(text, 0)
  if (at === text.length) return Either.left("EOF")
  while (true) {
    let value: unknown
    let literal: string | undefined
    const first = text.charAt(at)
    if (first === "{" || first === "[") {
      if (open.length === deepest) return Either.left(invalid(text, at, "exceeded max depth"))
      const container = first === "{" ? objectBuilder(found) : arrayBuilder()
      at = skipSpace(text, at + 1)
      if (text.charAt(at) !== container.end) {
        open.push(container)
        const begun = container.begin(text, at)
        if (isError(begun)) return Either.left(begun.error)
        at = begun.end
        continue
      }
      value = container.finish()
      at++
    } else {
      const read = scalar(text, at)
      if (isError(read)) return Either.left(read.error)
      value = read.value
      literal = typeof value === "number" ? text.slice(at, read.end) : undefined
      at = read.end
    }
    // A value is complete, and with it perhaps the containers around it.
    while (true) {
      const container = open.at(-1)
      if (container === undefined) return Either.right(value)
      container.add(value, literal)
      at = skipSpace(text, at)
      const next = text.charAt(at)
      if (next === ",") {
        const begun = container.begin(text, skipSpace(text, at + 1))
        if (isError(begun)) return Either.left(begun.error)
        at = begun.end
        break
      }
      if (next !== container.end) return Either.left(invalid(text, at, container.place))
      open.pop()
      value = container.finish()
      literal = undefined
      at++
    }
  }
}

type Read<A> = { readonly end: number; readonly value: A } | { readonly error: string }
const isError = (read: Read<unknown>): read is { readonly error: string } => "error" in read

/** An object or array that is being read. */
interface Container {
  readonly end: "}" | "]"
  /** Where the parser is after a member, in Go's words. */
  readonly place: string
  /** Reads what comes before a member. */
  readonly begin: (text: string, at: number) => Read<void>
  readonly add: (value: unknown, literal: string | undefined) => void
  readonly finish: () => unknown
}

const arrayBuilder = (): Container => {
  const elements: Array<unknown> = []
  return {
    end: "]",
    place: "after array element",
    begin: (_, at) => ({ end: at, value: undefined }),
    add: (value) => elements.push(value),
    finish: () => elements
  }
}

const objectBuilder = (found: Literals): Container => {
  const members = new Map<string, { readonly value: unknown; readonly literal: string | undefined }>()
  let key = ""
  return {
    end: "}",
    place: "after object key:value pair",
    begin: (text, at) => {
      if (text.charAt(at) !== '"') return { error: invalid(text, at, "looking for beginning of object key string") }
      const read = string(text, at)
      if (isError(read)) return read
      key = read.value
      const colon = skipSpace(text, read.end)
      return text.charAt(colon) === ":"
        ? { end: skipSpace(text, colon + 1), value: undefined }
        : { error: invalid(text, colon, "after object key") }
    },
    add: (value, literal) => members.set(key, { value, literal }),
    finish: () => {
      const object: object = Object.fromEntries([...members].map(([name, { value }]) => [name, value]))
      for (const [name, { literal, value }] of members) {
        if (literal !== undefined && literal !== String(value)) found.add(object, name, literal)
      }
      return object
    }
  }
}

const skipSpace = (text: string, from: number): number => {
  let at = from
  while (at < text.length && " \t\r\n".includes(text.charAt(at))) at++
  return at
}

const invalid = (text: string, at: number, where: string): string =>
  at >= text.length ? "unexpected EOF" : `invalid character ${quoted(text, at)} ${where}`

const namedEscapes: Readonly<Record<number, string>> = {
  7: "\\a",
  8: "\\b",
  9: "\\t",
  10: "\\n",
  11: "\\v",
  12: "\\f",
  13: "\\r",
  39: "\\'",
  92: "\\\\"
}

// Go quotes the byte at which it stopped as if that were a character: of a longer character, only the first byte.
const quoted = (text: string, at: number): string => {
  const [byte = 0] = Buffer.from(String.fromCodePoint(text.codePointAt(at) ?? 0), "utf8")
  return `'${namedEscapes[byte] ?? escapedByte(byte)}'`
}

const escapedByte = (byte: number): string => {
  const digits = byte.toString(16).padStart(2, "0")
  if (byte < 0x20 || byte === 0x7f) return `\\x${digits}`
  return (byte > 0x7f && byte <= 0xa0) || byte === 0xad ? `\\u00${digits}` : String.fromCharCode(byte)
}

const scalar = (text: string, at: number): Read<unknown> => {
  switch (text.charAt(at)) {
    case '"':
      return string(text, at)
    case "t":
      return word(text, at, "true", true)
    case "f":
      return word(text, at, "false", false)
    case "n":
      return word(text, at, "null", null)
    default:
      return /[-0-9]/.test(text.charAt(at))
        ? number(text, at)
        : { error: invalid(text, at, "looking for beginning of value") }
  }
}

const word = <A>(text: string, at: number, letters: string, value: A): Read<A> => {
  for (let i = 1; i < letters.length; i++) {
    if (text.charAt(at + i) !== letters.charAt(i)) {
      return { error: invalid(text, at + i, `in literal ${letters} (expecting '${letters.charAt(i)}')`) }
    }
  }
  return { end: at + letters.length, value }
}

const isDigit = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at)
  return code >= 0x30 && code <= 0x39
}

const digits = (text: string, from: number): number => {
  let at = from
  while (isDigit(text, at)) at++
  return at
}

const number = (text: string, from: number): Read<number> => {
  let at = text.charAt(from) === "-" ? from + 1 : from
  if (!isDigit(text, at)) return { error: invalid(text, at, "in numeric literal") }
  at = text.charAt(at) === "0" ? at + 1 : digits(text, at)
  if (text.charAt(at) === ".") {
    if (!isDigit(text, at + 1)) return { error: invalid(text, at + 1, "after decimal point in numeric literal") }
    at = digits(text, at + 1)
  }
  if (/[eE]/.test(text.charAt(at))) {
    const exponent = /[-+]/.test(text.charAt(at + 1)) ? at + 2 : at + 1
    if (!isDigit(text, exponent)) return { error: invalid(text, exponent, "in exponent of numeric literal") }
    at = digits(text, exponent)
  }
  return { end: at, value: Number(text.slice(from, at)) }
}

const quote = 0x22
const space = 0x20
const backslash = 0x5c

const string = (text: string, from: number): Read<string> => {
  let at = from + 1
  let escaped = false
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code === quote) {
      const literal = text.slice(from, at + 1)
      return { end: at + 1, value: escaped ? JSON.parse(literal) : literal.slice(1, -1) }
    }
    if (code < space) return { error: invalid(text, at, "in string literal") }
    if (code === backslash) {
      escaped = true
      const after = text.charAt(at + 1)
      if (after === "u") {
        for (let i = 2; i < 6; i++) {
          if (!/[0-9a-fA-F]/.test(text.charAt(at + i))) {
            return { error: invalid(text, at + i, "in \\u hexadecimal character escape") }
          }
        }
        at += 4
      } else if (after === "" || !'"\\/bfnrt'.includes(after)) {
        return { error: invalid(text, at + 1, "in string escape code") }
      }
      at++
    }
    at++
  }
  return { error: "unexpected EOF" }
}

const escapes: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029"
}

/**
 * Writes JSON as Go does, with the special characters of HTML escaped. Values may be nested as deep as memory allows.
 */
export const stringify = (value: unknown): string =>
  written(value).replace(/[<>&\u2028\u2029]/g, (character) => escapes[character] ?? character)

const written = (value: unknown): string => {
  try {
    return JSON.stringify(value)
  } catch {
    // JSON.stringify calls itself for each level, and the stack ends at a few thousand of them.
    return writtenWithoutRecursion(value)
  }
}

type Work = { readonly text: string } | { readonly value: unknown }

const writtenWithoutRecursion = (root: unknown): string => {
  const parts: Array<string> = []
  const work: Array<Work> = [{ value: root }]
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    if ("text" in next) {
      parts.push(next.text)
    } else if (typeof next.value !== "object" || next.value === null) {
      parts.push(JSON.stringify(next.value) ?? "null")
    } else {
      for (const member of membersOf(next.value).reverse()) work.push(member)
    }
  }
  return parts.join("")
}

const membersOf = (container: object): Array<Work> => {
  const isArray = Array.isArray(container)
  const members = Object.entries(container).filter(([, value]) => isArray || value !== undefined)
  return [
    { text: isArray ? "[" : "{" },
    ...members.flatMap(
      ([key, value], index): ReadonlyArray<Work> => [
        { text: `${index === 0 ? "" : ","}${isArray ? "" : `${JSON.stringify(key)}:`}` },
        { value }
      ]
    ),
    { text: isArray ? "]" : "}" }
  ]
}
