/** The processes behind runs and agents, as interfaces. */
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { ClaudeOptions, PodmanOptions } from "../wire.js"
import type { ProcessFailed } from "./ProcessFailed.js"

/** One message of a session, as text. */
export interface Turn {
  readonly role: "user" | "assistant"
  readonly text: string
}

/** The input of a run. */
export interface RunInput {
  readonly prompt: string
  readonly sessionId: string
  /** The session's earlier messages, oldest first. The real CLI reads them only when it resumes. */
  readonly history: ReadonlyArray<Turn>
  /** Whether to continue the session; otherwise the history is ignored. */
  readonly resume: boolean
  readonly workdir: string
  /** The options of the Claude CLI, by their wire names. */
  readonly claude: ClaudeOptions
  /** The options of the container, by their wire names. */
  readonly podman: PodmanOptions
}

/** A run: the lines it prints, stdout and stderr mixed, without line terminators. Fails if the process does. */
export type Run = (input: RunInput) => Stream.Stream<string, ProcessFailed>

/** The input of a long-lived agent. */
export interface AgentInput {
  readonly agentId: string
  readonly sessionId: string
  readonly workdir: string
  readonly claude: ClaudeOptions
}

/** A line that an agent's process printed. */
export interface AgentLine {
  readonly from: "stdout" | "stderr"
  readonly line: string
}

/** A long-lived process that reads stream-json lines and prints stream-json lines. */
export interface AgentProcess {
  /** Writes a line to its stdin. */
  readonly write: (line: string) => Effect.Effect<void, AgentWriteFailed>
  /** Its output until it ends. Can be consumed once. */
  readonly output: Stream.Stream<AgentLine>
  /** Completes when it has ended; fails if its exit code is not 0. */
  readonly exit: Effect.Effect<void, ProcessFailed>
  /** Closes its stdin, upon which a well-behaved process ends. */
  readonly closeInput: Effect.Effect<void>
  /** Sends a signal; `exit` reports the result. */
  readonly kill: (signal: "SIGTERM" | "SIGKILL") => Effect.Effect<void>
}

/** The process could not be started. */
export class SpawnFailed extends Data.TaggedError("SpawnFailed")<{ readonly message: string }> {}

/** A line could not be written to the stdin of an agent. */
export class AgentWriteFailed extends Data.TaggedError("AgentWriteFailed")<{ readonly message: string }> {}

/** Starts an agent; its process ends with the scope. */
export type StartAgent = (input: AgentInput) => Effect.Effect<AgentProcess, SpawnFailed, Scope.Scope>
