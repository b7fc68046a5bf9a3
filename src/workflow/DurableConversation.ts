/** A conversation whose turns are runs of a workflow. */
import * as Effect from "effect/Effect"
import type { InvalidRequest } from "../errors/ApiError.js"
import * as Arguments from "../internal/arguments.js"
import { inMethodSpan } from "../internal/methodSpans.js"
import type { JobId, SessionId } from "../schema/stromboli/Identifiers.js"
import { comparable } from "../services/stromboli/execution/keyedRun.js"
import { driven, type Needs, type Options, optionsShape, type RunError } from "./drivenRun.js"
import { nameShape } from "./names.js"
import type { RunOutcome } from "./outcome.js"
import { initial } from "./runMachine.js"

/** A conversation in a workflow. */
export interface DurableConversation {
  /**
   * Says something, and waits for the answer, as `DurableRun.run`. The first turn begins the conversation, and the
   * others continue it. Turns follow each other: the next one begins when this one is over.
   *
   * Of a turn that was sent by a process that was then lost, the job is found again; when the server has forgotten it,
   * `policy.whenForgotten` says what to do.
   */
  readonly run: (turn: Omit<Options, "name">) => Effect.Effect<RunOutcome, RunError, Needs>
}

const { effect } = Arguments.methodsOf("stromboli", "DurableConversation")

const turnOf = effect("run", { options: optionsShape }, driven)

/**
 * A conversation of several runs, each of which is a step. Make it in the workflow, since the number of a turn is part
 * of the name of its step: a workflow that goes on has to say the same things in the same order.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { DurableConversation } from "effect-sandboxes/workflow"
 *
 * const refactoring = Effect.gen(function* () {
 *   const conversation = yield* DurableConversation.make({ name: "refactoring" })
 *   yield* conversation.run({ prompt: "Plan how to split src/server.ts into modules" })
 *   return yield* conversation.run({ prompt: "Do it", deadline: "3 hours" })
 * })
 * ```
 */
export const make: (options: {
  /** Names the conversation in its workflow, in which it is unique. */
  readonly name: string
}) => Effect.Effect<DurableConversation, InvalidRequest> = effect(
  "make",
  { options: Arguments.unnamed(Arguments.struct({ name: nameShape })) },
  ({ name }) =>
    Effect.sync(() => {
      let turns = 0
      let sessionId: SessionId | undefined
      let others: ReadonlyArray<JobId> = []
      let said: ReadonlyArray<string | undefined> = []
      const run: DurableConversation["run"] = (turn) =>
        Effect.suspend(() => {
          turns++
          const words = comparable(turn.prompt)
          const options = { ...turn, name: `${name}/turn ${turns}` }
          const continued = {
            saidBefore: said.filter((before) => before === words).length,
            initial: sessionId === undefined ? initial : { ...initial, resumes: sessionId, sessionId, others }
          }
          said = [...said, words]
          return Effect.tap(turnOf(options, continued), (outcome) =>
            Effect.sync(() => {
              sessionId = outcome.sessionId ?? sessionId
              others = [...others, outcome.jobId]
            })
          )
        }).pipe(inMethodSpan("Stromboli.DurableConversation.run"))
      return { run }
    })
)
