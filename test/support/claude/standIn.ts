/**
 * Stands in for the `claude` CLI: reads and prints what that does, and calls no model. What it answers, and which odd
 * things it does, depends on the prompt. It is bundled and started by `onPath.ts`.
 */
import { spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"

const args = process.argv.slice(2)

const valueOf = (name: string): string | undefined => {
  const at = args.indexOf(name)
  return at === -1 ? args.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1) : args[at + 1]
}
const isSet = (name: string): boolean => args.includes(name)

const takesLines = valueOf("--input-format") === "stream-json"
const printsLines = valueOf("--output-format") === "stream-json"
const settings: { readonly env?: Readonly<Record<string, string>> } = JSON.parse(valueOf("--settings") ?? "{}")
const disabled = "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS"
const worksInBackground = (settings.env?.[disabled] ?? process.env[disabled]) !== "1"

const write = (text: string) => new Promise<void>((resolve) => process.stdout.write(text, () => resolve()))
const line = (message: object) => write(`${JSON.stringify(message)}\n`)

/** Prints what goes wrong before anything is asked, and ends. */
const refuse = (problem: string): never => {
  process.stderr.write(`${problem}\n`)
  process.exit(1)
}

// Sessions are files of the configuration directory.

interface Saved {
  readonly prompts: ReadonlyArray<string>
  readonly costUsd: number
}

const folder = join(process.env["CLAUDE_CONFIG_DIR"] ?? process.cwd(), "stand-in")
const fileOf = (id: string) => join(folder, `${id}.json`)
mkdirSync(folder, { recursive: true })

const resumed = valueOf("--resume")
if (resumed !== undefined && !existsSync(fileOf(resumed))) {
  if (printsLines) {
    const errors = [`No conversation found with session ID: ${resumed}`]
    await line({ type: "result", subtype: "error_during_execution", is_error: true, num_turns: 0, errors })
  }
  refuse(`No conversation found with session ID: ${resumed}`)
}
if (valueOf("--permission-mode") === "nonsense") refuse("error: option '--permission-mode' argument is invalid")
const begun: Saved =
  resumed === undefined ? { prompts: [], costUsd: 0 } : JSON.parse(readFileSync(fileOf(resumed), "utf8"))
const sessionId = valueOf("--session-id") ?? (isSet("--fork-session") ? undefined : resumed) ?? randomUUID()
if (resumed === undefined && existsSync(fileOf(sessionId))) refuse(`Error: Session ID ${sessionId} is already in use.`)

let prompts = begun.prompts
let costUsd = begun.costUsd
let turns = 0

// What it prints.

/** In the format `json`, only the last result is printed, at the end. */
let lastResult: object | undefined

const say = async (message: object) => {
  if (printsLines) await line({ ...message, session_id: sessionId })
}

const init = () => say({ type: "system", subtype: "init", model: "stand-in", cwd: process.cwd(), tools: ["Bash"] })

const speak = async (text: string) => {
  if (isSet("--include-partial-messages")) {
    const delta = { type: "text_delta", text }
    await say({ type: "stream_event", event: { type: "content_block_delta", index: 0, delta } })
  }
  const usage = { input_tokens: 100, output_tokens: 7 }
  await say({ type: "assistant", message: { role: "assistant", content: [{ type: "text", text }], usage } })
}

const use = (id: string, input: object) =>
  say({ type: "assistant", message: { role: "assistant", content: [{ type: "tool_use", id, name: "Bash", input }] } })

const result = async (fields: object) => {
  costUsd = Math.round((costUsd + 0.01) * 100) / 100
  turns += 1
  writeFileSync(fileOf(sessionId), JSON.stringify({ prompts, costUsd }))
  lastResult = {
    type: "result",
    subtype: "success",
    is_error: false,
    num_turns: 1,
    duration_ms: 1,
    total_cost_usd: costUsd,
    usage: { input_tokens: 100, output_tokens: 7 },
    permission_denials: [],
    result_index: turns - 1,
    session_id: sessionId,
    ...fields
  }
  if (printsLines) await line(lastResult)
}

const answer = async (text: string, fields: object = {}) => {
  await speak(text)
  await result({ result: text, ...fields })
}

const fail = (subtype: string, fields: object = {}) => result({ subtype, is_error: true, ...fields })

// What it is asked beside the prompts.

const waiting = new Map<string, (response: Readonly<Record<string, unknown>>) => void>()
let interruptTurn: (() => void) | undefined
let asked = 0

const permission = (input: object, id: string): Promise<Readonly<Record<string, unknown>>> => {
  if (isSet("--dangerously-skip-permissions") || valueOf("--allowedTools")?.split(",").includes("Bash")) {
    return Promise.resolve({ behavior: "allow" })
  }
  if (valueOf("--permission-prompt-tool") !== "stdio") return Promise.resolve({ behavior: "deny", message: "denied" })
  const requestId = `request-${++asked}`
  const request = { subtype: "can_use_tool", tool_name: "Bash", input, tool_use_id: id }
  return new Promise((resolve) => {
    waiting.set(requestId, resolve)
    void line({ type: "control_request", request_id: requestId, request })
  })
}

