/** Asynchronous runs: look them up, wait for them, cancel them. `Execution.runAsync` starts them. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { type ApiError, Conflict, NotFound } from "../../errors/ApiError.js"
import { JobExpired, JobWaitTimeout } from "../../errors/stromboli/failures.js"
import { finalizerRequest } from "../../internal/finalizerRequest.js"
import * as Operation from "../../internal/Operation.js"
import { pollUntil } from "../../internal/poll.js"
import type { JobId, SessionId } from "../../schema/stromboli/Identifiers.js"
import { isCancelled, isFinal, Job } from "../../schema/stromboli/Job.js"
import { JobCancelled, JobList } from "../../schema/stromboli/JobAnswers.js"
import type { StartedJob } from "../../schema/stromboli/Run.js"
import { StromboliClient } from "./StromboliClient.js"

/**
 * Asynchronous runs: look them up, wait for them, cancel them.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Execution, Jobs } from "effect-sandboxes/stromboli"
 *
 * const program = Effect.gen(function* () {
 *   const execution = yield* Execution
 *   const jobs = yield* Jobs
 *   const started = yield* execution.runAsync({ prompt: "Review the whole repository" })
 *   const job = yield* jobs.await(started, { cancelOnInterrupt: true })
 *   return job.status === "completed" ? job.output : job.error
 * })
 * ```
 */
export class Jobs extends Context.Tag("effect-sandboxes/stromboli/Jobs")<Jobs, Jobs.Service>() {
  /** The service on top of the connection to the server. Building it sends nothing. */
  static readonly layer: Layer.Layer<Jobs, never, StromboliClient> = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

export declare namespace Jobs {
  interface Service {
    /** Every job that the server still remembers, with its whole output, in no particular order. `GET /jobs` */
    readonly list: Effect.Effect<ReadonlyArray<Job>, ApiError>
    /**
     * One job. Fails with `NotFound` when the id is unknown or has expired (one hour after it ended, or when the server was
     * restarted). `GET /jobs/{id}`
     */
    readonly get: (id: JobId) => Effect.Effect<Job, ApiError | NotFound>
    /**
     * Marks a job as cancelled. The server does **not** stop the container: the run goes on, costs what it costs, and
     * overwrites the mark when it ends. Fails with `Conflict` when the job is over or cancelled already.
     * `DELETE /jobs/{id}`
     */
    readonly cancel: (id: JobId) => Effect.Effect<void, ApiError | NotFound | Conflict>
    /**
     * Waits until a job is over, and returns it: completed, failed or crashed, so look at its `status`. Lost connections
     * and passing failures of the server do not end the wait.
     *
     * Fails with `NotFound` when the server does not know the job to begin with, with `JobExpired` when it forgets the job
     * meanwhile, and with `JobWaitTimeout` when the schedule ends first.
     */
    readonly await: (
      job: JobId | StartedJob,
      options?: AwaitOptions
    ) => Effect.Effect<Job, ApiError | NotFound | JobExpired | JobWaitTimeout>
    /** Waits for several jobs at once, and returns them in the order asked for. Fails with the first failure. */
    readonly awaitAll: (
      jobs: Iterable<JobId | StartedJob>,
      options?: AwaitOptions & {
        /** How many jobs are asked for at the same time; default 8. */
        readonly concurrency?: number | undefined
      }
    ) => Effect.Effect<ReadonlyArray<Job>, ApiError | NotFound | JobExpired | JobWaitTimeout>
  }

