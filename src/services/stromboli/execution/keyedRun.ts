/**
 * Runs with a key: at most one is paid for. The key becomes the session id, because nothing else of a run is chosen by
 * the client and seen by everyone. Of two runs in one session, the server lets only one begin, and the job of the other
 * fails.
 *
 * What the server knows about the session of a key, and what follows:
 *
 * - a job: it is adopted, once it is certain that it is not one of those that will fail;
 * - a transcript, but no job: the run has begun and is forgotten, so the caller decides;
 * - neither: nothing has begun, so a run is started.
 *
 * A run that is started again has a session of its own, whose id follows from that of the run before.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type { ApiError, InvalidRequest } from "../../../errors/ApiError.js"
import { isSessionRefused, isSessionTaken } from "../../../errors/stromboli/errorBody.js"
import { JobWaitTimeout, RunForgotten, RunKeyConflict } from "../../../errors/stromboli/failures.js"
import type { Problem } from "../../../internal/arguments.js"
import { describeParseError, invalidRequest } from "../../../internal/failure.js"
import { idOfKey, nameUuid } from "../../../internal/idOfKey.js"
import { pollUntil } from "../../../internal/poll.js"
import { type JobId, SessionId } from "../../../schema/stromboli/Identifiers.js"
import { isCompleted, isFailed, isFinal, type Job, resultOf } from "../../../schema/stromboli/Job.js"
import type { KeyedJob, KeyedRunRequest } from "../../../schema/stromboli/KeyedRun.js"
import { type Message, textOf } from "../../../schema/stromboli/Message.js"
import { AsyncRunRequest, type StartedJob } from "../../../schema/stromboli/Run.js"
import * as jobOperations from "../jobOperations.js"
import type { StromboliClient } from "../StromboliClient.js"
import * as sessionOperations from "../sessions/operations.js"

/** The namespace of the session ids, which must never change. */
const namespace = "5b0b1f2e-6a3d-4f0c-9f57-3c8e5a1d7b42"

type RunAsyncError = ApiError | RunForgotten | RunKeyConflict | JobWaitTimeout

/** What the server knows about a session. */
type Found =
  /** The run of the session: over, or begun and alone. */
  | { readonly _tag: "Owner"; readonly job: Job; readonly transcript: Transcript }
  /** Jobs that run, of which it is not certain yet which one will not fail. */
  | { readonly _tag: "Undecided"; readonly job: Job }
  | { readonly _tag: "Forgotten"; readonly transcript: Transcript }
  | { readonly _tag: "Free" }

/** The beginning of a transcript; `undefined` while there is none. */
type Transcript = ReadonlyArray<Message> | undefined

const schedule = Schedule.exponential("100 millis", 1.5).pipe(Schedule.union(Schedule.spaced("2 seconds")))

/** A request whose answer was lost may still be on its way. */
const arrivals = Schedule.intersect(Schedule.exponential("250 millis"), Schedule.recurs(4))

/** How often a run may lose its session to others of which nothing is left. */
const maxStarts = 3

interface At {
  readonly system: "stromboli"
  readonly operation: string
}

/** The session of the first run of a key. */
export const sessionOfKey = (at: At, key: string): Effect.Effect<SessionId, InvalidRequest> =>
  Effect.map(idOfKey(at, namespace, key), (id) => SessionId.make(id))

const chosenByKey = ["sessionId", "resume", "continue", "forkSession", "noPersistence"] as const

/** What a run with a key cannot be asked for. */
export const problemOfKeyed = ({
  claude = {},
  podman
}: Pick<AsyncRunRequest, "claude" | "podman">): Problem | undefined => {
  const given = chosenByKey.find((field) => isGiven(claude, field))
  if (given !== undefined) {
    return { field: `claude.${given}`, problem: "cannot be used with `key`, which chooses the session" }
  }
  if (podman?.environment?.type === "compose") {
    const why =
      "in a compose project, nothing keeps two runs of a session from beginning, and the session has no transcript"
    return { field: "podman.environment", problem: `cannot be used with \`key\`: ${why}` }
  }
  const format: unknown = Reflect.get(claude, "outputFormat")
  if (format === undefined || format === "json" || format === "stream-json") return undefined
  const why = "in other formats, the job of a failed run does not name its session"
  return { field: "claude.outputFormat", problem: `must be \`json\` or \`stream-json\` with \`key\`: ${why}` }
}

