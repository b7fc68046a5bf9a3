/** `chat`. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import { type AgentId, Agents, withRequestOptions } from "../../../stromboli.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { bold, cyan, dim, yellow } from "../../frame/text.js"
import { type ClaudeValues, claudeOptionsOf } from "../claudeOptions.js"
import * as Page from "../page.js"
import * as prompts from "./prompts.js"
import * as turn from "./turn.js"

/** What the options are read as. */
export interface Values extends ClaudeValues {
  readonly html: Option.Option<string>
  readonly workdir: Option.Option<string>
}

/**
 * Says whether the agent is gone. Asked in a fiber of its own: the one that is being interrupted can neither wait with
 * a limit nor be told how the closing of its scope went.
 */
const sayStopped = (id: AgentId) =>
  Effect.gen(function* () {
    const agents = yield* Agents
    const found = yield* Effect.forkDaemon(
      Effect.either(withRequestOptions(agents.get(id), { timeout: "3 seconds", retry: false }))
    ).pipe(Effect.flatMap(Fiber.join))
    const gone = Either.isLeft(found) && found.left._tag === "NotFound"
    yield* Output.note(
      gone
        ? dim(`Agent ${id} was stopped.`)
        : yellow(`Agent ${id} may still run; stop it with: effect-sandboxes agents stop ${id}`)
    )
  })

const converse = (values: Values, started: (id: AgentId) => void) =>
  Effect.gen(function* () {
    const agents = yield* Agents
    const page = yield* Page.make(values.html)
    const conversation = yield* during("Starting an agent")(
      agents.converse({ claude: claudeOptionsOf(values), workdir: Option.getOrUndefined(values.workdir) })
    )
    const { id } = conversation.agent
    started(id)
    const input = yield* prompts.make(bold(cyan("> ")))
    if (input.isTerminal) yield* Output.note(dim(`Agent ${id}. An empty line or Ctrl-D ends the conversation.`))
    yield* Effect.iterate(yield* input.next, {
      while: (prompt) => prompt !== undefined && prompt.trim() !== "",
      body: (prompt = "") =>
        Page.addPrompt(page, prompt).pipe(
          Effect.zipRight(turn.show(Page.record(page)(conversation.ask(prompt)))),
          Effect.zipRight(input.next)
        )
    })
  }).pipe(Effect.scoped)

export const run = (values: Values) =>
  Effect.suspend(() => {
    let agent: AgentId | undefined
    const remember = (id: AgentId) => {
      agent = id
    }
    return Effect.ensuring(
      converse(values, remember),
      // By now the scope of the conversation has closed.
      Effect.suspend(() => (agent === undefined ? Effect.void : sayStopped(agent)))
    )
  })
