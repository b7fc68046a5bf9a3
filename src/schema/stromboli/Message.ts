/** The history of a session: messages, tool uses and their results. */
import * as Schema from "effect/Schema"
import { lenient } from "../lenient.js"
import { openLiteral } from "../openLiteral.js"
import { snakeCase } from "../snakeCase.js"

const tokenFields = {
  inputTokens: Schema.optional(Schema.Number),
  outputTokens: Schema.optional(Schema.Number),
  cacheCreationInputTokens: Schema.optional(Schema.Number),
  cacheReadInputTokens: Schema.optional(Schema.Number)
}

/** The tokens of one message. An absent number is zero. */
export interface MessageUsage extends Schema.Struct.Type<typeof tokenFields> {}
export const MessageUsage = snakeCase(tokenFields)

const blockFields = {
  /** The server drops the payload of types that it does not know (`thinking`, `image`, …). */
  type: openLiteral("text", "tool_use", "tool_result"),
  text: Schema.optional(Schema.String),
  id: Schema.optional(Schema.String),
  name: Schema.optional(Schema.String),
  input: Schema.optional(Schema.Unknown),
  toolUseId: Schema.optional(Schema.String),
  content: Schema.optional(Schema.String),
  isError: Schema.optional(Schema.Boolean)
}

/** A block of a message. Its `type` determines which fields are present. */
export interface ContentBlock extends Schema.Struct.Type<typeof blockFields> {}
export const ContentBlock = snakeCase(blockFields)

const contentFields = {
  role: Schema.String,
  model: Schema.optional(Schema.String),
  messageId: Schema.optional(Schema.String),
  /** Absent when empty. The server drops all blocks when it cannot represent one of them. */
  content: Schema.optional(Schema.Array(ContentBlock)),
  stopReason: Schema.optional(Schema.String),
  usage: Schema.optional(MessageUsage)
}

/** The content of a message: text and tool uses. */
export interface MessageContent extends Schema.Struct.Type<typeof contentFields> {}
export const MessageContent = lenient(snakeCase(contentFields), { role: "" })

const toolResultFields = {
  stdout: Schema.optional(Schema.String),
  stderr: Schema.optional(Schema.String),
  interrupted: Schema.optional(Schema.Boolean),
  isImage: Schema.optional(Schema.Boolean)
}

/** The result of a tool, as far as the server passes it on. */
export interface ToolResult extends Schema.Struct.Type<typeof toolResultFields> {}
export const ToolResult = snakeCase(toolResultFields)

const fields = {
  /** May be empty. Otherwise the id for `Sessions.message`. */
  uuid: Schema.String,
  parentUuid: Schema.optional(Schema.String),
  /**
   * The type in the transcript: `user` and `assistant`, but also `system`, `summary`, `attachment`, `api-request`,
   * `api-request-blob` (with the system prompt), `cost-state`, … See `isConversation`.
   */
  type: openLiteral("user", "assistant", "system", "summary"),
  /** May be empty. */
  sessionId: Schema.optional(Schema.String),
  /** RFC 3339 with fractional seconds. */
  timestamp: Schema.optional(Schema.String),
  cwd: Schema.optional(Schema.String),
  gitBranch: Schema.optional(Schema.String),
  /** The version of Claude Code that wrote it. */
  version: Schema.optional(Schema.String),
  permissionMode: Schema.optional(Schema.String),
  content: MessageContent,
  toolResult: Schema.optional(ToolResult)
}

/** One line of a session's transcript. */
export interface Message extends Schema.Struct.Type<typeof fields> {}
export const Message = lenient(snakeCase(fields), { uuid: "", type: "", content: { role: "" } })

/** Whether user or assistant said it. Other records of a transcript are about the session. */
export const isConversation = ({ type }: Pick<Message, "type">): boolean => type === "user" || type === "assistant"

/**
 * The text of what user or assistant said, without tool uses and results. Empty for other records, which may contain
 * the system prompt.
 */
export const textOf = (message: Message): string =>
  isConversation(message)
    ? (message.content.content ?? []).flatMap(({ text }) => (text === undefined ? [] : [text])).join("\n")
    : ""
