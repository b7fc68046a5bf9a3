import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"

/** What becomes of something the server does in the background. Made with the functions of this module. */
export type Outcome = Data.TaggedEnum<{
  Fail: { readonly reason: string; readonly recoverable: boolean }
  Stuck: {}
  Takes: { readonly duration: Duration.DurationInput }
  Refuse: { readonly status: number; readonly message: string }
}>

const outcome = Data.taggedEnum<Outcome>()

/** Tells one kind of outcome from another. */
export const match = outcome.$match

/**
 * The work runs for its usual time and fails: the sandbox, snapshot or volume ends in `error` (a build in `build_failed`) with
 * this `errorReason`. A `recoverable` sandbox may be recovered. Default false.
 */
export const fail = (reason: string, options: { readonly recoverable?: boolean } = {}): Outcome =>
  outcome.Fail({ reason, recoverable: options.recoverable ?? false })

/** The work never ends: the state stays where it is for ever. */
export const stuck: Outcome = outcome.Stuck()

/** The work takes this long. The server's own limits apply: creating 15 minutes, pulling 30, building 60. */
export const takes = (duration: Duration.DurationInput): Outcome => outcome.Takes({ duration })

/** The call that would begin the work is turned down, and nothing changes. */
export const refuse = (status: number, message: string): Outcome => outcome.Refuse({ status, message })

/** What losing against a concurrent change looks like: 409, and nothing changes. */
export const modifiedMeanwhile: Outcome = refuse(409, "Sandbox was modified by another operation")
