/** A run on a Stromboli server as part of a workflow: started once, and waited for without a process that waits. */
import type { WorkflowEngine } from "@effect/workflow/WorkflowEngine"
import * as Effect from "effect/Effect"
import type { InvalidRequest } from "../errors/ApiError.js"
import * as Arguments from "../internal/arguments.js"
import { inMethodSpan } from "../internal/methodSpans.js"
import type { DurableStore } from "./DurableStore.js"
import { driven, type Needs, type Options, optionsShape, type RunError } from "./drivenRun.js"
import type { EngineFailed, InvalidToken } from "./failures.js"
import type { RunOutcome } from "./outcome.js"
import * as Rounds from "./rounds.js"
import { initial } from "./runMachine.js"
import { typed } from "./typed.js"
import { waiterOf } from "./waitToken.js"

export { type Options, RunError } from "./drivenRun.js"

const { effect } = Arguments.methodsOf("stromboli", "DurableRun")

/**
 * Runs a prompt in the background, and waits for its end: in a workflow of `@effect/workflow`, whose process may end
 * meanwhile. At most one run is paid for while the server remembers it, however often the process is killed; what to do
 * when it does not is said by `policy`. The answer is stored with the workflow, or, if it is too large, left on the
 * server: see `RunOutcome.text`.
 *
 * It is waited for in rounds, few and ever rarer, so nothing but a row in the database is left while the agent works.
 * Interrupting the workflow ends the wait at the end of a round, and **not** the container: use `AgentRuns` for runs
 * that say so.
 *
 * Fails with `RunFailed` when Claude ends with an error or the container crashes, with `JobExpired` or `RunForgotten`
 * when the server no longer knows the run, with `RunOverdue` at its deadline, and as `Execution.runAsync`. A server
 * that cannot be reached is asked again until the deadline.
 *
 * @example
 * ```ts
 * import * as Workflow from "@effect/workflow/Workflow"
 * import { Effect, Schema } from "effect"
 * import { DurableRun, RunOutcome } from "effect-sandboxes/workflow"
 *
 * const Review = Workflow.make({
 *   name: "Review",
 *   payload: { pullRequest: Schema.Int },
 *   idempotencyKey: ({ pullRequest }) => String(pullRequest),
 *   success: RunOutcome.RunOutcome,
 *   error: DurableRun.RunError
 * })
 *
 * const ReviewLive = Review.toLayer(({ pullRequest }) =>
 *   DurableRun.run({ name: "review", prompt: `Review pull request ${pullRequest}`, workdir: "/workspace" })
 * )
 * ```
 */
export const run: (options: Options) => Effect.Effect<RunOutcome, RunError, Needs> = effect(
  "run",
  { options: optionsShape },
  (options: Options) => inMethodSpan("Stromboli.DurableRun.run")(driven(options, { saidBefore: 0, initial }))
)

/**
 * Lets a durable wait look at once, instead of at the end of its pause: for the receiver of a webhook, after
 * `Webhooks.verify`. It decides nothing: what counts is what the server then says. So a token that is used twice, or by
 * somebody else, does no harm. Fails with `InvalidToken`, and with `EngineFailed` when the database does.
 */
export const wake: (
  token: string
) => Effect.Effect<void, InvalidRequest | InvalidToken | EngineFailed, WorkflowEngine | DurableStore> = effect(
  "wake",
  { token: Arguments.text },
  (token: string) =>
    inMethodSpan("Stromboli.DurableRun.wake")(
      Effect.flatMap(waiterOf("wake", token), (waiter) => typed("DurableRun.wake")(Rounds.wake(waiter)))
    )
)
