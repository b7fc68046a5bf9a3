/** Results that are errors: the CLI prints them and exits with 1, so the run fails and says which error it was. */
import * as Effect from "effect/Effect"
import { type ClaudeOptions, Execution } from "effect-sandboxes/stromboli"
import { expect, Mismatch } from "../expect.js"
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
  /** Must be in the failure. */
  readonly names: string
}): Area => ({
  name: options.name,
  prints: [options.result],
  drive: Effect.gen(function* () {
    const model = yield* Model
    yield* model.follow({ [prompt]: (turn) => Effect.succeed(options.answer(turn)) })
    const execution = yield* Execution
    const failure = yield* execution.run({ prompt, claude: { outputFormat: "json", ...options.claude } }).pipe(
      Effect.flip,
      Effect.mapError(() => new Mismatch({ message: "the run did not fail" }))
    )
    yield* expect(JSON.stringify(failure).includes(options.names), `${options.names} is not in: ${failure.message}`)
  })
})

const keepsGoing = ({ toolResults }: Turn) =>
  toolResults < 5 ? uses("Bash", { command: "true", description: "Work" }) : says("Done.")

export const maxTurns = failingRun({
  name: "error, max turns",
  result: "result/error_max_turns",
  claude: { maxTurns: 1, dangerouslySkipPermissions: true },
  answer: keepsGoing,
  names: "error_max_turns"
})

export const maxTurnsAfterMuch = failingRun({
  name: "error, max turns, stream-json",
  result: "result/error_max_turns",
  claude: { maxTurns: 1, dangerouslySkipPermissions: true, outputFormat: "stream-json", verbose: true },
  answer: keepsGoing,
  names: "error_max_turns"
})

export const maxBudget = failingRun({
  name: "error, budget",
  result: "result/error_max_budget_usd",
  claude: { maxBudgetUsd: 0.01, dangerouslySkipPermissions: true },
  answer: (turn) => ({ ...keepsGoing(turn), inputTokens: 1_000_000 }),
  names: "error_max_budget_usd"
})

export const unauthorized = failingRun({
  name: "error, 401",
  result: "result/success, error",
  answer: () => refuses(401, "authentication_error", "invalid x-api-key"),
  names: "401"
})

export const serverError = failingRun({
  name: "error, 500",
  result: "result/success, error",
  answer: () => refuses(500, "api_error", "Internal server error"),
  names: "500"
})
