/** Runs in the background: looking them up, waiting for them, cancelling them. `Execution.runAsync` starts them. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type { ApiError, Conflict, NotFound } from "../../errors/ApiError.js"
import { JobExpired, JobWaitTimeout } from "../../errors/stromboli/failures.js"
import * as Arguments from "../../internal/arguments.js"
import { finalizerRequest } from "../../internal/finalizerRequest.js"
import { withMethodSpans } from "../../internal/methodSpans.js"
import { type PollOptions, pollUntil } from "../../internal/poll.js"
import type { JobId, SessionId } from "../../schema/stromboli/Identifiers.js"
import { isCancelled, isFinal, type Job } from "../../schema/stromboli/Job.js"
import type { StartedJob } from "../../schema/stromboli/Run.js"
import { jobsSpent } from "./execution/spent.js"
import * as operations from "./jobOperations.js"
import { StromboliClient } from "./StromboliClient.js"

/**
 * Runs in the background: looking them up, waiting for them, cancelling them.
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
    /**
     * All jobs that the server still remembers, with their whole output, in no particular order. An element without a
     * readable id and status is left out. `GET /jobs`
     */
    readonly list: Effect.Effect<ReadonlyArray<Job>, ApiError>
    /**
     * One job. Fails with `NotFound` when the server does not know it, or has forgotten it: an hour after it ended, or
     * when the server was restarted. `GET /jobs/{id}`
     */
    readonly get: (id: JobId) => Effect.Effect<Job, ApiError | NotFound>
    /**
     * Marks a job as cancelled. The server does **not** stop the container: the run continues, costs money, and
     * overwrites the mark when it ends. Fails with `Conflict` when the job is over or already cancelled.
     * `DELETE /jobs/{id}`
     */
    readonly cancel: (id: JobId) => Effect.Effect<void, ApiError | NotFound | Conflict>
    /**
     * Waits until a job is over and returns it: completed, failed or crashed, so check its `status`. Lost connections
     * and transient failures of the server do not end the wait.
     *
     * Fails with `NotFound` when the server does not know the job, with `JobExpired` when the server forgets it during
     * the wait, and with `JobWaitTimeout` when the schedule ends first.
     */
    readonly await: (
      job: JobId | StartedJob,
      options?: AwaitOptions
    ) => Effect.Effect<Job, ApiError | NotFound | JobExpired | JobWaitTimeout>
    /** Waits for several jobs and returns them in the given order. Fails with the first failure. */
    readonly awaitAll: (
      jobs: Iterable<JobId | StartedJob>,
      options?: AwaitAllOptions
    ) => Effect.Effect<ReadonlyArray<Job>, ApiError | NotFound | JobExpired | JobWaitTimeout>
  }

  /** How to poll, and when the wait ends. */
  interface AwaitOptions extends PollOptions {
    /** When to poll. Default: after 0.5 seconds, then at intervals growing by half up to 5 seconds, without limit. */
    readonly schedule?: Schedule.Schedule<unknown> | undefined
    /**
     * How long a job must stay `cancelled` before it counts as over; default 30 minutes, the default limit of a
     * container. Until then its run may still end and report its outcome. With `0`, a cancelled job is over at once.
     */
    readonly cancelledSettlesAfter?: Duration.DurationInput | undefined
    /** Cancels the job when the waiting fiber is interrupted; default `false`. */
    readonly cancelOnInterrupt?: boolean | undefined
  }

  /** How to poll several jobs. */
  interface AwaitAllOptions extends AwaitOptions {
    /** How many jobs are awaited at the same time; default 8. */
    readonly concurrency?: number | undefined
  }
}

const defaultSchedule = Schedule.exponential("500 millis", 1.5).pipe(Schedule.union(Schedule.spaced("5 seconds")))

const { effect } = Arguments.methodsOf("stromboli", "Jobs")

