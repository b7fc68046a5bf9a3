/** Single requests that run a script or a program to its end. */
import * as Schema from "effect/Schema"
import { wireStruct } from "../../wireStruct.js"
import { Charts } from "./Chart.js"

const Environment = Schema.Record({ key: Schema.String, value: Schema.String })

/** Whole seconds; the daemon takes 0 for none. */
const Seconds = Schema.Number

export const ExecuteRequest = wireStruct(
  {
    command: Schema.String,
    cwd: Schema.optional(Schema.String),
    env: Schema.optional(Environment),
    timeout: Schema.optional(Seconds)
  },
  { wireNames: { env: "envs" } }
)

/** An exit code that is not there is none that anybody could rely on: such an answer is unreadable. */
export const ExecuteResponse = wireStruct(
  { exitCode: Schema.Number, result: Schema.String },
  { absent: { result: "" } }
)

export const CodeRunRequest = wireStruct(
  {
    code: Schema.String,
    language: Schema.String,
    argv: Schema.optional(Schema.Array(Schema.String)),
    env: Schema.optional(Environment),
    timeout: Schema.optional(Seconds)
  },
  { wireNames: { env: "envs" } }
)

const Artifacts = wireStruct({ charts: Charts }, { absent: { charts: [] } })

export const CodeRunResponse = wireStruct(
  { exitCode: Schema.Number, result: Schema.String, artifacts: Schema.optional(Artifacts) },
  { absent: { result: "" } }
)
