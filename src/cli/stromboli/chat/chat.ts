/** `chat`. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Agents } from "../../../stromboli.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { dim } from "../../frame/text.js"
import { type ClaudeValues, claudeOptionsOf } from "../claudeOptions.js"
import * as prompts from "./prompts.js"
import * as turn from "./turn.js"

/** What the options are read as. */
export interface Values extends ClaudeValues {
  readonly workdir: Option.Option<string>
}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const agents = yield* Agents
    // Before the agent, so that it is said once the agent has been stopped.
    let stopped = ""
    yield* Effect.addFinalizer(() => (stopped === "" ? Effect.void : Output.note(dim(stopped))))
    yield* Effect.gen(function* () {
      const conversation = yield* during("Starting an agent")(
        agents.converse({ claude: claudeOptionsOf(values), workdir: Option.getOrUndefined(values.workdir) })
      )
      const { id } = conversation.agent
      stopped = `Agent ${id} was stopped.`
      const input = yield* prompts.make
      if (input.isTerminal) yield* Output.note(dim(`Agent ${id}. An empty line or Ctrl-D ends the conversation.`))
      yield* Effect.iterate(yield* input.next, {
        while: (prompt) => prompt !== undefined && prompt.trim() !== "",
        body: (prompt = "") => Effect.zipRight(turn.show(conversation.ask(prompt)), input.next)
      })
    }).pipe(Effect.scoped)
  }).pipe(Effect.scoped)
