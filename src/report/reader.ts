/** Reads what was said, one thing at a time, into what a page is made of. It keeps no more than the page will show. */
import { isObject, objectAt, textAt } from "../schema/jsonFields.js"
import type {
  AssistantMessage,
  ClaudeMessage,
  MessageBlock,
  PartialMessage,
  ResultMessage,
  SystemMessage,
  UserMessage
} from "../schema/stromboli/ClaudeMessage.js"
import { oneLine, shortened } from "./cut.js"
import { fromPatch } from "./diff.js"
import * as Entries from "./entries.js"
import * as Figures from "./figures.js"
import { empty, type Html, html } from "./html.js"
import { image } from "./image.js"
import type { Fact, Prompt, Reading } from "./items.js"
import * as Ending from "./outcome.js"
import { prose } from "./prose.js"
import * as Session from "./session.js"
import { systemNote } from "./systemNote.js"
import * as TimeLine from "./timeLine.js"
import { code, edited, json, toolUse } from "./toolUse.js"
import { count, dollars, duration, spaced } from "./words.js"

/** How much a page may show. */
export interface Limits {
  /** Characters of one text. */
  readonly text: number
  /** Characters of the markup of all entries. */
  readonly entries: number
}

/** A use of a tool that needs attention, or a problem without one. */
export interface Concern {
  /** The element that it is about. */
  readonly id: string
  readonly text: string
}

/** How often a tool was used. */
export interface ToolCount {
  readonly name: string
  readonly uses: number
  readonly failures: number
  readonly time: number
}

/** A list of which the first elements are kept. */
export interface Listed<A> {
  readonly first: ReadonlyArray<A>
  readonly more: number
}

/** All that a page shows. */
export interface Run {
  readonly entries: Entries.Kept
  readonly isKept: (entry: Entries.Entry) => boolean
  /** What was being written when the last message was read. */
  readonly unfinished: Html | undefined
  readonly outcome: Ending.Outcome
  readonly session: Session.Session
  readonly figures: Figures.Figures
  readonly tools: ReadonlyArray<ToolCount>
  readonly denials: Listed<Concern>
  readonly problems: Listed<Concern>
  readonly prompts: Listed<Concern>
  readonly timeLine: Html
  /** When the first and the last message were; `undefined` if not known. */
  readonly from: number | undefined
  readonly to: number | undefined
}

export interface Reader {
  /** `arrival` counts in place of the time that the item names. */
  readonly read: (reading: Reading, arrival?: number) => void
  readonly run: () => Run
}

const mostConcerns = 50
const mostTools = 40
const deepestSubAgent = 6

const listed = <A>() => {
  const first: Array<A> = []
  let more = 0
  const add = (element: A) => {
    if (first.length < mostConcerns) first.push(element)
    else more++
  }
  return { add, listed: (): Listed<A> => ({ first, more }) }
}

const asName = (name: string): string => oneLine(name, 80) || "a tool"

const textsOf = (content: ReadonlyArray<MessageBlock>): string =>
  content.flatMap((block) => (block._tag === "Text" ? [block.text] : [])).join("\n")

/** The end of a turn, in one line. */
const turnText = ({ cost, duration: took, read, steps, subtype, wasAsked, written }: Figures.Turn): string =>
  [
    wasAsked ? "Turn ended" : "Claude took this turn on its own, since a background task ended",
    ...(subtype === "success" ? [] : [spaced(oneLine(subtype, 80))]),
    ...(took === undefined ? [] : [duration(took)]),
    ...(steps === undefined ? [] : [count(steps, "step")]),
    ...(read === undefined || written === undefined ? [] : [count(read + written, "token")]),
    ...(cost === undefined ? [] : [dollars(cost)])
  ].join(" · ")

