/** A Daytona sandbox that lives as long as a workflow. */
import * as Workflow from "@effect/workflow/Workflow"
import { type WorkflowEngine, WorkflowInstance } from "@effect/workflow/WorkflowEngine"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { ApiError, Conflict, NotFound } from "../errors/ApiError.js"
import { KeyConflict, SandboxFailed, SandboxWaitTimeout, UnsupportedByServer } from "../errors/daytona/controlPlane.js"
import * as Arguments from "../internal/arguments.js"
import { finalizerRequest } from "../internal/finalizerRequest.js"
import { inMethodSpan } from "../internal/methodSpans.js"
import type { CreateSandbox } from "../schema/daytona/CreateSandbox.js"
import { SandboxHandle } from "../schema/daytona/Handles.js"
import { SandboxName } from "../schema/daytona/Identifiers.js"
import type { DurationWithUnit } from "../schema/refused.js"
import { DaytonaClient } from "../services/daytona/DaytonaClient.js"
import { nameOf } from "../services/daytona/ownership.js"
import { Sandboxes } from "../services/daytona/sandboxes/Sandboxes.js"
import { DurableStore } from "./DurableStore.js"
import { StepMismatch } from "./failures.js"
import { nameShape, shortKeyIn } from "./names.js"
import { patiently } from "./patience.js"

/** Which sandbox to make. */
export interface Options<R = never> {
  /** Names the sandbox in its workflow, in which it is unique. It must stay the same while workflows are open. */
  readonly name: string
  /**
   * What to create, without `key` and `name`, which follow from the workflow. Give it `wantedFor`, for a `Reaper` to
   * find what no worker is left to delete.
   */
  readonly sandbox?: CreateSandbox<R> | undefined
  /** How long to try while the server cannot be reached; default 1 hour. */
  readonly deadline?: DurationWithUnit | undefined
}

/** What making a durable sandbox fails with, for the `error` of a workflow. */
export const SandboxError = Schema.Union(
  ApiError,
  Conflict,
  KeyConflict,
  NotFound,
  SandboxFailed,
  SandboxWaitTimeout,
  UnsupportedByServer,
  StepMismatch
)
export type SandboxError = typeof SandboxError.Type

const absent = Arguments.kind((value) => value === undefined, "must be absent: it follows from the workflow")

const { effect } = Arguments.methodsOf("daytona", "DurableSandbox")

/**
 * Creates a sandbox in a step of a workflow, and deletes it when the workflow is over: when it succeeds, fails or is
 * interrupted, also by another process than the one that created it. It is created once, however often the process is
 * killed, and deleting it twice does no harm. While the workflow is open, it is kept, also when a worker ends.
 *
 * When the server cannot be reached at the end, the deletion is tried for some minutes, and then logged as a warning:
 * use `wantedFor` and a `Reaper`.
 *
 * Fails as `Sandboxes.getOrCreate`. A server that cannot be reached is asked again until `deadline`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { DurableCommand, DurableSandbox } from "effect-sandboxes/workflow"
 *
 * const tests = Effect.gen(function* () {
 *   const sandbox = yield* DurableSandbox.make({ name: "tests", sandbox: { wantedFor: "2 hours" } })
 *   return yield* DurableCommand.execute({ name: "npm test", sandbox, command: "npm test", timeout: "1 hour" })
 * })
 * ```
 */
export const make: <R = never>(
  options: Options<R>
) => Effect.Effect<
  SandboxHandle,
  SandboxError,
  | Exclude<R, Scope.Scope | WorkflowInstance | WorkflowEngine>
  | Sandboxes
  | DaytonaClient
  | DurableStore
  | WorkflowInstance
  | WorkflowEngine
> = effect(
  "make",
  {
    options: Arguments.unnamed(
      Arguments.struct({
        name: nameShape,
        sandbox: Arguments.optional(Arguments.struct({ key: absent, name: absent })),
        deadline: Arguments.optional(Arguments.duration)
      })
    )
  },
  (options) => inMethodSpan("Daytona.DurableSandbox.make")(made(options))
)

const made = <R>({ deadline = "1 hour", name, sandbox = {} }: Options<R>) =>
  Effect.gen(function* () {
    const { name: _, ...parameters } = sandbox
    const sandboxes = yield* Sandboxes
    const { application } = yield* DaytonaClient
    const store = yield* DurableStore
    const instance = yield* WorkflowInstance
    const key = shortKeyIn(store, instance.executionId, name)

    // Before the sandbox is asked for: it is deleted also when nobody learned that it was created.
    yield* Workflow.addFinalizer((exit) =>
      goesOn(exit, instance)
        ? Effect.void
        : deletion(sandboxes, SandboxName.make(nameOf({ application, key })), instance.executionId)
    )
    return yield* patiently({
      name,
      success: SandboxHandle,
      failure: SandboxError,
      polls: { first: "1 second", most: "1 minute" },
      deadline: Duration.decode(deadline),
      attempt: Effect.map(sandboxes.getOrCreate({ ...parameters, key }), ({ handle }) => Option.some(handle))
    })
  })

/** The worker ends, and another one goes on with the workflow: the engine closes the scope of a workflow then, too. */
const goesOn = (exit: Exit.Exit<unknown, unknown>, { interrupted }: { readonly interrupted: boolean }): boolean =>
  Exit.isFailure(exit) && Cause.isInterruptedOnly(exit.cause) && !interrupted

const deletion = (sandboxes: Sandboxes.Service, name: SandboxName, executionId: string): Effect.Effect<void> =>
  finalizerRequest(sandboxes.delete(name)).pipe(
    Effect.catchTag("NotFound", () => Effect.void),
    // A sandbox that is changing its state cannot be deleted until it has.
    Effect.retry({
      while: ({ retryable }) => retryable,
      schedule: Schedule.intersect(Schedule.exponential("1 second"), Schedule.recurs(4))
    }),
    Effect.catchAll((error) =>
      Effect.logWarning(`Sandbox ${name} of the workflow ${executionId} was left behind: ${error.message}`)
    )
  )
