/** The code interpreter, which keeps the state of Python code in contexts. */
import * as Schema from "effect/Schema"
import { wireStruct } from "../../wireStruct.js"
import { EnvironmentVariables } from "./Workspace.js"

/** The id of a context: a UUID chosen by the daemon. */
export const ContextId = Schema.String.pipe(Schema.brand("ContextId"))
export type ContextId = typeof ContextId.Type

export const CreateContext = wireStruct({ cwd: Schema.optional(Schema.String) })

const contextFields = {
  id: ContextId,
  /** The initial directory of its code. */
  cwd: Schema.String,
  /** ISO 8601. */
  createdAt: Schema.String,
  active: Schema.Boolean,
  /** So far always `python`. */
  language: Schema.String
}

/** A Python process whose variables, imports and functions persist between runs. */
export interface InterpreterContext extends Schema.Struct.Type<typeof contextFields> {}
export const InterpreterContext = wireStruct(contextFields, { absent: { language: "python" } })

export const ContextList = wireStruct({ contexts: Schema.Array(InterpreterContext) }, { absent: { contexts: [] } })

/** The first and only message of a client. */
export const InterpreterRequest = wireStruct(
  {
    code: Schema.String.pipe(Schema.filter((code) => code.trim() !== "", { message: () => "must not be blank" })),
    contextId: Schema.optional(ContextId),
    /** Whole seconds; 0 for no limit. */
    timeout: Schema.optional(Schema.Number),
    env: Schema.optional(EnvironmentVariables)
  },
  { wireNames: { env: "envs" } }
)

/** A message of the daemon during a run. It always has all five fields. */
export const InterpreterFrame = wireStruct(
  { type: Schema.String, text: Schema.String, name: Schema.String, value: Schema.String, traceback: Schema.String },
  { absent: { text: "", name: "", value: "", traceback: "" } }
)

const exceptionFields = {
  /** The class, such as `ValueError`. */
  name: Schema.String,
  /** Its message. */
  value: Schema.String,
  /** As printed by Python, without the frames of the interpreter itself. */
  traceback: Schema.String
}

/** An uncaught Python exception. */
export interface PythonException extends Schema.Struct.Type<typeof exceptionFields> {}
export const PythonException = Schema.Struct(exceptionFields)

const resultFields = {
  stdout: Schema.String,
  stderr: Schema.String,
  /** Present when the code ended with an uncaught exception. */
  error: Schema.optional(PythonException),
  /** Whether `stdout` or `stderr` was cut off at `maxOutput`. */
  truncated: Schema.Boolean
}

/** How code ended, and its output. */
export interface InterpreterResult extends Schema.Struct.Type<typeof resultFields> {}
export const InterpreterResult = Schema.Struct(resultFields)

/** An event of running code. */
export const InterpreterEvent = Schema.Union(
  Schema.TaggedStruct("Stdout", { text: Schema.String }),
  Schema.TaggedStruct("Stderr", { text: Schema.String }),
  /** An uncaught exception. It ends the code, but is not a failure of the stream. */
  Schema.TaggedStruct("Error", exceptionFields),
  /** A message that this version of the SDK does not recognize. */
  Schema.TaggedStruct("Unknown", { message: Schema.String })
)
export type InterpreterEvent = typeof InterpreterEvent.Type
