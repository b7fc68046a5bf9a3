/** What to do when a run cannot be waited for to its end. Each of these is the caller's decision, since it costs. */
import * as Schema from "effect/Schema"

/**
 * - `fail`: the durable run fails, with what is known.
 * - `resume`: another run is paid for, which continues the conversation. It knows what was said and done before, and
 *   that is usually cheaper than another run from the beginning. Fails if the server has no conversation of the run.
 * - `payAgain`: another run is paid for, from the beginning, in a conversation of its own.
 */
export const Choice = Schema.Literal("fail", "resume", "payAgain")
export type Choice = typeof Choice.Type

const fields = {
  /**
   * The server was restarted, and has forgotten the job while it ran: less than an hour after the server last had it.
   * Its container may go on, and cost money. Default `fail`.
   */
  whenForgotten: Schema.optional(Choice),
  /**
   * The server no longer has the job, and last had it more than an hour ago: it may have ended meanwhile, since results
   * are kept for an hour. That takes workers that were away for that long. Default `fail`.
   */
  whenExpired: Schema.optional(Choice),
  /** The container was killed because it ran for as long as `podman.timeout` allows. Default `fail`. */
  whenTimedOut: Schema.optional(Choice),
  /** How many runs may be paid for in all; default 2. */
  mostRuns: Schema.optional(Schema.Int.pipe(Schema.between(1, 10)))
}

/** What to do in place of failing. */
export interface RunPolicy extends Schema.Struct.Type<typeof fields> {}
export const RunPolicy = Schema.Struct(fields)
