/** Running a prompt: requests, results and streamed events. */
import * as Schema from "effect/Schema"
import { openLiteral } from "../openLiteral.js"
import { snakeCase } from "../snakeCase.js"
import { ClaudeOptions } from "./ClaudeOptions.js"
import { JobId, RunId, SessionId } from "./Identifiers.js"
import { PodmanOptions } from "./PodmanOptions.js"
import { atMostBytes, isSessionId, notEmpty, wellFormed } from "./requestValidation.js"

/** The largest prompt of `run` and `runAsync`, in bytes. */
export const maxPromptBytes = 1024 * 1024

/**
 * The largest prompt of `stream`, in percent-encoded bytes. It is sent in the URL, and the server accepts about 1 MiB
 * of headers in total. Proxies often allow only 8 or 16 KiB.
 */
export const maxStreamPromptBytes = 1_000_000

export const Prompt = Schema.String.pipe(
  Schema.filter(notEmpty),
  Schema.filter(atMostBytes(maxPromptBytes)),
  Schema.filter(wellFormed)
)

/** A directory in the container. The server creates it if it does not exist. */
export const Workdir = Schema.String.pipe(
  Schema.filter(
    (path) =>
      (/^\/[a-zA-Z0-9/_.-]*$/.test(path) && !path.includes("..") && path.length <= 4096) ||
      "must be an absolute path of letters, digits and `/_.-`, without `..`, of at most 4096 characters"
  )
)

const WebhookUrl = Schema.String.pipe(
  Schema.filter((url) => (/^https?:\/\/./.test(url) && URL.canParse(url) ? true : "must be an http or https URL"))
)

const runRequestFields = {
  /** At most 1 MiB. */
  prompt: Prompt,
  workdir: Schema.optional(Workdir),
  claude: Schema.optional(ClaudeOptions),
  podman: Schema.optional(PodmanOptions)
}

/** A prompt to run, with its options. */
export interface RunRequest extends Schema.Struct.Type<typeof runRequestFields> {}
export const RunRequest = snakeCase(runRequestFields)

const asyncRequestFields = {
  ...runRequestFields,
  /** Where the server reports the end of the job, in up to two attempts: see `Webhooks`. */
  webhookUrl: Schema.optional(WebhookUrl)
}

/** A prompt to run in the background. */
export interface AsyncRunRequest extends Schema.Struct.Type<typeof asyncRequestFields> {}
export const AsyncRunRequest = snakeCase(asyncRequestFields)

const percentEncodedLength = (text: string): number => new URLSearchParams({ text }).toString().length - "text=".length

const streamRequestFields = {
  /** At most 1,000,000 bytes when percent-encoded. */
  prompt: Schema.String.pipe(
    Schema.filter(notEmpty),
    Schema.filter(
      (prompt) =>
        percentEncodedLength(prompt) <= maxStreamPromptBytes ||
        `must not exceed ${maxStreamPromptBytes} bytes when percent-encoded, because it is sent in the URL; use \`run\` or \`runAsync\` instead`
    ),
    Schema.filter(wellFormed)
  ),
  workdir: Schema.optional(Workdir),
  /** The id of a new conversation. This endpoint cannot resume one; use `Session` for that. */
  sessionId: Schema.optional(SessionId.pipe(Schema.filter(isSessionId)))
}

/** A prompt to run with streamed output. The endpoint has no other options. */
export interface StreamRequest extends Schema.Struct.Type<typeof streamRequestFields> {}
export const StreamRequest = snakeCase(streamRequestFields)

const crashFields = {
  exitCode: Schema.optional(Schema.Number),
  /** `killed` or `SIGKILL`; the server uses both notations. */
  signal: Schema.optional(Schema.String),
  reason: Schema.optional(Schema.String),
  /** The last 2,000 bytes, preceded by `...` if there were more. */
  partialOutput: Schema.optional(Schema.String),
  /** Whether Claude had finished before the crash. */
  taskCompleted: Schema.optional(Schema.Boolean)
}

