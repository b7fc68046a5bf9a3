import * as Effect from "effect/Effect"
import { forbidden, type Refused } from "../http/Refused.js"
import type { OutcomeSource } from "../outcomes/Outcomes.js"
import type { Work } from "../outcomes/Work.js"
import type { Organization } from "../Settings.js"
import type { Sandbox } from "../sandbox/Sandbox.js"
import { shownState } from "../sandbox/state.js"
import * as matrix from "../sandbox/stateTransitions.js"

/** Whether a call may go ahead, in the state that the sandbox shows and with what has been injected. */
export const permit = (
  outcomes: OutcomeSource,
  call: matrix.Call,
  work: Work,
  sandbox: Sandbox
): Effect.Effect<void, Refused> => {
  const verdict = matrix.verdict(call, shownState(sandbox))
  if (verdict !== undefined) return verdict
  return sandbox.pending ? matrix.stateChangeInProgress : outcomes.admit(work, sandbox)
}

/** An organization that has been suspended can neither create nor start anything. */
export const notSuspended = ({ suspended }: Organization): Effect.Effect<void, Refused> =>
  suspended === undefined
    ? Effect.void
    : forbidden(suspended === "" ? "Organization is suspended" : `Organization is suspended: ${suspended}`)