const touch = async (tries: number): Promise<void> => {
  const id = `toolu_${tries}`
  const input = { command: "touch touched" }
  await use(id, input)
  const given = await permission(input, id)
  if (given["behavior"] === "allow") {
    const { command } = Object(given["updatedInput"] ?? input)
    return answer(`Done: ${command}`)
  }
  const denials = { permission_denials: [{ tool_name: "Bash", tool_use_id: id, tool_input: input }] }
  if (given["interrupt"] === true) {
    return fail("error_during_execution", { terminal_reason: "aborted_tools", ...denials })
  }
  return answer(`Not permitted: ${given["message"]}`, denials)
}

const never = new Promise<never>(() => setInterval(() => undefined, 60_000))

/** What it does for a prompt; for any other, it says hello. */
const script: Readonly<Record<string, (prompt: string) => Promise<void>>> = {
  "- is this an option?": () => answer("No option."),
  "Read this: ": (prompt) => answer(`${prompt.trim().length} characters.`),
  "What did I say before?": () => answer(prompts.slice(0, -1).join(" | ")),
  "Run a command.": () => touch(turns),
  "Work without end.": () =>
    valueOf("--max-turns") === "1"
      ? fail("error_max_turns", { errors: ["Reached maximum number of turns (1)"], terminal_reason: "max_turns" })
      : never,
  "Give me a number.": () => answer("A number.", { structured_output: { number: 42 } }),
  "Give me no number.": () => answer("A number.", { structured_output: { number: "many" } }),
  "Delegate.": async () => {
    await answer("Delegated.")
    if (!worksInBackground) return
    await say({ type: "system", subtype: "task_notification", status: "completed", summary: "It rains." })
    await init()
    await answer("News: it rains.", { origin: { kind: "task-notification" } })
  },
  "Think for long.": async () => {
    await speak("Well…")
    await new Promise<void>((resolve) => {
      interruptTurn = resolve
      void never
    })
    await fail("error_during_execution", { terminal_reason: "aborted_streaming" })
  },
  "Print nonsense.": async () => {
    await write("Warning: this is no JSON\n\n[1,2]\nnull\n")
    await line({ type: "from_the_future", sessions: [] })
    await line({ type: "keep_alive" })
    const answered = new Promise((resolve) => waiting.set("odd", resolve))
    await line({ type: "control_request", request_id: "odd", request: { subtype: "from_the_future" } })
    // What it asks, it waits for: even a question that nobody knows has an answer.
    await answered
    await answer("Sense.")
  },
  "Burst.": async () => {
    for (let index = 0; index < 3_000; index++) await speak(`${index}`)
    await answer("Burst.")
  },
  "Whisper.": async () => {
    process.stderr.write("a whisper ".repeat(20_000))
    await answer("Whispered.")
  },
  "Crash.": async () => {
    await speak("I am about to")
    process.stderr.write("TypeError: undefined is not a function\n")
    await write('{"type":"result","subtype":"succ')
    process.exit(134)
  },
  "Die.": async () => {
    await speak("I am about to")
    process.kill(process.pid, "SIGKILL")
    await never
  },
  "Leave.": () => process.exit(0),
  "Hang.": async () => {
    process.on("SIGTERM", () => undefined)
    await answer("Answered.")
    await never
  },
  "Show what you were started with.": () => {
    const names = ["ANTHROPIC_API_KEY", "GREETING", "EFFECT_SANDBOXES_MCP_1", disabled]
    const environment = Object.fromEntries(names.map((name) => [name, process.env[name]]))
    return answer(JSON.stringify({ args, environment, directory: process.cwd() }))
  },
  "Start a child.": async () => {
    const child = spawn("sleep", ["600"], { stdio: "ignore" })
    await speak(JSON.stringify([process.pid, child.pid]))
    await never
  },
  "Leave a child.": async () => {
    const child = spawn("sleep", ["600"], { stdio: "ignore" })
    child.unref()
    await answer(JSON.stringify([process.pid, child.pid]))
  },
  "Leave a child that holds stdout.": async () => {
    const child = spawn("sleep", ["60"], { stdio: ["ignore", "inherit", "inherit"], detached: true })
    await speak(JSON.stringify([child.pid]))
    process.exit(3)
  },
  "Break off.": async () => {
    await init()
    await write(JSON.stringify({ type: "result", subtype: "success", result: "No line break.", session_id: sessionId }))
    process.exit(0)
  }
}

const respondTo = async (prompt: string) => {
  prompts = [...prompts, prompt.trim()]
  await init()
  const begins = Object.entries(script).filter(([begin]) => prompt.trim().startsWith(begin))
  const found = begins.sort(([a], [b]) => b.length - a.length)[0]
  await (found === undefined ? answer("Hello.") : found[1](prompt))
}

const finish = async () => {
  if (!printsLines && lastResult !== undefined) await line(lastResult)
  process.exitCode = Reflect.get(lastResult ?? {}, "is_error") === true ? 1 : 0
  process.exit()
}

if (!takesLines) {
  const [, prompt = ""] = args
  await respondTo(prompt)
  await finish()
}

let work = Promise.resolve()
for await (const text of createInterface({ input: process.stdin })) {
  const message = JSON.parse(text)
  switch (message.type) {
    case "user": {
      const { content } = message.message
      const prompt = typeof content === "string" ? content : content[0].text
      work = work.then(() => respondTo(prompt))
      break
    }
    case "control_request": {
      const response = { subtype: "success", request_id: message.request_id, response: {} }
      await line({ type: "control_response", response })
      interruptTurn?.()
      interruptTurn = undefined
      break
    }
    case "control_response":
      waiting.get(message.response.request_id)?.(message.response.response)
      break
  }
}
await work
await finish()
