/** Runs in the background, with their records and webhooks. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import type { CrashInfo } from "./CrashInfo.js"
import * as identifiers from "./identifiers.js"
import { inNoOrder } from "./inNoOrder.js"
import type { Settings } from "./Options.js"
import type { RunError, RunOutcome, Runs } from "./Runs.js"
import type { Usage } from "./transcript.js"
import type { Webhooks } from "./Webhooks.js"
import type { RunRequest } from "./wire.js"

/** The state of a job. */
export type JobStatus = "running" | "completed" | "failed" | "crashed" | "cancelled"

/** The record of a job. Its usage is only reported by a webhook. */
export interface Job {
  readonly id: string
  readonly status: JobStatus
  readonly output: string
  readonly error: string
  readonly sessionId: string
  readonly crash: CrashInfo | undefined
  readonly usage: Usage | undefined
  readonly createdAt: number
  readonly updatedAt: number
}

/** Runs in the background and their records. */
export interface Jobs {
  readonly start: (request: RunRequest) => Effect.Effect<Job>
  readonly list: Effect.Effect<ReadonlyArray<Job>>
  readonly get: (id: string) => Effect.Effect<Job | undefined>
  readonly cancel: (id: string) => Effect.Effect<"cancelled" | "unknown" | "ended">
}

/** All jobs end with the scope. */
export const make = (dependencies: {
  readonly settings: Settings
  readonly runs: Runs
  readonly webhooks: Webhooks
}): Effect.Effect<Jobs, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { runs, settings, webhooks } = dependencies
    const scope = yield* Effect.scope
    const jobs = new Map<string, Job>()
    const workers = new Map<string, Fiber.RuntimeFiber<void>>()

    const update = (id: string, change: Partial<Job>) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const job = jobs.get(id)
        if (job !== undefined) jobs.set(id, { ...job, ...change, updatedAt: now })
      })

    const work = (id: string, request: RunRequest) =>
      Effect.gen(function* () {
        const outcome = yield* Effect.either(runs.run(request))
        const end = Either.match(outcome, { onLeft: failureOf, onRight: endOf })
        // Overwrites the record even if the job was cancelled in the meantime.
        yield* update(id, end)
        if (request.webhook_url !== "") {
          yield* Effect.forkIn(webhooks.notify(request.webhook_url, notificationOf(id, end)), scope)
        }
      }).pipe(Effect.ensuring(Effect.sync(() => workers.delete(id))))

    // The real server sweeps on a timer. Here a sweep is computed when a client looks, so that a test can advance its
    // clock by years without running a sweep for every five minutes of them.
    const interval = Duration.toMillis(settings.jobSweepInterval)
    const kept = Duration.toMillis(settings.jobRetention)
    const startedAt = yield* Clock.currentTimeMillis
    let sweptAt = startedAt
    const swept = Effect.map(Clock.currentTimeMillis, (now) => {
      const lastSweep = startedAt + Math.floor((now - startedAt) / interval) * interval
      if (lastSweep > sweptAt) {
        sweptAt = lastSweep
        for (const [id, job] of jobs) {
          if (job.status !== "running" && lastSweep - job.updatedAt > kept) jobs.delete(id)
        }
      }
      return jobs
    })

    return {
      start: (request) =>
        Effect.gen(function* () {
          const id = yield* identifiers.shortId("job-")
          const sessionId = request.claude.session_id === "" ? yield* identifiers.uuid : request.claude.session_id
          const now = yield* Clock.currentTimeMillis
          const job: Job = {
            id,
            status: "running",
            output: "",
            error: "",
            sessionId: settings.api === "0.4" ? "" : sessionId,
            crash: undefined,
            usage: undefined,
            createdAt: now,
            updatedAt: now
          }
          jobs.set(id, job)
          const withSession = { ...request, claude: { ...request.claude, session_id: sessionId } }
          const worker = yield* Effect.forkIn(Effect.interruptible(work(id, withSession)), scope)
          if (worker.unsafePoll() === null) workers.set(id, worker)
          return job
        }).pipe(Effect.uninterruptible),
      list: Effect.map(swept, (remaining) => inNoOrder(remaining.values())),
      get: (id) => Effect.map(swept, (remaining) => remaining.get(id)),
      cancel: (id) =>
        Effect.gen(function* () {
          const job = (yield* swept).get(id)
          if (job === undefined) return "unknown"
          if (job.status !== "running") return "ended"
          yield* update(id, { status: "cancelled" })
          const worker = workers.get(id)
          if (settings.cancelStopsWork && worker !== undefined) yield* Fiber.interruptFork(worker)
          return "cancelled"
        })
    }
  })

type End = Pick<Job, "status" | "output" | "error" | "sessionId" | "crash" | "usage">

const failureOf = ({ message }: RunError): End => ({
  status: "failed",
  output: "",
  error: message,
  sessionId: "",
  crash: undefined,
  usage: undefined
})

const endOf = ({ crash, output, sessionId, usage }: RunOutcome): End => ({
  status: crash === undefined ? "completed" : "crashed",
  output,
  error: "",
  sessionId,
  crash,
  usage
})

const notificationOf = (id: string, end: End) => ({
  job_id: id,
  status: end.status,
  ...(end.output === "" ? {} : { output: end.output }),
  ...(end.error === "" ? {} : { error: end.error }),
  ...(end.sessionId === "" ? {} : { session_id: end.sessionId }),
  ...(end.usage === undefined ? {} : { usage: end.usage })
})
