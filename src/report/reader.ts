/** Reads what was said, one thing at a time, into what a page is made of. It keeps no more than the page will show. */
import { isObject, type JsonObject, objectAt, textAt } from "../schema/jsonFields.js"
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
import type * as Entries from "./entries.js"
import * as Figures from "./figures.js"
import { type Html, html } from "./html.js"
import { image } from "./image.js"
import type { Fact, Prompt, Reading } from "./items.js"
import type { Limits } from "./limits.js"
import * as Listed from "./listed.js"
import * as Ending from "./outcome.js"
import { prose } from "./prose.js"
import * as Session from "./session.js"
import { systemNote } from "./systemNote.js"
import * as TimeLine from "./timeLine.js"
import * as Tools from "./tools.js"
import { asName, textsOf } from "./tools.js"
import { code, json } from "./toolUse.js"
import { count, dollars, duration, spaced } from "./words.js"

/** All that a page shows. */
export interface Run {
  readonly entries: Entries.Kept
  readonly isKept: (entry: Entries.Entry) => boolean
  /** What was being written when the last message was read. */
  readonly unfinished: Html | undefined
  readonly outcome: Ending.Outcome
  readonly session: Session.Session
  readonly figures: Figures.Figures
  readonly tools: ReturnType<Tools.Tools["counts"]>
  readonly denials: Listed.Listed<Listed.Concern>
  readonly problems: Listed.Listed<Listed.Concern>
  readonly prompts: Listed.Listed<Listed.Concern>
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

/** Who speaks: Claude itself, or a sub-agent, whose messages belong to the use of a tool if that is kept. */
interface Thread {
  readonly isMain: boolean
  readonly parent: Entries.Entry | undefined
}

export const make = (limits: Limits): Reader => {
  const figures = Figures.make()
  const ending = Ending.make()
  const session = Session.make()
  const timeLine = TimeLine.make()
  const denials = Listed.make<Listed.Concern>()
  const problems = Listed.make<Listed.Concern>()
  const prompts = Listed.make<Listed.Concern>()
  const tools = Tools.make(limits, { problems, denials, timeLine })
  const { entries } = tools

  let from: number | undefined
  let now: TimeLine.Moment = { at: undefined, step: 0 }
  /** Since when Claude is busy with the next message. */
  let since: TimeLine.Moment | undefined
  let turn: { readonly id: string; readonly from: TimeLine.Moment } | undefined
  let lastPrompt = ""
  /** Whether the turn has said anything that its result need not repeat. */
  let hasSaid = false
  /** What was written of a message that is not complete. */
  let unfinished = ""
  let lastStderr = ""

  const add = (kind: Entries.Kind, markup: Html, parent?: Entries.Entry): Entries.Entry =>
    entries.add({ kind, markup, at: now.at, parent })

  const problem = (text: string, parent?: Entries.Entry): Entries.Entry => {
    const entry = add("problem", shortened(text, limits.text, prose), parent)
    problems.add({ id: entry.id, text: oneLine(text, 160) })
    return entry
  }

  const note = (text: string, parent?: Entries.Entry) => add("note", html`<p>${text}</p>`, parent)

  const unknown = (what: string, raw: unknown) =>
    add(
      "thought",
      html`<summary>${what}</summary>${typeof raw === "string" ? code(raw, limits.text) : json(raw, limits.text)}`
    )

  const threadOf = (parentToolUseId: string | undefined): Thread => ({
    isMain: parentToolUseId === undefined,
    parent: tools.parent(parentToolUseId)
  })

  /** What Claude said; of a sub-agent that stands alone, folded, so that nobody takes it for Claude's own words. */
  const said = (text: string, { isMain, parent }: Thread): Entries.Entry => {
    const markup = shortened(text, limits.text, prose)
    if (isMain || parent !== undefined) return add("claude", markup, parent)
    return add(
      "thought",
      html`<summary>A sub-agent <span class="about">${oneLine(text, 120)}</span></summary>${markup}`
    )
  }

  /** Claude was busy from the last thing that it waited for until now. A sub-agent is in the lane of its tool. */
  const worked = ({ id }: Entries.Entry, { isMain }: Thread) => {
    if (!isMain) return
    if (since !== undefined) {
      timeLine.add({ lane: "Claude", label: "Claude", id, isFailed: false, from: since, to: now })
    }
    since = now
  }

  const endTool = (result: Tools.Result, { isMain, parent }: Thread) => {
    if (isMain) since = now
    tools.end(result, now, parent)
  }

  const denied = (raw: JsonObject, why: string) =>
    tools.denied({ toolName: textAt(raw, "tool_name") ?? "", toolUseId: textAt(raw, "tool_use_id"), why })

  const prompt = ({ text }: Prompt) => {
    ending.began()
    hasSaid = false
    lastPrompt = text
    const entry = add("prompt", shortened(text, limits.text, prose))
    prompts.add({ id: entry.id, text: oneLine(text, 120) })
    since = now
    turn = { id: entry.id, from: now }
  }

  const block = (each: MessageBlock, thread: Thread): void => {
    const { isMain, parent } = thread
    switch (each._tag) {
      case "Text": {
        if (each.text.trim() === "") return
        hasSaid ||= isMain
        worked(said(each.text, thread), thread)
        return
      }
      case "Thinking": {
        if (each.thinking.trim() === "") return
        const summary = html`<summary>Thought <span class="about">${oneLine(each.thinking, 120)}</span></summary>`
        worked(add("thought", html`${summary}${shortened(each.thinking, limits.text, prose)}`, parent), thread)
        return
      }
      case "RedactedThinking":
        note("Claude thought something that the API keeps to itself", parent)
        return
      case "ToolUse":
      case "ServerToolUse":
        worked(tools.use(each, now, parent), thread)
        return
      case "WebSearchToolResult":
        endTool({ id: each.toolUseId, content: [{ _tag: "Unknown", raw: each.content }], isError: false }, thread)
        return
      case "ToolResult":
        endTool({ ...each, id: each.toolUseId }, thread)
        return
      case "Image":
        add("claude", image(each.source, limits.image), parent)
        return
      default:
        unknown(`A block of the type ${asName(each.type ?? "unknown")}`, each.raw)
    }
  }

  const assistant = (message: AssistantMessage) => {
    const thread = threadOf(message.parentToolUseId)
    if (thread.isMain) {
      ending.began()
      unfinished = ""
    }
    session.model(message.model)
    figures.assistant(message, now)
    // An error of the API is printed like an answer.
    if (isObject(message.raw) && message.raw["is_api_error_message"] === true) {
      hasSaid = true
      problem(textsOf(message.content), thread.parent)
      return
    }
    for (const each of message.content) block(each, thread)
  }

  const userText = (text: string, { isMain }: Thread, raw: unknown) => {
    // The prompt of a sub-agent, the only text that it gets, is in the input of its tool.
    if (text.trim() === "" || !isMain) return
    const [isReplay, isSynthetic] = isObject(raw) ? [raw["isReplay"] === true, raw["isSynthetic"] === true] : []
    if (isReplay && text.trim() === lastPrompt.trim()) return
    if (isSynthetic || text.startsWith("[Request interrupted")) note(oneLine(text, 600))
    else prompt({ _tag: "Prompt", text })
  }

  const user = (message: UserMessage) => {
    const thread = threadOf(message.parentToolUseId)
    const results = message.content.filter((each) => each._tag === "ToolResult")
    const details = isObject(message.raw) && results.length === 1 ? message.raw["tool_use_result"] : undefined
    for (const each of message.content) {
      if (each._tag === "ToolResult") endTool({ ...each, id: each.toolUseId, details }, thread)
      else if (each._tag === "Text") userText(each.text, thread, message.raw)
      else block(each, thread)
    }
  }

  const structured = (value: unknown) =>
    add("thought", html`<summary>Structured answer</summary>${json(value, limits.text)}`)

  const result = (message: ResultMessage) => {
    ending.result(message)
    const ended = figures.result(message, now)
    if (message.isError) problem(Ending.errorText(message))
    else if (!hasSaid && message.text?.trim()) add("claude", shortened(message.text, limits.text, prose))
    hasSaid = false
    unfinished = ""
    if (message.structuredOutput !== undefined) structured(message.structuredOutput)
    for (const denial of message.permissionDenials) {
      if (isObject(denial)) denied(denial, "")
    }
    const entry = add("end", html`<p>${turnText(ended)}</p>`)
    timeLine.add({
      lane: "Turns",
      label: "Turn",
      id: turn?.id ?? entry.id,
      isFailed: message.isError,
      from: turn?.from ?? { at: from, step: 0 },
      to: now
    })
    turn = undefined
    since = undefined
  }

  const system = (message: SystemMessage) => {
    const { raw, subtype } = message
    if (subtype === "init") session.init(message)
    if (subtype === "permission_denied" && isObject(raw)) denied(raw, textAt(raw, "message") ?? "")
    const line = systemNote(subtype, raw)
    if (line === "unknown") unknown(`Claude Code: ${asName(spaced(subtype))}`, raw)
    else if (line?.isProblem) problem(line.text)
    else if (line !== undefined) note(line.text)
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
      const kind = type === undefined ? "no known type" : `the type ${asName(type)}`
      unknown(typeof raw === "string" && type === undefined ? "A line that is not JSON" : `A message of ${kind}`, raw)
    }
  }

