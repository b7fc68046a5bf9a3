/** What a test can make of a background task. */
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"

/** The outcome of a background task. Made with the functions of this module. */
export type Outcome = Data.TaggedEnum<{
  Fail: { readonly reason: string; readonly recoverable: boolean }
  Stuck: {}
  Takes: { readonly duration: Duration.DurationInput }
  Refuse: { readonly status: number; readonly message: string }
}>

const outcome = Data.taggedEnum<Outcome>()

/** Matches on the kind of an outcome. */
export const match = outcome.$match

/**
 * The task runs for its usual time and fails: the sandbox, snapshot or volume ends in state `error` (`build_failed` for
 * a build) with this `errorReason`. A `recoverable` sandbox can be recovered. Default false.
 */
export const fail = (reason: string, options: { readonly recoverable?: boolean } = {}): Outcome =>
  outcome.Fail({ reason, recoverable: options.recoverable ?? false })

/** The task never completes: the state never changes. */
export const stuck: Outcome = outcome.Stuck()

/**
 * The task takes this long. The server's own limits apply: 15 minutes for creating, 30 for pulling, 60 for building.
 */
export const takes = (duration: Duration.DurationInput): Outcome => outcome.Takes({ duration })

/** The call that would start the task is refused, and nothing changes. */
export const refuse = (status: number, message: string): Outcome => outcome.Refuse({ status, message })

/** A lost race against a concurrent change: 409, and nothing changes. */
export const modifiedMeanwhile: Outcome = refuse(409, "Sandbox was modified by another operation")
