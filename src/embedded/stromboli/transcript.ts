/** How the server reads the lines of a transcript. */
import * as Predicate from "effect/Predicate"
import { isRecord, type Line } from "./claude/StreamJson.js"

/** A message of a session on the wire. Any object may be seeded; only its id is read. */
export type Message = Readonly<Record<string, unknown>>

/**
 * A line of a transcript as a message; `undefined` for a line that the server skips. Much is lost on the way: what is
 * not a field of a message, and all blocks of a message if one of them does not fit.
 */
export const messageOf = (line: Line, now: string): Message | undefined => {
  const toolResult = line["toolUseResult"]
  if (toolResult !== undefined && toolResult !== null && !isRecord(toolResult)) return undefined
  const message = isRecord(line["message"]) ? line["message"] : {}
  return {
    uuid: text(line["uuid"]),
    ...optional("parent_uuid", text(line["parentUuid"])),
    type: text(line["type"]),
    session_id: text(line["sessionId"]),
    timestamp: text(line["timestamp"]) === "" ? now : text(line["timestamp"]),
    ...optional("cwd", text(line["cwd"])),
    ...optional("git_branch", text(line["gitBranch"])),
    ...optional("version", text(line["version"])),
    ...optional("permission_mode", text(line["permissionMode"])),
    content: {
      role: text(message["role"]),
      ...optional("model", text(message["model"])),
      ...optional("message_id", text(message["id"])),
      content: blocksOf(message["content"]),
      ...optional("stop_reason", text(message["stop_reason"])),
      ...(isRecord(message["usage"]) ? { usage: usageOf(message["usage"]) } : {})
    },
    ...(isRecord(toolResult) ? { tool_result: toolResultOf(toolResult) } : {})
  }
}

const text = (json: unknown): string => (typeof json === "string" ? json : "")
const optional = (name: string, value: string): Message => (value === "" ? {} : { [name]: value })

const blocksOf = (content: unknown): ReadonlyArray<Message> | null => {
  if (typeof content === "string") return [{ type: "text", text: content }]
  if (!Array.isArray(content)) return null
  const blocks = content.map(blockOf).filter(Predicate.isNotUndefined)
  return blocks.length === content.length ? blocks : null
}

const fields = {
  text: (json: unknown) => typeof json === "string",
  id: (json: unknown) => typeof json === "string",
  name: (json: unknown) => typeof json === "string",
  input: isRecord,
  tool_use_id: (json: unknown) => typeof json === "string",
  content: (json: unknown) => typeof json === "string",
  is_error: (json: unknown) => typeof json === "boolean"
} as const

/** The block with the fields that the server knows; `undefined` if one of them has another type. */
const blockOf = (block: unknown): Message | undefined => {
  if (!isRecord(block)) return undefined
  const given = Object.entries(fields).filter(([name]) => block[name] !== undefined && block[name] !== null)
  if (!given.every(([name, fits]) => fits(block[name]))) return undefined
  const kept = given
    .map(([name]) => [name, block[name]] as const)
    .filter(([, value]) => value !== "" && value !== false)
  return { type: text(block["type"]), ...Object.fromEntries(kept) }
}

const tokenCounts = ["input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"] as const

const count = (json: unknown): number => (typeof json === "number" ? json : 0)

const usageOf = (usage: Line): Message =>
  Object.fromEntries(tokenCounts.flatMap((name) => (count(usage[name]) === 0 ? [] : [[name, count(usage[name])]])))

const toolResultOf = (result: Line): Message => ({
  ...optional("stdout", text(result["stdout"])),
  ...optional("stderr", text(result["stderr"])),
  ...(result["interrupted"] === true ? { interrupted: true } : {}),
  ...(result["isImage"] === true ? { is_image: true } : {})
})

/** `usage` on the wire: the total of the session so far, not of one run. */
export interface Usage {
  readonly model: string
  readonly input_tokens: number
  readonly output_tokens: number
  readonly cache_creation_input_tokens: number
  readonly cache_read_input_tokens: number
  readonly total_tokens: number
  readonly estimated_cost_usd?: number
}

/**
 * The sum over the assistant's lines; `undefined` if there is none. The CLI writes a line for each block of a message,
 * with the usage of the whole message, and the server counts every line. The cost is what the CLI wrote down last.
 */
export const usageIn = (lines: ReadonlyArray<Line>): Usage | undefined => {
  const counted = lines.flatMap(({ message, type }) =>
    type === "assistant" && isRecord(message) && isRecord(message["usage"])
      ? [{ model: text(message["model"]), usage: message["usage"] }]
      : []
  )
  const last = counted.at(-1)
  if (last === undefined) return undefined
  const sum = (name: (typeof tokenCounts)[number]) =>
    counted.reduce((total, { usage }) => total + count(usage[name]), 0)
  const input = sum("input_tokens")
  const output = sum("output_tokens")
  const cacheCreation = sum("cache_creation_input_tokens")
  const cacheRead = sum("cache_read_input_tokens")
  const cost = lines.findLast(({ type }) => type === "cost-state")?.["totalCostUSD"]
  return {
    model: last.model,
    input_tokens: input,
    output_tokens: output,
    cache_creation_input_tokens: cacheCreation,
    cache_read_input_tokens: cacheRead,
    total_tokens: input + output + cacheCreation + cacheRead,
    ...(typeof cost === "number" ? { estimated_cost_usd: Math.round(cost * 1_000_000) / 1_000_000 } : {})
  }
}
