/** What a durable run ends with, and the answer that belongs to it, wherever it is. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { ApiError, NotFound } from "../errors/ApiError.js"
import { StructuredOutputMismatch } from "../errors/stromboli/failures.js"
import * as Arguments from "../internal/arguments.js"
import { describeParseError } from "../internal/failure.js"
import { inMethodSpan } from "../internal/methodSpans.js"
import { textOf } from "../schema/stromboli/Message.js"
import { valueOf } from "../services/stromboli/execution/structuredOutput.js"
import { Jobs } from "../services/stromboli/Jobs.js"
import { Sessions } from "../services/stromboli/sessions/Sessions.js"
import { answerIn, type RunOutcome, sessionField } from "./outcome.js"

export { Answer, RunOutcome } from "./outcome.js"

/** What is said of an answer, wherever it is. */
const answerOf = (
  outcome: RunOutcome
): Effect.Effect<{ readonly text: string; readonly value?: unknown }, ApiError | NotFound, Jobs | Sessions> =>
  Effect.gen(function* () {
    if (outcome.answer._tag === "Stored") return outcome.answer
    const jobs = yield* Jobs
    const sessions = yield* Sessions
    const fromJob = Effect.map(jobs.get(outcome.jobId), answerIn)
    const { sessionId } = outcome
    if (sessionId === undefined) return yield* fromJob
    return yield* Effect.catchTag(fromJob, "NotFound", (gone) =>
      sessions.conversation(sessionId).pipe(
        Stream.filter((message) => message.type === "assistant" && textOf(message) !== ""),
        Stream.runLast,
        Effect.flatMap(
          Option.match({
            onNone: () => Effect.fail(gone),
            onSome: (last) => Effect.succeed(saidIn(textOf(last)))
          })
        )
      )
    )
  })

/** In a conversation, the value is the text. */
const saidIn = (said: string) => ({ text: said, value: valueOf({ output: JSON.stringify({ result: said }) }) })

const { effect } = Arguments.methodsOf("stromboli", "RunOutcome")

const outcomeShape = Arguments.struct({ jobId: Arguments.text, answer: Arguments.struct({ _tag: Arguments.text }) })

/**
 * The text of the answer, wherever it is. One that was left on the server is read from its job, for an hour after the
 * end of the run; later from the conversation, as the last thing that Claude said in it. Fails with `NotFound` when the
 * server has neither. `GET /jobs/{id}`, `GET /sessions/{id}/messages`
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { AgentRuns, RunOutcome } from "effect-sandboxes/workflow"
 *
 * const answer = Effect.gen(function* () {
 *   const runs = yield* AgentRuns
 *   return yield* RunOutcome.text(yield* runs.result("report of 2026-11"))
 * })
 * ```
 */
export const text: (outcome: RunOutcome) => Effect.Effect<string, ApiError | NotFound, Jobs | Sessions> = effect(
  "text",
  { outcome: outcomeShape },
  (outcome: RunOutcome) => inMethodSpan("Stromboli.RunOutcome.text")(Effect.map(answerOf(outcome), ({ text }) => text))
)

/**
 * The answer, decoded with the schema that the run was asked for. Fails with `StructuredOutputMismatch`, which has the
 * text, when it does not match: also when the schema was changed after the run was submitted. Otherwise as `text`.
 *
 * @example
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { AgentRuns, RunOutcome } from "effect-sandboxes/workflow"
 *
 * const City = Schema.Struct({ name: Schema.String, inhabitants: Schema.Int })
 *
 * const city = Effect.gen(function* () {
 *   const runs = yield* AgentRuns
 *   return yield* RunOutcome.value(City, yield* runs.result("city of 2026-11"))
 * })
 * ```
 */
export const value: <A, I, R>(
  schema: Schema.Schema<A, I, R>,
  outcome: RunOutcome
) => Effect.Effect<A, ApiError | NotFound | StructuredOutputMismatch, Jobs | Sessions | R> = effect(
  "value",
  { schema: Arguments.schema, outcome: outcomeShape },
  (schema, outcome) => inMethodSpan("Stromboli.RunOutcome.value")(decoded(schema, outcome))
)

const decoded = <A, I, R>(schema: Schema.Schema<A, I, R>, outcome: RunOutcome) =>
  Effect.flatMap(answerOf(outcome), ({ text, value }) => {
    const mismatch = (field: string, expected: string) => {
      const what = field === "" ? "the value" : `\`${field}\``
      return new StructuredOutputMismatch({
        system: "stromboli",
        operation: "RunOutcome.value",
        method: "GET",
        path: `/jobs/${outcome.jobId}`,
        message:
          value === undefined
            ? `Job ${outcome.jobId} returned no structured value; see \`output\``
            : `Job ${outcome.jobId} returned a value that does not match the schema: ${what} ${expected}`,
        field,
        ...sessionField(outcome.sessionId),
        output: text,
        value
      })
    }
    return Effect.suspend(() => Schema.decodeUnknown(schema)(value)).pipe(
      Effect.mapError((error) => {
        const { expected, field } = describeParseError(error)
        return mismatch(field, expected)
      }),
      // The run is paid for: whatever the caller's schema throws, its output must not be lost.
      Effect.catchAllDefect(() => Effect.fail(mismatch("", "cannot be decoded: the schema threw an error")))
    )
  })
