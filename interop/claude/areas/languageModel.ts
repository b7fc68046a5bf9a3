/** `LanguageModel` of `@effect/ai`, answered by the CLI. */
import * as LanguageModel from "@effect/ai/LanguageModel"
import type * as Prompt from "@effect/ai/Prompt"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { StromboliLanguageModel } from "effect-sandboxes/ai"
import { expect, expectEqual } from "../expect.js"
import { Model } from "../model/Model.js"
import { says, uses } from "../model/Reply.js"
import type { Area } from "./Area.js"

const City = Schema.Struct({ name: Schema.String, inhabitants: Schema.Int })
const naples = { name: "Naples", inhabitants: 913_462 }

const conversation: Prompt.RawInput = [
  { role: "system", content: "Answer in one word." },
  { role: "user", content: "I live in Naples." },
  { role: "assistant", content: "Nice." },
  { role: "user", content: "Where do I live?" }
]

/** How a conversation, and a prompt that would be a command of the CLI, begin where the model reads them. */
const asked = '<message role="user">'

export const languageModel: Area = {
  name: "language model",
  prints: ["result/success"],
  drive: Effect.gen(function* () {
    const model = yield* Model
    yield* model.follow({
      "Say hello.": () => Effect.succeed(says("Hello.")),
      "Name a city.": ({ toolResults }) =>
        Effect.succeed(toolResults === 0 ? uses("StructuredOutput", naples) : says("I have named a city.")),
      [asked]: () => Effect.succeed(says("Naples.")),
      "Look, then speak.": ({ toolResults }) =>
        Effect.succeed(
          toolResults === 0 ? uses("Bash", { command: "true", description: "Look" }) : says("I have looked.")
        )
    })
    const hello = yield* LanguageModel.generateText({ prompt: "Say hello." })
    yield* expectEqual("the text", hello.text, "Hello.")
    yield* expectEqual("the finish reason", hello.finishReason, "stop")
    yield* expect((hello.usage.inputTokens ?? 0) > 0, "no input was counted")
    const report = StromboliLanguageModel.reportOf(hello.content)
    yield* expect((report?.totalCostUsd ?? 0) > 0 && report?.sessionId !== undefined, "there is no cost or no session")

    const city = yield* LanguageModel.generateObject({ prompt: "Name a city.", schema: City })
    yield* expectEqual("the value", city.value, naples)
    yield* expectEqual("the finish reason of a value", city.finishReason, "stop")

    yield* expectEqual(
      "the answer in a conversation",
      (yield* LanguageModel.generateText({ prompt: conversation })).text,
      "Naples."
    )
    // Claude Code knows this as a command, and would answer by itself.
    yield* expectEqual(
      "the answer to a command",
      (yield* LanguageModel.generateText({ prompt: "/cost" })).text,
      "Naples."
    )

    const parts = Chunk.toReadonlyArray(
      yield* Stream.runCollect(
        LanguageModel.streamText({ prompt: "Look, then speak." }).pipe(
          Stream.provideService(StromboliLanguageModel.Config, { claude: { dangerouslySkipPermissions: true } })
        )
      )
    )
    yield* expectEqual(
      "the parts of a stream",
      parts.map(({ type }) => type),
      ["response-metadata", "text-start", "text-delta", "text-end", "finish"]
    )
    yield* expect((StromboliLanguageModel.reportOf(parts)?.totalCostUsd ?? 0) > 0, "the stream has no cost")
  }).pipe(Effect.provide(StromboliLanguageModel.layer()))
}
