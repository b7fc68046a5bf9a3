/** A run on a Stromboli server, as rounds of a workflow: what each round does, and what follows from what it sees. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ApiError, Conflict, NotFound } from "../errors/ApiError.js"
import { JobExpired, RunFailed, RunForgotten, RunKeyConflict } from "../errors/stromboli/failures.js"
import { JobId, SessionId } from "../schema/stromboli/Identifiers.js"
import { isCompleted, isFinal, type Job } from "../schema/stromboli/Job.js"
import type { KeyedRunRequest } from "../schema/stromboli/KeyedRun.js"
import { Execution } from "../services/stromboli/execution/Execution.js"
import { failedRun } from "../services/stromboli/execution/failedRun.js"
import { isLost, sessionOfKey } from "../services/stromboli/execution/keyedRun.js"
import { Jobs } from "../services/stromboli/Jobs.js"
import type { Sessions } from "../services/stromboli/sessions/Sessions.js"
import { RunCancelled, RunOverdue } from "./failures.js"
import { outcomeOf, type RunOutcome, sessionField } from "./outcome.js"
import { type Polls, pauseAfter } from "./pauses.js"
import { jobIn, resumedRun } from "./resumedRun.js"
import type { Looked, Round } from "./rounds.js"
import type { Choice, RunPolicy } from "./runPolicy.js"

/** A failure of a durable run, as it is stored. */
export const RunFailure = Schema.Union(
  ApiError,
  Conflict,
  NotFound,
  RunFailed,
  RunForgotten,
  RunKeyConflict,
  JobExpired,
  RunCancelled,
  RunOverdue
)
export type RunFailure = typeof RunFailure.Type

/** What one round leaves for the next. */
export const RunState = Schema.Struct({
  /** When the first round began, in milliseconds since 1970. */
  begunAt: Schema.optional(Schema.Number),
  /** How many runs may have been paid for. */
  runs: Schema.Number,
  /** The conversation that this run continues; absent for one of its own. */
  resumes: Schema.optional(SessionId),
  /** Jobs of that conversation that are not this run. */
  others: Schema.Array(JobId),
  job: Schema.optional(JobId),
  sessionId: Schema.optional(SessionId),
  /** How long its container may run, in milliseconds. */
  limit: Schema.optional(Schema.Number),
  /** When the server last had the job. */
  seenAt: Schema.optional(Schema.Number),
  /** The status that the job had then. */
  status: Schema.optional(Schema.String),
  /** Pauses since the run began. */
  pauses: Schema.Number,
  /** Rounds in a row in which the server could not be asked, and why not. */
  troubles: Schema.Number,
  trouble: Schema.optional(Schema.String)
})
export type RunState = typeof RunState.Type

/** A run, and how to wait for it. */
export interface Machine {
  /** Without a key; its prompt is that of the first run. */
  readonly request: Omit<KeyedRunRequest, "key" | "whenFailed" | "whenForgotten" | "startsWithin">
  /** Unique to this run: the server keeps runs apart by it. */
  readonly key: string
  readonly deadline: Duration.Duration
  readonly polls: Polls
  readonly policy: RunPolicy
  /** In bytes. */
  readonly mostStored: number
  /** How often the prompt was said in the conversation that the first run continues. */
  readonly saidBefore: number
}

type Step = Effect.Effect<Looked<RunOutcome, RunState>, RunFailure, Execution | Jobs | Sessions>

/** How long the server keeps the job of a run that has ended. */
const retention = Duration.toMillis("1 hour")

/** The limit of a container that has none of its own. */
const defaultTimeout = Duration.minutes(30)

/** How often something is tried again that is not known to have failed, but is not said to be worth it either. */
const mostUnclear = 5

/** What is said in place of the prompt when a run is continued. No two are the same, so that each is found again. */
const continuation = (run: number): string =>
  `You were interrupted. Continue where you stopped, and then give the whole answer to the first request. (${run})`

const operation = "DurableRun.run"
const at = { system: "stromboli", operation } as const

export const initial: RunState = { runs: 1, others: [], pauses: 0, troubles: 0 }

export const look =
  (machine: Machine) =>
  ({ asksToEnd, state: before }: Round<RunState>): Step =>
    Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const begunAt = before.begunAt ?? now
      const state = { ...before, begunAt }
      const end = begunAt + Duration.toMillis(machine.deadline)
      if (asksToEnd) return yield* ending(machine, state, "cancelled")
      if (now >= end) return yield* ending(machine, state, "overdue")
      return yield* state.job === undefined
        ? starting(machine, state, Duration.millis(end - now))
        : polling(machine, state, state.job)
    })

const keyOf = ({ key }: Machine, { runs }: RunState): string => (runs === 1 ? key : `${key}/${runs}`)

