/** The lines that the CLI writes into a session's transcript, for the runs of scripts and of the demo agent. */
import { randomUUID } from "node:crypto"
import type { RunInput } from "./ClaudeProcess.js"
import * as StreamJson from "./StreamJson.js"

/** What all lines of a run have in common. */
export interface Writer {
  readonly input: RunInput
  /** Now, in RFC 3339. */
  readonly now: string
  /** The id of the line before. */
  readonly parent: string | undefined
  /** Whether the CLI also writes down what it sends to the model, as it has since 2.1. */
  readonly withRequests: boolean
}

type Line = StreamJson.Line

const version = "2.1.332"

/** What the CLI writes before it calls the model. */
export const beginning = (writer: Writer): ReadonlyArray<Line> => {
  const { input } = writer
  const prompt = { type: "user", permissionMode: "default", message: { role: "user", content: input.prompt } }
  const attachments = attachmentTypes.map(attachment)
  const isFirst = input.history.length === 0
  return chained(writer, [
    prompt,
    ...(writer.withRequests && isFirst ? [...attachments, { type: "atis-latch", atis: "" }] : [])
  ])
}

/** What it writes until the run ends, given the lines that the run printed. */
export const end = (writer: Writer, printed: ReadonlyArray<string>): ReadonlyArray<Line> => {
  const { input } = writer
  const said = messagesOf(input, printed)
  if (!writer.withRequests) return chained(writer, said.flat())
  const state = [
    { type: "last-prompt", lastPrompt: input.prompt },
    { type: "atis-latch", atis: "" }
  ]
  return chained(writer, [
    ...(input.history.length === 0 ? requestContents(input) : []),
    ...said.flatMap((blocks): ReadonlyArray<Line> => {
      if (blocks[0]?.["type"] === "user") return [...blocks, attachment("prompt_snapshot")]
      const tools = blocks.flatMap(toolNames)
      const used = tools.length === 0 ? [] : [{ type: "tools-used", tools }]
      return [{ type: "api-request", querySource: "sdk" }, ...used, ...blocks, ...(tools.length === 0 ? [] : state)]
    }),
    ...state,
    { type: "cost-state", totalCostUSD: costOf(said.flat()) }
  ])
}

const attachment = (type: string): Line => ({ type: "attachment", attachment: { type } })

const attachmentTypes = [
  "environment",
  "model",
  "deferred_tools_delta",
  "agent_listing_delta",
  "skill_listing",
  "session_context",
  "date",
  "remote_session_change",
  "prompt_snapshot"
]

/** The parts of the first request: among them what the model was told before the prompt. */
const requestContents = ({ claude, workdir }: RunInput): ReadonlyArray<Line> => {
  const reminder = "<system-reminder>\nToday's date is 2026-01-01.\n</system-reminder>"
  const environment = `# Environment\n - Primary working directory: ${workdir === "" ? "/workspace" : workdir}`
  const system = [claude.system_prompt || "You are a Claude agent.", claude.append_system_prompt, environment]
  return [
    { type: "api-request-shape" },
    { type: "api-request-blob", message: { role: "user", content: [{ type: "text", text: reminder }] } },
    {
      type: "api-request-blob",
      message: { role: "system", content: [{ type: "text", text: system.filter((part) => part !== "").join("\n\n") }] }
    }
  ]
}

/** Gives lines their ids. Only what is part of the conversation, and what is attached to it, has one. */
const chained = (writer: Writer, lines: ReadonlyArray<Line>): ReadonlyArray<Line> => {
  let parent = writer.parent
  return lines.map((line) => {
    const { type } = line
    const common = { ...line, sessionId: writer.input.sessionId }
    if (type !== "user" && type !== "assistant" && type !== "attachment") return common
    const uuid = randomUUID()
    const chain = { parentUuid: parent ?? null, uuid, timestamp: writer.now, version, cwd: cwdOf(writer.input) }
    parent = uuid
    return { ...common, ...chain }
  })
}

const cwdOf = ({ workdir }: RunInput): string => (workdir === "" ? "/workspace" : workdir)

/**
 * What was said, with the lines of each message: the printed stream-json if there is any, otherwise the answer alone.
 */
const messagesOf = (input: RunInput, printed: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<Line>> => {
  const said = printed.flatMap((line) => {
    const json = StreamJson.parse(line)
    return json?.["type"] === "assistant" || json?.["type"] === "user" ? [perBlock(json)] : []
  })
  if (said.length > 0) return said
  const answer = StreamJson.answerText(printed.join("\n").trim())
  const line = StreamJson.assistant(input.sessionId, StreamJson.modelOf(input), input.prompt, answer)
  return [perBlock(StreamJson.parse(line) ?? {})]
}

/** A line for each block, as the CLI prints and writes them. */
const perBlock = (line: Line): ReadonlyArray<Line> => {
  const message = StreamJson.isRecord(line["message"]) ? line["message"] : {}
  const blocks: ReadonlyArray<unknown> = Array.isArray(message["content"]) ? message["content"] : []
  const toolUseResult = line["tool_use_result"]
  return (blocks.length === 0 ? [message["content"]] : blocks.map((block) => [block])).map((content) => ({
    type: line["type"],
    message: { ...message, content },
    ...(toolUseResult === undefined ? {} : { toolUseResult })
  }))
}

const toolNames = ({ message }: Line): ReadonlyArray<string> => {
  const content = StreamJson.isRecord(message) ? message["content"] : undefined
  return (Array.isArray(content) ? content : []).flatMap((block: unknown) =>
    StreamJson.isRecord(block) && block["type"] === "tool_use" && typeof block["name"] === "string"
      ? [block["name"]]
      : []
  )
}

// Dollars per million input and output tokens, for the models that have a price here.
const prices: ReadonlyArray<readonly [RegExp, number, number]> = [
  [/opus/, 5, 25],
  [/sonnet/, 3, 15],
  [/haiku/, 1, 5]
]

const costOf = (messages: ReadonlyArray<Line>): number =>
  messages.reduce((sum, { message }) => {
    const { model, usage } = StreamJson.isRecord(message) ? message : {}
    const [, input, output] = prices.find(([pattern]) => pattern.test(`${model}`)) ?? [undefined, 0, 0]
    const tokens = (name: string) => (StreamJson.isRecord(usage) && typeof usage[name] === "number" ? usage[name] : 0)
    return sum + (tokens("input_tokens") * input + tokens("output_tokens") * output) / 1_000_000
  }, 0)
