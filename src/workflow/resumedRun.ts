/**
 * Continues a conversation with another prompt, once. The server has no key for that. But it lets a session have one
 * run at a time, and shows the jobs of a session and its transcript: so what was sent before is found again.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ApiError } from "../errors/ApiError.js"
import { RunForgotten } from "../errors/stromboli/failures.js"
import type { JobId, SessionId } from "../schema/stromboli/Identifiers.js"
import type { Job } from "../schema/stromboli/Job.js"
import { type Message, textOf } from "../schema/stromboli/Message.js"
import type { AsyncRunRequest } from "../schema/stromboli/Run.js"
import { Execution } from "../services/stromboli/execution/Execution.js"
import { comparable, isLost, sessionOf } from "../services/stromboli/execution/keyedRun.js"
import { Jobs } from "../services/stromboli/Jobs.js"
import { Sessions } from "../services/stromboli/sessions/Sessions.js"

export interface ResumedRun {
  readonly request: AsyncRunRequest
  readonly sessionId: SessionId
  /** The jobs of the session that are not this one. */
  readonly others: ReadonlyArray<JobId>
  /** How often the same prompt was said in the session before. */
  readonly saidBefore: number
  /** What the errors call it. */
  readonly key: string
}

/** The job of a session that is not one of those; jobs that never began are none. */
export const jobIn = (
  all: ReadonlyArray<Job>,
  sessionId: SessionId,
  others: ReadonlyArray<JobId> = []
): Job | undefined =>
  all.find((job) => sessionOf(job) === sessionId && !others.includes(job.id) && !isLost(job, sessionId))

const says = (prompt: string) => (message: Message) =>
  message.type === "user" && comparable(textOf(message)) === comparable(prompt)

/** Starts it, or finds it. Fails with `RunForgotten` when it has begun, and the server has no job of it any more. */
export const resumedRun = ({
  key,
  others,
  request,
  saidBefore,
  sessionId
}: ResumedRun): Effect.Effect<Pick<Job, "id" | "status">, ApiError | RunForgotten, Execution | Jobs | Sessions> =>
  Effect.gen(function* () {
    const execution = yield* Execution
    const jobs = yield* Jobs
    const sessions = yield* Sessions
    const forgotten = (what: string) =>
      new RunForgotten({
        system: "stromboli",
        operation: "DurableRun.run",
        key,
        sessionId,
        message: `${key}: ${what} in session ${sessionId}, and the server has no job of it any more. Nothing was started. Read the conversation with \`Sessions.conversation\` to see what it has done`
      })

    const found = jobIn(yield* jobs.list, sessionId, others)
    if (found !== undefined) return found

    const said = yield* sessions.conversation(sessionId).pipe(
      Stream.filter(says(request.prompt)),
      Stream.runCount,
      Effect.asSome,
      Effect.catchTag("NotFound", () => Effect.succeedNone)
    )
    if (said._tag === "None") return yield* forgotten("there is nothing to continue")
    // Of a slash command, the transcript does not have the words.
    if (comparable(request.prompt) !== undefined && said.value > saidBefore) {
      return yield* forgotten("the run has begun")
    }
    const { jobId } = yield* execution.runAsync({
      ...request,
      claude: { ...request.claude, outputFormat: request.claude?.outputFormat ?? "json", sessionId, resume: true }
    })
    return { id: jobId, status: "running" }
  })
