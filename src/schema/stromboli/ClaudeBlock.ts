/** The blocks that the content of Claude's messages is made of. Nothing here can fail: see `ClaudeMessage`. */
import { isObject, textAt } from "./looseJson.js"

/** A piece of a message. One that is not known, or not as it was, is `Unknown` and keeps what it was read from. */
export type MessageBlock =
  | { readonly _tag: "Text"; readonly text: string }
  | { readonly _tag: "Thinking"; readonly thinking: string }
  | { readonly _tag: "ToolUse"; readonly id: string; readonly name: string; readonly input: unknown }
  | {
      readonly _tag: "ToolResult"
      readonly toolUseId: string
      readonly content: ReadonlyArray<MessageBlock>
      readonly isError: boolean
    }
  | { readonly _tag: "Image"; readonly source: unknown }
  | { readonly _tag: "Unknown"; readonly type?: string | undefined; readonly raw: unknown }

/** Results hold blocks, which may be results: deeper than anybody means it, they are left as they are. */
const deepestBlock = 16

/** Content is a list of blocks, or text that stands for one block of it. */
export const blocksOf = (content: unknown, depth = 0): ReadonlyArray<MessageBlock> => {
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
    case "tool_use": {
      const id = textAt(raw, "id")
      const name = textAt(raw, "name")
      return id === undefined || name === undefined ? unknown : { _tag: "ToolUse", id, name, input: raw["input"] }
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
