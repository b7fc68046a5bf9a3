/** What is kept of a run: its beginning and its end, as far as the page has room. */
import type { Html } from "./html.js"
import type { Moment } from "./timeLine.js"
import type { ToolUse } from "./toolUse.js"

export type Kind = "prompt" | "claude" | "thought" | "tool" | "note" | "problem" | "end"

/** A use of a tool, which is complete when its result has been read. */
export interface Tool {
  readonly useId: string
  readonly name: string
  use: ToolUse
  readonly started: Moment
  result: Html | undefined
  duration: number | undefined
  /** What went wrong, on one line. */
  problem: string | undefined
  isDenied: boolean
}

/** A part of the conversation. */
export interface Entry {
  /** The anchor of the element. */
  readonly id: string
  readonly kind: Kind
  /** The use of a tool that started the sub-agent whose part it is. */
  readonly parent: Entry | undefined
  readonly at: number | undefined
  readonly markup: Html
  readonly tool?: Tool | undefined
}

export interface Kept {
  readonly before: ReadonlyArray<Entry>
  /** How many are missing between those before and after. */
  readonly leftOut: number
  readonly after: ReadonlyArray<Entry>
}

export interface Entries {
  readonly add: (entry: Omit<Entry, "id">) => Entry
  /** Makes room for more of an entry; `false` if there is none. */
  readonly grow: (entry: Entry, size: number) => boolean
  readonly isKept: (entry: Entry) => boolean
  readonly kept: () => Kept
}

/** Of elements around the content of an entry. */
const overhead = 400

const sizeOf = ({ markup, tool }: Omit<Entry, "id">): number =>
  overhead + markup.markup.length + (tool?.use.input.markup.length ?? 0)

interface Held {
  readonly entry: Entry
  readonly isBefore: boolean
  size: number
}

/** Entries of at most so many characters of markup, of which a quarter is for the beginning. */
export const make = (budget: number, onLeftOut: (entry: Entry) => void): Entries => {
  const held = new Map<Entry, Held>()
  const before: Array<Held> = []
  let after: Array<Held> = []
  let start = 0
  let sizeBefore = 0
  let sizeAfter = 0
  let leftOut = 0
  let number = 0

  const leaveOut = () => {
    while (sizeBefore + sizeAfter > budget && after.length - start > 1) {
      const oldest = after[start++]
      if (oldest === undefined) return
      sizeAfter -= oldest.size
      leftOut++
      held.delete(oldest.entry)
      onLeftOut(oldest.entry)
    }
    // Shifting an array would copy it each time.
    if (start > 1000 && start * 2 > after.length) {
      after = after.slice(start)
      start = 0
    }
  }

  return {
    add: (given) => {
      const entry = { ...given, id: `s${++number}` }
      const size = sizeOf(entry)
      const one = { entry, size, isBefore: after.length === 0 && sizeBefore + size <= budget / 4 }
      held.set(entry, one)
      if (one.isBefore) {
        before.push(one)
        sizeBefore += one.size
      } else {
        after.push(one)
        sizeAfter += one.size
        leaveOut()
      }
      return entry
    },
    grow: (entry, size) => {
      const one = held.get(entry)
      if (one === undefined) return false
      if (one.isBefore) {
        if (sizeBefore + size > budget / 2) return false
        sizeBefore += size
      } else {
        sizeAfter += size
      }
      one.size += size
      leaveOut()
      return true
    },
    isKept: (entry) => held.has(entry),
    kept: () => ({
      before: before.map(({ entry }) => entry),
      leftOut,
      after: after.slice(start).map(({ entry }) => entry)
    })
  }
}
