/** Turns with one Claude, and what came of them. */
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { InvalidRequest } from "../errors/ApiError.js"
import type { ClaudeMessage } from "../schema/stromboli/ClaudeMessage.js"
import type { SessionId } from "../schema/stromboli/Identifiers.js"
import type { ClaudeResult, Spent } from "./ClaudeResult.js"
import type { ClaudeCodeError, ClaudePlaceFailed } from "./errors.js"

/** A conversation with Claude, which ends with its scope. */
export interface Conversation {
  /** The session: `resume` continues it later, in the same place. */
  readonly sessionId: SessionId
  /**
   * Sends a prompt, waits until its turn has ended, and returns its result. Fails with `ClaudeFailed` when Claude
   * reports an error, upon which the conversation goes on, and with `ClaudeExited` when Claude Code ends first.
   */
  readonly ask: (prompt: string) => Effect.Effect<ClaudeResult, ClaudeCodeError>
  /**
   * Sends a prompt and emits the messages of its turn; the last one is its `Result`, after which the stream fails like
   * `ask` if it is an error. A prompt waits for the turn before it, even if its stream was left early: leaving a stream
   * does not end the turn. A turn that Claude takes on its own meanwhile is emitted as well: its `Result` has an
   * `origin`.
   */
  readonly askStream: (prompt: string) => Stream.Stream<ClaudeMessage, ClaudeCodeError>
  /**
   * Every message once the stream is run, also between the turns, for any number of subscribers. It ends when Claude
   * Code does, or fails as `ask` would. A subscriber that falls 10,000 messages behind fails with `ClaudePlaceFailed`.
   */
  readonly messages: Stream.Stream<ClaudeMessage, ClaudeCodeError>
  /**
   * Interrupts the turn that is in progress, which then fails with `ClaudeFailed`, and waits for Claude to confirm
   * that. The conversation goes on. Without a turn in progress, it does nothing. Refused in Stromboli, which cannot do
   * it: close the scope instead.
   */
  readonly interrupt: Effect.Effect<void, InvalidRequest | ClaudePlaceFailed>
  /** What the conversation has used so far. */
  readonly spent: Effect.Effect<Spent>
}
