/** Runs of agents that survive the processes that wait for them. */
import { WorkflowEngine, WorkflowInstance } from "@effect/workflow/WorkflowEngine"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type { InvalidRequest } from "../errors/ApiError.js"
import * as Arguments from "../internal/arguments.js"
import { pollUntil } from "../internal/poll.js"
import { serviceMethods } from "../internal/serviceMethods.js"
import type { Execution } from "../services/stromboli/execution/Execution.js"
import type { Jobs } from "../services/stromboli/Jobs.js"
import type { Sessions } from "../services/stromboli/sessions/Sessions.js"
import { type AgentRunProgress, progressOf } from "./AgentRunProgress.js"
import * as AgentRun from "./agentRun.js"
import { DurableStore } from "./DurableStore.js"
import { waitingShape } from "./drivenRun.js"
import { EngineFailed, RunCancelled, RunRequestConflict, type RunUnknown, type RunVersionMismatch } from "./failures.js"
import type { RunOutcome } from "./outcome.js"
import * as Rounds from "./rounds.js"
import { typed } from "./typed.js"

/**
 * Runs of agents that survive the processes that wait for them. `layer` submits them and asks for them; `layerWorker`
 * works on them, in the same process or in others, on the same database.
 *
 * A run is known by its key, to all programs with the same database. While the server remembers a run, at most one is
 * paid for; what happens when it does not is said by `policy`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { AgentRuns, RunOutcome } from "effect-sandboxes/workflow"
 *
 * const report = Effect.gen(function* () {
 *   const runs = yield* AgentRuns
 *   yield* runs.submit({ key: "report of 2026-11", prompt: "Write the report of November", deadline: "2 hours" })
 *   const outcome = yield* runs.result("report of 2026-11")
 *   return yield* RunOutcome.text(outcome)
 * })
 * ```
 */
export class AgentRuns extends Context.Tag("effect-sandboxes/workflow/AgentRuns")<AgentRuns, AgentRuns.Service>() {
  /** The service over an engine. Works on no run: see `layerWorker`. */
  static readonly layer: Layer.Layer<AgentRuns, never, WorkflowEngine | DurableStore> = Layer.effect(
    this,
    Effect.suspend(() => make)
  )

  /** Works on the runs that were submitted to the database of the engine, for as long as the layer lives. */
  static readonly layerWorker = (
    options: AgentRuns.WorkerOptions = {}
  ): Layer.Layer<never, never, WorkflowEngine | DurableStore | Execution | Jobs | Sessions> =>
    AgentRun.workflow.toLayer(AgentRun.execute(options.webhookUrl))
}

export declare namespace AgentRuns {
  interface Service {
    /**
     * Submits a run. When this returns, the run is in the database, and will be worked on. Submitting the same request
     * with the same key again does nothing, also from another process.
     *
     * Fails with `InvalidRequest`, which names the field, before anything is stored; with `RunRequestConflict` when a
     * run with this key was submitted with another request; with `RunVersionMismatch` when another version of this
     * package stored it; and with `EngineFailed`, after which submitting again is safe.
     */
    readonly submit: (
      request: Request
    ) => Effect.Effect<void, InvalidRequest | RunRequestConflict | RunVersionMismatch | EngineFailed>
    /**
     * Waits until a run is over, and returns its outcome, also long after its end. Interrupting the wait does not
     * cancel the run.
     *
     * Fails with what the run failed with: see `DurableRun.run`; with `RunCancelled` when it was cancelled; with
     * `RunUnknown` when no run has this key; and with `EngineFailed` when the database cannot be asked, after it was
     * asked ten times in a row.
     */
    readonly result: (key: string) => Effect.Effect<RunOutcome, Failure | InvalidRequest>
    /** How far a run is. Fails with `RunUnknown` and `EngineFailed`. */
    readonly progress: (
      key: string
    ) => Effect.Effect<AgentRunProgress, InvalidRequest | RunUnknown | RunVersionMismatch | EngineFailed>
    /**
     * Asks for the end of a run, which then fails with `RunCancelled`. The server has no way to stop a container: one
     * that has started goes on, and costs money until it ends by itself, which `RunCancelled` says (`continues`). A run
     * that is over by then is not lost: its outcome is delivered. Does nothing to a run that is over. Does not wait.
     */
    readonly cancel: (
      key: string
    ) => Effect.Effect<void, InvalidRequest | RunUnknown | RunVersionMismatch | EngineFailed>
  }

  /** A prompt to run once for its key, and how. */
  type Request = AgentRun.AgentRunRequest

  /** What a run can fail with. */
  type Failure = AgentRun.Failure

  /** How a worker works. */
  interface WorkerOptions {
    /**
     * Where the server reports the end of a run, given the token to call `DurableRun.wake` with. Until then it is
     * polled, so a webhook that is lost costs only time. Default: none.
     */
    readonly webhookUrl?: ((token: string) => string) | undefined
  }
}

const key = Arguments.kind(
  (value) => typeof value === "string" && value !== "" && !/\p{Surrogate}/u.test(value) && bytesOf(value) <= 1024,
  "must be well-formed text of 1 to 1024 bytes"
)

