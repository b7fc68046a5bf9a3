import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as FastCheck from "effect/FastCheck"
import { fromJson, fromLine } from "../../../src/schema/stromboli/ClaudeMessage.js"

const assistant = (content: unknown) => fromJson({ type: "assistant", message: { id: "msg-1", content } })
const blocksOf = (content: unknown) => {
  const message = assistant(content)
  return message._tag === "Assistant" ? message.content : undefined
}

/** Lines of Claude Code 2.1.332, with shortened values. */
const linesOf2_1 = [
  '{"type":"system","subtype":"init","cwd":"/","session_id":"s","tools":["Task"],"mcp_servers":[],"capabilities":[]}',
  '{"type":"system","subtype":"status","status":"requesting","session_id":"s","uuid":"u"}',
  '{"type":"system","subtype":"status","status":null,"session_id":"s","uuid":"u"}',
  '{"type":"system","subtype":"thinking_tokens","estimated_tokens":3,"estimated_tokens_delta":3}',
  '{"type":"system","subtype":"api_retry","attempt":1,"max_retries":10,"retry_delay_ms":618,"error_status":401}',
  '{"type":"system","subtype":"permission_denied","tool_name":"Bash","tool_use_id":"t","message":"m"}',
  '{"type":"system","subtype":"task_started","task_id":"a","run_id":"r","is_backgrounded":true,"prompt":"p"}',
  '{"type":"system","subtype":"task_updated","task_id":"a","run_id":"r","patch":{"status":"completed","end_time":1}}',
  '{"type":"system","subtype":"task_notification","task_id":"a","status":"completed","usage":{"total_tokens":157}}',
  '{"type":"system","subtype":"background_tasks_changed","tasks":[{"task_id":"a","task_type":"local_agent"}]}',
  '{"type":"system","subtype":"hook_started","hook_id":"h","hook_name":"n","hook_event":"Stop"}',
  '{"type":"system","subtype":"hook_response","hook_id":"h","output":"o","stderr":"","exit_code":0}',
  '{"type":"system","subtype":"compact_boundary","compact_metadata":{"trigger":"manual","pre_tokens":157}}',
  '{"type":"system","subtype":"informational","content":"c","level":"notice"}',
  '{"type":"assistant","message":{"id":"m","content":[],"stop_reason":null,"usage":{}},"parent_tool_use_id":null}',
  '{"type":"user","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t"}]},"isSynthetic":true}',
  '{"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"t"}}}',
  '{"type":"stream_event","event":{"type":"message_start","message":{}},"ttft_ms":1}',
  '{"duration_api_ms":1,"session_id":"s","is_error":false,"subtype":"success","type":"result","result_index":0}',
  '{"type":"control_response","response":{"subtype":"success","request_id":"r1","response":{"still_queued":[]}}}'
]

