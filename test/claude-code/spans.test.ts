import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { promptIn, result, scripted } from "../support/claude/scriptedProcess.js"
import { withSpans } from "../support/embedded.js"

it.effect("every method has one span, named after it", () =>
  Effect.gen(function* () {
    const { claude } = scripted((line, { print }) => print(result(promptIn(line) ?? "", { structured_output: 1 })))
    const { spans } = yield* withSpans(
      Effect.gen(function* () {
        yield* claude.run({ prompt: "p" })
        yield* claude.runStructured(Schema.Number, { prompt: "p" })
        yield* Stream.runDrain(claude.stream({ prompt: "p" }))
        const conversation = yield* claude.converse()
        yield* conversation.ask("p")
        yield* Stream.runDrain(conversation.askStream("p"))
        yield* conversation.interrupt
      }).pipe(Effect.scoped)
    )
    expect(spans.map(({ name }) => name)).toEqual([
      "ClaudeCode.run",
      "ClaudeCode.runStructured",
      "ClaudeCode.stream",
      "ClaudeCode.converse",
      "ClaudeCode.Conversation.ask",
      "ClaudeCode.Conversation.askStream",
      "ClaudeCode.Conversation.interrupt"
    ])
    expect(new Set(spans.map(({ attributes }) => attributes.get("effect_sandboxes.system")))).toEqual(
      new Set(["claude-code"])
    )
  })
)
