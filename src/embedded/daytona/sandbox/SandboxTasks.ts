/** The background task of each sandbox. */
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import type * as Scope from "effect/Scope"
import type { Failure } from "../outcomes/Outcomes.js"
import type { Sandboxes } from "./Sandboxes.js"
import type { SandboxState } from "./state.js"

/** A failed task, with the state that it leaves the sandbox in. */
export interface SandboxFailure extends Failure {
  readonly state?: SandboxState
}

/** The background tasks of sandboxes: at most one for each. */
export interface SandboxTasks {
  /** Starts a task, replacing the sandbox's current one. If it fails, the sandbox is put in a failed state. */
  readonly start: (sandboxId: string, work: Effect.Effect<void, SandboxFailure>) => Effect.Effect<void>
  readonly isRunning: (sandboxId: string) => Effect.Effect<boolean>
}

/** All tasks end with the scope. */
export const make = (sandboxes: Sandboxes): Effect.Effect<SandboxTasks, never, Scope.Scope> =>
  Effect.map(FiberMap.make<string, void>(), (fibers) => ({
    start: (id, work) => {
      const settled = Effect.catchAll(work, ({ reason, recoverable, state = "error" }) =>
        Effect.asVoid(sandboxes.update(id, { state, errorReason: reason, recoverable, pending: false }))
      )
      // Handlers may be uninterruptible, which a forked fiber inherits.
      return Effect.asVoid(FiberMap.run(fibers, id, Effect.interruptible(settled)))
    },
    isRunning: (id) => FiberMap.has(fibers, id)
  }))
