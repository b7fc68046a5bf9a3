/** The code interpreter: Python that keeps its state in contexts. */
import * as Schema from "effect/Schema"
import { wireStruct } from "../../wireStruct.js"
import { EnvironmentVariables } from "./Workspace.js"

/** One context: a UUID that the daemon chose. */
export const ContextId = Schema.String.pipe(Schema.brand("ContextId"))
export type ContextId = typeof ContextId.Type

export const CreateContext = wireStruct({ cwd: Schema.optional(Schema.String) })

const contextFields = {
  id: ContextId,
  /** The directory that its code begins in. */
  cwd: Schema.String,
  /** ISO 8601. */
  createdAt: Schema.String,
  active: Schema.Boolean,
  /** Always `python`, so far. */
  language: Schema.String
}

/** A Python process whose variables, imports and functions outlive the runs in it. */
export interface InterpreterContext extends Schema.Struct.Type<typeof contextFields> {}
export const InterpreterContext = wireStruct(contextFields, { absent: { language: "python" } })

export const ContextList = wireStruct({ contexts: Schema.Array(InterpreterContext) }, { absent: { contexts: [] } })

/** The first message of a client, and its only one. */
export const InterpreterRequest = wireStruct(
  {
    code: Schema.String.pipe(Schema.filter((code) => code.trim() !== "", { message: () => "must not be blank" })),
    contextId: Schema.optional(ContextId),
    /** Whole seconds; 0 for none. */
    timeout: Schema.optional(Schema.Number),
    env: Schema.optional(EnvironmentVariables)
  },
  { wireNames: { env: "envs" } }
)

/** What the daemon sends during a run; it always sends all five. */
export const InterpreterFrame = wireStruct(
  { type: Schema.String, text: Schema.String, name: Schema.String, value: Schema.String, traceback: Schema.String },
  { absent: { text: "", name: "", value: "", traceback: "" } }
)

const exceptionFields = {
  /** The class, such as `ValueError`. */
  name: Schema.String,
  /** Its message. */
  value: Schema.String,
  /** As Python prints it, without the frames of the interpreter itself. */
  traceback: Schema.String
}

/** A Python exception that nothing caught. */
export interface PythonException extends Schema.Struct.Type<typeof exceptionFields> {}
export const PythonException = Schema.Struct(exceptionFields)
