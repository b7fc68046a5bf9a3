/** `sessions show`. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Message, SessionId, Sessions } from "../../../stromboli.js"
import * as Output from "../../frame/Output.js"
import { bold, cyan, dim, type Text } from "../../frame/text.js"
import * as Page from "../page.js"
import { toolResultText, toolUseText } from "../toolText.js"
import type { ShowValues } from "./options.js"

type Block = NonNullable<Message.Message["content"]["content"]>[number]

const blockText = (block: Block): Text => {
  switch (block.type) {
    case "text":
      return [block.text ?? "", "\n"]
    case "tool_use":
      return toolUseText(block.name ?? "a tool", block.input)
    case "tool_result":
      return toolResultText(block.content ?? "", block.isError === true)
    default:
      return dim(`[${block.type}]\n`)
  }
}

const messageText = (message: Message.Message): Text => {
  const blocks = message.content.content ?? []
  // The results of tools come as messages of the user, who has not said anything.
  const isResult = blocks.length > 0 && blocks.every(({ type }) => type === "tool_result")
  const heading = isResult
    ? ""
    : [bold(cyan(message.type)), message.timestamp === undefined ? "" : dim(`  ${message.timestamp}`), "\n"]
  return [heading, blocks.map(blockText), "\n"]
}

export const run = (values: ShowValues) =>
  Effect.gen(function* () {
    const sessions = yield* Sessions
    const page = yield* Page.prepare(values)
    const messages = sessions.conversation(SessionId.make(values.id))
    const shown = Stream.runForEach(Page.record(page)(messages), (message) =>
      Output.show(Schema.typeSchema(Message.Message), message, messageText)
    )
    yield* Page.written(page)(shown)
  })
