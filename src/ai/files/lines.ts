/** Reads some lines of a text that arrives in pieces, and keeps nothing of the others. */
import type { Mask } from "../secrets.js"
import { beginningOf, costOf, grouped } from "../text.js"

export interface Window {
  /** From 1. */
  readonly firstLine: number
  readonly lines: number
  /** How much of a line is shown. */
  readonly maxLine: number
  /** What the window may cost in all. */
  readonly room: number
  readonly mask: Mask
}

export interface Found {
  readonly content: string
  /** 0 when no line is shown. */
  readonly firstLine: number
  readonly lastLine: number
  readonly note: string | undefined
}

/** A line as it is shown; `length` is that of the whole line. */
export const numbered = (number: number, line: string, length: number, maxLine: number): string => {
  if (length <= maxLine && costOf(line) <= maxLine * 2) return `${number}: ${line}`
  const shown = beginningOf(line, maxLine)
  return `${number}: ${shown}[... ${grouped(length - shown.length)} more characters]`
}

/** Finds the lines of a window in a text that is added piece by piece. */
export const makeWindow = ({ firstLine, lines, mask, maxLine, room }: Window) => {
  const shown: Array<string> = []
  let number = 1
  /** The beginning of the line that is being read, and its length so far. */
  let line = ""
  let length = 0
  let cost = 0
  let isFull = false
  let hasLongLine = false

  const endLine = () => {
    if (number >= firstLine) {
      const text = line.endsWith("\r") ? line.slice(0, -1) : line
      const masked = line.length < length ? mask.beginning(text) : mask.whole(text)
      const entry = numbered(number, masked, length, maxLine)
      cost += costOf(entry) + 2
      // A single line always fits: `maxLine` is less than the room.
      if (cost > room && shown.length > 0) {
        isFull = true
        return
      }
      if (length > maxLine) hasLongLine = true
      shown.push(entry)
    }
    number += 1
    line = ""
    length = 0
  }

  return {
    /** Returns whether more is needed. */
    add: (text: string): boolean => {
      let from = 0
      while (from < text.length && !isFull) {
        if (shown.length === lines) {
          // There is more, and that is all that has to be known.
          isFull = true
          break
        }
        const end = text.indexOf("\n", from)
        const stop = end === -1 ? text.length : end
        if (number >= firstLine && line.length <= maxLine) line += text.slice(from, Math.min(stop, from + maxLine + 2))
        length += stop - from
        if (end !== -1) endLine()
        from = stop + 1
      }
      return !isFull
    },
    /** Whether lines were left unread. */
    isFull: (): boolean => isFull,
    end: (): Found => {
      if (!isFull && length > 0) endLine()
      const count = number - 1
      const first = shown.length === 0 ? 0 : firstLine
      const lastLine = shown.length === 0 ? 0 : firstLine + shown.length - 1
      const notes = [
        isFull ? `More lines follow: read on with firstLine ${lastLine + 1}.` : undefined,
        hasLongLine ? `Lines were cut after ${grouped(maxLine)} characters.` : undefined,
        shown.length === 0
          ? count === 0
            ? "The file is empty."
            : `The file has only ${grouped(count)} ${count === 1 ? "line" : "lines"}.`
          : undefined
      ].filter((each) => each !== undefined)
      return {
        content: shown.join("\n"),
        firstLine: first,
        lastLine,
        note: notes.length === 0 ? undefined : notes.join(" ")
      }
    }
  }
}
