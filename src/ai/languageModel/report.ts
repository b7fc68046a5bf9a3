/** What Claude Code reports about a run, in the terms of `@effect/ai`. */
import type * as Response from "@effect/ai/Response"
import type { ClaudeMessage } from "../../stromboli.js"

/**
 * What a run cost and where it took place. It is the `stromboli` metadata of the parts `response-metadata` and
 * `finish`; only the latter has what is known at the end.
 */
export type RunReport = {
  /** The session of the run: `Sessions.conversation` reads it. */
  readonly sessionId?: string | undefined
  /** Of `generateText` and `generateObject`. */
  readonly runId?: string | undefined
  /** Of `streamText`. The agent is stopped when the stream ends. */
  readonly agentId?: string | undefined
  /** In US dollars. */
  readonly totalCostUsd?: number | undefined
  /** How many turns the model took: one, and one more after every use of tools. */
  readonly turns?: number | undefined
  /** The tokens by kind, as Claude Code counts them. */
  readonly usage?: ClaudeMessage.TokenUsage | undefined
}

declare module "@effect/ai/Response" {
  interface ResponseMetadataPartMetadata {
    readonly stromboli?: RunReport | undefined
  }
  interface FinishPartMetadata {
    readonly stromboli?: RunReport | undefined
  }
}

/** The input of `@effect/ai` is all of it, while Claude Code counts what the cache holds apart. */
export const usageOf = (usage: ClaudeMessage.TokenUsage | undefined): typeof Response.Usage.Encoded => {
  if (usage === undefined) return { inputTokens: undefined, outputTokens: undefined, totalTokens: undefined }
  const inputTokens = usage.inputTokens + usage.cacheCreationInputTokens + usage.cacheReadInputTokens
  return {
    inputTokens,
    outputTokens: usage.outputTokens,
    totalTokens: inputTokens + usage.outputTokens,
    cachedInputTokens: usage.cacheReadInputTokens
  }
}

/**
 * Why Claude stopped. A run that ended is over, also where its last step was a tool of Claude Code: the caller has no
 * tool to run, so it is never `tool-calls`.
 */
export const finishReasonOf = (stopReason: string | undefined): Response.FinishReason => {
  switch (stopReason) {
    case undefined:
    case "end_turn":
    case "stop_sequence":
    case "tool_use":
      return "stop"
    case "max_tokens":
    case "model_context_window_exceeded":
      return "length"
    case "refusal":
      return "content-filter"
    case "pause_turn":
      return "pause"
    default:
      return "other"
  }
}

/** The part that ends a response. */
export const finishPart = (
  result: ClaudeMessage.ResultMessage,
  report: RunReport
): Response.FinishPartEncoded & Response.PartEncoded => ({
  type: "finish",
  reason: finishReasonOf(result.stopReason),
  usage: usageOf(result.usage),
  metadata: {
    stromboli: { ...report, totalCostUsd: result.totalCostUsd, turns: result.turns, usage: result.usage }
  }
})

/**
 * What the run behind a response cost, from its parts: `response.content`, or those of a stream. `undefined` if they
 * are not those of a `StromboliLanguageModel`.
 *
 * @example
 * ```ts
 * import { LanguageModel } from "@effect/ai"
 * import { Effect } from "effect"
 * import { StromboliLanguageModel } from "effect-sandboxes/ai"
 *
 * const program = Effect.gen(function* () {
 *   const response = yield* LanguageModel.generateText({ prompt: "Write a haiku about types" })
 *   const cost = StromboliLanguageModel.reportOf(response.content)?.totalCostUsd
 *   yield* Effect.log(`${response.text} (${cost ?? "unknown"} USD)`)
 * })
 * ```
 */
export const reportOf = (parts: Iterable<Response.AnyPart>): RunReport | undefined => {
  let found: RunReport | undefined
  for (const part of parts) {
    if (part.type === "response-metadata" || part.type === "finish") found = part.metadata.stromboli ?? found
  }
  return found
}
