/** Sessions: shells that run one command at a time, and the logs of these commands. */
import * as Schema from "effect/Schema"
import { wireStruct } from "../../wireStruct.js"

/** The session of the entrypoint of the sandbox. It cannot be created or deleted. */
const reserved = "entrypoint"

/** Neither a shell nor a file system finds anything special in these. */
const isUsable = (id: string): boolean => /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(id) && id !== reserved

/** The name of a session: chosen by its creator, unique in its sandbox. */
export const ProcessSessionId = Schema.String.pipe(Schema.brand("ProcessSessionId"))
export type ProcessSessionId = typeof ProcessSessionId.Type

/** The id of a command: a UUID. */
export const CommandId = Schema.String.pipe(Schema.brand("CommandId"))
export type CommandId = typeof CommandId.Type

export const CreateSession = wireStruct({
  // The daemon puts it into paths, and these into commands of the shell, where `$(id)` would be run.
  sessionId: ProcessSessionId.pipe(
    Schema.filter(isUsable, {
      message: () =>
        `must be 1 to 128 letters, digits, "_", "." and "-" of ASCII, not begin with "." or "-", and not be "${reserved}"`
    })
  )
})

const commandFields = {
  id: CommandId,
  /** The text, as it was sent. */
  command: Schema.String,
  /** Absent while the command runs or is queued. 128 and above: ended by a signal. */
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

/** A session and its commands. It does not show whether its shell has exited. */
export interface ProcessSession extends Schema.Struct.Type<typeof sessionFields> {}
export const ProcessSession = wireStruct(sessionFields, { absent: { commands: [] } })

/** Go encodes an empty list as `null`. */
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

/** The daemon also sends `output`, which has the same bytes with markers of their origin. */
export const ExecutedInSession = wireStruct(executedFields, { absent: { stdout: "", stderr: "" } })

export const CommandInput = wireStruct({
  data: Schema.String.pipe(Schema.filter((text) => text !== "", { message: () => "must not be empty" }))
})

const logsFields = {
  /** Invalid UTF-8 becomes U+FFFD; the daemon drops NUL bytes and adds a final newline. */
  stdout: Schema.String,
  stderr: Schema.String
}

/** The output of a command so far, as text. */
export interface CommandLogs extends Schema.Struct.Type<typeof logsFields> {}
export const CommandLogs = wireStruct(logsFields, { absent: { stdout: "", stderr: "" } })

export const FollowQuery = Schema.Struct({ follow: Schema.Literal("true") })
