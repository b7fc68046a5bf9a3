/** The language model over the embedded server. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { StromboliLanguageModel } from "../../../src/ai/index.js"
import { type Run, type RunInput, Script, StreamJson } from "../../../src/embedded/stromboli/index.js"
import { Agents } from "../../../src/services/stromboli/agents/Agents.js"
import { type Setup, services } from "../../support/embedded.js"

export const over = (setup: Setup = {}, options?: StromboliLanguageModel.Options) =>
  Effect.provide(
    StromboliLanguageModel.layer(options).pipe(Layer.provideMerge(Agents.layer), Layer.provideMerge(services(setup)))
  )

export const usage = {
  input_tokens: 10,
  output_tokens: 7,
  cache_creation_input_tokens: 200,
  cache_read_input_tokens: 3000
}

/** The line that ends a turn, as the CLI prints it. */
export const result = ({ sessionId }: RunInput, fields: object): string =>
  JSON.stringify({
    type: "result",
    subtype: "success",
    is_error: false,
    result: "Hello",
    num_turns: 2,
    session_id: sessionId,
    total_cost_usd: 0.25,
    stop_reason: "end_turn",
    usage,
    ...fields
  })

/** Runs and turns that end with such a line. */
export const ends =
  (fields: object = {}): Run =>
  (input) =>
    Script.says(
      ...(input.claude.output_format === "stream-json"
        ? [StreamJson.init(input.sessionId, "claude-sonnet-5", "/workspace")]
        : []),
      result(input, fields)
    )

/** A message of the assistant with one block, as the CLI prints it. */
export const says = (block: object, fields: object = {}): string =>
  JSON.stringify({ type: "assistant", message: { id: "msg_1", model: "claude-sonnet-5", content: [block] }, ...fields })

/** Whose turn prints these lines, and then its result. */
export const turn =
  (lines: ReadonlyArray<string>, fields: object = {}): Run =>
  (input) =>
    Stream.concat(
      Script.says(StreamJson.init(input.sessionId, "claude-sonnet-5", "/workspace"), ...lines),
      Script.says(result(input, fields))
    )
