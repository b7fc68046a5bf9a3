/** A run on a Stromboli server as part of a workflow: started once, and waited for without a process that waits. */
import type { WorkflowEngine } from "@effect/workflow/WorkflowEngine"
import { WorkflowInstance } from "@effect/workflow/WorkflowEngine"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { InvalidRequest } from "../errors/ApiError.js"
import * as Arguments from "../internal/arguments.js"
import { inMethodSpan } from "../internal/methodSpans.js"
import type { DurationWithUnit } from "../schema/refused.js"
import type { KeyedRunRequest } from "../schema/stromboli/KeyedRun.js"
import type { Execution } from "../services/stromboli/execution/Execution.js"
import type { Jobs } from "../services/stromboli/Jobs.js"
import type { Sessions } from "../services/stromboli/sessions/Sessions.js"
import { DurableStore } from "./DurableStore.js"
import { type EngineFailed, type InvalidToken, StepMismatch } from "./failures.js"
import { keyIn, nameShape } from "./names.js"
import * as Pauses from "./pauses.js"
import { RunOutcome } from "./RunOutcome.js"
import * as Rounds from "./rounds.js"
import * as RunMachine from "./runMachine.js"
import type { RunPolicy } from "./runPolicy.js"
import { typed } from "./typed.js"
import { tokenOf, waiterOf } from "./waitToken.js"

/** A prompt, and how to wait for its run. */
export interface Options
  extends Omit<KeyedRunRequest, "key" | "startsWithin" | "webhookUrl" | "whenFailed" | "whenForgotten"> {
  /** Names the run in its workflow, in which it is unique. It must stay the same while runs are open. */
  readonly name: string
  /**
   * How long the run may take in all, from its first step; default 24 hours. It also bounds `podman.timeout`. The
   * server being down, and policies that pay again, are part of that time.
   */
  readonly deadline?: DurationWithUnit | undefined
  /** When to ask the server whether the run is over. */
  readonly polls?: Pauses.Polls | undefined
  /**
   * Where the server reports the end of the run, given the token to call `wake` with. Until then it is polled, so a
   * webhook that is lost costs only time.
   */
  readonly webhookUrl?: ((token: string) => string) | undefined
  /** What to do in place of failing when the run cannot be waited for to its end. */
  readonly policy?: RunPolicy | undefined
  /** The largest answer that is stored, in bytes of its JSON; default 256 KiB. A larger one stays on the server. */
  readonly mostStored?: number | undefined
}

/** What a durable run fails with, for the `error` of a workflow. */
export const RunError = Schema.Union(RunMachine.RunFailure, StepMismatch)
export type RunError = typeof RunError.Type

type Needs = Execution | Jobs | Sessions | DurableStore | WorkflowEngine | WorkflowInstance

const { effect } = Arguments.methodsOf("stromboli", "DurableRun")

/** The options that every kind of durable run has. */
export const waitingShape = {
  deadline: Arguments.optional(Arguments.duration),
  polls: Pauses.shape,
  webhookUrl: Arguments.optional(Arguments.callback),
  policy: Arguments.optional(Arguments.struct({})),
  mostStored: Arguments.optional(Arguments.count)
}

const options = Arguments.unnamed(
  Arguments.struct({
    ...waitingShape,
    name: nameShape,
    prompt: Arguments.text,
    podman: Arguments.optional(Arguments.struct({}))
  })
)

/** The defaults of a durable run. */
export const settingsOf = ({
  deadline = "24 hours",
  mostStored = 262_144,
  policy = {},
  polls = {}
}: Partial<Options>) => ({
  deadline: Duration.decode(deadline),
  mostStored,
  policy,
  polls
})

/** Runs the machine in the rounds of the workflow around it. */
export const drive = (
  name: string,
  machine: (key: string, token: string) => RunMachine.Machine,
  initial: RunMachine.RunState = RunMachine.initial
): Effect.Effect<RunOutcome, RunError, Needs> =>
  Effect.gen(function* () {
    const store = yield* DurableStore
    const { executionId, workflow } = yield* WorkflowInstance
    const token = tokenOf("wake", { workflowName: workflow.name, executionId, name })
    return yield* Rounds.inRounds({
      name,
      success: RunOutcome,
      failure: RunMachine.RunFailure,
      state: RunMachine.RunState,
      initial,
      look: RunMachine.look(machine(keyIn(store, executionId, name), token))
    })
  })

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
 * when the server no longer knows the run, with `RunOverdue` at its deadline, and as `Execution.runAsync`. A server that
 * cannot be reached is asked again until the deadline.
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
 *   success: RunOutcome,
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
  { options },
  (options: Options) =>
    inMethodSpan("Stromboli.DurableRun.run")(driven(options, { saidBefore: 0, initial: RunMachine.initial }))
)

/** What was said before in the conversation that a run continues. */
interface Before {
  /** How often the same prompt was. */
  readonly saidBefore: number
  readonly initial: RunMachine.RunState
}

const driven = (
  { deadline, mostStored, name, policy, polls, webhookUrl, ...request }: Options,
  { initial, saidBefore }: Before
) =>
  drive(
    name,
    (key, token) => ({
      ...settingsOf({ deadline, mostStored, policy, polls }),
      request: webhookUrl === undefined ? request : { ...request, webhookUrl: webhookUrl(token) },
      key,
      saidBefore
    }),
    initial
  )

/** A run that continues a conversation. @internal */
export const continued: (options: Options, before: Before) => Effect.Effect<RunOutcome, RunError, Needs> = effect(
  "run",
  { options },
  driven
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
