/** Questions of Claude whether it may use a tool, and the answers. */
import type * as Effect from "effect/Effect"

/** Claude wants to use a tool that neither the permission mode nor the allowed tools permit. */
export interface Question {
  /** `Bash`, `Write`, `mcp__tickets__create`, … */
  readonly toolName: string
  /** What the tool would be called with; its shape depends on the tool. */
  readonly input: Readonly<Record<string, unknown>>
  /** The use of the tool, as in the `ToolUse` block of the message before. */
  readonly toolUseId: string | undefined
  /** Why it has to be asked, if Claude Code says so. May contain control characters of a terminal. */
  readonly reason: string | undefined
  /** The path outside of what Claude may touch, if that is why. */
  readonly blockedPath: string | undefined
  /** The sub-agent that asks, if it is one. */
  readonly agentId: string | undefined
  /** The question as JSON, including everything that has no field here. */
  readonly raw: unknown
}

/** The answer to a question. */
export type Answer =
  | {
      readonly _tag: "Allow"
      /** Used in place of what Claude wanted to call the tool with. */
      readonly input?: Readonly<Record<string, unknown>> | undefined
    }
  | {
      readonly _tag: "Deny"
      /** What Claude is told. */
      readonly message: string
      /** Ends the turn as well, which then fails with `ClaudeFailed`. */
      readonly interrupt?: boolean | undefined
    }

/**
 * Answers questions, several at the same time if sub-agents ask. If it dies, the answer is no. It is interrupted when
 * the answer is no longer needed.
 */
export type Answerer = (question: Question) => Effect.Effect<Answer>

/** Yes; with `input`, the tool is called with that instead. */
export const allow = (input?: Readonly<Record<string, unknown>>): Answer => ({ _tag: "Allow", input })

/** No. Claude reads the message, and goes on unless `interrupt` is set. */
export const deny = (message: string, options: { readonly interrupt?: boolean } = {}): Answer => ({
  _tag: "Deny",
  message,
  ...options
})
