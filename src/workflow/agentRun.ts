/** The workflow behind `AgentRuns`, and what is stored of its runs: this must stay readable for later versions. */
import * as Workflow from "@effect/workflow/Workflow"
import { sha256 } from "@noble/hashes/sha2.js"
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type { InvalidRequest } from "../errors/ApiError.js"
import { describeParseError, invalidRequest } from "../internal/failure.js"
import type { DurationWithUnit } from "../schema/refused.js"
import type { ClaudeOptions } from "../schema/stromboli/ClaudeOptions.js"
import type { KeyedRunRequest } from "../schema/stromboli/KeyedRun.js"
import { AsyncRunRequest } from "../schema/stromboli/Run.js"
import { problemOfKeyed } from "../services/stromboli/execution/keyedRun.js"
import { toJsonSchema } from "../services/stromboli/execution/structuredOutput.js"
import { DurableStore } from "./DurableStore.js"
import * as DrivenRun from "./drivenRun.js"
import { EngineFailed, RunUnknown, RunVersionMismatch } from "./failures.js"
import { RunOutcome } from "./outcome.js"
import type { Polls } from "./pauses.js"
import * as Rounds from "./rounds.js"
import { RunPolicy } from "./runPolicy.js"

/** A prompt to run once for its key. Its options are those of `Execution.runAsync` with a key. */
export interface AgentRunRequest
  extends Omit<KeyedRunRequest, "startsWithin" | "webhookUrl" | "whenFailed" | "whenForgotten"> {
  /**
   * 1 to 1,024 bytes. Whoever submits to the same database with the same key gets the same run. Other databases have
   * keys of their own.
   */
  readonly key: string
  /** What the answer is to be decoded with, from which `claude.jsonSchema` is derived: see `RunOutcome.value`. */
  readonly answer?: Schema.Schema.AnyNoContext | undefined
  /**
   * How long the run may take in all, from when a worker takes it; default 24 hours. It also bounds `podman.timeout`,
   * by default 30 minutes, and includes the time in which the server is down.
   */
  readonly deadline?: DurationWithUnit | undefined
  /** When workers ask the server whether the run is over. */
  readonly polls?: Polls | undefined
  /** What to do in place of failing when the run cannot be waited for to its end. */
  readonly policy?: RunPolicy | undefined
  /** The largest answer that is stored, in bytes of its JSON; default 256 KiB. A larger one stays on the server. */
  readonly mostStored?: number | undefined
}

/** The version of the format of requests, outcomes and failures. */
export const version = 1

/** The name of the only wait in the workflow. */
export const waitName = "run"

/** A request as it is stored. */
const StoredRequest = Schema.parseJson(
  Schema.Struct({
    /** As it is sent to the server. */
    run: AsyncRunRequest,
    /** Of the request, but not of what is sent. */
    backgroundTasks: Schema.optional(Schema.Boolean),
    deadline: Schema.DurationFromMillis,
    mostStored: Schema.Number,
    polls: Schema.Struct({ first: Schema.Number, factor: Schema.Number, most: Schema.Number }),
    policy: RunPolicy
  })
)
export type StoredRequest = typeof StoredRequest.Type

/** What the engine stores. It reads nothing of it, because it takes for a defect what it cannot read. */
const Envelope = Schema.Struct({ version: Schema.Number, content: Schema.String })
export type Envelope = typeof Envelope.Type

const Failure = Schema.Union(DrivenRun.RunError, EngineFailed, RunUnknown, RunVersionMismatch)
export type Failure = typeof Failure.Type

/** The workflow, under a name and in a format that never change. */
export const workflow = Workflow.make({
  name: "effect-sandboxes/AgentRun",
  // The request is read from our own table.
  payload: { key: Schema.String },
  idempotencyKey: ({ key }) => key,
  success: Envelope,
  error: Envelope
})

const at = { system: "stromboli", operation: "AgentRuns.submit" } as const

const inOrder = (_: string, value: unknown): unknown =>
  Predicate.isRecord(value)
    ? Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
    : value

