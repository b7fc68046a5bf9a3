/**
 * What is enough to find something again from another process. Every connected value has its own as `handle`, and its
 * JSON decodes as one. That of a run in the background is `StartedJob`.
 */
import * as Schema from "effect/Schema"
import { AgentId, SessionId } from "./Identifiers.js"

const agentFields = { id: AgentId, sessionId: Schema.optional(SessionId) }

/** An agent, for `Agents.connect`. */
export interface AgentHandle extends Schema.Struct.Type<typeof agentFields> {}
export const AgentHandle = Schema.Struct(agentFields)

const sessionFields = { id: SessionId }

/** A conversation that spans several runs, for `Session.connect`. */
export interface SessionHandle extends Schema.Struct.Type<typeof sessionFields> {}
export const SessionHandle = Schema.Struct(sessionFields)
