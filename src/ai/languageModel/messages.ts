/** Turns what an agent reports about its turn into the parts of a streamed response. */
import type * as Response from "@effect/ai/Response"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { answersPrompt } from "../../schema/stromboli/ClaudeMessage.js"
import { failedTurn } from "../../services/stromboli/agents/conversation.js"
import { describe } from "../../services/stromboli/execution/failedRun.js"
import type { Agent, AgentEvent, ClaudeMessage, RunFailed } from "../../stromboli.js"
import { finishPart } from "./report.js"

type Part = Response.StreamPartEncoded

/** What Claude Code writes in place of the model when the model's API fails. The result says the same. */
const syntheticModel = "<synthetic>"

const textParts = (id: string, delta: string): ReadonlyArray<Part> => [
  { type: "text-start", id },
  { type: "text-delta", id, delta },
  { type: "text-end", id }
]

const reasoningParts = (id: string, delta: string): ReadonlyArray<Part> => [
  { type: "reasoning-start", id },
  { type: "reasoning-delta", id, delta },
  { type: "reasoning-end", id }
]

/**
 * Every message becomes parts as a whole: the server may drop pieces of it when they come in a burst. It may drop a
 * whole message as well, but not the result, whose text is the answer; so the last text is always the answer.
 */
export const partsOfTurn = (agent: Agent) => {
  const { id: agentId, sessionId } = agent
  let count = 0
  let hasMetadata = false
  let hasResult = false
  let lastMessage: ReadonlyArray<string> = []

  const metadata = (model: string | undefined): ReadonlyArray<Part> => {
    if (hasMetadata) return []
    hasMetadata = true
    return [{ type: "response-metadata", id: agentId, modelId: model, metadata: { stromboli: { agentId, sessionId } } }]
  }

  const blockParts = (block: ClaudeMessage.MessageBlock): ReadonlyArray<Part> => {
    if (block._tag === "Text") return textParts(`${count++}`, block.text)
    return block._tag === "Thinking" ? reasoningParts(`${count++}`, block.thinking) : []
  }

  const resultParts = (result: ClaudeMessage.ResultMessage): ReadonlyArray<Part> => {
    const { text = "" } = result
    const isStreamed = text === "" || lastMessage.at(-1) === text || lastMessage.join("") === text
    return [
      ...metadata(undefined),
      ...(isStreamed ? [] : textParts(`${count++}`, text)),
      finishPart(result, { agentId, sessionId })
    ]
  }

  const read = (event: AgentEvent): Either.Either<ReadonlyArray<Part>, RunFailed> => {
    if (event._tag !== "Output") return Either.right([])
    const { message } = event
    switch (message._tag) {
      case "System":
        return Either.right(message.subtype === "init" ? metadata(message.model) : [])
      case "Assistant": {
        if (message.parentToolUseId !== undefined || message.model === syntheticModel) return Either.right([])
        const texts = message.content.flatMap((block) => (block._tag === "Text" ? block.text : []))
        if (texts.length > 0) lastMessage = texts
        return Either.right([...metadata(message.model), ...message.content.flatMap(blockParts)])
      }
      case "Result":
        if (!answersPrompt(message)) return Either.right([])
        hasResult = true
        return message.isError
          ? Either.left(failedTurn(agent, describe(message), message))
          : Either.right(resultParts(message))
      default:
        return Either.right([])
    }
  }

  return {
    read,
    /** Fails if the turn has ended without a result. */
    end: Effect.suspend(() => (hasResult ? Effect.void : failedTurn(agent, "it ended without a result")))
  }
}
