/** Running a prompt: requests, results and streamed events. */
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type * as AST from "effect/SchemaAST"
import { lenient } from "../lenient.js"
import { openLiteral } from "../openLiteral.js"
import { snakeCase } from "../snakeCase.js"
import { withoutBackgroundTasks } from "./backgroundTasks.js"
import { ClaudeOptions, shellBytes } from "./ClaudeOptions.js"
import { JobId, RunId, SessionId } from "./Identifiers.js"
import { PodmanOptions } from "./PodmanOptions.js"
import { Argument, isSessionId, maxArgumentBytes, notEmpty, quotedBytes } from "./requestValidation.js"

/**
 * A prompt on the command line. Claude Code would take a leading `-` for an option, which a line break before it
 * prevents; to the model, it is the same prompt.
 */
const guarded = (prompt: string): string => (prompt.startsWith("-") ? `\n${prompt}` : prompt)

/** The prompt of a run: an argument of the command line. */
const RunPrompt = Schema.transform(Argument, Schema.String.pipe(Schema.filter(notEmpty)), {
  strict: true,
  decode: (prompt) => prompt,
  encode: guarded
})

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
  /**
   * At most 131,071 bytes. With `workdir` or `postStart` hooks, that is the limit of all texts in the request together,
   * in which a single quote counts as four.
   */
  prompt: Schema.String.pipe(Schema.filter(notEmpty)),
  workdir: Schema.optional(Workdir),
  claude: Schema.optional(Schema.typeSchema(ClaudeOptions)),
  podman: Schema.optional(Schema.typeSchema(PodmanOptions)),
  /**
   * Lets Claude Code work in background tasks; default `false`. When a background task ends, Claude Code takes another
   * turn, and a run returns only the result of its last turn: the answer to the prompt may be lost. So they are
   * switched off, by `CLAUDE_CODE_DISABLE_BACKGROUND_TASKS` in the `env` of `claude.settings`: sub-agents and commands
   * then run one after another, in the turn that started them.
   */
  backgroundTasks: Schema.optional(Schema.Boolean)
}

const runWireFields = {
  prompt: RunPrompt,
  workdir: Schema.optional(Schema.String),
  claude: Schema.optional(ClaudeOptions),
  podman: Schema.optional(PodmanOptions)
}

/** A prompt to run, with its options. */
export interface RunRequest extends Schema.Struct.Type<typeof runRequestFields> {}
export const RunRequest = Schema.transformOrFail(snakeCase(runWireFields), Schema.Struct(runRequestFields), {
  strict: true,
  decode: (request) => ParseResult.succeed(request),
  encode: (request, _, ast) => toWire(request, ast)
})

const asyncRequestFields = {
  ...runRequestFields,
  /** Where the server reports the end of the job, in up to two attempts: see `Webhooks`. */
  webhookUrl: Schema.optional(WebhookUrl)
}

/** A prompt to run in the background. */
export interface AsyncRunRequest extends Schema.Struct.Type<typeof asyncRequestFields> {}
export const AsyncRunRequest = Schema.transformOrFail(
  snakeCase({ ...runWireFields, webhookUrl: Schema.optional(Schema.String) }),
  Schema.Struct(asyncRequestFields),
  {
    strict: true,
    decode: (request) => ParseResult.succeed(request),
    encode: (request, _, ast) => toWire(request, ast)
  }
)

/** The request as it is sent: with background tasks switched off, if they are not wanted. */
const toWire = <Request extends RunRequest>(
  { backgroundTasks, ...request }: Request,
  ast: AST.AST
): Either.Either<Omit<Request, "backgroundTasks">, ParseResult.ParseIssue> =>
  Either.gen(function* () {
    const invalid = (path: ParseResult.Path, problem: string) =>
      new ParseResult.Pointer(path, request, new ParseResult.Type(ast, request, problem))
    const { settings } = request.claude ?? {}
    const sent =
      backgroundTasks === true
        ? settings
        : yield* Either.mapLeft(withoutBackgroundTasks(settings), (problem) => invalid(["claude", "settings"], problem))
    const claude = sent === undefined ? request.claude : { ...request.claude, settings: sent }
    const { postStart = [] } = request.podman?.lifecycle ?? {}
    const texts = [guarded(request.prompt), ...postStart]
    const bytes = texts.reduce((sum, text) => sum + quotedBytes(text), shellBytes(claude ?? {}))
    if ((request.workdir !== undefined || postStart.length > 0) && bytes > maxArgumentBytes) {
      const cause = request.workdir === undefined ? "podman.lifecycle.postStart" : "workdir"
      const problem = `and the texts of \`claude\` must not exceed ${maxArgumentBytes} bytes together, each quote counted as four, because with \`${cause}\` the server passes them as one argument to a shell`
      return yield* Either.left(invalid("prompt", problem))
    }
    return { ...request, ...(claude !== undefined && { claude }) }
  })