  const message = (given: ClaudeMessage): void => {
    if (given._tag !== "Unknown") session.note(given.sessionId)
    switch (given._tag) {
      case "System":
        system(given)
        return
      case "Assistant":
        assistant(given)
        return
      case "User":
        user(given)
        return
      case "Partial":
        partial(given)
        return
      case "Result":
        result(given)
        return
      case "ControlResponse":
        if (given.error !== undefined) note(oneLine(`Claude Code refused a request: ${given.error}`, 600))
        return
      default:
        other(given.raw, "type" in given ? given.type : undefined)
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
      const time = arrival ?? at
      // Clocks are set back at times, and messages arrive in another order than they were written in.
      now = { at: time === undefined ? now.at : Math.max(time, now.at ?? time), step: now.step + 1 }
      from ??= now.at
      for (const each of facts) fact(each)
    },
    run: () => ({
      entries: entries.kept(),
      isKept: entries.isKept,
      unfinished: unfinished.trim() === "" ? undefined : shortened(unfinished, limits.text, prose),
      outcome: ending.outcome(),
      session: session.known(),
      figures,
      tools: tools.counts(),
      denials: denials.listed(),
      problems: problems.listed(),
      prompts: prompts.listed(),
      timeLine: timeLine.markup(from, now),
      from,
      to: now.at
    })
  }
}