export const make = (
  client: StromboliClient.Service,
  operation: string,
  start: (request: AsyncRunRequest) => Effect.Effect<StartedJob, ApiError>
) => {
  const at = { system: "stromboli", operation } as const
  const jobs = Effect.map(client.call({ ...jobOperations.list, name: operation }), ({ jobs }) => jobs)

  const transcriptOf = (id: SessionId): Effect.Effect<Transcript, ApiError> =>
    client.call({ ...sessionOperations.messages, name: operation }, { path: { id }, query: { limit: 50 } }).pipe(
      Effect.map(({ messages }) => messages ?? []),
      Effect.catchTag("NotFound", () => Effect.succeed(undefined))
    )

  /** `own`: the job that this call has started in the session. */
  const find = (sessionId: SessionId, own?: JobId): Effect.Effect<Found, ApiError> =>
    // In this order: a run that begins in between is then found in the list, and not taken for a forgotten one.
    Effect.zipWith(transcriptOf(sessionId), jobs, (transcript, all): Found => {
      const ours = all.find(({ id }) => id === own)
      // The server was restarted: what has become of it is unknown.
      if (own !== undefined && ours === undefined) return { _tag: "Forgotten", transcript }
      const candidates = all.filter((job) => !isLost(job, sessionId) && (job === ours || sessionOf(job) === sessionId))
      const ended = candidates.find(isCompleted) ?? candidates.find(isFinal)
      if (ended !== undefined) return { _tag: "Owner", job: ended, transcript }
      const [job, ...others] = candidates
      if (job === undefined) {
        if (transcript === undefined) return { _tag: "Free" }
        // Older servers name the session of a run only in its result.
        const unnamed = all.find((each) => !isFinal(each) && (sessionOf(each) ?? "") === "")
        return unnamed === undefined ? { _tag: "Forgotten", transcript } : { _tag: "Undecided", job: unnamed }
      }
      return others.length === 0 && transcript !== undefined
        ? { _tag: "Owner", job, transcript }
        : { _tag: "Undecided", job }
    })

  return (request: KeyedRunRequest): Effect.Effect<KeyedJob, RunAsyncError> => {
    const { key, startsWithin = "2 minutes", whenFailed, whenForgotten, ...run } = request
    const body = (sessionId: SessionId): AsyncRunRequest => ({
      ...run,
      claude: { ...request.claude, outputFormat: request.claude?.outputFormat ?? "json", sessionId }
    })

    /** The session of the key. What is invalid is found here, before the server is asked for anything. */
    const checked = Effect.gen(function* () {
      const refuse = (field: string, problem: string) => Effect.fail(invalidRequest(at, field, problem))
      const refused = problemOfKeyed(request)
      if (refused !== undefined) return yield* refuse(refused.field, refused.problem)
      if (Option.isNone(Duration.decodeUnknown(startsWithin))) {
        return yield* refuse("startsWithin", 'must be a duration, such as "2 minutes"')
      }
      const sessionId = yield* sessionOfKey(at, key)
      yield* Effect.mapError(Schema.encode(AsyncRunRequest)(body(sessionId)), (error) => {
        const { expected, field } = describeParseError(error)
        return invalidRequest(at, field, expected)
      })
      return sessionId
    })

    const forgotten = (sessionId: SessionId) =>
      new RunForgotten({
        ...at,
        key,
        sessionId,
        message: `${operation}: the run of key ${JSON.stringify(key)} has begun before, in session ${sessionId}, but the server has no job of it any more: it ended more than an hour ago, failed without a result, or the server was restarted. Nothing was started. Read the session with \`Sessions.conversation\`, or pay for another run with \`whenForgotten: "runAgain"\``
      })

    const refuseOther = (sessionId: SessionId, transcript: Transcript) => {
      const prompt = comparable(request.prompt)
      const other = promptOf(transcript)
      return prompt === undefined || other === undefined || prompt === other
        ? Effect.void
        : Effect.fail(
            new RunKeyConflict({
              ...at,
              key,
              sessionId,
              field: "prompt",
              message: `${operation}: the run of key ${JSON.stringify(key)} in session ${sessionId} has another \`prompt\`. Nothing was started. Use another key for another prompt`
            })
          )
    }

    const unproven = (sessionId: SessionId, { id, status }: Pick<Job, "id" | "status">, why: string) =>
      new JobWaitTimeout({
        jobId: id,
        sessionId,
        lastStatus: status,
        message: `Job ${id} of key ${JSON.stringify(key)} had not provably begun ${why}. It keeps running: ask again with the same key`
      })

    /** Waits until it is certain which job is the run of the session. `own`: the one that this call has started. */
    const proven = (sessionId: SessionId, first: Pick<Job, "id" | "status">, own?: JobId) => {
      let seen = first
      const poll = Effect.map(find(sessionId, own), (found) => {
        if (found._tag !== "Undecided") return Option.some(found)
        seen = found.job
        return Option.none()
      })
      return pollUntil(poll, {
        timeout: startsWithin,
        schedule,
        onEnd: (when) => unproven(sessionId, seen, when)
      }).pipe(
        Effect.mapError((error) =>
          // A run was started, so a failure to look for it must not say that nothing was.
          own === undefined || error._tag === "JobWaitTimeout"
            ? error
            : unproven(sessionId, seen, `when looking for it failed (${error.message})`)
        )
      )
    }

    const settled = (sessionId: SessionId) =>
      Effect.flatMap(find(sessionId), (found) =>
        found._tag === "Undecided" ? proven(sessionId, found.job) : Effect.succeed(found)
      )

    const adopted = (sessionId: SessionId, { id, status }: Job): KeyedJob => ({
      jobId: id,
      sessionId,
      origin: "adopted",
      status
    })

    const started = (sessionId: SessionId, startsLeft: number): Effect.Effect<KeyedJob, RunAsyncError> =>
      start(body(sessionId)).pipe(
        Effect.matchEffect({
          onFailure: (error) =>
            error.admitted === "no"
              ? Effect.fail(error)
              : Effect.flatMap(arrived(sessionId, error), () => claim(sessionId, startsLeft - 1)),
          onSuccess: ({ jobId }) =>
            Effect.flatMap(proven(sessionId, { id: jobId, status: "running" }, jobId), (found) =>
              found._tag === "Owner" && found.job.id === jobId
                ? Effect.succeed<KeyedJob>({ jobId, sessionId, origin: "started", status: found.job.status })
                : decide(sessionId, found, startsLeft - 1)
            )
        })
      )

    /** Completes when a request whose answer was lost has arrived. */
    const arrived = (sessionId: SessionId, error: ApiError) =>
      Effect.retry(
        Effect.filterOrFail(
          Effect.mapError(find(sessionId), () => error),
          ({ _tag }) => _tag !== "Free",
          () => error
        ),
        arrivals
      )

    /** What follows from what the server knows about the session. */
    const decide = (
      sessionId: SessionId,
      found: Exclude<Found, { readonly _tag: "Undecided" }>,
      startsLeft: number
    ): Effect.Effect<KeyedJob, RunAsyncError> => {
      switch (found._tag) {
        case "Free":
          return startsLeft > 0 ? started(sessionId, startsLeft) : Effect.fail(forgotten(sessionId))
        case "Forgotten":
          return Effect.zipRight(
            refuseOther(sessionId, found.transcript),
            again(sessionId, startsLeft, whenForgotten === "runAgain", Effect.fail(forgotten(sessionId)))
          )
        case "Owner": {
          const { job, transcript } = found
          const result = Effect.succeed(adopted(sessionId, job))
          return Effect.zipRight(
            refuseOther(sessionId, transcript),
            isFinal(job) && !isCompleted(job) ? again(sessionId, startsLeft, whenFailed === "runAgain", result) : result
          )
        }
      }
    }

    /** The run that followed the one of this session, if there is one or there may be. */
    const again = (
      sessionId: SessionId,
      startsLeft: number,
      mayStart: boolean,
      otherwise: Effect.Effect<KeyedJob, RunForgotten>
    ): Effect.Effect<KeyedJob, RunAsyncError> =>
      Effect.flatMap(nameUuid(at, sessionId, "again"), (next) =>
        Effect.flatMap(settled(SessionId.make(next)), (found) =>
          found._tag === "Free" && !mayStart ? otherwise : decide(SessionId.make(next), found, startsLeft)
        )
      )

    const claim = (sessionId: SessionId, startsLeft: number) =>
      Effect.flatMap(settled(sessionId), (found) => decide(sessionId, found, startsLeft))

    return Effect.flatMap(checked, (sessionId) => claim(sessionId, maxStarts))
  }
}

const isGiven = (options: object, field: string): boolean => {
  const value: unknown = Reflect.get(options, field)
  return value !== undefined && value !== false
}

/** A job that failed because its session is that of another run: it has asked Claude nothing. */
export const isLost = ({ error = "", status }: Job, sessionId: string): boolean =>
  isFailed({ status }) && (isSessionTaken(error) || isSessionRefused(error, sessionId))

/** The session of a job. The server forgets it when the job fails, but the result that Claude printed has it. */
export const sessionOf = (job: Job): string | undefined => job.sessionId ?? resultOf(job)?.sessionId

/** A prompt as it can be compared; `undefined` for a slash command, which Claude Code rewrites. */
export const comparable = (prompt: string): string | undefined => {
  const words = prompt.replaceAll(/\s+/g, " ").trim()
  return words === "" || words.startsWith("/") || words.startsWith("<") ? undefined : words
}

/** The prompt that began the transcript. */
const promptOf = (transcript: Transcript = []): string | undefined => {
  const first = transcript.find(({ type }) => type === "user")
  return first === undefined ? undefined : comparable(textOf(first))
}
