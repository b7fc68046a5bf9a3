/**
 * A page needs the messages of a run, so the run is asked for them. What it prints is still what it would have printed
 * without a page: text.
 */
import { ClaudeMessage, type RunResult } from "../../../stromboli.js"
import { endingWithLine } from "../endingWithLine.js"

/** What Claude said in a message itself, not in a sub-agent. */
const saidIn = (message: ClaudeMessage.ClaudeMessage): string =>
  message._tag === "Assistant" && message.parentToolUseId === undefined
    ? message.content.flatMap((block) => (block._tag === "Text" ? [block.text] : [])).join("\n")
    : ""

/** The answer, and what is not a message: what else the container printed. Without an answer, what was said so far. */
const textOf = (output: string): string => {
  const messages = output.split("\n").map(ClaudeMessage.fromLine)
  const answer = messages.findLast((message) => message._tag === "Result" && message.text !== undefined)
  return messages
    .flatMap((message) => {
      if (message._tag === "Unknown") return typeof message.raw === "string" ? [message.raw] : []
      if (message._tag === "Result") return message === answer && message.text !== undefined ? [message.text] : []
      return answer === undefined ? [saidIn(message)].filter((text) => text !== "") : []
    })
    .join("\n")
}

/** How much of its output the server puts into the report of a crash, in bytes. */
const keptOutput = 2_000

const endOf = (text: string): string => {
  const bytes = new TextEncoder().encode(text)
  return bytes.length <= keptOutput ? text : `...${new TextDecoder().decode(bytes.subarray(-keptOutput))}`
}

/** The result with text in place of messages. */
export const withText = (result: RunResult): RunResult => {
  const output = textOf(result.output)
  if (result._tag === "Completed") return { ...result, output }
  const { partialOutput, ...crash } = result.crash
  if (partialOutput === undefined) return { ...result, output }
  const printed = partialOutput.endsWith("\n") ? endingWithLine(output) : output
  return { ...result, output, crash: { ...crash, partialOutput: endOf(printed) } }
}
