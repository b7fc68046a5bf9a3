/** What a page can be made of, and how it is read. */
import { isObject, parsedJson, textAt } from "../schema/jsonFields.js"
import type { AgentEvent } from "../schema/stromboli/AgentEvent.js"
import { type ClaudeMessage, fromJson, type MessageBlock } from "../schema/stromboli/ClaudeMessage.js"
import { type ContentBlock, isConversation, type Message } from "../schema/stromboli/Message.js"
import type { CrashInfo, RunResult, Usage } from "../schema/stromboli/Run.js"

/** What was asked. Claude Code does not print it, so a page of its messages has none of them by itself. */
export interface Prompt {
  readonly _tag: "Prompt"
  readonly text: string
}

/** What the program that ran it failed with, or that it was interrupted. */
export interface Failure {
  readonly _tag: "Failure"
  readonly message: string
  readonly isInterruption: boolean
  /** What the run had printed, if nothing of that has been read before. */
  readonly output?: string | undefined
}

/** All that the library says about a run, in the order in which it was said. */
export type Item = ClaudeMessage | AgentEvent | Message | RunResult | Prompt | Failure

/** What an item says, one thing at a time. */
export type Fact =
  | Prompt
  | Failure
  | { readonly _tag: "Said"; readonly message: ClaudeMessage }
  | { readonly _tag: "Stderr"; readonly line: string }
  | { readonly _tag: "Exited"; readonly reason: string | undefined }
  | { readonly _tag: "Session"; readonly id: string | undefined; readonly cwd?: string | undefined }
  | { readonly _tag: "Recorded" }
  | { readonly _tag: "Used"; readonly usage: Usage }
  | { readonly _tag: "Structured"; readonly value: unknown }
  | { readonly _tag: "Completed" }
  | { readonly _tag: "Crashed"; readonly crash: CrashInfo }

export interface Reading {
  readonly facts: ReadonlyArray<Fact>
  /** Milliseconds since 1970, as the item says. */
  readonly at: number | undefined
}

const timeOf = (text: string | undefined): number | undefined => {
  const time = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(time) ? undefined : time
}

const said = (message: ClaudeMessage): Fact => ({ _tag: "Said", message })

const blockOf = (block: ContentBlock): MessageBlock => {
  const { content, id, input, isError, name, text, toolUseId, type } = block
  if (type === "text" && text !== undefined) return { _tag: "Text", text }
  if (type === "tool_use" && id !== undefined) return { _tag: "ToolUse", id, name: name ?? "", input }
  if (type === "tool_result" && toolUseId !== undefined) {
    const blocks: ReadonlyArray<MessageBlock> = content === undefined ? [] : [{ _tag: "Text", text: content }]
    return { _tag: "ToolResult", toolUseId, content: blocks, isError: isError === true }
  }
  return { _tag: "Unknown", type, raw: block }
}

/** A message of a transcript, as Claude Code prints such a message. */
const ofTranscript = (message: Message): ReadonlyArray<Fact> => {
  // The others are about the session, and may have the system prompt.
  if (!isConversation(message)) return [{ _tag: "Recorded" }]
  const { content = [], messageId: id, model, usage } = message.content
  const blocks = content.map(blockOf)
  const raw = { timestamp: message.timestamp }
  const isFromUser = message.type === "user"
  return [
    { _tag: "Recorded" },
    { _tag: "Session", id: message.sessionId || undefined, cwd: message.cwd },
    isFromUser
      ? said({ _tag: "User", content: blocks, raw })
      : said({
          _tag: "Assistant",
          content: blocks,
          id,
          model,
          usage: usage && {
            inputTokens: usage.inputTokens ?? 0,
            outputTokens: usage.outputTokens ?? 0,
            cacheCreationInputTokens: usage.cacheCreationInputTokens ?? 0,
            cacheReadInputTokens: usage.cacheReadInputTokens ?? 0
          },
          raw
        })
  ]
}

const known = (value: unknown): ReadonlyArray<ClaudeMessage> => {
  const message = fromJson(value)
  return message._tag === "Unknown" ? [] : [message]
}

const textMessage = (text: string): ReadonlyArray<ClaudeMessage> =>
  text.trim() === "" ? [] : [{ _tag: "Assistant", content: [{ _tag: "Text", text }], raw: {} }]

/** The messages in the output of a run, whatever its format. */
const ofOutput = (output: string): ReadonlyArray<ClaudeMessage> => {
  if (!/^\s*[[{]/m.test(output)) return textMessage(output)
  const whole = parsedJson(output)
  if (whole !== undefined) {
    const messages = (Array.isArray(whole) ? whole : [whole]).flatMap(known)
    return messages.length > 0 ? messages : textMessage(output)
  }
  const messages: Array<ClaudeMessage> = []
  let rest: Array<string> = []
  const flush = () => {
    messages.push(...textMessage(rest.join("\n")))
    rest = []
  }
  let isStream = false
  for (const line of output.split("\n")) {
    const [message] = line.trimStart().startsWith("{") ? known(parsedJson(line)) : []
    if (message === undefined) {
      rest.push(line)
    } else {
      flush()
      isStream = true
      messages.push(message)
    }
  }
  if (!isStream) return textMessage(output)
  flush()
  return messages
}

const ofRun = (result: RunResult): ReadonlyArray<Fact> => {
  const messages = ofOutput(result.output)
  const structured = result.structuredOutput
  const hasResult = messages.some(({ _tag }) => _tag === "Result")
  return [
    ...(result.sessionId === undefined ? [] : [{ _tag: "Session", id: result.sessionId } as const]),
    ...messages.map(said),
    ...(structured === undefined || hasResult ? [] : [{ _tag: "Structured", value: structured } as const]),
    ...(result.usage === undefined ? [] : [{ _tag: "Used", usage: result.usage } as const]),
    result._tag === "Crashed" ? { _tag: "Crashed", crash: result.crash } : { _tag: "Completed" }
  ]
}

const ofMessage = (message: ClaudeMessage): Reading => ({
  facts: [said(message)],
  at: isObject(message.raw) ? timeOf(textAt(message.raw, "timestamp")) : undefined
})

/** What an item says, and when. An item of another kind than its type promises is a message of an unknown kind. */
export const read = (item: Item): Reading => {
  if (typeof item !== "object" || item === null) return { facts: [said({ _tag: "Unknown", raw: item })], at: undefined }
  if (!("_tag" in item)) {
    return "content" in item ? { facts: ofTranscript(item), at: timeOf(item.timestamp) } : ofMessage(fromJson(item))
  }
  switch (item._tag) {
    case "Failure":
      return { facts: [...ofOutput(item.output ?? "").map(said), item], at: undefined }
    case "Prompt":
      return { facts: [item], at: undefined }
    case "Completed":
    case "Crashed":
      return { facts: ofRun(item), at: undefined }
    case "Output":
      return { facts: [said(item.message)], at: timeOf(item.at) }
    case "Stderr":
      return { facts: [{ _tag: "Stderr", line: item.line }], at: timeOf(item.at) }
    case "Exited":
      return { facts: [{ _tag: "Exited", reason: item.reason }], at: timeOf(item.at) }
    case "TurnStarted":
    case "TurnEnded":
    case "UnaskedTurnEnded":
      return { facts: [], at: timeOf(item.at) }
    case "Unknown":
      return "raw" in item
        ? ofMessage(item)
        : { facts: [said({ _tag: "Unknown", type: item.event, raw: item.data })], at: undefined }
    default:
      return ofMessage(item)
  }
}
