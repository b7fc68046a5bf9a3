/** A run in the rounds of a workflow: what `DurableRun`, `DurableConversation` and `AgentRuns` have in common. */
import { type WorkflowEngine, WorkflowInstance } from "@effect/workflow/WorkflowEngine"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Arguments from "../internal/arguments.js"
import type { DurationWithUnit } from "../schema/refused.js"
import type { KeyedRunRequest } from "../schema/stromboli/KeyedRun.js"
import type { Execution } from "../services/stromboli/execution/Execution.js"
import type { Jobs } from "../services/stromboli/Jobs.js"
import type { Sessions } from "../services/stromboli/sessions/Sessions.js"
import { DurableStore } from "./DurableStore.js"
import { StepMismatch } from "./failures.js"
import { keyIn, nameShape } from "./names.js"
import { RunOutcome } from "./outcome.js"
import * as Pauses from "./pauses.js"
import * as Rounds from "./rounds.js"
import * as RunMachine from "./runMachine.js"
import type { RunPolicy } from "./runPolicy.js"
import { tokenOf } from "./waitToken.js"

/** A prompt, and how to wait for its run. */
export interface Options
  extends Omit<KeyedRunRequest, "key" | "startsWithin" | "webhookUrl" | "whenFailed" | "whenForgotten"> {
  /** Names the run in its workflow, in which it is unique. It must stay the same while runs are open. */
  readonly name: string
  /** The directory in the container. The server creates it if it does not exist. */
  readonly workdir?: KeyedRunRequest["workdir"]
  /** The model, tools, turns, budget and the like. The session is chosen by the run. */
  readonly claude?: KeyedRunRequest["claude"]
  /** Image, limits, mounts, secrets and hooks of the container. */
  readonly podman?: KeyedRunRequest["podman"]
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

export type Needs = Execution | Jobs | Sessions | DurableStore | WorkflowEngine | WorkflowInstance

/** The options that every kind of durable run has. */
export const waitingShape = {
  deadline: Arguments.optional(Arguments.duration),
  polls: Pauses.shape,
  webhookUrl: Arguments.optional(Arguments.callback),
  policy: Arguments.optional(Arguments.struct({})),
  mostStored: Arguments.optional(Arguments.count)
}

export const optionsShape = Arguments.unnamed(
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

/** What was said before in the conversation that a run continues. */
export interface Before {
  /** How often the same prompt was. */
  readonly saidBefore: number
  readonly initial: RunMachine.RunState
}

export const driven = (
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
