/** Identifiers, told apart by type. `JobId.make("job-…")` brands a string; the server validates it. */
import * as Schema from "effect/Schema"

/** A run: `run-` and sixteen hex digits. */
export const RunId = Schema.String.pipe(Schema.brand("RunId"))
export type RunId = typeof RunId.Type

/** An asynchronous run: `job-` and sixteen hex digits. */
export const JobId = Schema.String.pipe(Schema.brand("JobId"))
export type JobId = typeof JobId.Type

/** A conversation: a UUID. */
export const SessionId = Schema.String.pipe(Schema.brand("SessionId"))
export type SessionId = typeof SessionId.Type

/** A message in the history of a session: a UUID. */
export const MessageId = Schema.String.pipe(Schema.brand("MessageId"))
export type MessageId = typeof MessageId.Type

/** A long-lived agent: `agent-` and a UUID. */
export const AgentId = Schema.String.pipe(Schema.brand("AgentId"))
export type AgentId = typeof AgentId.Type

/** A prompt to an agent and everything that follows from it: `turn-` and a UUID. */
export const TurnId = Schema.String.pipe(Schema.brand("TurnId"))
export type TurnId = typeof TurnId.Type

/** A Podman secret: 1 to 253 letters, digits, `_` and `-`. */
export const SecretName = Schema.String.pipe(Schema.brand("SecretName"))
export type SecretName = typeof SecretName.Type