/** How a container crashed. A `podman.timeout` is exit code 137 with signal `killed`. */
export interface CrashInfo extends Schema.Struct.Type<typeof crashFields> {}
export const CrashInfo = snakeCase(crashFields)

const usageFields = {
  model: Schema.optional(Schema.String),
  inputTokens: Schema.optional(Schema.Number),
  outputTokens: Schema.optional(Schema.Number),
  cacheCreationInputTokens: Schema.optional(Schema.Number),
  cacheReadInputTokens: Schema.optional(Schema.Number),
  totalTokens: Schema.optional(Schema.Number),
  /** `0` when the server does not know the model's price. */
  estimatedCostUsd: Schema.optional(Schema.Number)
}

/**
 * Tokens and cost of the whole session so far, not of one run. Server 0.5 or newer, and only if a transcript exists.
 */
export interface Usage extends Schema.Struct.Type<typeof usageFields> {}
export const Usage = snakeCase(usageFields)

/** The response of `POST /run`, which callers see as a `RunResult`. */
export const RunResponse = snakeCase({
  id: RunId,
  status: Schema.Literal("completed", "crashed"),
  output: Schema.optional(Schema.String),
  structuredOutput: Schema.optional(Schema.Unknown),
  sessionId: Schema.optional(SessionId),
  crashInfo: Schema.optional(CrashInfo),
  usage: Schema.optional(Usage),
  error: Schema.optional(Schema.String)
})

interface RunOutcome {
  readonly id: RunId
  /**
   * Everything the run printed, stdout and stderr interleaved. With `outputFormat: "json"`, Claude's envelope as text.
   */
  readonly output: string
  /** The conversation that this run belongs to. */
  readonly sessionId?: SessionId | undefined
  /** Claude's answer to a `jsonSchema`: any JSON value. Server 0.4.1 or newer. */
  readonly structuredOutput?: unknown
  readonly usage?: Usage | undefined
}

/** The run ended normally. */
export interface CompletedRun extends RunOutcome {
  readonly _tag: "Completed"
}

/** The container died: out of memory, killed, or timed out. `output` is what it had printed until then. */
export interface CrashedRun extends RunOutcome {
  readonly _tag: "Crashed"
  readonly crash: CrashInfo
}

/** The result of a run. A run that crashed is a result, too: check `_tag`. */
export type RunResult = CompletedRun | CrashedRun

export const toRunResult = (response: typeof RunResponse.Type): RunResult => {
  const { crashInfo, error: _error, output = "", status, ...rest } = response
  return status === "crashed"
    ? { _tag: "Crashed", ...rest, output, crash: crashInfo ?? {} }
    : { _tag: "Completed", ...rest, output }
}

const startedFields = {
  jobId: JobId,
  /** The conversation of the run. Keep it: the server forgets it when the job fails. Server 0.4.1 or newer. */
  sessionId: Schema.optional(SessionId)
}

/** A run that was started in the background. */
export interface StartedJob extends Schema.Struct.Type<typeof startedFields> {}
export const StartedJob = snakeCase(startedFields)

/** An event of a streamed run. */
export type RunEvent = RunOutput | RunDone | UnknownRunEvent

/** One line of output, without its line ending. `join("\n")` restores the text. */
export interface RunOutput {
  readonly _tag: "Output"
  readonly line: string
}

/**
 * The end of the run, always the last event. The server sends it even after a crash, so it proves that the output is
 * complete, not that the run succeeded.
 */
export interface RunDone {
  readonly _tag: "Done"
  readonly runId?: RunId | undefined
  readonly sessionId?: SessionId | undefined
}

/** An event that this version does not know. */
export interface UnknownRunEvent {
  readonly _tag: "Unknown"
  readonly event: string
  readonly data: string
}

/** The data of `event: done`. */
export const RunDoneData = snakeCase({
  id: Schema.optional(RunId),
  sessionId: Schema.optional(SessionId),
  status: Schema.optional(openLiteral("completed"))
})
