/** One answer of a Stromboli server: a job, which outlives lost connections. */
import * as Effect from "effect/Effect"
import { isNotStarted, isSessionTaken } from "../errors/stromboli/errorBody.js"
import type { ResultMessage } from "../schema/stromboli/ClaudeMessage.js"
import { isCancelled, isCompleted, type Job, resultOf } from "../schema/stromboli/Job.js"
import type { PodmanOptions } from "../schema/stromboli/PodmanOptions.js"
import { outputOfFailure } from "../schema/stromboli/runOutput.js"
import type { Execution } from "../services/stromboli/execution/Execution.js"
import type { Jobs } from "../services/stromboli/Jobs.js"
import type { Backend } from "./Dialogue.js"
import { type ClaudeCodeError, ClaudePlaceFailed } from "./errors.js"
import {
  type Attempt,
  attemptOf,
  exited,
  isMissingSession,
  saysNoSession,
  sessionNotFound,
  worded
} from "./failures.js"
import type { RunOptions } from "./Options.js"
import { claudeOptionsOf, placeFailed } from "./stromboliOptions.js"

/** How much of an output tells why a job failed, in characters. */
const tailLength = 1024

const tailOf = (text: string | undefined): string => (text ?? "").slice(-tailLength)

const resultIn = (
  attempt: Attempt,
  { resume }: RunOptions,
  job: Job
): Effect.Effect<ResultMessage, ClaudeCodeError> => {
  const result = resultOf(job)
  const isMissing = result === undefined ? saysNoSession(job.error ?? "") : isMissingSession(result)
  if (resume !== undefined && isMissing) return Effect.fail(sessionNotFound(attempt, resume))
  // Of a crash after the result, the result is what matters.
  if (result !== undefined && !isCancelled(job)) return Effect.succeed(result)
  if (isCancelled(job)) return Effect.fail(cancelled(attempt))
  const { crashInfo: crash, error = "", output } = job
  const hasRun = error === "" || (outputOfFailure(error) !== undefined && !isSessionTaken(error))
  if (!hasRun) return Effect.fail(notStarted(attempt, error))
  const { exitCode, signal } = crash ?? {}
  const said = tailOf(output ?? (error === "" ? crash?.partialOutput : error))
  const isOver = isCompleted(job) ? { exitCode: 0, signal: undefined } : { exitCode, signal }
  return Effect.fail(exited(attempt, { ...isOver, stderr: said }, "answering"))
}

/** Podman's own exit codes: there was no container, or nothing ran in it. */
const podmanFailed = /^execution failed: (?:compose exec failed: )?exit status 12[567]\b/

const notStarted = (attempt: Attempt, error: string) =>
  new ClaudePlaceFailed({
    place: attempt.place,
    operation: attempt.operation,
    message: worded(attempt, `the server could not start Claude: ${error.slice(0, 500)}`),
    sessionId: attempt.sessionId,
    retryable: isSessionTaken(error),
    admitted: [isSessionTaken(error), isNotStarted(error), podmanFailed.test(error)].includes(true) ? "no" : "unknown"
  })

const cancelled = (attempt: Attempt) =>
  new ClaudePlaceFailed({
    place: attempt.place,
    operation: attempt.operation,
    message: worded(
      attempt,
      "its job was cancelled by somebody else. Claude may have done part of the work, and cost money."
    ),
    sessionId: attempt.sessionId,
    retryable: false,
    admitted: "yes"
  })

export const run =
  (execution: Execution.Service, jobs: Jobs.Service, podman: PodmanOptions | undefined): Backend["run"] =>
  (method, options, jsonSchema) =>
    Effect.gen(function* () {
      const { backgroundTasks, prompt, workingDirectory, ...rest } = options
      const begun = attemptOf("stromboli", method)
      const started = yield* execution
        .runAsync({
          prompt,
          workdir: workingDirectory,
          claude: { ...claudeOptionsOf(rest), outputFormat: "json", jsonSchema },
          podman,
          backgroundTasks
        })
        .pipe(Effect.mapError((error) => placeFailed(begun, error)))
      const attempt = { ...begun, sessionId: started.sessionId }
      const job = yield* jobs
        .await(started, { cancelOnInterrupt: true, cancelledSettlesAfter: 0 })
        .pipe(Effect.mapError((error) => placeFailed(attempt, error)))
      return yield* resultIn(attempt, options, job)
    })
