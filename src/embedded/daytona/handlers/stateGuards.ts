/** Checks that a call must pass before it changes a sandbox. */
import * as Effect from "effect/Effect"
import { forbidden, type HttpError } from "../http/HttpError.js"
import type { BackgroundTask } from "../outcomes/BackgroundTask.js"
import type { OutcomeRegistry } from "../outcomes/Outcomes.js"
import type { Organization } from "../Settings.js"
import type { Lifecycle } from "../sandbox/Lifecycle.js"
import type { Sandbox } from "../sandbox/Sandbox.js"
import { shownState } from "../sandbox/state.js"
import * as stateTransitions from "../sandbox/stateTransitions.js"

/**
 * Fails if the call is not allowed in the state that the sandbox shows, or if an outcome that refuses it was injected.
 */
export const guardState = (
  outcomes: OutcomeRegistry,
  call: stateTransitions.TransitionCall,
  work: BackgroundTask,
  sandbox: Sandbox
): Effect.Effect<void, HttpError> => {
  const rejection = stateTransitions.rejection(call, { stored: sandbox.state, shown: shownState(sandbox) })
  if (rejection !== undefined) return rejection
  return sandbox.pending ? stateTransitions.stateChangeInProgress : outcomes.admit(work, sandbox)
}

/** Fails while the runner has a job for the sandbox, and so cannot take another one. */
export const guardJob = (lifecycle: Lifecycle, sandbox: Sandbox): Effect.Effect<void, HttpError> =>
  Effect.flatMap(lifecycle.hasJob(sandbox), (busy) => (busy ? stateTransitions.operationInProgress : Effect.void))

/** A suspended organization can neither create nor start anything. */
export const guardSuspended = ({ suspended }: Organization): Effect.Effect<void, HttpError> =>
  suspended === undefined
    ? Effect.void
    : forbidden(suspended === "" ? "Organization is suspended" : `Organization is suspended: ${suspended}`)
