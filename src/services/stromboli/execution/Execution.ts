/** Running prompts: waiting for the result, in the background, or with streamed output. */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { hasProperty } from "effect/Predicate"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import {
  type ApiError,
  Conflict,
  type InvalidResponse,
  NotFound,
  type StreamInterrupted
} from "../../../errors/ApiError.js"
import {
  type JobWaitTimeout,
  RunFailed,
  type RunForgotten,
  type RunKeyConflict,
  StructuredOutputMismatch
} from "../../../errors/stromboli/failures.js"
import type { OpenedStream } from "../../../internal/ApiClient.js"
import * as Arguments from "../../../internal/arguments.js"
import { describeParseError, invalidRequest, streamInterrupted, unreadable } from "../../../internal/failure.js"
import { inMethodSpan, withMethodSpans } from "../../../internal/methodSpans.js"
import * as Operation from "../../../internal/Operation.js"
import { parsedJson } from "../../../schema/jsonFields.js"
import type { ClaudeOptions } from "../../../schema/stromboli/ClaudeOptions.js"
import type { KeyedJob, KeyedRunRequest } from "../../../schema/stromboli/KeyedRun.js"
import {
  AsyncRunRequest,
  type CompletedRun,
  RunDoneData,
  type RunEvent,
  RunRequest,
  RunResponse,
  type RunResult,
  StartedJob,
  StreamRequest,
  toRunResult
} from "../../../schema/stromboli/Run.js"
import type * as Sse from "../../../stream/Sse.js"
import { eventsUntilEnd } from "../../../stream/untilEnd.js"
import { StromboliClient } from "../StromboliClient.js"
import { crashedRun, failedExecution, failedRun } from "./failedRun.js"
import * as KeyedRun from "./keyedRun.js"
import { outputWatch } from "./outputWatch.js"
import { counted } from "./spent.js"
import { printable, toJsonSchema, valueOf } from "./structuredOutput.js"

/**
 * Running prompts: waiting for the result, in the background, or with streamed output.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Execution } from "effect-sandboxes/stromboli"
 *
 * const program = Effect.gen(function* () {
 *   const execution = yield* Execution
 *   const run = yield* execution.run({ prompt: "Write a haiku about types", podman: { timeout: "10 minutes" } })
 *   yield* execution
 *     .stream({ prompt: "Count to ten" })
 *     .pipe(Stream.runForEach((event) => (event._tag === "Output" ? Effect.log(event.line) : Effect.void)))
 *   return run.output
 * })
 * ```
 */
export class Execution extends Context.Tag("effect-sandboxes/stromboli/Execution")<Execution, Execution.Service>() {
  /** The service on top of the connection to the server. Building it sends nothing. */
  static readonly layer: Layer.Layer<Execution, never, StromboliClient> = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

export declare namespace Execution {
  interface Service {
    /**
     * Runs a prompt and waits for the result for as long as `podman.timeout` allows (30 minutes by default). There is
     * no deadline on our side unless `withRequestOptions` sets one. An interruption stops the run. The request is sent
     * again only when it provably did not arrive.
     *
     * A container that dies is a result, `Crashed`, not a failure. When Claude ends with an error (out of turns or
     * budget, an API error), that is `RunFailed`, with the output and, in the formats `json` and `stream-json`, with
     * what Claude reported: subtype, turns, cost, session. Options that the server refuses are a `ServerError` with the
     * server's message in `detail`.
     *
     * With `resume`, fails with `NotFound` when the server has no conversation with the `sessionId`; without, with
     * `Conflict` when it has one already in the same `workdir`: in another, Claude Code begins a second one. Also with
     * `Conflict` while another run of the session is in progress. None of these has asked Claude anything.
     *
     * Background tasks of Claude Code are switched off: see `backgroundTasks` of `RunRequest`. `POST /run`
     */
    readonly run: (request: RunRequest) => Effect.Effect<RunResult, ApiError | NotFound | Conflict | RunFailed>
    /**
     * Runs a prompt and decodes Claude's answer with the schema, from which the JSON Schema is derived.
     *
     * Fails with `StructuredOutputMismatch`, which keeps the raw output, when the answer does not match, with
     * `RunFailed` when Claude ends with an error or the container crashes, and otherwise like `run`. `POST /run`
     */
    readonly runStructured: <A, I, R>(
      schema: Schema.Schema<A, I, R>,
      request: StructuredRunRequest
    ) => Effect.Effect<StructuredRun<A>, ApiError | NotFound | Conflict | RunFailed | StructuredOutputMismatch, R>
    /**
     * Starts a run in the background; `Jobs.await` waits for it. Options that the server refuses, a session that cannot
     * be resumed, and one that exists already result in a failed job, and so does an error of Claude: see
     * `Job.resultOf`. Background tasks are switched off as for `run`. `POST /run/async`
     *
     * With a `key`, at most one run is paid for, from however many processes it is asked for, while the server
     * remembers it: the others get its job, which is running, cancelled or over. A cancelled run goes on, so it is
     * adopted like any other. The key becomes the session id, and of two runs in a session, Claude Code and Podman let
     * one begin. Deleting the session after the job is forgotten makes the key free again.
     *
     * With a `key`, this waits until a run has provably begun: its session has a transcript, or it is over. It fails
     * with `JobWaitTimeout` when that takes longer than `startsWithin`; ask again with the same key, which starts
     * nothing while the run exists. It fails with `RunForgotten` when the server no longer has a job of the run, and
     * with `RunKeyConflict` when the run has another prompt, which is read from its transcript; prompts that begin with
     * `/`, which Claude Code rewrites, and options are not compared. A request whose answer is lost is looked for and
     * never sent twice. An interruption does not stop the run. Of several who start at once, all but one get a job that
     * fails at once, which `webhookUrl` reports as well: compare its job id with the one returned. `GET
     * /sessions/{id}/messages`, `GET /jobs`, `POST /run/async`
     */
    readonly runAsync: {
      (request: KeyedRunRequest): Effect.Effect<KeyedJob, ApiError | RunForgotten | RunKeyConflict | JobWaitTimeout>
      (request: AsyncRunRequest): Effect.Effect<StartedJob, ApiError>
    }
    /**
     * Runs a prompt and emits its output line by line; the last event is `Done`. Text output arrives mostly at the end
     * of the run, and the server does not respond before the first line, so there is no deadline on our side.
     *
     * Fails with `RunFailed` when the run fails or its container crashes, and with `StreamInterrupted` when the
     * connection ends before the run does. Servers up to 0.5.3 report a crash like a success. Then only `stream-json`
     * output, which settings of the image can switch on, shows it, because its result is missing.
     *
     * The server drops a line of 64 KiB or more with everything after it, and the rest of a line after a carriage
     * return, and reports neither. Where that matters, use `runAsync` with `Jobs.await`, or an agent. This endpoint has
     * no options, so background tasks of Claude Code are not switched off. Leaving the stream stops the run. The prompt
     * is sent in the URL, which its span does not show.
     * `GET /run/stream`
     */
    readonly stream: (request: StreamRequest) => Stream.Stream<RunEvent, ApiError | RunFailed | StreamInterrupted>
  }