describe("a line of Claude's stream-json", () => {
  for (const line of linesOf2_1) {
    it(`is known: ${line.slice(0, 70)}`, () => {
      const message = fromLine(line)
      expect(message._tag).not.toBe("Unknown")
      if (message._tag === "User" || message._tag === "Assistant") {
        expect(message.content.map(({ _tag }) => _tag)).not.toContain("Unknown")
      }
    })
  }

  it("says of a result why the turn was taken, and how it ended", () => {
    const origin = { kind: "task-notification", producer: "session-task", runId: "r" }
    const raw = {
      stop_reason: "end_turn",
      terminal_reason: "completed",
      origin,
      subtype: "success",
      api_error_status: 529,
      errors: ["e"],
      structured_output: { a: 1 },
      type: "result",
      result_index: 2,
      queued_turn_count: 1
    }
    expect(fromJson(raw)).toMatchObject({
      _tag: "Result",
      origin: { kind: "task-notification", raw: origin },
      stopReason: "end_turn",
      terminalReason: "completed",
      apiErrorStatus: 529,
      errors: ["e"],
      structuredOutput: { a: 1 },
      resultIndex: 2,
      queuedTurnCount: 1
    })
    expect(fromJson({ ...raw, origin: null })).toHaveProperty("origin", undefined)
    expect(fromJson({ ...raw, origin: "new" })).toMatchObject({ origin: { kind: "", raw: "new" } })
  })

  it("answers a control request", () => {
    const response = { subtype: "error", request_id: "r1", error: "no" }
    expect(fromJson({ type: "control_response", response })).toMatchObject({
      _tag: "ControlResponse",
      subtype: "error",
      requestId: "r1",
      error: "no"
    })
  })

  it("contains the blocks of tools that the API runs, and encrypted thinking", () => {
    const found = [{ type: "web_search_result", url: "https://effect.website" }]
    expect(
      blocksOf([
        { type: "redacted_thinking", data: "EmwK" },
        { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: { query: "effect" } },
        { type: "web_search_tool_result", tool_use_id: "srvtoolu_1", content: found },
        { type: "redacted_thinking" }
      ])
    ).toEqual([
      { _tag: "RedactedThinking", data: "EmwK" },
      { _tag: "ServerToolUse", id: "srvtoolu_1", name: "web_search", input: { query: "effect" } },
      { _tag: "WebSearchToolResult", toolUseId: "srvtoolu_1", content: found },
      { _tag: "Unknown", type: "redacted_thinking", raw: { type: "redacted_thinking" } }
    ])
  })

  it("describes how a session was started", () => {
    const raw = {
      type: "system",
      subtype: "init",
      session_id: "s",
      model: "sonnet",
      cwd: "/w",
      permissionMode: "plan",
      tools: ["Bash", 7],
      mcp_servers: [{ name: "github", status: "connected" }, "odd"]
    }
    expect(fromLine(JSON.stringify(raw))).toEqual({
      _tag: "System",
      subtype: "init",
      sessionId: "s",
      model: "sonnet",
      cwd: "/w",
      permissionMode: "plan",
      tools: ["Bash"],
      mcpServers: [{ name: "github", status: "connected" }],
      raw
    })
  })

  it("contains text, thinking and tool uses of Claude", () => {
    const usage = { input_tokens: 1, output_tokens: 2, cache_read_input_tokens: 3 }
    const message = fromJson({
      type: "assistant",
      parent_tool_use_id: "toolu_0",
      message: {
        id: "msg-1",
        model: "opus",
        stop_reason: "tool_use",
        usage,
        content: [
          { type: "thinking", thinking: "hm" },
          { type: "text", text: "Let me see." },
          { type: "tool_use", id: "toolu_1", name: "Bash", input: { command: "ls" } }
        ]
      }
    })
    expect(message).toMatchObject({
      _tag: "Assistant",
      id: "msg-1",
      model: "opus",
      stopReason: "tool_use",
      parentToolUseId: "toolu_0",
      usage: { inputTokens: 1, outputTokens: 2, cacheCreationInputTokens: 0, cacheReadInputTokens: 3 },
      content: [
        { _tag: "Thinking", thinking: "hm" },
        { _tag: "Text", text: "Let me see." },
        { _tag: "ToolUse", id: "toolu_1", name: "Bash", input: { command: "ls" } }
      ]
    })
  })

  it("contains the result of a tool, as text or as blocks", () => {
    const content = [
      { type: "tool_result", tool_use_id: "a", content: "plain" },
      { type: "tool_result", tool_use_id: "b", content: [{ type: "text", text: "block" }], is_error: true }
    ]
    expect(fromJson({ type: "user", message: { content } })).toMatchObject({
      _tag: "User",
      content: [
        { _tag: "ToolResult", toolUseId: "a", content: [{ _tag: "Text", text: "plain" }], isError: false },
        { _tag: "ToolResult", toolUseId: "b", content: [{ _tag: "Text", text: "block" }], isError: true }
      ]
    })
  })

  it("contains a part of a text that is being written", () => {
    const event = { type: "content_block_delta", delta: { type: "text_delta", text: "Hel" } }
    expect(fromJson({ type: "stream_event", event })).toMatchObject({
      _tag: "Partial",
      type: "content_block_delta",
      text: "Hel"
    })
  })

  it("is the result of a turn, with its cost", () => {
    expect(
      fromJson({
        type: "result",
        subtype: "success",
        is_error: false,
        result: "42",
        duration_ms: 1500,
        num_turns: 2,
        total_cost_usd: 0.25,
        structured_output: { answer: 42 }
      })
    ).toMatchObject({
      _tag: "Result",
      isError: false,
      text: "42",
      duration: Duration.millis(1500),
      turns: 2,
      totalCostUsd: 0.25,
      structuredOutput: { answer: 42 },
      permissionDenials: []
    })
  })

  for (const raw of [
    { type: "rate_limit_event", reset: 1 },
    { type: 7 },
    {},
    [],
    null,
    "text",
    { type: "assistant" }
  ]) {
    it(`of an unknown type is kept: ${JSON.stringify(raw)}`, () => {
      expect(fromLine(JSON.stringify(raw))).toMatchObject({ _tag: "Unknown", raw })
    })
  }

  it("that is not JSON is kept as text", () => {
    expect(fromLine("[line truncated]")).toEqual({ _tag: "Unknown", raw: "[line truncated]" })
  })

  it("with one unknown block keeps the others", () => {
    const unknown = { type: "hologram", payload: 1 }
    expect(blocksOf([{ type: "text", text: "a" }, unknown, 7, { type: "text", text: 8 }])).toEqual([
      { _tag: "Text", text: "a" },
      { _tag: "Unknown", type: "hologram", raw: unknown },
      { _tag: "Unknown", raw: 7 },
      { _tag: "Unknown", type: "text", raw: { type: "text", text: 8 } }
    ])
  })

  it("nested too deeply is left as JSON", () => {
    let block: unknown = { type: "text", text: "deep" }
    for (let depth = 0; depth < 100_000; depth++) block = { type: "tool_result", tool_use_id: "t", content: [block] }
    let [read] = blocksOf([block]) ?? []
    while (read?._tag === "ToolResult") [read] = read.content
    expect(read).toHaveProperty("_tag", "Unknown")
  })

  it("never makes reading fail, whatever it contains", () => {
    const type = FastCheck.constantFrom("system", "assistant", "user", "stream_event", "result", "text", "tool_result")
    const anything = FastCheck.letrec((tie) => ({
      value: FastCheck.oneof(
        { maxDepth: 4 },
        FastCheck.jsonValue(),
        FastCheck.record(
          {
            type: FastCheck.oneof(type, FastCheck.jsonValue()),
            subtype: FastCheck.jsonValue(),
            message: tie("value"),
            content: FastCheck.oneof(tie("value"), FastCheck.array(tie("value"))),
            event: tie("value"),
            delta: tie("value"),
            usage: FastCheck.jsonValue(),
            duration_ms: FastCheck.jsonValue()
          },
          { requiredKeys: [] }
        )
      )
    })).value
    FastCheck.assert(
      FastCheck.property(anything, (raw) => {
        expect(fromLine(JSON.stringify(raw))).toHaveProperty("_tag")
      })
    )
    FastCheck.assert(
      FastCheck.property(FastCheck.string(), (line) => {
        expect(fromLine(line)).toHaveProperty("_tag")
      })
    )
  })
})
