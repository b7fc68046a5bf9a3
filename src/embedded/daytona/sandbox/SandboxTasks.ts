import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import type * as Scope from "effect/Scope"
import type { Failure } from "../outcomes/Outcomes.js"
import type { Sandboxes } from "./Sandboxes.js"
import type { SandboxState } from "./state.js"

/** Work on a sandbox that failed, with the state that it leaves the sandbox in. */
export interface SandboxFailure extends Failure {
  readonly state?: SandboxState
}

/** What is being done to sandboxes in the background: at most one thing to each. */
export interface SandboxTasks {
  /** Begins some work, in place of whatever was being done to the sandbox. Should it fail, so does the sandbox. */
  readonly start: (sandboxId: string, work: Effect.Effect<void, SandboxFailure>) => Effect.Effect<void>
}

/** Their work ends with the scope. */
export const make = (sandboxes: Sandboxes): Effect.Effect<SandboxTasks, never, Scope.Scope> =>
  Effect.map(FiberMap.make<string, void>(), (fibers) => ({
    start: (id, work) => {
      const settled = Effect.catchAll(work, ({ reason, recoverable, state = "error" }) =>
        Effect.asVoid(sandboxes.update(id, { state, errorReason: reason, recoverable, pending: false }))
      )
      // Handlers may be uninterruptible, and a fiber inherits that.
      return Effect.asVoid(FiberMap.run(fibers, id, Effect.interruptible(settled)))
    }
  }))
