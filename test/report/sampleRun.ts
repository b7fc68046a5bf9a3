/** A run with everything in it that a page can show: two prompts, edits, a sub-agent, a denial, a retry, an image. */

import type { RunReport } from "../../src/report/index.js"
import { fromJson } from "../../src/schema/stromboli/ClaudeMessage.js"

const begun = Date.parse("2026-11-30T02:00:00Z")

type Block = Readonly<Record<string, unknown>>

let messages = 0

const usage = (read: number, cached: number, written: number) => ({
  input_tokens: read,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: cached,
  output_tokens: written
})

const assistant = (content: ReadonlyArray<Block>, used = usage(900, 12_000, 120), parent?: string) => ({
  type: "assistant",
  message: { id: `msg_${++messages}`, model: "claude-opus-4-7", content, stop_reason: null, usage: used },
  parent_tool_use_id: parent ?? null,
  session_id: "5f0c7d0e-5d2b-4c39-9f1a-0d9a5b1f1c11"
})

const text = (words: string): Block => ({ type: "text", text: words })
const use = (id: string, name: string, input: Block): Block => ({ type: "tool_use", id, name, input })

const results = (id: string, content: unknown, more: Block = {}, parent?: string) => ({
  type: "user",
  message: {
    role: "user",
    content: [{ type: "tool_result", tool_use_id: id, content, is_error: more["isError"] === true }]
  },
  parent_tool_use_id: parent ?? null,
  tool_use_result: more["result"]
})

const result = (more: Block) => ({
  type: "result",
  subtype: "success",
  is_error: false,
  permission_denials: [],
  session_id: "5f0c7d0e-5d2b-4c39-9f1a-0d9a5b1f1c11",
  ...more
})

const source = `import { retry } from "./retry.js"

export const load = async (url: string) => {
  const response = await fetch(url)
  if (!response.ok) throw new Error(String(response.status))
  return response.json()
}
`

const answer = `The build fails because \`load\` never retries, and the test server answers its **first** request with 503.

## What I changed

- \`src/load.ts\` waits and tries again, three times at most
- the test counts the requests
  - and no longer depends on their order

\`\`\`ts
const response = await retry(() => fetch(url), { times: 3 })
\`\`\`

| file | before | after |
|------|--------|-------|
| load.ts | 0 of 4 pass | 4 of 4 pass |

Nothing else in \`src\` calls it, so **no other test changes**.`

const dot = "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mNk+M9Qz0AEYBxVSF+FAAhKDveksOjmAAAAAElFTkSuQmCC"

