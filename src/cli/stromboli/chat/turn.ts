/** Shows a turn of an agent as it happens: text as it is written, tools, and at the end what it has cost so far. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { AgentEvent, type ClaudeMessage } from "../../../stromboli.js"
import * as Output from "../../frame/Output.js"
import { dim, red, type Text, yellow } from "../../frame/text.js"
import { dollars, duration } from "../../frame/words.js"
import { endingWithLine } from "../endingWithLine.js"
import { toolResultText, toolUseText } from "../toolText.js"

/** Turns messages into text. The server may drop parts of a preview, and never the message that they are parts of. */
export const reader = () => {
  /** What was shown of the message that is being written. */
  let preview = ""
  /** Whether the turn has said anything: the result of a command of Claude Code is all there is of its turn. */
  let said = false

  /** What of a whole text has not been shown yet. */
  const restOf = (text: string): Text => {
    const shown = preview
    preview = ""
    said = true
    if (text.startsWith(shown)) return [text.slice(shown.length), "\n"]
    return shown === ""
      ? [text, "\n"]
      : ["\n", dim("[some of this was lost on the way; the whole text:]"), "\n", text, "\n"]
  }

  const blockText = (block: ClaudeMessage.MessageBlock): Text => {
    switch (block._tag) {
      case "Text":
        return restOf(block.text)
      case "ToolUse":
      case "ServerToolUse":
        return toolUseText(block.name, block.input)
      case "ToolResult":
        return toolResultText(
          block.content.flatMap((each) => (each._tag === "Text" ? [each.text] : [])).join("\n"),
          block.isError
        )
      default:
        return ""
    }
  }

  const resultText = ({ errors, isError, subtype, text }: ClaudeMessage.ResultMessage): Text => {
    const onlyText = said ? "" : endingWithLine(text ?? "")
    said = false
    return isError ? red(endingWithLine(text ?? (errors.join("; ") || subtype))) : onlyText
  }

  const messageText = (message: ClaudeMessage.ClaudeMessage): Text => {
    switch (message._tag) {
      case "Partial":
        // A sub-agent writes at the same time.
        if (message.parentToolUseId !== undefined || message.text === undefined) return ""
        preview += message.text
        return message.text
      case "Assistant":
      case "User":
        return message.parentToolUseId === undefined ? message.content.map(blockText) : ""
      case "Result":
        return resultText(message)
      default:
        return ""
    }
  }

  return (event: AgentEvent): Text => {
    switch (event._tag) {
      case "Output":
        return messageText(event.message)
      case "Stderr":
        return yellow(`${event.line}\n`)
      default:
        return ""
    }
  }
}

/** What a turn took, and what the agent has cost until now. */
const spent = ({ duration: took, totalCostUsd, turns }: ClaudeMessage.ResultMessage): Text =>
  dim(
    [
      ...(turns === undefined ? [] : [turns === 1 ? "1 turn" : `${turns} turns`]),
      ...(took === undefined ? [] : [duration(took)]),
      ...(totalCostUsd === undefined ? [] : [`${dollars(totalCostUsd)} so far`])
    ].join(" · ")
  )

/** Shows events, and returns when they end. `after` runs after each. */
export const show = <E, R>(
  events: Stream.Stream<AgentEvent, E, R>,
  after: (event: AgentEvent) => Effect.Effect<void> = () => Effect.void
) =>
  Effect.gen(function* () {
    const { json, stderr } = yield* Output.Output
    const textOf = reader()
    yield* Stream.runForEach(events, (event) =>
      Effect.gen(function* () {
        yield* Output.show(AgentEvent, event, textOf)
        const isResult = event._tag === "Output" && event.message._tag === "Result"
        if (isResult && stderr.isTerminal && !json) yield* Output.note(spent(event.message))
        yield* after(event)
      })
    )
  })
