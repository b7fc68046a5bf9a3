/** Claude Code, wherever it runs: a layer says where. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { ClaudeMessage } from "../schema/stromboli/ClaudeMessage.js"
import type { ClaudeResult, StructuredResult } from "./ClaudeResult.js"
import type { Conversation } from "./Conversation.js"
import type { ClaudeAnswerMismatch, ClaudeCodeError } from "./errors.js"
import type { ConverseOptions, RunOptions, StreamOptions } from "./Options.js"

/**
 * Claude Code, wherever it runs: `layerCommand` runs it on this machine, `layerSandbox` in a sandbox of Daytona, and
 * `layerStromboli` in the containers of a Stromboli server. A program that uses it does not know where it runs.
 *
 * An option that a place cannot honour is refused: the method fails with `InvalidRequest`, which names it, and starts
 * nothing.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { ClaudeCode } from "effect-sandboxes/claude-code"
 *
 * const program = Effect.gen(function* () {
 *   const claude = yield* ClaudeCode
 *   const { costUsd, text } = yield* claude.run({ prompt: "Which tests fail, and why?", allowedTools: ["Bash"] })
 *   return { costUsd, text }
 * })
 * ```
 */
export class ClaudeCode extends Context.Tag("effect-sandboxes/claude-code/ClaudeCode")<
  ClaudeCode,
  ClaudeCode.Service
>() {}

export declare namespace ClaudeCode {
  interface Service {
    /**
     * Runs a prompt and waits for its result, without a limit of ours. It is never started twice.
     *
     * Fails with `ClaudeFailed` when Claude reports an error (out of turns or budget, an API error), with
     * `ClaudeExited` when Claude Code ends without a result, with `ClaudeSessionNotFound` when there is no session to
     * resume, with `ClaudeNotInstalled`, and with `ClaudePlaceFailed` when the place itself fails.
     */
    readonly run: (options: RunOptions) => Effect.Effect<ClaudeResult, ClaudeCodeError>
    /**
     * Runs a prompt and decodes the answer with the schema, from which the JSON Schema for Claude is derived. Fails
     * with `ClaudeAnswerMismatch`, which keeps the answer, when it does not match, and otherwise like `run`.
     */
    readonly runStructured: <A, I, R>(
      schema: Schema.Schema<A, I, R>,
      options: RunOptions
    ) => Effect.Effect<StructuredResult<A>, ClaudeCodeError | ClaudeAnswerMismatch, R>
    /**
     * Runs a prompt and emits the messages as Claude Code prints them. The last one is the `Result`, after which the
     * stream fails with `ClaudeFailed` if it is an error. Otherwise it fails like `run`. Leaving the stream ends
     * Claude.
     */
    readonly stream: (options: StreamOptions) => Stream.Stream<ClaudeMessage, ClaudeCodeError>
    /** Begins a conversation, turn by turn. Claude Code ends with the scope. Fails like `run`. */
    readonly converse: (options?: ConverseOptions) => Effect.Effect<Conversation, ClaudeCodeError, Scope.Scope>
  }
}