  /** How to ask, and what to take for the end. */
  interface AwaitOptions {
    /** When to ask. Default: after 0.5 seconds, then half as long again each time, at most every 5 seconds, without end. */
    readonly schedule?: Schedule.Schedule<unknown> | undefined
    /** How many failed questions in a row are too many; default 10. Each has been repeated by the client before. */
    readonly maxFailures?: number | undefined
    /**
     * How long a job must stay `cancelled` before that is taken for its end; default 30 minutes, the longest that a
     * container lives by default. Until then its run may still end and report how. `0` takes it at once.
     */
    readonly cancelledSettlesAfter?: Duration.DurationInput | undefined
    /** Cancel the job when the waiting fiber is interrupted; default `false`. */
    readonly cancelOnInterrupt?: boolean | undefined
  }
}

export const operations = {
  list: Operation.make("Jobs.list", "GET", "/jobs", { success: JobList }),
  get: Operation.make("Jobs.get", "GET", "/jobs/{id}", { success: Job, fails: [NotFound] }),
  cancel: Operation.make("Jobs.cancel", "DELETE", "/jobs/{id}", { success: JobCancelled, fails: [NotFound, Conflict] })
}

const defaultSchedule = Schedule.exponential("500 millis", 1.5).pipe(Schedule.union(Schedule.spaced("5 seconds")))

export const make: Effect.Effect<Jobs.Service, never, StromboliClient> = Effect.map(StromboliClient, (client) => {
  const get: Jobs.Service["get"] = (id) => client.call(operations.get, { path: { id } })
  const cancel: Jobs.Service["cancel"] = (id) => Effect.asVoid(client.call(operations.cancel, { path: { id } }))
  const awaitJob: Jobs.Service["await"] = (job, options = {}) => {
    const started = typeof job === "string" ? { jobId: job } : job
    const ended = awaitEnd(started, get, options)
    return options.cancelOnInterrupt === true
      ? Effect.onInterrupt(ended, () => Effect.ignore(finalizerRequest(cancel(started.jobId))))
      : ended
  }
  return Jobs.of({
    list: Effect.map(client.call(operations.list), ({ jobs = [] }) => jobs),
    get,
    cancel,
    await: awaitJob,
    awaitAll: (jobs, { concurrency = 8, ...options } = {}) =>
      Effect.forEach(jobs, (job) => awaitJob(job, options), { concurrency })
  })
})

const awaitEnd = (
  { jobId, sessionId: startedSession }: StartedJob,
  get: Jobs.Service["get"],
  options: Jobs.AwaitOptions
): ReturnType<Jobs.Service["await"]> =>
  Effect.suspend(() => {
    const { schedule = defaultSchedule, maxFailures = 10, cancelledSettlesAfter = "30 minutes" } = options
    const settles = Duration.toMillis(cancelledSettlesAfter)
    let sessionId: SessionId | undefined = startedSession
    let lastStatus: string | undefined
    let cancelledSince: number | undefined

    const expired = (seen: string) =>
      new JobExpired({
        jobId,
        sessionId,
        lastStatus: seen,
        message: `Job ${jobId} was ${seen} when last seen, and is unknown to the server now: it ended more than an hour ago, or the server was restarted`
      })
    const unfinished = (when: string) =>
      new JobWaitTimeout({
        jobId,
        sessionId,
        lastStatus: lastStatus ?? "unknown",
        message: `Job ${jobId} was still ${lastStatus ?? "unknown"} ${when}; it goes on, and can be awaited again`
      })
    const ask = Effect.zipWith(get(jobId), Clock.currentTimeMillis, (job, now) => {
      lastStatus = job.status
      sessionId = job.sessionId ?? sessionId
      cancelledSince = isCancelled(job) ? (cancelledSince ?? now) : undefined
      const over = isFinal(job) || (cancelledSince !== undefined && now - cancelledSince >= settles)
      // The server forgets the session of a job that failed.
      return over ? Option.some(sessionId === undefined ? job : { ...job, sessionId }) : Option.none()
    })
    return pollUntil(
      Effect.mapError(ask, (error) =>
        error._tag === "NotFound" && lastStatus !== undefined ? expired(lastStatus) : error
      ),
      { timeout: Duration.infinity, schedule, maxFailures, onEnd: unfinished }
    )
  })