/** Starts the run, or finds the one that was started before. */
const starting = (machine: Machine, state: RunState, left: Duration.Duration): Step =>
  Effect.gen(function* () {
    const { request } = machine
    const { resumes, runs } = state
    const timeout = Duration.min(Duration.decode(request.podman?.timeout ?? defaultTimeout), left)
    const limit = inSeconds(timeout)
    const limited = { ...request, podman: { ...request.podman, timeout: limit } }
    const begun =
      resumes === undefined
        ? Effect.flatMap(Execution, (execution) =>
            Effect.map(
              execution.runAsync({ ...limited, key: keyOf(machine, state) }),
              ({ jobId, sessionId, status }) => ({ id: jobId, sessionId, status })
            )
          )
        : Effect.map(
            resumedRun({
              request: { ...limited, prompt: runs === 1 ? request.prompt : continuation(runs) },
              sessionId: resumes,
              others: state.others,
              saidBefore: runs === 1 ? machine.saidBefore : 0,
              key: keyOf(machine, state)
            }),
            (job) => ({ ...job, sessionId: resumes })
          )
    const result = yield* Effect.either(begun)
    if (result._tag === "Right") {
      const { id, sessionId, status } = result.right
      const now = yield* Clock.currentTimeMillis
      const found = { ...calm(state), job: id, sessionId, limit: Duration.toMillis(limit), seenAt: now, status }
      return yield* isFinal({ status }) ? polling(machine, found, id) : waiting(machine, found)
    }
    const error = result.left
    switch (error._tag) {
      case "RunForgotten":
        return yield* instead(machine, { ...state, sessionId: error.sessionId }, "whenForgotten", error)
      case "JobWaitTimeout":
        // It has perhaps begun. The same key finds it, and starts nothing while it is there.
        return yield* troubled(machine, state, error.message)
      case "RunKeyConflict":
        return yield* error
      default:
        return yield* error.retryable || (error.admitted !== "no" && mayPass(error, state))
          ? troubled(machine, state, error.message, retryAfterOf(error))
          : Effect.fail(error)
    }
  })

/** Podman counts in seconds, and takes zero for no limit. */
const inSeconds = (duration: Duration.Duration): Duration.Duration =>
  Duration.seconds(Math.max(1, Math.floor(Duration.toSeconds(duration))))

const polling = (machine: Machine, state: RunState, id: JobId): Step =>
  Effect.gen(function* () {
    const jobs = yield* Jobs
    const now = yield* Clock.currentTimeMillis
    const result = yield* Effect.either(jobs.get(id))
    if (result._tag === "Right") {
      const job = result.right
      const seen = { ...calm(state), seenAt: now, status: job.status }
      return yield* isFinal(job) ? concluding(machine, seen, job) : waiting(machine, seen)
    }
    const error = result.left
    if (error._tag === "NotFound") {
      const isRecent = now - (state.seenAt ?? now) < retention
      return yield* instead(
        machine,
        state,
        isRecent ? "whenForgotten" : "whenExpired",
        new JobExpired({
          jobId: id,
          ...sessionField(state.sessionId),
          lastStatus: state.status ?? "unknown",
          message: `Job ${id} was ${state.status ?? "started"} when last polled, but the server no longer knows it: ${
            isRecent
              ? "it was restarted. The container may go on, and cost money"
              : "it ended more than an hour ago, or the server was restarted"
          }. Nothing was started in its place. What it did is in the conversation of session ${state.sessionId ?? "unknown"}`
        })
      )
    }
    return yield* mayPass(error, state)
      ? troubled(machine, state, error.message, retryAfterOf(error))
      : Effect.fail(error)
  })

const concluding = (machine: Machine, state: RunState, job: Job): Step => {
  if (isCompleted(job)) {
    return Effect.succeed({
      _tag: "Over",
      value: outcomeOf(job, state.sessionId, state.runs, machine.mostStored)
    })
  }
  // Another run of the conversation was in progress. Nothing was asked.
  if (state.resumes !== undefined && isLost(job, state.sessionId ?? "")) {
    const { job: _, ...rest } = state
    return troubled(machine, { ...rest, others: [...state.others, job.id] }, job.error ?? "the session is in use")
  }
  const failure = failureOf(state, job)
  return wasTimeUp(state, job) ? instead(machine, state, "whenTimedOut", failure) : Effect.fail(failure)
}

const failureOf = (state: RunState, job: Job): RunFailed => {
  const { sessionId } = state
  const request = { ...at, method: "GET", path: `/jobs/${job.id}` }
  if (job.status !== "crashed") {
    const failed = failedRun(request, job.error ?? job.output ?? "the server gives no reason")
    return sessionId === undefined || failed.sessionId !== undefined ? failed : new RunFailed({ ...failed, sessionId })
  }
  const { crashInfo = {} } = job
  const why = wasTimeUp(state, job)
    ? "it ran for as long as `podman.timeout` allows"
    : (crashInfo.reason ?? "the server gives no reason")
  return new RunFailed({
    ...request,
    ...sessionField(sessionId),
    message: `${request.method} ${request.path} (${operation}): the container crashed: ${why} (exit code ${crashInfo.exitCode ?? "unknown"})`,
    crash: crashInfo,
    ...(job.output === undefined ? {} : { output: job.output }),
    ...(job.structuredOutput === undefined ? {} : { structuredOutput: job.structuredOutput })
  })
}

