/** What each kind of place makes of Claude; the service is the same on top of all of them. */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { InvalidRequest } from "../errors/ApiError.js"
import type { Problem } from "../internal/arguments.js"
import type { ClaudeMessage, ResultMessage } from "../schema/stromboli/ClaudeMessage.js"
import type { SessionId } from "../schema/stromboli/Identifiers.js"
import type { ClaudeCodeError, ClaudePlaceFailed } from "./errors.js"
import type { ConverseOptions, Method, Options, RunOptions } from "./Options.js"

/** A Claude that answers one prompt after another. */
export interface Dialogue {
  readonly sessionId: SessionId
  /** The messages of one turn, which end with its result, whatever that says. */
  readonly turn: (prompt: string) => Stream.Stream<ClaudeMessage, ClaudeCodeError>
  readonly messages: Stream.Stream<ClaudeMessage, ClaudeCodeError>
  readonly interrupt: Effect.Effect<void, InvalidRequest | ClaudePlaceFailed>
}

/** Sees every result, in their order, before anybody else does. */
export type Note = (result: ResultMessage) => void

/** A place, as the service uses it. */
export interface Backend {
  readonly place: string
  /** The option that it cannot honour, if there is one. */
  readonly refusal: (method: Method, options: Options) => Problem | undefined
  /** Answers one prompt; the result may be an error. `jsonSchema` is what the answer has to match. */
  readonly run: (
    method: "run" | "runStructured",
    options: RunOptions,
    jsonSchema: string | undefined
  ) => Effect.Effect<ResultMessage, ClaudeCodeError>
  readonly open: (
    method: "stream" | "converse",
    options: ConverseOptions,
    note: Note
  ) => Effect.Effect<Dialogue, ClaudeCodeError, Scope.Scope>
}
