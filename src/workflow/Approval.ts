/** The decision of a person between two steps of a workflow. */
import * as DurableClock from "@effect/workflow/DurableClock"
import * as DurableDeferred from "@effect/workflow/DurableDeferred"
import * as Workflow from "@effect/workflow/Workflow"
import { WorkflowEngine, WorkflowInstance } from "@effect/workflow/WorkflowEngine"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { isUndefined } from "effect/Predicate"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { InvalidRequest } from "../errors/ApiError.js"
import * as Arguments from "../internal/arguments.js"
import { inMethodSpan } from "../internal/methodSpans.js"
import type { DurationWithUnit } from "../schema/refused.js"
import { ApprovalMissing, type EngineFailed, type InvalidToken, StepMismatch } from "./failures.js"
import { nameShape } from "./names.js"
import { step } from "./step.js"
import { typed } from "./typed.js"
import { tokenOf, waiterOf } from "./waitToken.js"

const decisionFields = {
  approved: Schema.Boolean,
  /** Who decided. */
  by: Schema.optional(Schema.String),
  /** Why, or what to change. */
  comment: Schema.optional(Schema.String)
}

/** What a person decided. */
export interface Decision extends Schema.Struct.Type<typeof decisionFields> {}
export const Decision = Schema.Struct(decisionFields)

const StoredDecision = Schema.parseJson(Decision)
const decodeDecision = Schema.decodeUnknown(StoredDecision)
const encodeDecision = Schema.encode(StoredDecision)

/** What to ask for, and for how long. */
export interface Options<E, EI, R> {
  /** Names the decision in its workflow, in which it is unique. It must stay the same while workflows are open. */
  readonly name: string
  /**
   * Tells somebody, given the token for `decide`: by mail, in a chat. It is a step, so it is repeated only when the
   * process is lost while it runs.
   */
  readonly ask: (token: string) => Effect.Effect<void, E, R>
  /** What `ask` fails with; default: nothing. */
  readonly failure: Schema.Schema<E, EI>
  /** How long to wait for the decision; default 7 days. */
  readonly deadline?: DurationWithUnit | undefined
}

/** What ends the wait: a decision as text, or the clock, which has nothing to say. */
const decisionOf = (name: string) =>
  DurableDeferred.make(DurableClock.make({ name: clockName(name), duration: Duration.zero }).deferred.name, {
    success: Schema.Unknown
  })

const clockName = (name: string): string => `Approval/${name}`

const { effect } = Arguments.methodsOf("stromboli", "Approval")

/**
 * Asks a person, and waits for the decision without a process that waits. Fails with `ApprovalMissing` when nobody
 * decides in time, and with what `ask` fails with.
 *
 * @example
 * ```ts
 * import { Console, Effect, Schema } from "effect"
 * import { Approval } from "effect-sandboxes/workflow"
 *
 * const approved = Approval.request({
 *   name: "deploy",
 *   ask: (token) => Console.log(`https://app.example/approve?token=${token}`),
 *   failure: Schema.Never,
 *   deadline: "2 days"
 * }).pipe(Effect.map(({ approved }) => approved))
 * ```
 */
export const request: <E, EI, R>(
  options: Options<E, EI, R>
) => Effect.Effect<
  Decision,
  E | ApprovalMissing | StepMismatch | InvalidRequest,
  Exclude<R, Scope.Scope | WorkflowInstance | WorkflowEngine> | WorkflowInstance | WorkflowEngine
> = effect(
  "request",
  {
    options: Arguments.unnamed(
      Arguments.struct({
        name: nameShape,
        ask: Arguments.callback,
        failure: Arguments.schema,
        deadline: Arguments.optional(Arguments.duration)
      })
    )
  },
  (options) => inMethodSpan("Stromboli.Approval.request")(requested(options))
)

const requested = <E, EI, R>({ ask, deadline = "7 days", failure, name }: Options<E, EI, R>) =>
  Effect.gen(function* () {
    const engine = yield* WorkflowEngine
    const instance = yield* WorkflowInstance
    const { executionId, workflow } = instance
    yield* step({
      name: `${clockName(name)}/ask`,
      success: Schema.Void,
      failure,
      execute: ask(tokenOf("approval", { workflowName: workflow.name, executionId, name }))
    })
    const decision = decisionOf(name)
    const made = yield* Workflow.wrapActivityResult(engine.deferredResult(decision), isUndefined)
    if (made === undefined) {
      const clock = DurableClock.make({ name: clockName(name), duration: deadline })
      yield* engine.scheduleClock(workflow, { executionId, clock })
    }
    const said = yield* DurableDeferred.await(decision)
    if (typeof said !== "string") {
      return yield* new ApprovalMissing({
        name,
        message: `Nobody decided about ${JSON.stringify(name)} within ${Duration.format(deadline)}. The workflow ${workflow.name} (${executionId}) asked for it`
      })
    }
    return yield* Effect.mapError(
      decodeDecision(said),
      () =>
        new StepMismatch({
          step: clockName(name),
          field: "",
          message: `The decision about ${JSON.stringify(name)} was stored by another version of effect-sandboxes, which this one cannot read`
        })
    )
  })

/**
 * Decides what a workflow asked for. The first decision counts; later ones, and those after the deadline, change
 * nothing. The token is no secret: check who decides. Fails with `InvalidToken`, and with `EngineFailed` when the
 * database does.
 */
export const decide: (
  token: string,
  decision: Decision
) => Effect.Effect<void, InvalidRequest | InvalidToken | EngineFailed, WorkflowEngine> = effect(
  "decide",
  {
    token: Arguments.text,
    decision: Arguments.struct({
      approved: Arguments.flag,
      by: Arguments.optional(Arguments.text),
      comment: Arguments.optional(Arguments.text)
    })
  },
  (token: string, decision: Decision) =>
    Effect.gen(function* () {
      const engine = yield* WorkflowEngine
      const { executionId, name, workflowName } = yield* waiterOf("approval", token)
      const deferred = decisionOf(name)
      const text = yield* Effect.orElseSucceed(encodeDecision(decision), () => "")
      yield* engine
        .deferredDone(deferred, {
          workflowName,
          executionId,
          deferredName: deferred.name,
          exit: Exit.succeed(text)
        })
        .pipe(typed("Approval.decide"))
    }).pipe(inMethodSpan("Stromboli.Approval.decide"))
)
