/** JSON as Go reads and writes it. */
import * as Either from "effect/Either"

/**
 * Parses the first JSON value of a text, as Go's decoder does: the rest is ignored, and errors have Go's messages
 * (`EOF`, `unexpected EOF`, `invalid character 'x' looking for beginning of value`, …).
 */
export const parse = (text: string): Either.Either<unknown, string> =>
  Either.orElse(parseStrictly(text), () =>
    Either.flatMap(firstValue(text), (value) => Either.mapLeft(parseStrictly(value), () => "unexpected EOF"))
  )

const parseStrictly = (text: string): Either.Either<unknown, unknown> => Either.try((): unknown => JSON.parse(text))

const escapes: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029"
}

/** Writes JSON as Go does, with the special characters of HTML escaped. */
export const stringify = (value: unknown): string =>
  JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => escapes[character] ?? character)

type Step = Either.Either<number, string>

/**
 * Finds the first JSON value of a text that `JSON.parse` rejects as a whole, or fails with Go's message. Mostly reached
 * on the way to an error, so it favours plain recursion over speed.
 */
const firstValue = (text: string): Either.Either<string, string> => {
  const start = skipSpace(text, 0)
  if (start === text.length) return Either.left("EOF")
  return Either.map(value(text, start), (end) => text.slice(start, end))
}

const skipSpace = (text: string, from: number): number => {
  let at = from
  while (at < text.length && " \t\r\n".includes(text.charAt(at))) at++
  return at
}

const invalid = (text: string, at: number, where: string): Step => {
  if (at >= text.length) return Either.left("unexpected EOF")
  const character = text.charAt(at)
  const shown = character === "'" ? "'\\''" : character === '"' ? "'\"'" : `'${JSON.stringify(character).slice(1, -1)}'`
  return Either.left(`invalid character ${shown} ${where}`)
}

const value = (text: string, at: number): Step => {
  switch (text.charAt(at)) {
    case "{":
      return object(text, at + 1)
    case "[":
      return array(text, at + 1)
    case '"':
      return string(text, at + 1)
    case "t":
      return literal(text, at, "true")
    case "f":
      return literal(text, at, "false")
    case "n":
      return literal(text, at, "null")
    default:
      return /[-0-9]/.test(text.charAt(at)) ? number(text, at) : invalid(text, at, "looking for beginning of value")
  }
}

const literal = (text: string, at: number, word: string): Step => {
  for (let i = 1; i < word.length; i++) {
    if (text.charAt(at + i) !== word.charAt(i)) {
      return invalid(text, at + i, `in literal ${word} (expecting '${word.charAt(i)}')`)
    }
  }
  return Either.right(at + word.length)
}

const digits = (text: string, from: number): number => {
  let at = from
  while (/[0-9]/.test(text.charAt(at))) at++
  return at
}

const number = (text: string, from: number): Step => {
  let at = text.charAt(from) === "-" ? from + 1 : from
  if (!/[0-9]/.test(text.charAt(at))) return invalid(text, at, "in numeric literal")
  at = text.charAt(at) === "0" ? at + 1 : digits(text, at)
  if (text.charAt(at) === ".") {
    if (!/[0-9]/.test(text.charAt(at + 1))) return invalid(text, at + 1, "after decimal point in numeric literal")
    at = digits(text, at + 1)
  }
  if (/[eE]/.test(text.charAt(at))) {
    const exponent = /[-+]/.test(text.charAt(at + 1)) ? at + 2 : at + 1
    if (!/[0-9]/.test(text.charAt(exponent))) return invalid(text, exponent, "in exponent of numeric literal")
    at = digits(text, exponent)
  }
  return Either.right(at)
}

const string = (text: string, from: number): Step => {
  let at = from
  while (at < text.length) {
    const character = text.charAt(at)
    if (character === '"') return Either.right(at + 1)
    if (character < " ") return invalid(text, at, "in string literal")
    if (character === "\\") {
      const escaped = text.charAt(at + 1)
      if (escaped === "u") {
        for (let i = 2; i < 6; i++) {
          if (!/[0-9a-fA-F]/.test(text.charAt(at + i))) {
            return invalid(text, at + i, "in \\u hexadecimal character escape")
          }
        }
        at += 4
      } else if (escaped === "" || !'"\\/bfnrt'.includes(escaped)) {
        return invalid(text, at + 1, "in string escape code")
      }
      at++
    }
    at++
  }
  return Either.left("unexpected EOF")
}

const array = (text: string, from: number): Step => {
  let at = skipSpace(text, from)
  if (text.charAt(at) === "]") return Either.right(at + 1)
  while (true) {
    const element = value(text, at)
    if (Either.isLeft(element)) return element
    at = skipSpace(text, element.right)
    if (text.charAt(at) === "]") return Either.right(at + 1)
    if (text.charAt(at) !== ",") return invalid(text, at, "after array element")
    at = skipSpace(text, at + 1)
  }
}

const object = (text: string, from: number): Step => {
  let at = skipSpace(text, from)
  if (text.charAt(at) === "}") return Either.right(at + 1)
  while (true) {
    if (text.charAt(at) !== '"') return invalid(text, at, "looking for beginning of object key string")
    const key = string(text, at + 1)
    if (Either.isLeft(key)) return key
    at = skipSpace(text, key.right)
    if (text.charAt(at) !== ":") return invalid(text, at, "after object key")
    const member = value(text, skipSpace(text, at + 1))
    if (Either.isLeft(member)) return member
    at = skipSpace(text, member.right)
    if (text.charAt(at) === "}") return Either.right(at + 1)
    if (text.charAt(at) !== ",") return invalid(text, at, "after object key:value pair")
    at = skipSpace(text, at + 1)
  }
}