const lines: ReadonlyArray<readonly [seconds: number, line: Block]> = [
  [
    0.4,
    {
      type: "system",
      subtype: "init",
      session_id: "5f0c7d0e-5d2b-4c39-9f1a-0d9a5b1f1c11",
      model: "claude-opus-4-7",
      cwd: "/workspace/shop",
      permissionMode: "acceptEdits",
      claude_code_version: "2.1.332",
      tools: ["Bash", "Edit", "Read", "Task"],
      mcp_servers: [
        { name: "tickets", status: "failed" },
        { name: "docs", status: "connected" }
      ]
    }
  ],
  [
    3,
    {
      type: "system",
      subtype: "api_retry",
      attempt: 1,
      max_retries: 10,
      retry_delay_ms: 618,
      error_status: 529,
      error: "overloaded_error"
    }
  ],
  [
    6,
    assistant([
      {
        type: "thinking",
        thinking: "The failing test is load.test.ts. I should run it first, then look at what it loads."
      }
    ])
  ],
  [
    6.4,
    assistant([
      text("I'll run the tests first."),
      use("t1", "Bash", { command: "npm test -- --run test/load.test.ts", description: "Run the failing test" })
    ])
  ],
  [
    14,
    results("t1", "FAIL  test/load.test.ts\n  ✗ loads after a failure\n    Error: 503\n\nTests: 1 failed, 3 passed", {
      isError: true
    })
  ],
  [17, assistant([use("t2", "Read", { file_path: "/workspace/shop/src/load.ts" })], usage(1400, 15_000, 90))],
  [17.2, results("t2", source)],
  [
    20,
    assistant([
      use("t3", "TodoWrite", {
        todos: [
          { content: "Find out why it fails", status: "completed" },
          { content: "Retry in load", status: "in_progress" },
          { content: "Count requests in the test", status: "pending" }
        ]
      })
    ])
  ],
  [20.1, results("t3", "Todos have been modified")],
  [
    23,
    assistant(
      [
        use("t4", "Task", {
          description: "Find callers of load",
          subagent_type: "Explore",
          prompt: "Which files call `load`, and do they expect an error on 503?"
        })
      ],
      usage(1600, 17_000, 210)
    )
  ],
  [26, assistant([use("s1", "Grep", { pattern: "\\bload\\(", path: "src" })], usage(300, 0, 40), "t4")],
  [27, results("s1", "src/shop.ts:14:  const items = await load(url)", {}, "t4")],
  [33, assistant([text("Only `src/shop.ts` calls it, and it handles no errors.")], usage(500, 0, 60), "t4")],
  [34, results("t4", [{ type: "text", text: "Only `src/shop.ts` calls it, and it handles no errors." }])],
  [
    40,
    assistant(
      [
        use("t5", "Edit", {
          file_path: "/workspace/shop/src/load.ts",
          old_string: "  const response = await fetch(url)\n",
          new_string: "  const response = await retry(() => fetch(url), { times: 3 })\n"
        })
      ],
      usage(1700, 19_000, 340)
    )
  ],
  [
    40.3,
    results("t5", "The file /workspace/shop/src/load.ts has been updated.", {
      result: {
        filePath: "/workspace/shop/src/load.ts",
        structuredPatch: [
          {
            oldStart: 1,
            oldLines: 7,
            newStart: 1,
            newLines: 7,
            lines: [
              ' import { retry } from "./retry.js"',
              " ",
              " export const load = async (url: string) => {",
              "-  const response = await fetch(url)",
              "+  const response = await retry(() => fetch(url), { times: 3 })",
              "   if (!response.ok) throw new Error(String(response.status))",
              "   return response.json()"
            ]
          }
        ]
      }
    })
  ],
  [43, assistant([use("t6", "Bash", { command: "git push origin main" })], usage(1750, 20_000, 60))],
  [
    43.1,
    {
      type: "system",
      subtype: "permission_denied",
      tool_name: "Bash",
      tool_use_id: "t6",
      message: "git push is not allowed"
    }
  ],
  [43.2, results("t6", "Permission to use Bash with command git push origin main has been denied.", { isError: true })],
  [45, assistant([use("t7", "Bash", { command: "npm test -- --run test/load.test.ts" })], usage(1800, 21_000, 70))],
  [52, results("t7", "PASS  test/load.test.ts\n\nTests: 4 passed")],
  [60, assistant([text(answer)], usage(1900, 22_000, 420))],
  [
    60.4,
    result({
      duration_ms: 60_400,
      num_turns: 9,
      total_cost_usd: 0.2318,
      usage: usage(13_750, 162_000, 2410),
      modelUsage: {
        "claude-opus-4-7": { inputTokens: 13_750, cacheReadInputTokens: 162_000, outputTokens: 2410, costUSD: 0.2241 },
        "claude-haiku-4-5": { inputTokens: 800, outputTokens: 100, costUSD: 0.0077 }
      },
      permission_denials: [{ tool_name: "Bash", tool_use_id: "t6", tool_input: { command: "git push origin main" } }]
    })
  ]
]

const later: ReadonlyArray<readonly [seconds: number, line: Block]> = [
  [95, assistant([use("t8", "mcp__browser__screenshot", { url: "http://localhost:3000" })], usage(2000, 23_000, 50))],
  [97, results("t8", [{ type: "image", source: { type: "base64", media_type: "image/png", data: dot } }])],
  [
    101,
    result({
      subtype: "error_max_budget_usd",
      is_error: true,
      errors: ["Reached the budget of $0.25"],
      duration_ms: 12_000,
      num_turns: 2,
      total_cost_usd: 0.2533,
      usage: usage(2000, 23_000, 160)
    })
  ]
]

const output = ([seconds, line]: readonly [number, Block]): RunReport.Item => ({
  _tag: "Output",
  at: new Date(begun + seconds * 1000).toISOString(),
  message: fromJson(line),
  line: ""
})

/** As an agent reports it, with the prompts that it was sent. */
export const sampleRun: ReadonlyArray<RunReport.Item> = [
  { _tag: "TurnStarted", at: new Date(begun).toISOString() },
  { _tag: "Prompt", text: "The build fails since Friday: `loads after a failure` is red. Find out why, and fix it." },
  ...lines.map(output),
  { _tag: "TurnStarted", at: new Date(begun + 89_000).toISOString() },
  { _tag: "Prompt", text: "Show me that the shop still opens." },
  ...later.map(output)
]
