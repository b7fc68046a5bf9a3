/** All blocks that a message of the model can be made of. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Agents } from "effect-sandboxes/stromboli"
import { expectEqual } from "../expect.js"
import { Model } from "../model/Model.js"
import { type Block, message, says } from "../model/Reply.js"
import type { Area } from "./Area.js"

const prompt = "Search the web."

const content: ReadonlyArray<Block> = [
  { type: "thinking", thinking: "Let me search.", signature: "c2lnbmF0dXJl" },
  { type: "redacted_thinking", data: "c2VjcmV0" },
  { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: { query: "volcano" } },
  {
    type: "web_search_tool_result",
    tool_use_id: "srvtoolu_1",
    content: [
      {
        type: "web_search_result",
        title: "Stromboli",
        url: "https://example.com",
        encrypted_content: "eA==",
        page_age: null
      }
    ]
  },
  { type: "text", text: "It is a volcano." }
]

export const blocks: Area = {
  name: "blocks",
  prints: ["assistant", "result/success"],
  drive: Effect.gen(function* () {
    const model = yield* Model
    yield* model.follow({ [prompt]: () => Effect.succeed(message(content)) })
    const agents = yield* Agents
    const conversation = yield* agents.converse({})
    const { text } = yield* conversation.askResult(prompt)
    yield* expectEqual("the answer", text, "It is a volcano.")
  })
}

/** Newer versions ask the model to go on; older ones make it an error. */
export const truncatedAnswer: Area = {
  name: "max_tokens",
  prints: ["assistant"],
  drive: Effect.gen(function* () {
    const model = yield* Model
    yield* model.follow({
      "Recite the Iliad.": ({ replies }) =>
        Effect.succeed(says("Sing, O goddess", { stopReason: replies < 1 ? "max_tokens" : "end_turn" }))
    })
    const agents = yield* Agents
    const conversation = yield* agents.converse({})
    yield* Stream.runDrain(conversation.ask("Recite the Iliad."))
  })
}
