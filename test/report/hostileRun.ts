/** A run whose every text, name and id is another's choice. */

import type { RunReport } from "../../src/report/index.js"
import { fromJson, fromLine } from "../../src/schema/stromboli/ClaudeMessage.js"

/** `one` is in what is shown in full, `other` in names, ids and the rest. */
export const runOf = (one: string, other: string): ReadonlyArray<RunReport.Item> => [
  { _tag: "Prompt", text: one },
  fromJson({
    type: "system",
    subtype: "init",
    session_id: other,
    model: other,
    cwd: other,
    permissionMode: other,
    claude_code_version: other,
    mcp_servers: [{ name: other, status: other }]
  }),
  fromJson({ type: "system", subtype: "informational", content: other }),
  fromJson({ type: "system", subtype: other, field: other }),
  fromJson({ type: "system", subtype: "api_retry", error: other }),
  fromJson({ type: "system", subtype: "permission_denied", tool_name: other, tool_use_id: other, message: other }),
  fromJson({
    type: "assistant",
    timestamp: other,
    message: {
      id: other,
      model: other,
      content: [
        { type: "text", text: one },
        { type: "thinking", thinking: one },
        { type: "tool_use", id: "known", name: other, input: { command: one, [other]: other } },
        { type: "tool_use", id: other, name: "Edit", input: { file_path: other, old_string: other, new_string: one } },
        { type: "tool_use", id: "todo", name: other, input: { todos: [{ status: other, content: other }] } },
        { type: other, text: other }
      ]
    }
  }),
  fromJson({ type: "assistant", parent_tool_use_id: other, message: { content: [{ type: "text", text: other }] } }),
  fromJson({
    type: "user",
    message: { content: [{ type: "tool_result", tool_use_id: "known", content: one, is_error: true }] },
    tool_use_result: { structuredPatch: [{ lines: [`+${other}`, `-${other}`] }] }
  }),
  fromJson({
    type: "user",
    message: {
      content: [
        {
          type: "tool_result",
          tool_use_id: "todo",
          content: [
            { type: "image", source: { type: "base64", media_type: other, data: other } },
            { type: "image", source: { type: "base64", media_type: "image/png", data: other } },
            { type: other, field: other }
          ]
        }
      ]
    }
  }),
  fromJson({ type: "stream_event", event: { type: other, delta: { text: other } } }),
  fromLine(other),
  { _tag: "Stderr", line: other },
  fromJson({
    type: "result",
    subtype: other,
    is_error: true,
    result: other,
    structured_output: { [other]: other },
    modelUsage: { [other]: { costUSD: 1 } },
    permission_denials: [{ tool_name: other, tool_use_id: other }]
  }),
  { _tag: "Failure", message: other, isInterruption: false },
  { _tag: "Exited", reason: other }
]
