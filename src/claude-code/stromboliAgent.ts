/** Turns with an agent of a Stromboli server. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { AgentEvent } from "../schema/stromboli/AgentEvent.js"
import { withoutBackgroundTasks } from "../schema/stromboli/backgroundTasks.js"
import type { ClaudeMessage } from "../schema/stromboli/ClaudeMessage.js"
import type { Agents } from "../services/stromboli/agents/Agents.js"
import type { Conversation } from "../services/stromboli/agents/conversation.js"
import type { Backend, Dialogue } from "./Dialogue.js"
import type { ClaudeCodeError } from "./errors.js"
import { type Attempt, attemptOf, exited, refused } from "./failures.js"
import { claudeOptionsOf, placeFailed } from "./stromboliOptions.js"

type AgentFailure =
  | Stream.Stream.Error<ReturnType<Conversation["ask"]>>
  | Effect.Effect.Error<ReturnType<Agents.Service["converse"]>>

const failureOf =
  (attempt: Attempt) =>
  (error: AgentFailure): ClaudeCodeError =>
    error._tag === "AgentExited"
      ? exited(attempt, { exitCode: undefined, stderr: error.reason ?? "" }, "answering")
      : placeFailed(attempt, error)

const dialogueOf = (attempt: Attempt, conversation: Conversation, includePartials: boolean): Dialogue => {
  const { agent, ask, events } = conversation
  // The server always asks for partial messages.
  const messageOf = (event: AgentEvent): Option.Option<ClaudeMessage> =>
    event._tag === "Output" && (includePartials || event.message._tag !== "Partial")
      ? Option.some(event.message)
      : Option.none()
  const about = { ...attempt, sessionId: agent.sessionId }
  return {
    sessionId: agent.sessionId,
    turn: (prompt) => Stream.mapError(Stream.filterMap(ask(prompt), messageOf), failureOf(about)),
    messages: Stream.mapError(Stream.filterMap(events, messageOf), failureOf(about)),
    interrupt: Effect.fail(
      refused(
        "Conversation.interrupt",
        "interrupt",
        "is not possible in Stromboli, which cannot interrupt a turn: close the scope of the conversation, which stops the agent"
      )
    )
  }
}

export const open =
  (agents: Agents.Service): Backend["open"] =>
  (method, options, note) =>
    Effect.gen(function* () {
      const attempt = attemptOf("stromboli", method)
      const { backgroundTasks = method === "converse", includePartialMessages = false, workingDirectory } = options
      const settings = backgroundTasks
        ? options.settings
        : yield* Either.mapLeft(withoutBackgroundTasks(options.settings), (problem) =>
            refused(attempt.operation, "settings", problem)
          )
      const conversation = yield* agents
        .converse({ workdir: workingDirectory, claude: { ...claudeOptionsOf(options), settings } })
        .pipe(Effect.mapError(failureOf(attempt)))
      yield* conversation.events.pipe(
        Stream.runForEach((event) =>
          Effect.sync(() => {
            if (event._tag === "Output" && event.message._tag === "Result") note(event.message)
          })
        ),
        Effect.ignore,
        Effect.forkScoped
      )
      return dialogueOf(attempt, conversation, includePartialMessages)
    })