/** The text of a request that is stored, and its digest. Requests that are invalid end here. */
export const stored = ({
  answer,
  deadline,
  key: _,
  mostStored,
  policy,
  polls = {},
  ...request
}: AgentRunRequest): Either.Either<{ readonly content: string; readonly digest: string }, InvalidRequest> =>
  Either.gen(function* () {
    const refuse = (field: string, problem: string) => Either.left(invalidRequest(at, field, problem))
    const refused = problemOfKeyed(request)
    if (refused !== undefined) return yield* refuse(refused.field, refused.problem)
    if (answer !== undefined && request.claude?.jsonSchema !== undefined) {
      return yield* refuse("answer", "cannot be used with `claude.jsonSchema`")
    }
    const jsonSchema =
      answer === undefined
        ? request.claude?.jsonSchema
        : yield* Either.mapLeft(toJsonSchema(answer), (problem) => invalidRequest(at, "answer", problem))
    const run = { ...request, claude: { ...request.claude, ...(jsonSchema === undefined ? {} : { jsonSchema }) } }
    const { first = "5 seconds", factor = 1.5, most = "5 minutes" } = polls
    const content = yield* Schema.encodeEither(StoredRequest)({
      ...DrivenRun.settingsOf({ deadline, mostStored, policy }),
      run,
      ...(request.backgroundTasks === undefined ? {} : { backgroundTasks: request.backgroundTasks }),
      polls: { first: Duration.toMillis(first), factor, most: Duration.toMillis(most) }
    }).pipe(
      Either.mapLeft((error) => {
        const { expected, field } = describeParseError(error)
        return invalidRequest(at, field.replace(/^run\./, ""), expected)
      })
    )
    // The same request is the same, in whatever order its fields were given.
    const sorted = JSON.stringify(JSON.parse(content), inOrder)
    return { content, digest: bytesToHex(sha256(utf8ToBytes(sorted))) }
  })

export const unreadable = (key: string, found: number, what: string, field?: string) =>
  new RunVersionMismatch({
    key,
    stored: found,
    supported: version,
    ...(field === undefined ? {} : { field }),
    admitted: "unknown",
    message: `The run with the key ${JSON.stringify(key)}: ${what} was stored by another version of effect-sandboxes (its format is ${found}, this is ${version}${field === undefined ? "" : `; \`${field}\` cannot be read`}). It was not started again. Use the version that submitted it, until it is over`
  })

const reading =
  <A, I>(what: string, schema: Schema.Schema<A, I>) =>
  (key: string, envelope: Envelope): Either.Either<A, RunVersionMismatch> =>
    envelope.version === version
      ? Either.mapLeft(Schema.decodeUnknownEither(schema)(envelope.content), (error) =>
          unreadable(key, envelope.version, what, describeParseError(error).field)
        )
      : Either.left(unreadable(key, envelope.version, what))

const requestIn = reading("the request", StoredRequest)
export const outcomeIn = reading("the outcome", Schema.parseJson(RunOutcome))
export const failureIn = reading("the failure", Schema.parseJson(Failure))

const encodeOutcome = Schema.encodeEither(Schema.parseJson(RunOutcome))
const encodeFailure = Schema.encodeEither(Schema.parseJson(Failure))

/** What cannot be written cannot be read, either, and that is a typed failure. */
const written = (encoded: Either.Either<string, unknown>): string => Either.getOrElse(encoded, () => "")

const envelope = (content: string): Envelope => ({ version, content })

/** What is stored of a run. */
export const idOf = (executionId: string): string => Rounds.idOf(executionId, waitName)

export const unknown = (key: string): RunUnknown =>
  new RunUnknown({
    key,
    message: `No run with the key ${JSON.stringify(key)} was submitted to this database. Nothing was started`
  })

/** Without its database, the engine waits as well. */
const patient = Schedule.union(Schedule.exponential("500 millis"), Schedule.spaced("30 seconds"))

/** As a key allows them, which was checked before it was stored. */
const withKey = ({
  continue: _,
  forkSession: __,
  noPersistence: ___,
  outputFormat,
  resume: ____,
  sessionId: _____,
  ...claude
}: ClaudeOptions) => ({
  ...claude,
  outputFormat: outputFormat === "stream-json" ? ("stream-json" as const) : ("json" as const)
})

/** What runs of the workflow do. */
export const execute =
  (webhookUrl: ((token: string) => string) | undefined) =>
  ({ key }: typeof workflow.payloadSchema.Type, executionId: string) =>
    Effect.gen(function* () {
      const store = yield* DurableStore
      const entry = Option.getOrUndefined(yield* Effect.retry(store.look(idOf(executionId)), patient))
      if (entry?.content === undefined || entry.version === undefined) return yield* unknown(key)
      const request = yield* requestIn(key, { version: entry.version, content: entry.content })
      const { backgroundTasks, deadline, mostStored, policy, polls, run } = request
      return yield* DrivenRun.drive(waitName, (keyOnServer, token) => ({
        request: {
          ...run,
          claude: withKey(run.claude ?? {}),
          ...(backgroundTasks === undefined ? {} : { backgroundTasks }),
          ...(webhookUrl === undefined ? {} : { webhookUrl: webhookUrl(token) })
        },
        key: keyOnServer,
        deadline,
        mostStored,
        policy,
        polls: { ...polls, first: Duration.millis(polls.first), most: Duration.millis(polls.most) },
        saidBefore: 0
      }))
    }).pipe(
      Effect.mapBoth({
        onSuccess: (outcome) => envelope(written(encodeOutcome(outcome))),
        onFailure: (failure) => envelope(written(encodeFailure(failure)))
      })
    )
