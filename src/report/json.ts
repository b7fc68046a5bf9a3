/** JSON of any size and depth, as text of a limited size. */
import * as Either from "effect/Either"
import { isObject } from "../schema/jsonFields.js"

export interface JsonText {
  readonly text: string
  /** Whether anything is missing. */
  readonly isCut: boolean
}

const deepest = 40

/** Indented, and no longer than the limit, apart from an ellipsis. */
export const jsonText = (value: unknown, limit: number): JsonText => {
  const parts: Array<string> = []
  let length = 0
  let isCut = false

  const write = (part: string): void => {
    if (length + part.length > limit) isCut = true
    const fitting = part.slice(0, Math.max(0, limit - length))
    length += fitting.length
    parts.push(fitting)
  }
  const quoted = (text: string): string => {
    const shortened = text.slice(0, limit)
    isCut ||= shortened.length < text.length
    return JSON.stringify(shortened)
  }
  const writeAll = (elements: Iterable<readonly [name: string, value: unknown]>, indent: string, depth: number) => {
    let isFirst = true
    for (const [name, element] of elements) {
      if (isCut) return
      write(`${isFirst ? "" : ","}\n${indent}  ${name}`)
      visit(element, `${indent}  `, depth + 1)
      isFirst = false
    }
    if (!isFirst) write(`\n${indent}`)
  }
  const visit = (element: unknown, indent: string, depth: number): void => {
    if (isCut) return
    if (depth > deepest) {
      write("…")
      isCut = true
    } else if (Array.isArray(element)) {
      write("[")
      writeAll(
        (function* () {
          for (const each of element) yield ["", each] as const
        })(),
        indent,
        depth
      )
      write("]")
    } else if (isObject(element)) {
      write("{")
      writeAll(
        (function* () {
          for (const name of Object.keys(element)) yield [`${quoted(name)}: `, element[name]] as const
        })(),
        indent,
        depth
      )
      write("}")
    } else {
      write(typeof element === "string" ? quoted(element) : String(element))
    }
  }
  // Parsed JSON can always be read; what a program puts in its place may have accessors that throw.
  const read = Either.try(() => visit(value, "", 0))
  if (Either.isLeft(read)) write("(unreadable)")
  return { text: isCut ? `${parts.join("")}…` : parts.join(""), isCut }
}
