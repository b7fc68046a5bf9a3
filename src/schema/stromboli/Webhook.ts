/** What the server reports at the end of a job. */
import * as Schema from "effect/Schema"
import { snakeCase } from "../snakeCase.js"
import { JobId, SessionId } from "./Identifiers.js"
import { JobStatus } from "./Job.js"
import { Usage } from "./Run.js"

const fields = {
  jobId: JobId,
  /** The real outcome, also of a job that was cancelled meanwhile. */
  status: JobStatus,
  output: Schema.optional(Schema.String),
  error: Schema.optional(Schema.String),
  sessionId: Schema.optional(SessionId),
  /** Of the whole session; server 0.5 or newer. */
  usage: Schema.optional(Usage)
}

/** The end of a job. A crash's details and a structured output are not in it: `Jobs.get` has them. */
export interface WebhookPayload extends Schema.Struct.Type<typeof fields> {}
export const WebhookPayload = snakeCase(fields)
