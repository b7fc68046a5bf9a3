/** What a durable run ends with: small enough to be stored, and pointing to what is not. */
import * as Schema from "effect/Schema"
import { JobId, SessionId } from "../schema/stromboli/Identifiers.js"
import { type Job, resultOf } from "../schema/stromboli/Job.js"
import { printable, valueOf } from "../services/stromboli/execution/structuredOutput.js"

const storedFields = {
  _tag: Schema.Literal("Stored"),
  text: Schema.String,
  /** The answer to the `jsonSchema`, if there was one. */
  value: Schema.optional(Schema.Unknown)
}

const onServerFields = {
  _tag: Schema.Literal("OnServer"),
  /** How large the text and the value are as JSON, in bytes of UTF-8. */
  bytes: Schema.Number
}

/** What Claude answered: stored with the run, or left on the server because it is too large. */
export const Answer = Schema.Union(Schema.Struct(storedFields), Schema.Struct(onServerFields))
export type Answer = typeof Answer.Type

const usageFields = {
  inputTokens: Schema.Number,
  outputTokens: Schema.Number,
  cacheCreationInputTokens: Schema.Number,
  cacheReadInputTokens: Schema.Number
}

const fields = {
  jobId: JobId,
  /** The conversation of the run. */
  sessionId: Schema.optional(SessionId),
  /** How many runs were paid for: more than one only if a policy said so. */
  runs: Schema.Number,
  answer: Answer,
  /** The turns that Claude reports, in the last run. */
  turns: Schema.optional(Schema.Number),
  /** The cost that Claude reports for the last run, in US dollars. */
  totalCostUsd: Schema.optional(Schema.Number),
  /** The tokens of the last run. */
  usage: Schema.optional(Schema.Struct(usageFields))
}

/** The outcome of a run that completed. */
export interface RunOutcome extends Schema.Struct.Type<typeof fields> {}
export const RunOutcome = Schema.Struct(fields)

const encoder = new TextEncoder()

/** The outcome of a completed job, with its answer if that is not larger than this, in bytes. */
export const outcomeOf = (job: Job, session: SessionId | undefined, runs: number, mostStored: number): RunOutcome => {
  const result = resultOf(job)
  const answer = answerIn(job)
  const bytes = encoder.encode(JSON.stringify(answer)).length
  return {
    jobId: job.id,
    ...sessionField(session ?? job.sessionId),
    runs,
    answer: bytes > mostStored ? { _tag: "OnServer", bytes } : { _tag: "Stored", ...answer },
    ...(result?.turns === undefined ? {} : { turns: result.turns }),
    ...(result?.totalCostUsd === undefined ? {} : { totalCostUsd: result.totalCostUsd }),
    ...(result?.usage === undefined ? {} : { usage: result.usage })
  }
}

export const sessionField = (sessionId: SessionId | undefined) => (sessionId === undefined ? {} : { sessionId })

export const answerIn = (job: Job): { readonly text: string; readonly value?: unknown } => {
  const { output = "", structuredOutput } = job
  const value = printable(valueOf({ structuredOutput, output }))
  return { text: resultOf(job)?.text ?? output, ...(value === undefined ? {} : { value }) }
}
