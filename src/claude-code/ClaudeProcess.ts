/** The CLI as a running process, wherever it runs: what a place has to provide. */
import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { InvalidRequest } from "../errors/ApiError.js"
import type { Problem } from "../internal/arguments.js"
import type { ClaudeNotInstalled, ClaudePlaceFailed } from "./errors.js"
import type { Options } from "./Options.js"

/** What the CLI is started with. */
export interface Invocation {
  /** The method of `ClaudeCode` on whose behalf it is started, for errors: `ClaudeCode.run`. */
  readonly operation: string
  /** All arguments, without the name of the program. None of them is secret, and none contains a NUL. */
  readonly args: ReadonlyArray<string>
  /** Added to the environment of the place. It takes precedence over the place's own variables. */
  readonly environment: Readonly<Record<string, string | Redacted.Redacted>>
  /** As the caller gave it. Absent: the default of the place. */
  readonly workingDirectory: string | undefined
}

/** How a process ended. */
export interface ProcessExit {
  /** Absent if nobody knows, or if a signal ended it; some places tell that by a code as well, such as 137. */
  readonly exitCode: number | undefined
  /** The signal that ended it, such as `SIGKILL`. */
  readonly signal?: string | undefined
  /** The end of stderr: at most its last KiB. */
  readonly stderr: string
}

/** A running CLI. It and everything that it started ends with the scope it was started in. */
export interface ClaudeProcess {
  /** Writes a line, to which it adds the line break. What a process that has ended does not read is dropped. */
  readonly write: (line: string) => Effect.Effect<void, ClaudePlaceFailed>
  /** Closes stdin after all that was written, upon which the CLI ends once it has answered. */
  readonly closeInput: Effect.Effect<void, ClaudePlaceFailed>
  /**
   * The lines of stdout, without line breaks; the last one may have had none. They end with stdout. A lost connection
   * is a failure, never an end. Can be read once.
   */
  readonly lines: Stream.Stream<string, ClaudePlaceFailed>
  /** Waits until the process has ended. */
  readonly exit: Effect.Effect<ProcessExit, ClaudePlaceFailed>
  /** Ends it and everything that it started, by force if it must, and waits for that. */
  readonly kill: Effect.Effect<void, ClaudePlaceFailed>
}

/** A place where the CLI runs as a process. */
export interface ProcessPlace {
  /** What errors call it: `sandbox`. */
  readonly name: string
  readonly start: (
    invocation: Invocation
  ) => Effect.Effect<ClaudeProcess, InvalidRequest | ClaudeNotInstalled | ClaudePlaceFailed, Scope.Scope>
  /** The option that the place cannot honour, if there is one. Asked before anything is started. */
  readonly refusal?: ((options: Options) => Problem | undefined) | undefined
}
