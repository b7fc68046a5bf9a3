/** Text as answers have it: legible, and no longer than a model is to read. */
import * as Duration from "effect/Duration"
import { identity } from "effect/Function"

const control = "\\p{Cc}"

/** What terminals obey instead of showing it: colors, cursor movements, titles. An unfinished one ends somewhere. */
const escapeSequence = new RegExp(
  [
    // Titles and links, up to BEL or ESC \.
    "\\u001b[\\]PX^_][^\\u0007\\u001b]{0,2000}(?:\\u0007|\\u001b\\\\)?",
    "\\u001b\\[[0-?]{0,100}[ -/]{0,10}[@-~]",
    "\\u001b[ -/]{0,10}[0-Z\\\\-~]"
  ].join("|"),
  "gu"
)

const unreadable = new RegExp(`(?![\\n\\t])${control}|\\p{Surrogate}`, "gu")

/**
 * Without escape sequences of terminals, with one kind of line break, and with U+FFFD for other control characters and
 * halves of surrogate pairs.
 */
export const legible = (text: string): string =>
  text.replace(escapeSequence, "").replace(/\r\n?/g, "\n").replace(unreadable, "\uFFFD")

const isEscaped = (character: string | undefined): boolean =>
  character === '"' || character === "\\" || character === "\n" || character === "\t"

const isPair = (text: string, index: number): boolean => (text.codePointAt(index) ?? 0) > 0xffff

/** The characters that legible text has as JSON, as models are sent it, without its quotes. */
export const costOf = (text: string): number => {
  let cost = text.length
  for (const character of text) if (isEscaped(character)) cost += 1
  return cost
}

/** The index behind the longest beginning that costs at most `limit`. */
const reach = (text: string, limit: number): number => {
  let index = 0
  for (let cost = 0; index < text.length; ) {
    const length = isPair(text, index) ? 2 : 1
    cost += isEscaped(text[index]) ? 2 : length
    if (cost > limit) break
    index += length
  }
  return index
}

/** The index of the longest end that costs at most `limit`. */
const reachBack = (text: string, limit: number): number => {
  let index = text.length
  for (let cost = 0; index > 0; ) {
    const length = index > 1 && isPair(text, index - 2) ? 2 : 1
    cost += isEscaped(text[index - 1]) ? 2 : length
    if (cost > limit) break
    index -= length
  }
  return index
}

/** The beginning of a text, in whole lines unless that would lose more than half of it. */
export const beginningOf = (text: string, limit: number): string => {
  const index = reach(text, limit)
  if (index === text.length) return text
  const line = text.lastIndexOf("\n", index - 1) + 1
  return text.slice(0, line > index / 2 ? line : index)
}

/** The end of a text, in whole lines unless that would lose more than half of it. */
export const endOf = (text: string, limit: number): string => {
  const index = reachBack(text, limit)
  if (index === 0) return text
  const line = text.indexOf("\n", index) + 1
  return text.slice(line > 0 && line < index + (text.length - index) / 2 ? line : index)
}

/** Numbers that people and models read: `12,345`. */
export const grouped = (value: number): string => value.toLocaleString("en-US")

const gapCost = 80

/** A time limit in words. */
export const inSeconds = (duration: Duration.Duration): string => {
  const seconds = Duration.toSeconds(duration)
  return `${grouped(seconds)} ${seconds === 1 ? "second" : "seconds"}`
}

/** The beginning and the end of a text that is too long, with what was left out between them. */
export const joined = (head: string, tail: string, limit: number, leftOut: string): string => {
  const room = Math.max(0, limit - gapCost)
  const before = beginningOf(head, Math.ceil(room * 0.5)).replace(/\n$/, "")
  const after = endOf(tail, Math.floor(room * 0.5))
  return `${before}\n[... ${leftOut} left out ...]\n${after}`
}

export interface Shortened {
  readonly text: string
  readonly isCut: boolean
}

/** A legible text, without its middle if it costs more than `limit`. */
export const shortened = (text: string, limit: number): Shortened =>
  // Characters cost one at least, so most of what is too long need not be counted.
  text.length <= limit && costOf(text) <= limit
    ? { text, isCut: false }
    : { text: joined(text, text, limit, "the middle"), isCut: true }

/** One line in a list, cut at its end. */
export const oneLine = (text: string, limit: number): string => {
  const line = text.trim().replaceAll("\n", " ")
  return costOf(line) <= limit ? line : `${line.slice(0, reach(line, limit))}...`
}

export interface Lines extends Shortened {
  /** How many of them. */
  readonly shown: number
}

/** As many lines as fit, from the first. `shapeOf` makes those that are shown what they are shown as. */
export const linesWithin = (
  lines: ReadonlyArray<string>,
  limit: number,
  shapeOf: (line: string) => string = identity
): Lines => {
  const kept: Array<string> = []
  let cost = 0
  for (const each of lines) {
    const line = shapeOf(each)
    cost += costOf(line) + 2
    if (cost > limit) break
    kept.push(line)
  }
  return { text: kept.join("\n"), shown: kept.length, isCut: kept.length < lines.length }
}
