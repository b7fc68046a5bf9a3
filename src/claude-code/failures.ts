/** How failures are worded, and told apart by what Claude Code printed. */
import type { InvalidRequest } from "../errors/ApiError.js"
import { invalidRequest } from "../internal/failure.js"
import type { ResultMessage } from "../schema/stromboli/ClaudeMessage.js"
import { SessionId } from "../schema/stromboli/Identifiers.js"
import { describe } from "../services/stromboli/execution/failedRun.js"
import { longestLine } from "../stream/Lines.js"
import type { ProcessExit } from "./ClaudeProcess.js"
import { ClaudeExited, ClaudeFailed, ClaudeSessionNotFound } from "./errors.js"
import type { Method } from "./Options.js"

/** What was tried, and where. */
export interface Attempt {
  readonly place: string
  readonly operation: string
  readonly sessionId?: SessionId | undefined
}

export const attemptOf = (place: string, method: Method): Attempt => ({ place, operation: `ClaudeCode.${method}` })

const subjectOf = ({ operation, place }: Attempt): string => `${operation} (${place})`

/** The beginning of a message: `ClaudeCode.run (command): …`. */
export const worded = (attempt: Attempt, what: string): string => `${subjectOf(attempt)}: ${what}`

export const refused = (operation: string, field: string, problem: string): InvalidRequest =>
  invalidRequest({ system: "claude-code", operation }, field, problem)

const sessionIdOf = ({ sessionId }: ResultMessage): SessionId | undefined =>
  sessionId === undefined ? undefined : SessionId.make(sessionId)

const isInterruption = ({ subtype, terminalReason }: ResultMessage): boolean =>
  subtype === "error_during_execution" && (terminalReason?.startsWith("aborted") ?? false)

/** Claude reported an error. */
export const failed = (attempt: Attempt, result: ResultMessage): ClaudeFailed => {
  const interrupted = isInterruption(result)
  const what = interrupted
    ? "the turn was interrupted"
    : `Claude ended with an error: ${describe(result).slice(0, 500)}`
  return new ClaudeFailed({
    place: attempt.place,
    operation: attempt.operation,
    message: worded(attempt, what),
    subtype: result.subtype,
    interrupted,
    totalCostUsd: result.totalCostUsd,
    turns: result.turns,
    sessionId: sessionIdOf(result) ?? attempt.sessionId,
    result
  })
}

/** How Claude Code says that there is no session to resume; in `stream-json`, also as a result. */
const missingSession = /(?:^|: )No conversation found with session ID: \S+$/m

export const saysNoSession = (text: string): boolean => missingSession.test(text)

/** Claude Code prints a result when it finds no session, before it has asked the model. */
export const isMissingSession = (result: ResultMessage): boolean =>
  result.isError && (result.turns ?? 0) === 0 && saysNoSession(describe(result))

export const sessionNotFound = (attempt: Attempt, sessionId: SessionId): ClaudeSessionNotFound =>
  new ClaudeSessionNotFound({
    place: attempt.place,
    operation: attempt.operation,
    sessionId,
    message: worded(
      attempt,
      `there is no session ${sessionId} to resume. Sessions belong to the place, and to the directory in which they were begun.`
    )
  })

/** A process that prints without end is stopped. */
export const lineTooLong = `Claude Code printed a line of more than ${longestLine} characters, and was stopped.`

/** How far Claude had come: was the prompt written, did the CLI begin a turn with it, and had Claude said something? */
export type Progress = "not asked" | "asked" | "begun" | "answering"

const howItEnded = ({ exitCode, signal }: ProcessExit): string => {
  if (exitCode !== undefined) return `exited with code ${exitCode}`
  return signal === undefined ? "ended" : `was ended by ${signal}`
}

/** Claude Code ended without a result. */
export const exited = (attempt: Attempt, exit: ProcessExit, progress: Progress): ClaudeExited => {
  const stderr = exit.stderr.trim()
  const said = stderr === "" ? "It printed nothing on stderr." : `On stderr: ${stderr.slice(-500)}`
  // One that refuses its arguments exits by itself, and has not called the model: that would have begun a turn.
  const refusedToStart = progress === "asked" && exit.exitCode !== undefined && exit.signal === undefined
  const admitted = progress === "answering" ? "yes" : refusedToStart || progress === "not asked" ? "no" : "unknown"
  const advice =
    admitted === "no"
      ? "Claude was not asked."
      : "Claude may have done part of the work, and cost money: look at what it left before you ask again."
  return new ClaudeExited({
    place: attempt.place,
    operation: attempt.operation,
    message: worded(attempt, `Claude Code ${howItEnded(exit)} before it had answered. ${advice} ${said}`),
    exitCode: exit.exitCode,
    signal: exit.signal,
    stderr: exit.stderr,
    sessionId: attempt.sessionId,
    admitted
  })
}
