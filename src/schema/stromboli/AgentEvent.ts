/** The events of an agent, as its event stream reports them. */
import * as Schema from "effect/Schema"
import { isObject, parsedJson } from "../jsonFields.js"
import { ClaudeMessage, fromLine, TurnOrigin } from "./ClaudeMessage.js"
import { TurnId } from "./Identifiers.js"

const eventFields = {
  turnId: Schema.optional(TurnId),
  /** The time on the server's clock: RFC 3339 with fractional seconds. */
  at: Schema.optional(Schema.String)
}

const startedFields = { _tag: Schema.Literal("TurnStarted"), ...eventFields }

/** A prompt was accepted. */
export interface TurnStarted extends Schema.Struct.Type<typeof startedFields> {}
export const TurnStarted = Schema.Struct(startedFields)

const outputFields = {
  _tag: Schema.Literal("Output"),
  ...eventFields,
  message: Schema.typeSchema(ClaudeMessage),
  /** The line that `message` was read from. */
  line: Schema.String
}

const { message: _message, ...sentOutputFields } = outputFields

/**
 * Claude printed a line. `Partial` messages are a preview: when many lines come at once, the server drops the oldest
 * that it has not sent yet, for quick readers too. The `Result` of the turn is complete.
 */
export interface AgentOutput extends Schema.Struct.Type<typeof outputFields> {}
/** Encoded without `message`, which is read from the line again. */
export const AgentOutput = Schema.transform(
  Schema.Struct(sentOutputFields),
  Schema.typeSchema(Schema.Struct(outputFields)),
  {
    strict: true,
    decode: (event) => ({ ...event, message: fromLine(event.line) }),
    encode: ({ message: _, ...event }) => event
  }
)

const endedFields = { _tag: Schema.Literal("TurnEnded"), ...eventFields }

/** The turn of a prompt has ended: its `Result` has been printed. */
export interface TurnEnded extends Schema.Struct.Type<typeof endedFields> {}
export const TurnEnded = Schema.Struct(endedFields)

const unaskedFields = {
  _tag: Schema.Literal("UnaskedTurnEnded"),
  ...eventFields,
  /** Why it was taken, if its result was received. */
  origin: Schema.optional(TurnOrigin)
}

/**
 * A turn that nobody asked for has ended. Claude Code takes one when a background task ends; its `Result`, printed just
 * before, has an `origin`. The turn of a prompt that was sent in the meantime goes on.
 */
export interface UnaskedTurnEnded extends Schema.Struct.Type<typeof unaskedFields> {}
export const UnaskedTurnEnded = Schema.Struct(unaskedFields)

const stderrFields = { _tag: Schema.Literal("Stderr"), ...eventFields, line: Schema.String }

/** A line on stderr, or a prompt that could not be written. Called `error` on the wire, but it ends nothing. */
export interface AgentStderr extends Schema.Struct.Type<typeof stderrFields> {}
export const AgentStderr = Schema.Struct(stderrFields)

const exitFields = {
  _tag: Schema.Literal("Exited"),
  ...eventFields,
  /** Absent after a normal exit; `agent: idle timeout reached` when it was idle for too long. */
  reason: Schema.optional(Schema.String)
}

/** The process ended. Emitted once, even if the server reports it twice. */
export interface AgentExit extends Schema.Struct.Type<typeof exitFields> {}
export const AgentExit = Schema.Struct(exitFields)

const unknownFields = { _tag: Schema.Literal("Unknown"), event: Schema.String, data: Schema.String }

/** An event that this version does not know. */
export interface UnknownAgentEvent extends Schema.Struct.Type<typeof unknownFields> {}
export const UnknownAgentEvent = Schema.Struct(unknownFields)

/** An event of an agent. */
export type AgentEvent =
  | TurnStarted
  | AgentOutput
  | TurnEnded
  | UnaskedTurnEnded
  | AgentStderr
  | AgentExit
  | UnknownAgentEvent
export const AgentEvent = Schema.Union(
  TurnStarted,
  AgentOutput,
  TurnEnded,
  UnaskedTurnEnded,
  AgentStderr,
  AgentExit,
  UnknownAgentEvent
)

const parse = (data: string): object | undefined => {
  const json = parsedJson(data)
  return isObject(json) ? json : undefined
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
