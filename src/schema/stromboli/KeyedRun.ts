/** Runs in the background with a key: at most one run for each key. */
import type * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import type { ClaudeOptions } from "./ClaudeOptions.js"
import { JobId, SessionId } from "./Identifiers.js"
import { JobStatus } from "./Job.js"
import type { PodmanOptions } from "./PodmanOptions.js"
import type { AsyncRunRequest } from "./Run.js"

/** A key chooses the session, and the result of a failed run must name it. */
type KeyedClaudeOptions = Omit<
  ClaudeOptions,
  "sessionId" | "resume" | "continue" | "forkSession" | "noPersistence" | "outputFormat"
> & {
  /** Default `json`. `text` is refused: in it, the job of a failed run does not name its session. */
  readonly outputFormat?: "json" | "stream-json" | undefined
}

/** A compose project neither keeps the runs of a session apart nor shows the server which of them have begun. */
type KeyedPodmanOptions = Omit<PodmanOptions, "environment">

/** A prompt to run in the background at most once. */
export interface KeyedRunRequest extends Omit<AsyncRunRequest, "claude" | "podman"> {
  /**
   * 1 to 1,024 bytes. Keys belong to the server: whoever uses it with the same key gets the same run, so begin them
   * with the name of your application. The session id of the run is the UUID (version 5) of the key.
   */
  readonly key: string
  readonly claude?: KeyedClaudeOptions | undefined
  /** Without `environment`, which is refused: in a compose project, a run cannot be kept from beginning twice. */
  readonly podman?: KeyedPodmanOptions | undefined
  /**
   * What to do when the run of this key has begun before, but the server has no job of it any more. The default
   * `"fail"` fails with `RunForgotten`; `"runAgain"` pays for another run, in a new session.
   */
  readonly whenForgotten?: "fail" | "runAgain" | undefined
  /**
   * What to do when the run of this key has failed or crashed before. The default `"return"` returns its job;
   * `"runAgain"` pays for another run, in a new session.
   */
  readonly whenFailed?: "return" | "runAgain" | undefined
  /** How long to wait until a run has provably begun; default 2 minutes. */
  readonly startsWithin?: Duration.DurationInput | undefined
}

const fields = {
  jobId: JobId,
  /** The conversation of the run, which outlives its job. */
  sessionId: SessionId,
  /** Whether this call started the run, or found one that was there before. */
  origin: Schema.Literal("started", "adopted"),
  /** The status when it was found: perhaps the run is already over. */
  status: JobStatus
}

/** The run of a key. `Jobs.await` waits for its end. */
export interface KeyedJob extends Schema.Struct.Type<typeof fields> {}
export const KeyedJob = Schema.Struct(fields)
