/** How far a durable run is. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { JobId, SessionId } from "../schema/stromboli/Identifiers.js"
import type { DurableStore } from "./DurableStore.js"
import { noteOf } from "./rounds.js"
import { RunState } from "./runMachine.js"

const fields = {
  key: Schema.String,
  /**
   * - `submitted`: no worker has taken it yet.
   * - `starting`: a worker has taken it, and the server has not confirmed a job yet.
   * - `running`: the server has a job of it.
   * - `completed` and `failed`: it is over, and `AgentRuns.result` says how.
   */
  state: Schema.Literal("submitted", "starting", "running", "completed", "failed"),
  /** Whether its end was asked for. */
  isCancelled: Schema.Boolean,
  /** How often it was looked after. */
  rounds: Schema.Number,
  /** How many runs may have been paid for. */
  runs: Schema.Number,
  jobId: Schema.optional(JobId),
  /** Its conversation: `Sessions.conversation` reads what was said so far. */
  sessionId: Schema.optional(SessionId),
  /** The status of the job when the server was last asked. */
  status: Schema.optional(Schema.String),
  /** Why the server could not be asked the last time. */
  trouble: Schema.optional(Schema.String)
}

/** How far a durable run is, as its last round has left it. */
export interface AgentRunProgress extends Schema.Struct.Type<typeof fields> {}
export const AgentRunProgress = Schema.Struct(fields)

const decodeNote = Schema.decodeOption(noteOf(RunState))

/** `isSuccess` of a run that is over. */
export const progressOf = (
  key: string,
  { asksToEnd, progress, round }: DurableStore.Entry,
  isSuccess: Option.Option<boolean>
): AgentRunProgress => {
  const state = Option.match(decodeNote(progress ?? ""), {
    onNone: () => undefined,
    onSome: (note) => note.left ?? note.state
  })
  const { job, sessionId, status, trouble } = state ?? {}
  const open = round === 0 ? "submitted" : job === undefined ? "starting" : "running"
  return {
    key,
    state: Option.match(isSuccess, { onNone: () => open, onSome: (so) => (so ? "completed" : "failed") }),
    isCancelled: asksToEnd,
    rounds: round,
    runs: state?.runs ?? 1,
    ...(job === undefined ? {} : { jobId: job }),
    ...(sessionId === undefined ? {} : { sessionId }),
    ...(status === undefined ? {} : { status }),
    ...(trouble === undefined ? {} : { trouble })
  }
}