  /** A prompt whose output format and JSON Schema follow from the schema. */
  interface StructuredRunRequest extends Omit<RunRequest, "claude"> {
    readonly claude?: Omit<ClaudeOptions, "jsonSchema" | "outputFormat"> | undefined
  }

  /** A completed run with its decoded value. */
  interface StructuredRun<A> extends CompletedRun {
    readonly value: A
  }
}

export const operations = {
  run: Operation.make("Execution.run", "POST", "/run", {
    body: RunRequest,
    success: RunResponse,
    // All of them have the status 500: see `readStromboliErrorBody`.
    fails: [failedExecution, NotFound, Conflict],
    timeout: Duration.infinity
  }),
  runAsync: Operation.make("Execution.runAsync", "POST", "/run/async", { body: AsyncRunRequest, success: StartedJob }),
  stream: Operation.make("Execution.stream", "GET", "/run/stream", {
    accept: "text/event-stream",
    query: StreamRequest,
    success: Schema.Void,
    // This GET starts work.
    retry: "unsent",
    timeout: Duration.infinity,
    secretUrl: true
  })
}

/** The server cuts lines at 64 KiB, but an error may contain the whole output. */
const maxEventSize = 16 * 1024 * 1024

const structured = {
  system: "stromboli",
  operation: "Execution.runStructured",
  method: operations.run.method,
  path: operations.run.path
} as const

const { effect, stream } = Arguments.methodsOf("stromboli", "Execution")

const options = Arguments.optional(Arguments.struct({}))
const request = Arguments.unnamed(Arguments.struct({ claude: options, podman: options }))
const keyedRequest = Arguments.unnamed(
  Arguments.struct({
    claude: options,
    podman: options,
    key: Arguments.text,
    whenForgotten: Arguments.optional(Arguments.oneOf("fail", "runAgain")),
    whenFailed: Arguments.optional(Arguments.oneOf("return", "runAgain")),
    startsWithin: Arguments.optional(Arguments.duration)
  })
)

const checked = (methods: Execution.Service): Execution.Service =>
  withMethodSpans(
    "Stromboli.Execution",
    {
      run: effect("run", { request }, methods.run),
      runStructured: effect("runStructured", { schema: Arguments.schema, request }, methods.runStructured),
      // Each of its two forms is checked where it is made.
      runAsync: methods.runAsync,
      stream: stream("stream", { request }, methods.stream)
    },
    ["runStructured"]
  )

export const make: Effect.Effect<Execution.Service, never, StromboliClient> = Effect.map(StromboliClient, (client) => {
  const run: Execution.Service["run"] = (request) =>
    Effect.map(client.call(operations.run, { body: request }), toRunResult).pipe(counted(request))
  const start = effect("runAsync", { request }, (body: AsyncRunRequest) => client.call(operations.runAsync, { body }))
  const keyed = KeyedRun.make(client, operations.runAsync.name, start)
  const runWithKey = effect("runAsync", { request: keyedRequest }, (run: KeyedRunRequest) =>
    inMethodSpan("Stromboli.Execution.runAsync")(keyed(run))
  )
  function runAsync(request: KeyedRunRequest): ReturnType<typeof runWithKey>
  function runAsync(request: AsyncRunRequest): ReturnType<typeof start>
  function runAsync(
    request: KeyedRunRequest | AsyncRunRequest
  ): ReturnType<typeof runWithKey> | ReturnType<typeof start> {
    return hasProperty(request, "key") ? runWithKey(request) : start(request)
  }
  return checked({
    run,
    runStructured: (schema, request) =>
      Effect.gen(function* () {
        const jsonSchema = yield* Either.mapLeft(toJsonSchema(schema), (problem) =>
          invalidRequest(structured, "schema", problem)
        )
        const result = yield* run({ ...request, claude: { ...request.claude, outputFormat: "json", jsonSchema } })
        if (result._tag === "Crashed") return yield* crashedRun(structured, result)
        const value = valueOf(result)
        return yield* Effect.suspend(() => Schema.decodeUnknown(schema)(value)).pipe(
          Effect.map((decoded) => ({ ...result, value: decoded })),
          Effect.mapError((error) => mismatch(result, value, describeParseError(error))),
          // The run is paid for: whatever the caller's schema throws, its output must not be lost.
          Effect.catchAllDefect((defect) => Effect.fail(mismatch(result, value, undecodable(defect))))
        )
      }),
    runAsync,
    stream: (request) => client.readNext(operations.stream, { query: request }, readRunEvents)
  })
})

const mismatch = (
  run: CompletedRun,
  value: unknown,
  problem: { readonly field: string; readonly expected: string }
): StructuredOutputMismatch =>
  new StructuredOutputMismatch({
    ...structured,
    message:
      value === undefined
        ? `Run ${run.id} returned no structured value; see \`output\``
        : `Run ${run.id} returned a value that does not match the schema: ${problem.field === "" ? "the value" : `\`${problem.field}\``} ${problem.expected}`,
    field: problem.field,
    runId: run.id,
    sessionId: run.sessionId,
    output: run.output,
    value: printable(value)
  })

/** What the caller's schema threw. Its message may hold the value. */
const undecodable = (defect: unknown) => ({
  field: "",
  expected: defect instanceof RangeError ? "is nested too deeply" : "cannot be decoded: the schema threw an error"
})

const readRunEvents = ({ conclude, context, next }: OpenedStream) => {
  const { system, operation, method, path, requestId } = context
  const request = { system, operation, method, path, requestId }
  const watch = outputWatch()

  const read = ({ event, data }: Sse.Event, results: Array<RunEvent>): Exit.Exit<void, RunFailed> | undefined => {
    switch (event) {
      case "message":
        watch.read(data)
        results.push({ _tag: "Output", line: data })
        return undefined
      case "done": {
        // The event itself proves the end; its data is optional.
        const decoded = Schema.decodeUnknownEither(RunDoneData)(parsedJson(data))
        const done = Either.getOrElse(decoded, (): typeof RunDoneData.Type => ({}))
        const { crashInfo, id, sessionId, status, structuredOutput } = done
        if (status === "crashed" || crashInfo !== undefined || watch.isCutOff()) {
          const { exitCode, reason, signal } = crashInfo ?? {}
          const why = reason ?? (status === "crashed" ? "the server gives no reason" : "it ended without a result")
          const how = [exitCode === undefined ? [] : `exit code ${exitCode}`, signal ?? []].flat().join(", ")
          const message = `${method} ${path} (${operation}): run ${id ?? ""} crashed: ${why}${how === "" ? "" : ` (${how})`}`
          return Exit.fail(
            new RunFailed({
              ...request,
              message,
              runId: id,
              sessionId,
              crash: crashInfo ?? {},
              output: crashInfo?.partialOutput,
              structuredOutput
            })
          )
        }
        results.push({ _tag: "Done", runId: id, sessionId })
        return Exit.void
      }
      case "error":
        return Exit.fail(failedRun(request, data, watch.lastLine()))
      default:
        results.push({ _tag: "Unknown", event, data })
        return undefined
    }
  }
  return eventsUntilEnd<RunEvent, RunFailed | InvalidResponse, StreamInterrupted>({
    maxEventSize,
    read,
    atEnd: conclude,
    tooLarge: (error) => unreadable(context, 200, { what: error.message, admitted: "yes" }),
    onMissing: () => streamInterrupted(context, "the server closed it without a `done` or `error` event")
  })(next)
}
