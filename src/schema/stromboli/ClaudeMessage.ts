/**
 * What Claude Code prints in its `stream-json` format, one JSON object per line. The format grows with every release,
 * so reading never fails: whatever is unknown or malformed is `Unknown` at the innermost level possible, and each
 * message keeps the JSON it was read from.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { isObject, listAt, objectAt, textAt, textsAt } from "../jsonFields.js"
import { type MessageFields, type ResultMessage, resultFrom, type TokenUsage, usageAt } from "./resultMessage.js"

export { answersPrompt, ResultMessage, type TokenUsage, TurnOrigin } from "./resultMessage.js"

/** A message of Claude Code in its `stream-json` format. */
export type ClaudeMessage =
  | SystemMessage
  | AssistantMessage
  | UserMessage
  | PartialMessage
  | ResultMessage
  | ControlRequest
  | ControlResponse
  | UnknownMessage

/** The subtypes that Claude Code 2.1 prints. `raw` holds their fields. */
type SystemSubtype =
  | "init"
  | "status"
  | "thinking_tokens"
  | "api_retry"
  | "permission_denied"
  | "task_started"
  | "task_updated"
  | "task_notification"
  | "background_tasks_changed"
  | "hook_started"
  | "hook_response"
  | "compact_boundary"
  | "informational"

/**
 * About the session and what happens beside the conversation: retries, hooks, background tasks. The subtype `init`
 * describes how the session was started; since Claude Code 2.1, an agent prints it before every turn.
 */
export interface SystemMessage extends MessageFields {
  readonly _tag: "System"
  /** A known subtype, or one that a newer Claude Code prints. */
  readonly subtype: SystemSubtype | (string & {})
  readonly model?: string | undefined
  readonly cwd?: string | undefined
  readonly permissionMode?: string | undefined
  readonly tools: ReadonlyArray<string>
  readonly mcpServers: ReadonlyArray<McpServer>
}

/** An MCP server and its status: `connected`, `failed`, … */
export interface McpServer {
  readonly name: string
  readonly status?: string | undefined
}

/** What Claude says and thinks, and the tools it uses. */
export interface AssistantMessage extends MessageFields {
  readonly _tag: "Assistant"
  readonly id?: string | undefined
  readonly model?: string | undefined
  readonly content: ReadonlyArray<MessageBlock>
  readonly stopReason?: string | undefined
  readonly usage?: TokenUsage | undefined
  /** Set for messages of a sub-agent: the tool use that started it. */
  readonly parentToolUseId?: string | undefined
}

/** Input to Claude: mostly results of tools. */
export interface UserMessage extends MessageFields {
  readonly _tag: "User"
  readonly content: ReadonlyArray<MessageBlock>
  readonly parentToolUseId?: string | undefined
}

/**
 * A part of a message that is still being written. It is a preview: the server drops some of them when they come in a
 * burst, even for a quick reader. The complete text is in the `Assistant` message and in the `Result`.
 */
export interface PartialMessage extends MessageFields {
  readonly _tag: "Partial"
  /** The type of the API's event, such as `content_block_delta`. */
  readonly type: string
  /** The text that it adds, if any. */
  readonly text?: string | undefined
  readonly parentToolUseId?: string | undefined
}

/** A question of Claude Code to whoever started it, for example for a permission. It waits for the answer. */
export interface ControlRequest extends MessageFields {
  readonly _tag: "ControlRequest"
  /** `can_use_tool`, … */
  readonly subtype: "can_use_tool" | (string & {})
  readonly requestId: string
  /** The question; its shape depends on the subtype. */
  readonly request: Readonly<Record<string, unknown>>
}

/** The answer of Claude Code to a control request, for example to an interruption. */
export interface ControlResponse extends MessageFields {
  readonly _tag: "ControlResponse"
  /** `success` or `error`. */
  readonly subtype: "success" | "error" | (string & {})
  readonly requestId?: string | undefined
  /** What it answered; its shape depends on the request. */
  readonly response?: unknown
  readonly error?: string | undefined
}

/** A message that this version does not know, or a line that is not a message. */
export interface UnknownMessage {
  readonly _tag: "Unknown"
  readonly type?: string | undefined
  /** The line as JSON, or as text if it is not JSON. */
  readonly raw: unknown
}

/** A block of a message. One that is unknown or malformed is `Unknown` and keeps its JSON. */
export type MessageBlock =
  | { readonly _tag: "Text"; readonly text: string }
  | { readonly _tag: "Thinking"; readonly thinking: string }
  /** Thinking that the API returns encrypted. */
  | { readonly _tag: "RedactedThinking"; readonly data: string }
  | { readonly _tag: "ToolUse"; readonly id: string; readonly name: string; readonly input: unknown }
  /** A tool that the API runs itself, such as its web search. */
  | { readonly _tag: "ServerToolUse"; readonly id: string; readonly name: string; readonly input: unknown }
  /** What the web search of the API found: a list of results, or an object with an error code. */
  | { readonly _tag: "WebSearchToolResult"; readonly toolUseId: string; readonly content: unknown }
  | {
      readonly _tag: "ToolResult"
      readonly toolUseId: string
      readonly content: ReadonlyArray<MessageBlock>
      readonly isError: boolean
    }
  | { readonly _tag: "Image"; readonly source: unknown }
  | { readonly _tag: "Unknown"; readonly type?: string | undefined; readonly raw: unknown }

/** Tool results contain blocks, which may be tool results again. Blocks nested deeper than this are `Unknown`. */
const deepestBlock = 16

