/** What runs and turns have used, for the metrics: each once, and by the best of what the server passes on. */
import * as Effect from "effect/Effect"
import type { ApiError, Conflict, NotFound } from "../../../errors/ApiError.js"
import type { RunFailed } from "../../../errors/stromboli/failures.js"
import { countSpent, type Spent } from "../../../internal/telemetry.js"
import type { ResultMessage } from "../../../schema/stromboli/ClaudeMessage.js"
import { type Job, resultOf } from "../../../schema/stromboli/Job.js"
import type { RunRequest, RunResult } from "../../../schema/stromboli/Run.js"
import { resultIn } from "../../../schema/stromboli/runOutput.js"

const ofResult = ({ totalCostUsd, usage }: ResultMessage): Spent => ({ ...usage, costUsd: totalCostUsd })

/** The server's own count is that of the whole session, so it is that of the run only in a new one. */
const ofRun = ({ claude = {} }: RunRequest, { output, usage }: RunResult): Effect.Effect<void> => {
  const result = resultIn(output)
  if (result !== undefined) return countSpent(ofResult(result), "claude")
  const isContinued = claude.resume === true || claude.continue === true
  return usage === undefined || isContinued
    ? Effect.void
    : countSpent({ ...usage, costUsd: usage.estimatedCostUsd }, "server")
}

type RunError = ApiError | NotFound | Conflict | RunFailed

/** Counts a run that was waited for, also when Claude ended it with an error. */
export const counted =
  (request: RunRequest) =>
  <E extends RunError>(run: Effect.Effect<RunResult, E>): Effect.Effect<RunResult, E> =>
    run.pipe(
      Effect.tap((result) => ofRun(request, result)),
      Effect.tapError((error) => {
        if (error._tag !== "RunFailed") return Effect.void
        const result = resultIn(error.output ?? "")
        return countSpent(result === undefined ? { costUsd: error.totalCostUsd } : ofResult(result), "claude")
      })
    )

/** How many jobs are remembered as counted. The server forgets a job an hour after its end. */
const remembered = 10_000

/** Counts jobs that are over, each once however often it is awaited. */
export const jobsSpent = (): ((job: Job) => Effect.Effect<void>) => {
  const known = new Set<string>()
  return (job) =>
    Effect.suspend(() => {
      if (known.has(job.id)) return Effect.void
      for (const oldest of known) {
        if (known.size < remembered) break
        known.delete(oldest)
      }
      known.add(job.id)
      const result = resultOf(job)
      return result === undefined ? Effect.void : countSpent(ofResult(result), "claude")
    })
}

/** Counts the turns of one agent. The cost in a result is that of the process so far, its tokens are of the turn. */
export const turnsSpent = (): ((result: ResultMessage) => Effect.Effect<void>) => {
  let total = 0
  return (result) =>
    Effect.suspend(() => {
      const { totalCostUsd = total, usage } = result
      const costUsd = totalCostUsd - total
      total = Math.max(total, totalCostUsd)
      return countSpent({ ...usage, costUsd }, "claude")
    })
}
