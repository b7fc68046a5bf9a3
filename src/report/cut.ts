/** Long texts, as much as is shown of them: their beginning and their end. */
import { type Html, html } from "./html.js"
import { characters } from "./words.js"

interface Cut {
  readonly head: string
  /** How many UTF-16 code units are missing; zero if the head is all. */
  readonly leftOut: number
  readonly tail: string
}

const isLowSurrogate = (code: number): boolean => code >= 0xdc00 && code <= 0xdfff

/** A position that is not inside of a character. */
const between = (text: string, index: number): number => (isLowSurrogate(text.charCodeAt(index)) ? index - 1 : index)

/** Leaves out the middle of what is longer than the limit. */
export const cut = (text: string, limit: number): Cut => {
  if (text.length <= limit) return { head: text, leftOut: 0, tail: "" }
  const end = between(text, Math.ceil(limit * 0.6))
  const start = Math.max(end, between(text, text.length - Math.floor(limit * 0.4)))
  return { head: text.slice(0, end), leftOut: start - end, tail: text.slice(start) }
}

/** The text with a note in place of what is left out; `render` is given the parts. */
export const shortened = (text: string, limit: number, render: (part: string) => Html): Html => {
  const { head, leftOut, tail } = cut(text, limit)
  if (leftOut === 0) return render(head)
  return html`${render(head)}<p class="gap">${characters(leftOut)} left out</p>${render(tail)}`
}

/** The beginning of a text, on one line. */
export const oneLine = (text: string, limit: number): string => {
  // Enough for the limit, should there be many spaces: the whole may be long.
  const start = text
    .slice(0, limit * 4)
    .replace(/\s+/g, " ")
    .trim()
  // Character by character, since a part of a string keeps the whole in memory.
  const points = Array.from(start)
  if (start.length <= limit && text.length <= limit * 4) return points.join("")
  return `${points.slice(0, limit).join("").trimEnd()}…`
}