export const make = (limits: Limits): Reader => {
  const figures = Figures.make()
  const ending = Ending.make()
  const session = Session.make()
  const timeLine = TimeLine.make()
  const denials = listed<Concern>()
  const problems = listed<Concern>()
  const prompts = listed<Concern>()
  const tools = new Map<string, ToolCount>()
  /** Uses of tools by their ids, as long as they are kept. */
  const uses = new Map<string, Entries.Entry>()
  const deniedIds = new Set<string>()
  const entries = Entries.make(limits.entries, (entry) => {
    const { useId } = entry.tool ?? {}
    if (useId !== undefined && uses.get(useId) === entry) uses.delete(useId)
  })

  let from: number | undefined
  let now: number | undefined
  let step = 0
  /** Since when Claude is busy with the next message. */
  let since: { readonly at: number | undefined; readonly step: number } | undefined
  let turn: { readonly id: string; readonly at: number | undefined; readonly step: number } | undefined
  let lastPrompt = ""
  /** Whether the turn has said anything that its result need not repeat. */
  let hasSaid = false
  /** What was written of a message that is not complete. */
  let unfinished = ""
  let lastStderr = ""

  const parentOf = (toolUseId: string | undefined): Entries.Entry | undefined => {
    const parent = toolUseId === undefined ? undefined : uses.get(toolUseId)
    let depth = 0
    for (let each = parent; each !== undefined; each = each.parent) depth++
    return depth > deepestSubAgent ? undefined : parent
  }

  const add = (
    kind: Entries.Kind,
    markup: Html,
    rest: { readonly parent?: Entries.Entry | undefined; readonly tool?: Entries.Tool } = {}
  ): Entries.Entry => entries.add({ kind, markup, at: now, parent: rest.parent, tool: rest.tool })

  const problem = (text: string, parent?: Entries.Entry): Entries.Entry => {
    const entry = add("problem", shortened(text, limits.text, prose), { parent })
    problems.add({ id: entry.id, text: oneLine(text, 160) })
    return entry
  }

  const note = (text: string, parent?: Entries.Entry) => add("note", html`<p>${text}</p>`, { parent })

  const unknown = (what: string, raw: unknown) =>
    add(
      "thought",
      html`<summary>${what}</summary>${typeof raw === "string" ? code(raw, limits.text) : json(raw, limits.text)}`
    )

  /** Claude was busy from the last thing that it waited for until now. */
  const claudeWorked = (id: string) => {
    if (since !== undefined) {
      timeLine.add({
        lane: "Claude",
        label: "Claude",
        id,
        isFailed: false,
        from: since.at,
        to: now,
        firstStep: since.step,
        lastStep: step
      })
    }
    since = { at: now, step }
  }

  const prompt = ({ text }: Prompt) => {
    ending.began()
    hasSaid = false
    lastPrompt = text
    const entry = add("prompt", shortened(text, limits.text, prose))
    prompts.add({ id: entry.id, text: oneLine(text, 120) })
    since = { at: now, step }
    turn = { id: entry.id, at: now, step }
  }

  const useTool = (id: string, name: string, input: unknown, parent: Entries.Entry | undefined) => {
    const shownName = asName(name)
    const entry = add("tool", empty, {
      parent,
      tool: {
        useId: id,
        name: shownName,
        use: toolUse(input, limits.text),
        startedAt: now,
        startedIn: step,
        result: undefined,
        duration: undefined,
        problem: undefined,
        isDenied: deniedIds.has(id)
      }
    })
    if (entries.isKept(entry)) uses.set(id, entry)
    const counted = tools.get(shownName) ?? { name: shownName, uses: 0, failures: 0, time: 0 }
    if (tools.has(shownName) || tools.size < mostTools) tools.set(shownName, { ...counted, uses: counted.uses + 1 })
    if (parent === undefined) claudeWorked(entry.id)
    return entry
  }

  const resultMarkup = (content: ReadonlyArray<MessageBlock>): Html => {
    let left = limits.text
    const parts = content.map((block) => {
      if (left <= 0) return html`<p class="gap">Another part left out</p>`
      const part = resultPart(block, left)
      left -= part.markup.length
      return part
    })
    return html`${parts}`
  }

  const resultPart = (block: MessageBlock, limit: number): Html => {
    switch (block._tag) {
      case "Text":
        return block.text.trim() === "" ? empty : code(block.text, limit)
      case "Image":
        return image(block.source, limits.entries / 8)
      case "ToolResult":
        return resultMarkup(block.content)
      case "Unknown":
        return json(block.raw, limit)
      default:
        return json(block, limit)
    }
  }

  /** The result of a tool, below its use. `details` is what Claude Code adds to it. */
  const endTool = (
    id: string,
    content: ReadonlyArray<MessageBlock>,
    isError: boolean,
    details: unknown,
    parent: Entries.Entry | undefined
  ) => {
    const entry = uses.get(id)
    const tool = entry?.tool
    if (parent === undefined) since = { at: now, step }
    if (entry === undefined || tool === undefined || tool.result !== undefined) {
      const markup = html`<summary>Result of a tool whose use is not shown</summary>${resultMarkup(content)}`
      add("thought", markup, { parent })
      return
    }
    const hunks = isError ? [] : fromPatch(details)
    if (hunks.length > 0) tool.use = { ...tool.use, ...edited(hunks, limits.text) }
    const markup = resultMarkup(content)
    const fits = entries.grow(entry, markup.markup.length + (hunks.length > 0 ? tool.use.input.markup.length : 0))
    tool.result = fits ? markup : html`<p class="gap">Its result is left out, to keep this page small</p>`
    tool.duration = tool.startedAt === undefined || now === undefined ? undefined : now - tool.startedAt
    if (isError) tool.problem = oneLine(textsOf(content), 160) || "failed"
    const counted = tools.get(tool.name)
    if (counted !== undefined) {
      tools.set(tool.name, {
        ...counted,
        failures: counted.failures + (isError && !tool.isDenied ? 1 : 0),
        time: counted.time + (tool.duration ?? 0)
      })
    }
    const label = oneLine(`${tool.name} ${tool.use.about}`, 60)
    if (isError && !tool.isDenied) problems.add({ id: entry.id, text: oneLine(`${label}: ${tool.problem}`, 160) })
    timeLine.add({
      lane: tool.name,
      label,
      id: entry.id,
      isFailed: isError,
      from: tool.startedAt,
      to: now,
      firstStep: tool.startedIn,
      lastStep: step
    })
  }

  /** Reported when it happens, and once more in the result of the turn. */
  const denied = (toolName: string, toolUseId: string | undefined, why: string) => {
    if (toolUseId !== undefined) {
      if (deniedIds.has(toolUseId)) return
      if (deniedIds.size < 10_000) deniedIds.add(toolUseId)
    }
    const entry = toolUseId === undefined ? undefined : uses.get(toolUseId)
    const text = oneLine(
      [asName(toolName), entry?.tool?.use.about ?? "", why].filter((part) => part !== "").join(" · "),
      160
    )
    if (entry?.tool !== undefined) entry.tool.isDenied = true
    denials.add({ id: entry?.id ?? "", text })
  }

  const block = (each: MessageBlock, parent: Entries.Entry | undefined, isFromUser: boolean): void => {
    switch (each._tag) {
      case "Text": {
        if (each.text.trim() === "") return
        if (parent === undefined && !isFromUser) hasSaid = true
        const entry = add("claude", shortened(each.text, limits.text, prose), { parent })
        if (parent === undefined) claudeWorked(entry.id)
        return
      }
      case "Thinking": {
        if (each.thinking.trim() === "") return
        const summary = html`<summary>Thought <span class="about">${oneLine(each.thinking, 120)}</span></summary>`
        const entry = add("thought", html`${summary}${shortened(each.thinking, limits.text, prose)}`, { parent })
        if (parent === undefined) claudeWorked(entry.id)
        return
      }
      case "RedactedThinking":
        note("Claude thought something that the API keeps to itself", parent)
        return
      case "ToolUse":
      case "ServerToolUse":
        useTool(each.id, each.name, each.input, parent)
        return
      case "WebSearchToolResult":
        endTool(each.toolUseId, [{ _tag: "Unknown", raw: each.content }], false, undefined, parent)
        return
      case "ToolResult":
        endTool(each.toolUseId, each.content, each.isError, undefined, parent)
        return
      case "Image":
        add("claude", image(each.source, limits.entries / 8), { parent })
        return
      default:
        unknown(`A block of the type ${asName(each.type ?? "unknown")}`, each.raw)
    }
  }

  const assistant = (message: AssistantMessage) => {
    const parent = parentOf(message.parentToolUseId)
    const isOfSubAgent = message.parentToolUseId !== undefined
    if (!isOfSubAgent) {
      ending.began()
      unfinished = ""
    }
    session.model(message.model)
    figures.assistant(message, now, step)
    // An error of the API is printed like an answer.
    if (isObject(message.raw) && message.raw["is_api_error_message"] === true) {
      hasSaid = true
      problem(textsOf(message.content), parent)
      return
    }
    for (const each of message.content) block(each, parent, false)
  }

  const userText = (text: string, parent: Entries.Entry | undefined, raw: unknown) => {
    if (text.trim() === "") return
    if (parent !== undefined) {
      // The prompt of a sub-agent is in the input of its tool, and the only text that it gets.
      if (parent.tool?.use.input === empty) add("note", shortened(text, limits.text, prose), { parent })
      return
    }
    const [isReplay, isSynthetic] = isObject(raw) ? [raw["isReplay"] === true, raw["isSynthetic"] === true] : []
    if (isReplay && text.trim() === lastPrompt.trim()) return
    if (isSynthetic || text.startsWith("[Request interrupted")) note(oneLine(text, 600))
    else prompt({ _tag: "Prompt", text })
  }

  const user = (message: UserMessage) => {
    const parent = parentOf(message.parentToolUseId)
    const results = message.content.filter((each) => each._tag === "ToolResult")
    const details = isObject(message.raw) && results.length === 1 ? message.raw["tool_use_result"] : undefined
    for (const each of message.content) {
      if (each._tag === "ToolResult") endTool(each.toolUseId, each.content, each.isError, details, parent)
      else if (each._tag === "Text") userText(each.text, parent, message.raw)
      else block(each, parent, true)
    }
  }

  const structured = (value: unknown) =>
    add("thought", html`<summary>Structured answer</summary>${json(value, limits.text)}`)

  const result = (message: ResultMessage) => {
    ending.result(message)
    const ended = figures.result(message, now, step)
    if (message.isError) problem(Ending.errorText(message))
    else if (!hasSaid && message.text?.trim()) add("claude", shortened(message.text, limits.text, prose))
    hasSaid = false
    unfinished = ""
    if (message.structuredOutput !== undefined) structured(message.structuredOutput)
    for (const denial of message.permissionDenials) {
      if (isObject(denial)) denied(textAt(denial, "tool_name") ?? "", textAt(denial, "tool_use_id"), "")
    }
    const entry = add("end", html`<p>${turnText(ended)}</p>`)
    const [startedAt, startedIn] = turn === undefined ? [from, 0] : [turn.at, turn.step]
    timeLine.add({
      lane: "Turns",
      label: "Turn",
      id: turn?.id ?? entry.id,
      isFailed: message.isError,
      from: startedAt,
      to: now,
      firstStep: startedIn,
      lastStep: step
    })
    turn = undefined
    since = undefined
  }

  const system = (message: SystemMessage) => {
    const { raw, subtype } = message
    if (subtype === "init") session.init(message)
    if (subtype === "permission_denied" && isObject(raw)) {
      denied(textAt(raw, "tool_name") ?? "", textAt(raw, "tool_use_id"), textAt(raw, "message") ?? "")
    }
    const said = systemNote(subtype, raw)
    if (said === "unknown") unknown(`Claude Code: ${asName(spaced(subtype))}`, raw)
    else if (said?.isProblem) problem(said.text)
    else if (said !== undefined) note(said.text)
  }

  const partial = ({ parentToolUseId, text }: PartialMessage) => {
    if (parentToolUseId !== undefined || text === undefined) return
    ending.began()
    if (unfinished.length < limits.text) unfinished += text.slice(0, limits.text)
  }

  /** A message of a kind that has no place of its own. */
  const other = (raw: unknown, type: string | undefined) => {
    const request = isObject(raw) && textAt(raw, "type") === "control_request" ? objectAt(raw, "request") : undefined
    if (request !== undefined) {
      if (textAt(request, "subtype") !== "can_use_tool") return
      note(`Claude Code asked whether it may use ${asName(textAt(request, "tool_name") ?? "")}`)
    } else if (typeof raw !== "string" || raw.trim() !== "") {
      const kind = type === undefined ? "not JSON" : `of the type ${asName(type)}`
      unknown(
        typeof raw === "string"
          ? `A line that is ${kind}`
          : `A message ${kind === "not JSON" ? "of no known type" : kind}`,
        raw
      )
    }
  }

  const message = (said: ClaudeMessage): void => {
    if (said._tag !== "Unknown") session.note(said.sessionId)
    switch (said._tag) {
      case "System":
        system(said)
        return
      case "Assistant":
        assistant(said)
        return
      case "User":
        user(said)
        return
      case "Partial":
        partial(said)
        return
      case "Result":
        result(said)
        return
      case "ControlResponse":
        if (said.error !== undefined) note(oneLine(`Claude Code refused a request: ${said.error}`, 600))
        return
      default:
        other(said.raw, "type" in said ? said.type : undefined)
        return
    }
  }

  const fact = (each: Fact): void => {
    switch (each._tag) {
      case "Prompt":
        prompt(each)
        return
      case "Said":
        message(each.message)
        return
      case "Failure": {
        if (each.isInterruption) {
          ending.interrupted()
          return
        }
        ending.failed(oneLine(each.message, 2000))
        problem(each.message)
        return
      }
      case "Stderr":
        // Repeated many times by some programs.
        if (each.line.trim() !== "" && each.line !== lastStderr) problem(each.line)
        lastStderr = each.line
        return
      case "Exited":
        ending.exited(each.reason === undefined ? undefined : oneLine(each.reason, 600))
        return
      case "Session":
        session.note(each.id, each.cwd)
        return
      case "Recorded":
        ending.recorded()
        return
      case "Used":
        figures.session(each.usage)
        return
      case "Structured":
        structured(each.value)
        return
      case "Completed":
        ending.completed()
        return
      case "Crashed":
        ending.crashed(each.crash)
        problem(oneLine(Ending.crashText(each.crash), 600))
        return
    }
  }

  return {
    read: ({ at, facts }, arrival) => {
      step++
      const time = arrival ?? at
      // Clocks are set back at times, and messages arrive in another order than they were written in.
      if (time !== undefined) now = now === undefined ? time : Math.max(now, time)
      from ??= now
      for (const each of facts) fact(each)
    },
    run: () => ({
      entries: entries.kept(),
      isKept: entries.isKept,
      unfinished: unfinished.trim() === "" ? undefined : shortened(unfinished, limits.text, prose),
      outcome: ending.outcome(),
      session: session.known(),
      figures,
      tools: [...tools.values()].sort((one, other) => other.uses - one.uses),
      denials: denials.listed(),
      problems: problems.listed(),
      prompts: prompts.listed(),
      timeLine: timeLine.markup({ from, to: now, steps: step }),
      from,
      to: now
    })
  }
}
