/** What commands and programs in a sandbox return and print. */
import * as Schema from "effect/Schema"
import { Chart } from "./Chart.js"
import { CommandId } from "./Session.js"

const printedFields = {
  stdout: Schema.String,
  stderr: Schema.String,
  /** Whether `stdout` or `stderr` was cut off after 16 Mi characters. */
  truncated: Schema.Boolean
}

const executeFields = {
  /** 128 and above: ended by a signal. 125: the directory cannot be entered; `stderr` says why. */
  exitCode: Schema.Number,
  ...printedFields
}

/**
 * How a command ended, and its output as text. Invalid UTF-8 becomes U+FFFD; the daemon drops NUL bytes and adds a
 * final newline.
 */
export interface ExecuteResult extends Schema.Struct.Type<typeof executeFields> {}
export const ExecuteResult = Schema.Struct(executeFields)

const mergedFields = {
  /** −1: killed by a signal, or not started; then `output` says why. */
  exitCode: Schema.Number,
  output: Schema.String
}

/** How a command of `executeMerged` ended, and its interleaved output. */
export interface MergedResult extends Schema.Struct.Type<typeof mergedFields> {}
export const MergedResult = Schema.Struct(mergedFields)

const codeRunFields = {
  /** −1 when the program was killed or could not be started. */
  exitCode: Schema.Number,
  /** Standard output and standard error, interleaved as they were written. */
  output: Schema.String,
  /** The charts that the program showed and the daemon kept. */
  charts: Schema.Array(Chart)
}

/** The result of a program. */
export interface CodeRunResult extends Schema.Struct.Type<typeof codeRunFields> {}
export const CodeRunResult = Schema.Struct(codeRunFields)

const sessionFields = {
  commandId: CommandId,
  /** 128 and above: ended by a signal. */
  exitCode: Schema.Number,
  ...printedFields
}

/**
 * How a command of a session ended, and its output as text. Invalid UTF-8 becomes U+FFFD; the daemon drops NUL bytes
 * and adds a final newline.
 */
export interface SessionResult extends Schema.Struct.Type<typeof sessionFields> {}
export const SessionResult = Schema.Struct(sessionFields)

const channel = Schema.Literal("Stdout", "Stderr")

const chunkFields = { _tag: channel, bytes: Schema.Uint8ArrayFromBase64 }

/**
 * Output of a command, in whole lines except for very long ones. The daemon drops NUL bytes and adds a final newline.
 */
export interface LogChunk extends Schema.Struct.Type<typeof chunkFields> {}
export const LogChunk = Schema.Struct(chunkFields)

const textFields = { _tag: channel, text: Schema.String }

/** Output of a command as text. */
export interface LogText extends Schema.Struct.Type<typeof textFields> {}
export const LogText = Schema.Struct(textFields)

const exitFields = { _tag: Schema.Literal("Exit"), exitCode: Schema.Number }

/** How a command ended. */
export interface CommandExit extends Schema.Struct.Type<typeof exitFields> {}
export const CommandExit = Schema.Struct(exitFields)

/** Output of a command, and how it ended: `Exit` is always the last event. */
export type ProcessEvent = LogChunk | CommandExit
export const ProcessEvent = Schema.Union(LogChunk, CommandExit)
