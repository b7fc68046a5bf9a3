/** The uses of tools: each is read in two parts, its input and, any time later, its result. */
import type { MessageBlock } from "../schema/stromboli/ClaudeMessage.js"
import { oneLine } from "./cut.js"
import { fromPatch } from "./diff.js"
import * as Entries from "./entries.js"
import { empty, type Html, html } from "./html.js"
import { image } from "./image.js"
import type { Limits } from "./limits.js"
import type { Concern, List } from "./listed.js"
import type { Moment, TimeLine } from "./timeLine.js"
import { code, edited, json, toolUse } from "./toolUse.js"

/** How often a tool was used. */
export interface ToolCount {
  readonly name: string
  readonly uses: number
  readonly failures: number
  /** In milliseconds. */
  readonly time: number
}

/** The result of a tool. */
export interface Result {
  readonly id: string
  readonly content: ReadonlyArray<MessageBlock>
  readonly isError: boolean
  /** What Claude Code adds for programs. */
  readonly details?: unknown
}

interface Denial {
  readonly toolName: string
  readonly toolUseId: string | undefined
  readonly why: string
}

export interface Tools {
  readonly entries: Entries.Entries
  readonly use: (
    use: { readonly id: string; readonly name: string; readonly input: unknown },
    now: Moment,
    parent: Entries.Entry | undefined
  ) => Entries.Entry
  readonly end: (result: Result, now: Moment, parent: Entries.Entry | undefined) => void
  /** Reported when it happens, and once more in the result of the turn. */
  readonly denied: (denial: Denial) => void
  /** The use that started a sub-agent, if it is kept and not too deep. */
  readonly parent: (toolUseId: string | undefined) => Entries.Entry | undefined
  readonly counts: () => { readonly tools: ReadonlyArray<ToolCount>; readonly uses: number; readonly failures: number }
}

const mostTools = 40
const mostDenials = 10_000
const deepestSubAgent = 6

/** A name of others, for a heading. */
export const asName = (name: string): string => oneLine(name, 80) || "a tool"

export const textsOf = (content: ReadonlyArray<MessageBlock>): string =>
  content.flatMap((block) => (block._tag === "Text" ? [block.text] : [])).join("\n")

const blockMarkup = (block: MessageBlock, limits: Limits, left: number): Html => {
  switch (block._tag) {
    case "Text":
      return block.text.trim() === "" ? empty : code(block.text, left)
    case "Image":
      return image(block.source, limits.image)
    case "ToolResult":
      return resultMarkup(block.content, limits)
    case "Unknown":
      return json(block.raw, left)
    default:
      return json(block, left)
  }
}

const resultMarkup = (content: ReadonlyArray<MessageBlock>, limits: Limits): Html => {
  let left = limits.text
  const parts = content.map((block) => {
    if (left <= 0) return html`<p class="gap">Another part left out</p>`
    const part = blockMarkup(block, limits, left)
    left -= part.markup.length
    return part
  })
  return html`${parts}`
}

export const make = (
  limits: Limits,
  lists: { readonly problems: List<Concern>; readonly denials: List<Concern>; readonly timeLine: TimeLine }
): Tools => {
  const counts = new Map<string, ToolCount>()
  /** By their ids, as long as they are kept. */
  const uses = new Map<string, Entries.Entry>()
  const deniedIds = new Set<string>()
  let allUses = 0
  let allFailures = 0

  const entries = Entries.make(limits.entries, (entry) => {
    const { useId } = entry.tool ?? {}
    if (useId !== undefined && uses.get(useId) === entry) uses.delete(useId)
  })

  const count = (name: string, more: Omit<ToolCount, "name">) => {
    allUses += more.uses
    allFailures += more.failures
    if (!counts.has(name) && counts.size >= mostTools) return
    const { failures, time, uses: before } = counts.get(name) ?? { uses: 0, failures: 0, time: 0 }
    counts.set(name, { name, uses: before + more.uses, failures: failures + more.failures, time: time + more.time })
  }

  return {
    entries,
    use: ({ id, input, name }, now, parent) => {
      const shownName = asName(name)
      const entry = entries.add({
        kind: "tool",
        markup: empty,
        at: now.at,
        parent,
        tool: {
          useId: id,
          name: shownName,
          use: toolUse(input, limits.text),
          started: now,
          result: undefined,
          duration: undefined,
          problem: undefined,
          isDenied: deniedIds.has(id)
        }
      })
      if (entries.isKept(entry)) uses.set(id, entry)
      count(shownName, { uses: 1, failures: 0, time: 0 })
      return entry
    },
    end: ({ content, details, id, isError }, now, parent) => {
      const entry = uses.get(id)
      const tool = entry?.tool
      const result = resultMarkup(content, limits)
      if (entry === undefined || tool === undefined || tool.result !== undefined) {
        const markup = html`<summary>Result of a tool whose use is not shown</summary>${result}`
        entries.add({ kind: "thought", markup, at: now.at, parent })
        return
      }
      const hunks = isError ? [] : fromPatch(details)
      const use = hunks.length > 0 ? { ...tool.use, ...edited(hunks, limits.text) } : tool.use
      const fits = entries.grow(entry, result.markup.length + use.input.markup.length)
      if (fits) tool.use = use
      tool.result = fits ? result : html`<p class="gap">Its result is left out, to keep this page small</p>`
      tool.duration = tool.started.at === undefined || now.at === undefined ? undefined : now.at - tool.started.at
      if (isError) tool.problem = oneLine(textsOf(content), 160) || "failed"
      const isFailure = isError && !tool.isDenied
      count(tool.name, { uses: 0, failures: isFailure ? 1 : 0, time: tool.duration ?? 0 })
      const label = oneLine(`${tool.name} ${tool.use.about}`, 60)
      if (isFailure) lists.problems.add({ id: entry.id, text: oneLine(`${label}: ${tool.problem}`, 160) })
      lists.timeLine.add({ lane: tool.name, label, id: entry.id, isFailed: isError, from: tool.started, to: now })
    },
    denied: ({ toolName, toolUseId, why }) => {
      if (toolUseId !== undefined) {
        if (deniedIds.has(toolUseId)) return
        if (deniedIds.size < mostDenials) deniedIds.add(toolUseId)
      }
      const entry = toolUseId === undefined ? undefined : uses.get(toolUseId)
      const parts = [asName(toolName), entry?.tool?.use.about ?? "", why].filter((part) => part !== "")
      if (entry?.tool !== undefined) entry.tool.isDenied = true
      lists.denials.add({ id: entry?.id ?? "", text: oneLine(parts.join(" · "), 160) })
    },
    parent: (toolUseId) => {
      const parent = toolUseId === undefined ? undefined : uses.get(toolUseId)
      let depth = 0
      for (let each = parent; each !== undefined; each = each.parent) depth++
      return depth > deepestSubAgent ? undefined : parent
    },
    counts: () => ({
      tools: [...counts.values()].sort((one, other) => other.uses - one.uses),
      uses: allUses,
      failures: allFailures
    })
  }
}