const job = Arguments.textOr(Arguments.struct({ jobId: Arguments.text }))
const awaiting = {
  ...Arguments.polling,
  cancelledSettlesAfter: Arguments.duration,
  cancelOnInterrupt: Arguments.flag
}

const checked = (methods: Jobs.Service): Jobs.Service =>
  withMethodSpans(
    "Stromboli.Jobs",
    {
      ...methods,
      await: effect(
        "await",
        {
          job,
          options: Arguments.options(awaiting)
        },
        methods.await
      ),
      awaitAll: effect(
        "awaitAll",
        {
          jobs: Arguments.iterableOf(job),
          options: Arguments.options({ ...awaiting, concurrency: Arguments.positive })
        },
        methods.awaitAll
      )
    },
    ["await", "awaitAll"]
  )

export const make: Effect.Effect<Jobs.Service, never, StromboliClient> = Effect.map(StromboliClient, (client) => {
  const get: Jobs.Service["get"] = (id) => client.call(operations.get, { path: { id } })
  const cancel: Jobs.Service["cancel"] = (id) => Effect.asVoid(client.call(operations.cancel, { path: { id } }))
  const spent = jobsSpent()
  const awaitJob: Jobs.Service["await"] = (job, options = {}) => {
    const started = typeof job === "string" ? { jobId: job } : job
    const finished = Effect.tap(awaitFinal(started, get, options), spent)
    return options.cancelOnInterrupt === true
      ? finished.pipe(
          Effect.onInterrupt(() => Effect.ignore(finalizerRequest(cancel(started.jobId)))),
          client.pendingReleases.during({ what: `job ${started.jobId}, which was to be cancelled` })
        )
      : finished
  }
  return checked({
    list: Effect.map(client.call(operations.list), ({ jobs }) => jobs),
    get,
    cancel,
    await: awaitJob,
    awaitAll: (jobs, { concurrency = 8, ...options } = {}) =>
      Effect.forEach(jobs, (job) => awaitJob(job, options), { concurrency })
  })
})

const awaitFinal = (
  { jobId, sessionId: startedSession }: StartedJob,
  get: Jobs.Service["get"],
  options: Jobs.AwaitOptions
): ReturnType<Jobs.Service["await"]> =>
  Effect.suspend(() => {
    const { schedule = defaultSchedule, maxFailures, cancelledSettlesAfter = "30 minutes" } = options
    const settles = Duration.toMillis(cancelledSettlesAfter)
    let sessionId: SessionId | undefined = startedSession
    let lastStatus: string | undefined
    let cancelledSince: number | undefined

    const expired = (seen: string) =>
      new JobExpired({
        jobId,
        sessionId,
        lastStatus: seen,
        message: `Job ${jobId} was ${seen} when last polled, but the server no longer knows it: it ended more than an hour ago, or the server was restarted`
      })
    const waitTimeout = (when: string) =>
      new JobWaitTimeout({
        jobId,
        sessionId,
        lastStatus: lastStatus ?? "unknown",
        message: `Job ${jobId} was still ${lastStatus ?? "unknown"} ${when}; it keeps running and can be awaited again`
      })
    const poll = Effect.zipWith(get(jobId), Clock.currentTimeMillis, (job, now) => {
      lastStatus = job.status
      sessionId = job.sessionId ?? sessionId
      cancelledSince = isCancelled(job) ? (cancelledSince ?? now) : undefined
      const over = isFinal(job) || (cancelledSince !== undefined && now - cancelledSince >= settles)
      // The server forgets the session of a failed job.
      return over ? Option.some(sessionId === undefined ? job : { ...job, sessionId }) : Option.none()
    })
    return pollUntil(
      Effect.mapError(poll, (error) =>
        error._tag === "NotFound" && lastStatus !== undefined ? expired(lastStatus) : error
      ),
      { timeout: Duration.infinity, schedule, maxFailures, onEnd: waitTimeout }
    )
  })
