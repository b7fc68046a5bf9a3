/** `chat`. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import { type AgentId, Agents, withRequestOptions } from "../../../stromboli.js"
import * as Output from "../../frame/Output.js"
import { during } from "../../frame/Progress.js"
import { bold, cyan, dim, yellow } from "../../frame/text.js"
import { claudeOptionsOf } from "../claudeOptions.js"
import * as Page from "../page.js"
import type { ChatValues } from "./options.js"
import * as prompts from "./prompts.js"
import * as turn from "./turn.js"

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

const converse = (values: ChatValues, started: (id: AgentId) => void) =>
  Effect.gen(function* () {
    const agents = yield* Agents
    const page = yield* Page.prepare(values)
    const conversation = yield* during("Starting an agent")(
      agents.converse({ claude: claudeOptionsOf(values), workdir: Option.getOrUndefined(values.workdir) })
    )
    const { id } = conversation.agent
    started(id)
    const input = yield* prompts.make(bold(cyan("> ")))
    if (input.isTerminal) yield* Output.note(dim(`Agent ${id}. An empty line or Ctrl-D ends the conversation.`))
    const talk = Effect.flatMap(input.next, (first) =>
      Effect.iterate(first, {
        while: (prompt) => prompt !== undefined && prompt.trim() !== "",
        body: (prompt = "") =>
          Page.addPrompt(page, prompt).pipe(
            Effect.zipRight(turn.show(Page.record(page)(conversation.ask(prompt)))),
            Effect.zipRight(input.next)
          )
      })
    )
    // Before the agent is stopped, which may take a while.
    yield* Page.written(page)(talk)
  }).pipe(Effect.scoped)

export const run = (values: ChatValues) =>
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
