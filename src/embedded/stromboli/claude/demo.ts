import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Run, RunInput } from "./ClaudeProcess.js"
import { answer } from "./demoAnswer.js"
import * as StreamJson from "./StreamJson.js"
import { exampleOf } from "./schemaExample.js"

/** How the demo agent speaks. */
export interface DemoOptions {
  /** The pause before each line, so that streaming is visible. Default 40 ms; 0 in tests. */
  readonly lineDelay?: Duration.DurationInput
}

/** The demo agent: deterministic answers by a few rules, each labelled as not coming from a model. */
export const make = (options: DemoOptions = {}): Run => {
  const delay = Duration.decode(options.lineDelay ?? "40 millis")
  const pause = Duration.equals(delay, Duration.zero) ? Effect.void : Effect.sleep(delay)
  return (input) => Stream.mapEffect(Stream.fromIterable(say(input)), (line) => Effect.as(pause, line))
}

const say = (input: RunInput): ReadonlyArray<string> => {
  if (input.claude.json_schema !== "") {
    const value = exampleOf(input.claude.json_schema)
    return StreamJson.format(input, JSON.stringify(value), value)
  }
  const history = input.resume || input.claude.continue ? input.history : []
  return StreamJson.format(input, answer(input.prompt, history))
}
