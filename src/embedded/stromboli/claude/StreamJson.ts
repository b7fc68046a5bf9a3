/** The lines that the Claude CLI prints with `--output-format json` and `stream-json`, as far as clients read them. */
import type { RunInput } from "./ClaudeProcess.js"

/** Estimates tokens as about four characters each. */
export const estimateTokens = (text: string): number => Math.ceil(text.length / 4)

/** The model that a run is reported to use. */
export const modelOf = (input: Pick<RunInput, "claude">): string =>
  input.claude.model === "" ? "claude-sonnet-4-5" : input.claude.model

const usageOf = (prompt: string, answer: string) => ({
  input_tokens: estimateTokens(prompt),
  output_tokens: estimateTokens(answer),
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0
})

/** The first line of a stream, with the settings of the session. */
export const init = (sessionId: string, model: string, workdir: string): string =>
  JSON.stringify({
    type: "system",
    subtype: "init",
    session_id: sessionId,
    cwd: workdir === "" ? "/workspace" : workdir,
    model,
    tools: [],
    mcp_servers: [],
    permissionMode: "default"
  })

/** A part of the answer while it is generated (`include_partial_messages`). */
export const partial = (sessionId: string, text: string): string =>
  JSON.stringify({
    type: "stream_event",
    session_id: sessionId,
    event: { type: "content_block_delta", index: 0, delta: { type: "text_delta", text } }
  })

/** A complete message of the assistant. */
export const assistant = (sessionId: string, model: string, prompt: string, text: string): string =>
  JSON.stringify({
    type: "assistant",
    session_id: sessionId,
    message: {
      role: "assistant",
      model,
      content: [{ type: "text", text }],
      stop_reason: "end_turn",
      usage: usageOf(prompt, text)
    }
  })

/** What a result says besides the answer. */
export interface ResultDetails {
  readonly structured?: unknown
  /** What made the CLI take this turn; absent for the turn of a prompt. */
  readonly origin?: object
  /** Default `success`. Without an answer it says why: `error_max_turns`, for example. */
  readonly subtype?: string
  /** Default 1. */
  readonly turns?: number
}

/** The envelope that ends a turn; the only line with `--output-format json`. */
export const result = (sessionId: string, prompt: string, text: string, details: ResultDetails = {}): string => {
  const { origin, structured, subtype = "success", turns = 1 } = details
  const isError = subtype !== "success"
  return JSON.stringify({
    duration_ms: 0,
    duration_api_ms: 0,
    session_id: sessionId,
    total_cost_usd: 0,
    usage: usageOf(prompt, text),
    ...(origin === undefined ? {} : { origin }),
    is_error: isError,
    num_turns: turns,
    subtype,
    ...(isError ? { errors: [text] } : { result: text }),
    ...(structured === undefined ? {} : { structured_output: structured }),
    type: "result"
  })
}

/** What the CLI says when a background task of its own has ended. */
export const taskNotification = (sessionId: string, summary: string): string =>
  JSON.stringify({
    type: "system",
    subtype: "task_notification",
    task_id: "task",
    status: "completed",
    summary,
    session_id: sessionId
  })

/**
 * An answer in the output format of the run: plain lines, the JSON envelope, or stream-json, so that a scripted run
 * answers like the CLI.
 */
export const format = (input: RunInput, text: string, details: ResultDetails = {}): ReadonlyArray<string> => {
  const { claude, prompt, sessionId } = input
  switch (claude.output_format) {
    case "json":
      return [result(sessionId, prompt, text, details)]
    case "stream-json":
      return [
        init(sessionId, modelOf(input), input.workdir),
        ...(claude.include_partial_messages ? text.split(/(?<=\n)/).map((piece) => partial(sessionId, piece)) : []),
        assistant(sessionId, modelOf(input), prompt, text),
        result(sessionId, prompt, text, details)
      ]
    default:
      return text.split("\n")
  }
}

/** The `type` of a stream-json line; `undefined` for any other line. */
export const typeOf = (line: string): string | undefined => {
  const message = parse(line)
  return typeof message?.["type"] === "string" ? message["type"] : undefined
}

/** A line as a JSON object. */
export type Line = Readonly<Record<string, unknown>>

/** The line as a JSON object; `undefined` if it is not one. */
export const parse = (line: string): Line | undefined => {
  if (!line.startsWith("{")) return undefined
  try {
    const json: unknown = JSON.parse(line)
    return isRecord(json) ? json : undefined
  } catch {
    return undefined
  }
}

/** Whether a value is a JSON object. */
export const isRecord = (json: unknown): json is Line =>
  typeof json === "object" && json !== null && !Array.isArray(json)

/** The answer to the prompt in an output of any format. */
export const answerText = (output: string): string => {
  const lines = output.split("\n")
  for (let index = lines.length - 1; index >= 0; index--) {
    const message = parse(lines[index] ?? "")
    const isAnswer = message?.["type"] === "result" && message["origin"] === undefined
    if (isAnswer && typeof message["result"] === "string") return message["result"]
  }
  return output
}
