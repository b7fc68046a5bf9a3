/** The events of an agent, as its event stream reports them. */
import { type ClaudeMessage, fromLine, type TurnOrigin } from "./ClaudeMessage.js"
import { TurnId } from "./Identifiers.js"

/** An event of an agent. */
export type AgentEvent =
  | TurnStarted
  | AgentOutput
  | TurnEnded
  | UnaskedTurnEnded
  | AgentStderr
  | AgentExit
  | UnknownAgentEvent

interface EventFields {
  readonly turnId?: TurnId | undefined
  /** The time on the server's clock: RFC 3339 with fractional seconds. */
  readonly at?: string | undefined
}

/** A prompt was accepted. */
export interface TurnStarted extends EventFields {
  readonly _tag: "TurnStarted"
}

/**
 * Claude printed a line. `Partial` messages are a preview: when many lines come at once, the server drops the oldest
 * that it has not sent yet, for quick readers too. The `Result` of the turn is complete.
 */
export interface AgentOutput extends EventFields {
  readonly _tag: "Output"
  readonly message: ClaudeMessage
  /** The line that `message` was read from. */
  readonly line: string
}

/** The turn of a prompt has ended: its `Result` has been printed. */
export interface TurnEnded extends EventFields {
  readonly _tag: "TurnEnded"
}

/**
 * A turn that nobody asked for has ended. Claude Code takes one when a background task ends; its `Result`, printed just
 * before, has an `origin`. The turn of a prompt that was sent in the meantime goes on.
 */
export interface UnaskedTurnEnded extends EventFields {
  readonly _tag: "UnaskedTurnEnded"
  /** Why it was taken, if its result was received. */
  readonly origin?: TurnOrigin | undefined
}

/** A line on stderr, or a prompt that could not be written. Called `error` on the wire, but it ends nothing. */
export interface AgentStderr extends EventFields {
  readonly _tag: "Stderr"
  readonly line: string
}

/** The process ended. Emitted once, even if the server reports it twice. */
export interface AgentExit extends EventFields {
  readonly _tag: "Exited"
  /** Absent after a normal exit; `agent: idle timeout reached` when it was idle for too long. */
  readonly reason?: string | undefined
}

/** An event that this version does not know. */
export interface UnknownAgentEvent {
  readonly _tag: "Unknown"
  readonly event: string
  readonly data: string
}

const parse = (data: string): object | undefined => {
  try {
    const parsed: unknown = JSON.parse(data)
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

/** The server omits empty texts. `undefined`: the field is not text. */
const textAt = (source: object, key: string): string | undefined => {
  const value: unknown = Reflect.get(source, key) ?? ""
  return typeof value === "string" ? value : undefined
}

/**
 * Reads one server-sent event. It never fails, and a field of an unexpected type is only left out: an event that ends a
 * turn must not be lost because of its timestamp.
 */
export const fromServerSentEvent = (event: string, data: string): AgentEvent => {
  const unknown: AgentEvent = { _tag: "Unknown", event, data }
  const source = parse(data)
  if (source === undefined) return unknown
  const turnId = textAt(source, "turn_id")
  const content = textAt(source, "content")
  const error = textAt(source, "error")
  const fields = { turnId: turnId ? TurnId.make(turnId) : undefined, at: textAt(source, "at") || undefined }
  switch (event) {
    case "turn_start":
      return { _tag: "TurnStarted", ...fields }
    case "output":
      return content === undefined ? unknown : { _tag: "Output", ...fields, message: fromLine(content), line: content }
    case "turn_end":
      return { _tag: "TurnEnded", ...fields }
    case "error":
      return error === undefined ? unknown : { _tag: "Stderr", ...fields, line: error || (content ?? "") }
    case "exited":
      return { _tag: "Exited", ...fields, reason: error || undefined }
    default:
      return unknown
  }
}
