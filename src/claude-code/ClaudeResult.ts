/** What comes of a turn: the answer, and what it has cost. */
import type * as Duration from "effect/Duration"
import type { ResultMessage, TokenUsage } from "../schema/stromboli/ClaudeMessage.js"
import type { SessionId } from "../schema/stromboli/Identifiers.js"

/** A use of a tool that was not permitted. */
export interface PermissionDenial {
  readonly toolName: string
  readonly toolUseId: string | undefined
  /** What the tool would have been called with. */
  readonly input: unknown
}

/** The answer to a prompt. */
export interface ClaudeResult {
  readonly text: string
  /** The session: `resume` continues it in the same place. */
  readonly sessionId: SessionId | undefined
  /** The tokens of this turn. */
  readonly usage: TokenUsage | undefined
  /** What this turn has cost, in US dollars. Not known for the first one after `resume`. */
  readonly costUsd: number | undefined
  /** What the session has cost so far, in US dollars, also before it was resumed or forked. */
  readonly totalCostUsd: number | undefined
  /** The steps that Claude took: its answers, with or without the use of a tool. */
  readonly turns: number | undefined
  readonly duration: Duration.Duration | undefined
  /** What Claude was not permitted to do. */
  readonly permissionDenials: ReadonlyArray<PermissionDenial>
  /** All that Claude Code reported. */
  readonly message: ResultMessage
}

/** An answer that was decoded with a schema. */
export interface StructuredResult<A> extends ClaudeResult {
  readonly value: A
}

/** What was used for several turns. */
export interface Spent {
  /** The turns that have ended, including those that Claude took on its own. */
  readonly turns: number
  readonly usage: TokenUsage
  /** What the session has cost so far, in US dollars, also before it was resumed or forked. */
  readonly costUsd: number
}