const streamRequestFields = {
  /** At most 131,071 bytes. It is part of the URL, and many proxies allow only 8 or 16 KiB for that. */
  prompt: RunPrompt,
  workdir: Schema.optional(Workdir),
  /**
   * The id of a new conversation: a UUID. This endpoint cannot resume one, so with the id of one that exists, the run
   * fails; use `Session` for that.
   */
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
 * Tokens and cost of the whole session so far, not of one run. The server counts a message once per content block, so
 * the numbers are too high for messages with several blocks; those in Claude's own result are right. Server 0.5 or
 * newer, and only if a transcript exists.
 */
export interface Usage extends Schema.Struct.Type<typeof usageFields> {}
export const Usage = snakeCase(usageFields)

/** The response of `POST /run`, which callers see as a `RunResult`. A paid run is not lost for a detail of it. */
export const RunResponse = lenient(
  snakeCase({
    id: RunId,
    status: Schema.Literal("completed", "crashed"),
    output: Schema.optional(Schema.String),
    structuredOutput: Schema.optional(Schema.Unknown),
    sessionId: Schema.optional(SessionId),
    crashInfo: Schema.optional(CrashInfo),
    usage: Schema.optional(Usage),
    error: Schema.optional(Schema.String)
  })
)

const outcomeFields = {
  id: RunId,
  /**
   * Everything the run printed, stdout and stderr interleaved. With `outputFormat: "json"`, Claude's envelope as text.
   */
  output: Schema.String,
  /** The conversation that this run belongs to. */
  sessionId: Schema.optional(SessionId),
  /** Claude's answer to a `jsonSchema`: any JSON value. Server 0.4.1 or newer. */
  structuredOutput: Schema.optional(Schema.Unknown),
  usage: Schema.optional(Schema.typeSchema(Usage))
}

const completedFields = { _tag: Schema.Literal("Completed"), ...outcomeFields }

/** The run ended normally. */
export interface CompletedRun extends Schema.Struct.Type<typeof completedFields> {}
export const CompletedRun = Schema.Struct(completedFields)

/** The schema of `Execution.StructuredRun`, for a value of another schema. */
export const StructuredRun = <A, I, R>(value: Schema.Schema<A, I, R>) => Schema.Struct({ ...completedFields, value })

const crashedFields = { _tag: Schema.Literal("Crashed"), ...outcomeFields, crash: Schema.typeSchema(CrashInfo) }

/** The container died: out of memory, killed, or timed out. `output` is what it had printed until then. */
export interface CrashedRun extends Schema.Struct.Type<typeof crashedFields> {}
export const CrashedRun = Schema.Struct(crashedFields)

/** The result of a run. A run that crashed is a result, too: check `_tag`. */
export type RunResult = CompletedRun | CrashedRun
export const RunResult = Schema.Union(CompletedRun, CrashedRun)

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
export const StartedJob = lenient(snakeCase(startedFields))

const outputFields = { _tag: Schema.Literal("Output"), line: Schema.String }

/** One line of output, without its line ending. `join("\n")` restores the text. */
export interface RunOutput extends Schema.Struct.Type<typeof outputFields> {}
export const RunOutput = Schema.Struct(outputFields)

const doneFields = {
  _tag: Schema.Literal("Done"),
  runId: Schema.optional(RunId),
  sessionId: Schema.optional(SessionId)
}

/**
 * The end of the run, always the last event. A crash is the failure `RunFailed` instead, as far as it can be known:
 * servers up to 0.5.3 report a crash in text output like a success.
 */
export interface RunDone extends Schema.Struct.Type<typeof doneFields> {}
export const RunDone = Schema.Struct(doneFields)

const unknownFields = { _tag: Schema.Literal("Unknown"), event: Schema.String, data: Schema.String }

/** An event that this version does not know. */
export interface UnknownRunEvent extends Schema.Struct.Type<typeof unknownFields> {}
export const UnknownRunEvent = Schema.Struct(unknownFields)

/** An event of a streamed run. */
export type RunEvent = RunOutput | RunDone | UnknownRunEvent
export const RunEvent = Schema.Union(RunOutput, RunDone, UnknownRunEvent)

/** The data of `event: done`. */
export const RunDoneData = lenient(
  snakeCase({
    id: Schema.optional(RunId),
    sessionId: Schema.optional(SessionId),
    status: Schema.optional(openLiteral("completed", "crashed")),
    crashInfo: Schema.optional(CrashInfo),
    structuredOutput: Schema.optional(Schema.Unknown)
  })
)