/** Content is a list of blocks, or a text in place of a single text block. */
const blocksOf = (content: unknown, depth = 0): ReadonlyArray<MessageBlock> => {
  if (typeof content === "string") return [{ _tag: "Text", text: content }]
  if (content === undefined || content === null) return []
  return Array.isArray(content) ? content.map((block) => blockOf(block, depth)) : [{ _tag: "Unknown", raw: content }]
}

const blockOf = (raw: unknown, depth: number): MessageBlock => {
  if (!isObject(raw) || depth > deepestBlock) return { _tag: "Unknown", raw }
  const type = textAt(raw, "type")
  const unknown: MessageBlock = { _tag: "Unknown", type, raw }
  switch (type) {
    case "text": {
      const text = textAt(raw, "text")
      return text === undefined ? unknown : { _tag: "Text", text }
    }
    case "thinking": {
      const thinking = textAt(raw, "thinking")
      return thinking === undefined ? unknown : { _tag: "Thinking", thinking }
    }
    case "redacted_thinking": {
      const data = textAt(raw, "data")
      return data === undefined ? unknown : { _tag: "RedactedThinking", data }
    }
    case "tool_use":
    case "server_tool_use": {
      const id = textAt(raw, "id")
      const name = textAt(raw, "name")
      if (id === undefined || name === undefined) return unknown
      return { _tag: type === "tool_use" ? "ToolUse" : "ServerToolUse", id, name, input: raw["input"] }
    }
    case "web_search_tool_result": {
      const toolUseId = textAt(raw, "tool_use_id")
      return toolUseId === undefined ? unknown : { _tag: "WebSearchToolResult", toolUseId, content: raw["content"] }
    }
    case "tool_result": {
      const toolUseId = textAt(raw, "tool_use_id")
      return toolUseId === undefined
        ? unknown
        : {
            _tag: "ToolResult",
            toolUseId,
            content: blocksOf(raw["content"], depth + 1),
            isError: raw["is_error"] === true
          }
    }
    case "image":
      return { _tag: "Image", source: raw["source"] }
    default:
      return unknown
  }
}

/** Reads one message from parsed JSON. */
export const fromJson = (raw: unknown): ClaudeMessage => {
  if (!isObject(raw)) return { _tag: "Unknown", raw }
  const type = textAt(raw, "type")
  const unknown: ClaudeMessage = { _tag: "Unknown", type, raw }
  const sessionId = textAt(raw, "session_id")
  const parentToolUseId = textAt(raw, "parent_tool_use_id")
  switch (type) {
    case "system": {
      const subtype = textAt(raw, "subtype")
      if (subtype === undefined) return unknown
      return {
        _tag: "System",
        subtype,
        sessionId,
        model: textAt(raw, "model"),
        cwd: textAt(raw, "cwd"),
        permissionMode: textAt(raw, "permissionMode"),
        tools: textsAt(raw, "tools"),
        mcpServers: listAt(raw, "mcp_servers").flatMap((server) => {
          const name = isObject(server) ? textAt(server, "name") : undefined
          return isObject(server) && name !== undefined ? [{ name, status: textAt(server, "status") }] : []
        }),
        raw
      }
    }
    case "assistant": {
      const message = objectAt(raw, "message")
      if (message === undefined) return unknown
      return {
        _tag: "Assistant",
        id: textAt(message, "id"),
        model: textAt(message, "model"),
        content: blocksOf(message["content"]),
        stopReason: textAt(message, "stop_reason"),
        usage: usageAt(message),
        parentToolUseId,
        sessionId,
        raw
      }
    }
    case "user": {
      const message = objectAt(raw, "message")
      return message === undefined
        ? unknown
        : { _tag: "User", content: blocksOf(message["content"]), parentToolUseId, sessionId, raw }
    }
    case "stream_event": {
      const event = objectAt(raw, "event")
      const eventType = event && textAt(event, "type")
      if (event === undefined || eventType === undefined) return unknown
      const delta = objectAt(event, "delta")
      return { _tag: "Partial", type: eventType, text: delta && textAt(delta, "text"), parentToolUseId, sessionId, raw }
    }
    case "result":
      return resultFrom(raw) ?? unknown
    case "control_request": {
      const request = objectAt(raw, "request")
      const subtype = request && textAt(request, "subtype")
      const requestId = textAt(raw, "request_id")
      if (request === undefined || subtype === undefined || requestId === undefined) return unknown
      return { _tag: "ControlRequest", subtype, requestId, request, sessionId, raw }
    }
    case "control_response": {
      const response = objectAt(raw, "response")
      const subtype = response && textAt(response, "subtype")
      if (response === undefined || subtype === undefined) return unknown
      return {
        _tag: "ControlResponse",
        subtype,
        requestId: textAt(response, "request_id"),
        response: response["response"],
        error: textAt(response, "error"),
        sessionId,
        raw
      }
    }
    default:
      return unknown
  }
}

/**
 * Reads one line. A line that is not JSON, such as the server's marker for a truncated line, is `Unknown` with its
 * text.
 */
export const fromLine = (line: string): ClaudeMessage =>
  Either.match(
    Either.try((): unknown => JSON.parse(line)),
    { onLeft: () => ({ _tag: "Unknown", raw: line }), onRight: fromJson }
  )

const isMessage = (value: unknown): value is ClaudeMessage => isObject(value) && "_tag" in value && "raw" in value

/** Encoded as the JSON that the message was read from. */
export const ClaudeMessage: Schema.Schema<ClaudeMessage, unknown> = Schema.transform(
  Schema.Unknown,
  Schema.declare(isMessage, {
    identifier: "ClaudeMessage",
    arbitrary: () => (fc) => fc.jsonValue().map(fromJson)
  }),
  { strict: true, decode: fromJson, encode: ({ raw }) => raw }
)
