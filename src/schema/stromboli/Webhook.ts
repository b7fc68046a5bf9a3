/** What the server reports when a job ends. */
import * as Schema from "effect/Schema"
import { lenient } from "../lenient.js"
import { snakeCase } from "../snakeCase.js"
import { JobId, SessionId } from "./Identifiers.js"
import { JobStatus } from "./Job.js"
import { Usage } from "./Run.js"

const fields = {
  jobId: JobId,
  /** The real outcome, even if the job was cancelled in the meantime. */
  status: JobStatus,
  output: Schema.optional(Schema.String),
  error: Schema.optional(Schema.String),
  sessionId: Schema.optional(SessionId),
  /** Of the whole session; server 0.5 or newer. */
  usage: Schema.optional(Usage)
}

/** The end of a job. It lacks crash details and structured output: `Jobs.get` returns them. */
export interface WebhookPayload extends Schema.Struct.Type<typeof fields> {}
export const WebhookPayload = lenient(snakeCase(fields))
