/**
 * A program on `LanguageModel` of `@effect/ai`, answered by Claude Code on a Stromboli server. The program does not
 * know which model it has: another layer, such as that of `@effect/ai-anthropic`, answers it as well.
 *
 *     STROMBOLI_URL=http://localhost:8585 npx tsx examples/language-model.ts
 */
import * as LanguageModel from "@effect/ai/LanguageModel"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { StromboliLanguageModel } from "effect-sandboxes/ai"
import { NodeTransport } from "effect-sandboxes/node"
import { Stromboli } from "effect-sandboxes/stromboli"

const Task = Schema.Struct({ title: Schema.String, steps: Schema.Array(Schema.String) })

const program = Effect.gen(function* () {
  const { value: task } = yield* LanguageModel.generateObject({ prompt: "Plan to fix the failing test", schema: Task })
  yield* Console.log(`Task: ${task.title}, in ${task.steps.length} steps`)

  yield* LanguageModel.streamText({ prompt: "Count to five while you work" }).pipe(
    Stream.runForEach((part) => (part.type === "text-delta" ? Console.log(part.delta) : Effect.void))
  )

  const response = yield* LanguageModel.generateText({
    prompt: [
      { role: "system", content: "You are brief." },
      { role: "user", content: `We have done: ${task.title}.` },
      { role: "assistant", content: "Well done." },
      { role: "user", content: "Write a haiku about it" }
    ]
  })
  yield* Console.log(response.text)
  const { sessionId, totalCostUsd } = StromboliLanguageModel.reportOf(response.content) ?? {}
  yield* Console.log(`${response.usage.totalTokens} tokens, ${totalCostUsd} US dollars, session ${sessionId}`)
})

const model = StromboliLanguageModel.layer({ model: "sonnet", config: { claude: { maxTurns: 20 } } }).pipe(
  Layer.provide(Stromboli.layerConfig()),
  Layer.provide(NodeTransport.layer)
)

program.pipe(Effect.provide(model), NodeRuntime.runMain)
