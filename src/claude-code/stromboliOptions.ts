/** Options and failures of Stromboli, in the words of this entry and back. */
import * as Predicate from "effect/Predicate"
import * as Struct from "effect/Struct"
import type { ApiError, Conflict, NotFound, StreamInterrupted } from "../errors/ApiError.js"
import type { JobExpired, JobWaitTimeout, SessionNotResumed } from "../errors/stromboli/failures.js"
import type { ClaudeOptions } from "../schema/stromboli/ClaudeOptions.js"
import { type ClaudeCodeError, ClaudePlaceFailed } from "./errors.js"
import { type Attempt, refused, worded } from "./failures.js"
import { configurationOf } from "./McpServer.js"
import { type ConverseOptions, toolsOf } from "./Options.js"

/** The options that are the same for Stromboli, and its own words for the others. */
export const claudeOptionsOf = (options: ConverseOptions): ClaudeOptions => {
  const { forkSession, mcpServers, resume, sessionId, ...rest } = options
  const shared = Struct.omit(rest, "workingDirectory", "onPermission", "backgroundTasks", "includePartialMessages")
  return {
    ...shared,
    tools: toolsOf(options),
    sessionId: resume ?? sessionId,
    resume: resume === undefined ? undefined : true,
    forkSession,
    mcpConfigs: mcpServers === undefined ? undefined : [configurationOf(mcpServers).json]
  }
}

/** How the caller knows a field of the request. */
const fieldOf = (field: string): string =>
  field
    .replace(/^claude\./, "")
    .replace(/^workdir$/, "workingDirectory")
    .replace(/^mcpConfigs.*/, "mcpServers")

type Failure = ApiError | NotFound | Conflict | StreamInterrupted | JobExpired | JobWaitTimeout | SessionNotResumed

/** The server, or the way to it, failed. */
export const placeFailed = (attempt: Attempt, error: Failure): ClaudeCodeError => {
  if (error._tag === "InvalidRequest") {
    const problem = error.message.slice(error.message.indexOf(`\`${error.field}\``) + error.field.length + 2).trim()
    return refused(attempt.operation, fieldOf(error.field), problem)
  }
  return new ClaudePlaceFailed({
    place: attempt.place,
    operation: attempt.operation,
    message: worded(attempt, error.message),
    cause: error,
    sessionId: attempt.sessionId,
    retryable: Predicate.hasProperty(error, "retryable") && error.retryable,
    // Only of what has begun can the server have forgotten something.
    admitted: "admitted" in error ? error.admitted : "yes"
  })
}