const bytesOf = (text: string): number => new TextEncoder().encode(text).length

const { webhookUrl: _, ...waiting } = waitingShape

const checked = serviceMethods("stromboli", "AgentRuns", {
  effects: {
    submit: {
      request: Arguments.unnamed(
        Arguments.struct({
          ...waiting,
          key,
          prompt: Arguments.text,
          answer: Arguments.optional(Arguments.schema),
          claude: Arguments.optional(Arguments.struct({})),
          podman: Arguments.optional(Arguments.struct({}))
        })
      )
    },
    result: { key },
    progress: { key },
    cancel: { key }
  },
  spans: ["submit", "result", "progress", "cancel"]
})

const looks = Schedule.union(Schedule.exponential("50 millis", 1.5), Schedule.spaced("5 seconds"))

const make = Effect.gen(function* () {
  const engine = yield* WorkflowEngine
  const store = yield* DurableStore

  const idOf = (key: string) => AgentRun.workflow.executionId({ key })
  const execute = (operation: string, key: string) =>
    AgentRun.workflow.execute({ key }, { discard: true }).pipe(
      // Submitted in a workflow, it is still a run of its own, which does not end with that workflow.
      Effect.mapInputContext((context: Context.Context<never>) =>
        Context.add(Context.omit(WorkflowInstance)(context), WorkflowEngine, engine)
      ),
      Effect.asVoid,
      typed(operation)
    )

  /** What is stored of a run. One whose submission was cut off before the engine had it is handed over now. */
  const known = (operation: string, key: string) =>
    Effect.gen(function* () {
      const executionId = yield* idOf(key)
      const found = Option.getOrUndefined(yield* store.look(AgentRun.idOf(executionId)))
      if (found?.version === undefined) return yield* AgentRun.unknown(key)
      if (found.round === 0) yield* execute(operation, key)
      return { executionId, entry: found }
    })

  const ended = (key: string, exit: Exit.Exit<AgentRun.Envelope, AgentRun.Envelope>) =>
    Exit.matchEffect(exit, {
      onSuccess: (envelope) => AgentRun.outcomeIn(key, envelope),
      onFailure: (cause) =>
        Option.match(Cause.failureOption(cause), {
          onSome: (envelope) => Effect.flatMap(AgentRun.failureIn(key, envelope), Effect.fail),
          onNone: () =>
            Effect.fail(
              Cause.isInterruptedOnly(cause)
                ? new RunCancelled({
                    continues: "unknown",
                    admitted: "unknown",
                    message: `The run with the key ${JSON.stringify(key)} was interrupted in the engine. Whether a container goes on is not known`
                  })
                : new EngineFailed({
                    operation: "AgentRuns.result",
                    cause: Cause.squash(cause),
                    message: `AgentRuns.result: the run with the key ${JSON.stringify(key)} ended with a defect: ${Cause.pretty(cause)}`
                  })
            )
        })
    })

  const looked = (operation: string, executionId: string) =>
    AgentRun.workflow.poll(executionId).pipe(
      Effect.provideService(WorkflowEngine, engine),
      typed(operation),
      Effect.map((result) => (result?._tag === "Complete" ? Option.some(result.exit) : Option.none()))
    )

  return checked<AgentRuns.Service>({
    submit: (request) =>
      Effect.gen(function* () {
        const { key } = request
        const { content, digest } = yield* AgentRun.stored(request)
        const executionId = yield* idOf(key)
        const mine = { id: AgentRun.idOf(executionId), key, digest, version: AgentRun.version, content }
        const claimed = yield* store.claim(mine)
        if (claimed.version !== AgentRun.version) return yield* AgentRun.unreadable(key, claimed.version, "the request")
        if (claimed.digest !== digest) {
          return yield* new RunRequestConflict({
            key,
            message: `AgentRuns.submit: a run with the key ${JSON.stringify(key)} was submitted before with another request, and goes on. Nothing was started. Use another key for another request`
          })
        }
        yield* execute("AgentRuns.submit", key)
      }),
    result: (key) =>
      Effect.gen(function* () {
        const { executionId } = yield* known("AgentRuns.result", key)
        const exit = yield* pollUntil(looked("AgentRuns.result", executionId), {
          timeout: Duration.infinity,
          schedule: looks,
          onEnd: () => AgentRun.unknown(key)
        })
        return yield* ended(key, exit)
      }),
    progress: (key) =>
      Effect.gen(function* () {
        const { entry, executionId } = yield* known("AgentRuns.progress", key)
        const exit = yield* looked("AgentRuns.progress", executionId)
        return progressOf(key, entry, Option.map(exit, Exit.isSuccess))
      }),
    cancel: (key) =>
      Effect.gen(function* () {
        const { executionId } = yield* known("AgentRuns.cancel", key)
        yield* Rounds.askToEnd({
          workflowName: AgentRun.workflow.name,
          executionId,
          name: AgentRun.waitName
        }).pipe(
          Effect.provideService(WorkflowEngine, engine),
          Effect.provideService(DurableStore, store),
          typed("AgentRuns.cancel")
        )
      })
  })
})