/** A container that is out of memory ends in the same way, but sooner. The server's times are in whole seconds. */
const wasTimeUp = ({ limit = Number.POSITIVE_INFINITY }: RunState, job: Job): boolean => {
  const ran = Date.parse(job.updatedAt) - Date.parse(job.createdAt)
  return job.status === "crashed" && job.crashInfo?.exitCode === 137 && ran >= limit - 2000
}

/** Does what the policy says in place of failing. */
const instead = (
  { policy }: Machine,
  state: RunState,
  event: "whenForgotten" | "whenExpired" | "whenTimedOut",
  failure: RunFailure
): Step => {
  const choice: Choice = policy[event] ?? "fail"
  const { job, sessionId } = state
  if (choice === "fail" || state.runs >= (policy.mostRuns ?? 2)) return Effect.fail(failure)
  const next: RunState = { ...initial, begunAt: state.begunAt, runs: state.runs + 1 }
  if (choice === "payAgain") return Effect.succeed({ _tag: "Waiting", state: next, pause: Duration.zero })
  return sessionId === undefined
    ? Effect.fail(failure)
    : Effect.succeed({
        _tag: "Waiting",
        state: {
          ...next,
          resumes: sessionId,
          sessionId,
          others: [...state.others, ...(job === undefined ? [] : [job])]
        },
        pause: Duration.zero
      })
}

/** Ends what can be ended. What is over by now is not lost: it is paid for. */
const ending = (machine: Machine, state: RunState, why: "cancelled" | "overdue"): Step =>
  Effect.gen(function* () {
    const jobs = yield* Jobs
    const end = (continues: RunCancelled["continues"], job?: JobId) => {
      const fields = {
        continues,
        admitted: job === undefined && continues !== "yes" ? continues : ("yes" as const),
        ...(job === undefined ? {} : { jobId: job }),
        ...sessionField(state.sessionId)
      }
      const what = why === "cancelled" ? "The run was cancelled" : "The run was not over at its deadline"
      const then = {
        no: job === undefined ? "No container was started" : `The container of job ${job} has ended`,
        yes: `The container of job ${job} goes on, and costs money until it ends: the server cannot stop it`,
        unknown: "Whether a container goes on is not known: the server could not be asked, or has forgotten it"
      }[continues]
      const message = `${what}. ${then}`
      return Effect.fail(
        why === "cancelled" ? new RunCancelled({ ...fields, message }) : new RunOverdue({ ...fields, message })
      )
    }

    // A run whose start was sent, and not stored, is found by its session.
    const sessionId = state.resumes ?? (yield* sessionOfKey(at, keyOf(machine, state)))
    const found = yield* Effect.either(
      state.job === undefined
        ? Effect.map(jobs.list, (all) => jobIn(all, sessionId, state.others))
        : jobs.get(state.job)
    )
    if (found._tag === "Left") return yield* end("unknown", state.job)
    const job = found.right
    if (job === undefined) return yield* end("no")
    // The deadline is also the limit of the container.
    if (why === "overdue" && wasTimeUp(state, job)) return yield* end("no", job.id)
    if (isFinal(job)) {
      return yield* concluding({ ...machine, policy: {} }, { ...state, sessionId: state.sessionId ?? sessionId }, job)
    }
    yield* Effect.ignore(jobs.cancel(job.id))
    return yield* end("yes", job.id)
  })

const waiting = (
  { polls }: Machine,
  state: RunState,
  least?: Duration.Duration
): Effect.Effect<Looked<RunOutcome, RunState>> =>
  Effect.succeed({
    _tag: "Waiting",
    state: { ...state, pauses: state.pauses + 1 },
    pause: pauseAfter(polls, state.pauses, least)
  })

/** Waits because the server could not be asked. */
const troubled = (machine: Machine, state: RunState, trouble: string, least?: Duration.Duration) =>
  waiting(machine, { ...state, troubles: state.troubles + 1, trouble }, least)

const calm = ({ trouble: _, ...state }: RunState): RunState => ({ ...state, troubles: 0 })

/**
 * Whether to ask again later. The run is not lost by that: it is found again by its key, and the deadline ends the
 * wait. What is not said to pass is tried a few times all the same, because a proxy may have given the answer.
 */
const mayPass = ({ retryable }: { readonly retryable: boolean }, { troubles }: RunState): boolean =>
  retryable || troubles < mostUnclear

const retryAfterOf = (error: ApiError): Duration.Duration | undefined =>
  "retryAfter" in error ? error.retryAfter : undefined
