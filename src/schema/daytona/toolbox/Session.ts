/** Sessions: shells that run one command after the other, and the logs of these commands. */
import * as Schema from "effect/Schema"
import { wireStruct } from "../../wireStruct.js"

/** The session that runs what the sandbox was started with. Nobody may make or delete it. */
const reserved = "entrypoint"

const isUsable = (id: string): boolean => !/^\.{0,2}$|[/\0]/.test(id) && id !== reserved

/** What a session is called: chosen by whoever makes it, unique in its sandbox. */
export const ProcessSessionId = Schema.String.pipe(Schema.brand("ProcessSessionId"))
export type ProcessSessionId = typeof ProcessSessionId.Type

/** One command of a session: a UUID. */
export const CommandId = Schema.String.pipe(Schema.brand("CommandId"))
export type CommandId = typeof CommandId.Type

export const CreateSession = wireStruct({
  // The daemon makes it the name of a directory, as it is.
  sessionId: ProcessSessionId.pipe(
    Schema.filter(isUsable, {
      message: () => `must be no empty text, neither "." nor ".." nor "${reserved}", and without "/" and NUL`
    })
  )
})

const commandFields = {
  id: CommandId,
  /** Its text, as it was sent. */
  command: Schema.String,
  /** Absent while it runs or waits for those before it. 128 and more: ended by a signal. */
  exitCode: Schema.optional(Schema.Number)
}

/** A command of a session, and whether it has ended. */
export interface SessionCommand extends Schema.Struct.Type<typeof commandFields> {}
export const SessionCommand = wireStruct(commandFields, { absent: { command: "" } })

const sessionFields = {
  sessionId: ProcessSessionId,
  /** In no particular order. */
  commands: Schema.Array(SessionCommand)
}

/** A session and its commands. A shell that has ended looks like any other. */
export interface ProcessSession extends Schema.Struct.Type<typeof sessionFields> {}
export const ProcessSession = wireStruct(sessionFields, { absent: { commands: [] } })

/** Go writes `null` for an empty list. */
export const ProcessSessions = Schema.NullOr(Schema.Array(ProcessSession))

export const ExecuteInSession = wireStruct({
  command: Schema.String.pipe(Schema.filter((text) => text.trim() !== "", { message: () => "must not be blank" })),
  runAsync: Schema.Boolean,
  suppressInputEcho: Schema.optional(Schema.Boolean)
})

const executedFields = {
  cmdId: CommandId,
  exitCode: Schema.optional(Schema.Number),
  stdout: Schema.String,
  stderr: Schema.String
}

/** `output` holds the same once more, with the markers of the streams in it; nobody needs that. */
export const ExecutedInSession = wireStruct(executedFields, { absent: { stdout: "", stderr: "" } })

export const CommandInput = wireStruct({
  data: Schema.String.pipe(Schema.filter((text) => text !== "", { message: () => "must not be empty" }))
})

const logsFields = {
  /** What the command printed so far. What was not UTF-8 is U+FFFD; NUL bytes are missing; a newline ends it in any case. */
  stdout: Schema.String,
  stderr: Schema.String
}

/** The output of a command so far, as text. */
export interface CommandLogs extends Schema.Struct.Type<typeof logsFields> {}
export const CommandLogs = wireStruct(logsFields, { absent: { stdout: "", stderr: "" } })

export const FollowQuery = Schema.Struct({ follow: Schema.Literal("true") })
