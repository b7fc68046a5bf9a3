/** Single requests that run a script or a program to completion. */
import * as Schema from "effect/Schema"
import { wireStruct } from "../../wireStruct.js"
import { Charts } from "./Chart.js"

const Environment = Schema.Record({ key: Schema.String, value: Schema.String })

/** Whole seconds; the daemon takes 0 for no limit. */
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

/** A response without an exit code is an `InvalidResponse`: 0 would be a guess. */
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
