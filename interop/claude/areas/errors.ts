/**
 * Results that are errors. The CLI prints them and, since 2.1, exits with 1; whoever asked must learn which error it
 * was.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { Agents, type ClaudeOptions, Execution } from "effect-sandboxes/stromboli"
import { expect, expectEqual } from "../expect.js"
import { Model } from "../model/Model.js"
import { type Reply, refuses, says, uses } from "../model/Reply.js"
import type { Turn } from "../model/Turn.js"
import type { Area } from "./Area.js"

const prompt = "Work until it is done."

const failingRun = (options: {
  readonly name: string
  readonly result: string
  readonly claude?: ClaudeOptions
  readonly answer: (turn: Turn) => Reply
  /** Must be in the failure; or in the output, with a CLI that takes errors for success. */
  readonly says: RegExp
}): Area => ({
  name: options.name,
  prints: [options.result],
  drive: Effect.gen(function* () {
    const model = yield* Model
    yield* model.follow({ [prompt]: (turn) => Effect.succeed(options.answer(turn)) })
    const execution = yield* Execution
    const outcome = JSON.stringify(
      yield* Effect.either(execution.run({ prompt, claude: { outputFormat: "json", ...options.claude } }))
    )
    yield* expect(options.says.test(outcome), `${options.says} is not in: ${outcome.slice(0, 500)}`)
  })
})

const keepsGoing = ({ toolResults }: Turn) =>
  toolResults < 5 ? uses("Bash", { command: "true", description: "Work" }) : says("Done.")

export const maxTurns = failingRun({
  name: "error, max turns",
  result: "result/error_max_turns",
  claude: { maxTurns: 1, dangerouslySkipPermissions: true },
  answer: keepsGoing,
  says: /error_max_turns/
})

export const maxTurnsAfterMuch = failingRun({
  name: "error, max turns, stream-json",
  result: "result/error_max_turns",
  claude: { maxTurns: 1, dangerouslySkipPermissions: true, outputFormat: "stream-json", verbose: true },
  answer: keepsGoing,
  says: /error_max_turns/
})

export const agentMaxTurns: Area = {
  name: "error, agent",
  prints: ["result/error_max_turns"],
  drive: Effect.gen(function* () {
    const model = yield* Model
    yield* model.follow({ [prompt]: (turn) => Effect.succeed(keepsGoing(turn)) })
    const agents = yield* Agents
    const conversation = yield* agents.converse({ claude: { maxTurns: 1, dangerouslySkipPermissions: true } })
    const outcome = yield* Effect.either(conversation.askResult(prompt))
    yield* expectEqual("the outcome", Either.isLeft(outcome) ? outcome.left._tag : outcome.right.text, "RunFailed")
  })
}

export const maxBudget = failingRun({
  name: "error, budget",
  result: "result/error_max_budget_usd",
  claude: { maxBudgetUsd: 0.01, dangerouslySkipPermissions: true },
  answer: (turn) => ({ ...keepsGoing(turn), inputTokens: 1_000_000 }),
  says: /error_max_budget_usd/
})

export const unauthorized = failingRun({
  name: "error, 401",
  result: "result/success, error",
  answer: () => refuses(401, "authentication_error", "invalid x-api-key"),
  says: /401|Invalid API key/
})

export const serverError = failingRun({
  name: "error, 500",
  result: "result/success, error",
  answer: () => refuses(500, "api_error", "Internal server error"),
  says: /500|Internal server error/
})
