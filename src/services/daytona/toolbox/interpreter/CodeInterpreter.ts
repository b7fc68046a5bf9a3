/** Runs Python in a sandbox and keeps its state: each run sees what those before it defined. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type ApiError, NotFound } from "../../../../errors/ApiError.js"
import * as Operation from "../../../../internal/Operation.js"
import { completedCreation } from "../../../../internal/scopedCreation.js"
import { withRequestOptions } from "../../../../RequestOptions.js"
import type * as Interpreter from "../../../../schema/daytona/toolbox/Interpreter.js"
import {
  type ContextId,
  ContextList,
  CreateContext,
  InterpreterContext
} from "../../../../schema/daytona/toolbox/Interpreter.js"
import { defaultMaxOutput } from "../boundedText.js"
import { debtIn, endQuietly } from "../scopedCreation.js"
import { directoryOf } from "../shellText.js"
import { Toolbox } from "../Toolbox.js"
import { checked } from "./arguments.js"
import { contextDeleted } from "./end.js"
import * as InterpreterResult from "./result.js"
import type { ExecuteError } from "./run.js"
import * as InterpreterRun from "./run.js"

/**
 * Runs Python in a sandbox and keeps its state: each run sees what those before it defined.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { CodeInterpreter } from "effect-sandboxes/daytona"
 *
 * const program = Effect.gen(function* () {
 *   const interpreter = yield* CodeInterpreter
 *   yield* interpreter.run("import statistics; data = [1, 2, 4]")
 *   const { stdout, error } = yield* interpreter.run("print(statistics.mean(data))", { timeout: "30 seconds" })
 *   return error === undefined ? stdout : error.name
 * })
 * ```
 */
export class CodeInterpreter extends Context.Tag("effect-sandboxes/daytona/CodeInterpreter")<
  CodeInterpreter,
  CodeInterpreter.Service
>() {
  /** The service on top of the connection to one sandbox. Building it sends nothing. */
  static readonly layer: Layer.Layer<CodeInterpreter, never, Toolbox> = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

export declare namespace CodeInterpreter {
  /**
   * The sandbox must have `python3`. Code runs in a context: a Python process with its own variables, imports and
   * functions. Every sandbox has a default context. A context executes one run at a time, in order; contexts run
   * concurrently.
   *
   * Limits of the daemon: the value of a last expression is not shown, only printed output; `sys.exit` ends a run like
   * a normal completion, and its exit code is lost; output of subprocesses is lost; `input()` does not work; and a line
   * of more than 1 MiB suppresses the rest of the output until the run times out.
   */
  interface Service {
    /**
     * Runs code and returns its output. An exception in the code is not a failure: it is a value, `error`.
     *
     * **Interruption and deadlines (`Effect.timeout`) end the wait but not the code**: only deleting its context stops
     * a run. With `isolated`, which does that, the code is killed.
     *
     * Fails with `InvalidRequest` for blank code, with `InterpreterTimeout` after `timeout`, with
     * `InterpreterInterrupted` when the code raises `KeyboardInterrupt`, with `InterpreterCrashed` when its process
     * ends (`os._exit`, out of memory) or its context is deleted, or when another run's process has just ended, with
     * `InterpreterOutputLost` when it prints thousands of lines at once, which the daemon does not deliver (its
     * documentation says what loses nothing), with `NotFound` when the context does not exist, with
     * `InterpreterUnavailable` when there is no Python, and with `StreamInterrupted` when the connection is lost.
     *
     * After a crash, the daemon holds the context until the time limit of the crashed run and two seconds have passed,
     * and a run that is requested meanwhile fails then, and holds it in turn. So wait that long, or use another
     * context. After the crash of a run without a limit, a context runs nothing any more. A crash of an `isolated` run
     * affects no other.
     * `GET /process/interpreter/execute`, a web socket
     *
     * @example
     * ```ts
     * import * as Effect from "effect/Effect"
     * import { CodeInterpreter } from "effect-sandboxes/daytona"
     *
     * const answer = Effect.gen(function* () {
     *   const interpreter = yield* CodeInterpreter
     *   const { id } = yield* interpreter.scopedContext()
     *   yield* interpreter.run("x = 6 * 7", { context: id })
     *   const { error, stdout } = yield* interpreter.run("print(x)", { context: id, timeout: "30 seconds" })
     *   return error === undefined ? stdout : error.traceback
     * }).pipe(Effect.scoped)
     * ```
     */
    readonly run: (code: string, options?: RunOptions) => Effect.Effect<RunResult, ExecuteError>
    /**
     * Like `run`, but emits the output as it is printed: line by line, or when the code flushes. The stream ends when
     * the code has ended. When the output is read too slowly, the daemon closes the connection
     * (`InterpreterOutputLost`) and the code keeps running.
     */
    readonly stream: (code: string, options?: ExecuteOptions) => Stream.Stream<ExecuteEvent, ExecuteError>
    /**
     * Creates a context and starts its process. It exists until it is deleted or the sandbox stops. Fails with
     * `ServerError` when the process cannot be started: `cwd` is not a directory, or there is no `python3`.
     * `POST /process/interpreter/context`
     */
    readonly createContext: (options?: ContextOptions) => Effect.Effect<InterpreterContext, ApiError>
    /**
     * Like `createContext`; the context is deleted, and its code killed, when the scope closes. The daemon chooses the
     * id, so a scope that closes during the creation waits for the response, up to the deadline of the request.
     */
    readonly scopedContext: (options?: ContextOptions) => Effect.Effect<InterpreterContext, ApiError, Scope.Scope>
    /** All contexts except the default one, in no particular order. `GET /process/interpreter/context` */
    readonly listContexts: Effect.Effect<ReadonlyArray<InterpreterContext>, ApiError>
    /**
     * Deletes a context and kills its code. Fails with `NotFound`. `DELETE /process/interpreter/context/{id}`
     */
    readonly deleteContext: (id: ContextId) => Effect.Effect<void, ApiError | NotFound>
  }

  /** Where and how code runs. */
  interface ExecuteOptions extends InterpreterRun.ExecuteOptions {
    /**
     * Runs the code in a temporary context. When the run is interrupted, or its stream is not consumed to the end, the
     * code is killed with the context. Cannot be combined with `context`. Default `false`.
     */
    readonly isolated?: boolean | undefined
  }

  /** Where and how code runs, and how much of its output is kept. */
  interface RunOptions extends ExecuteOptions {
    /** How many characters of each output are kept; `truncated` says whether there were more. Default 16 Mi. */
    readonly maxOutput?: number | undefined
  }

  /** How code ended, and its output. */
  type RunResult = Interpreter.InterpreterResult
  /** An event of running code. */
  type ExecuteEvent = Interpreter.InterpreterEvent
  /** What running code can fail with. */
  type ExecuteError = InterpreterRun.ExecuteError

  /** How a context is created. */
  interface ContextOptions {
    /** The directory of its code, relative to the working directory of the daemon, which is the default. */
    readonly cwd?: string | undefined
  }
}

export const operations = {
  execute: InterpreterRun.execute,
  createContext: Operation.make("CodeInterpreter.createContext", "POST", "/process/interpreter/context", {
    body: CreateContext,
    success: InterpreterContext,
    meanings: {
      500: "the Python process could not be started: `cwd` is not a directory, or the sandbox has no `python3`"
    }
  }),
  listContexts: Operation.make("CodeInterpreter.listContexts", "GET", "/process/interpreter/context", {
    success: ContextList
  }),
  deleteContext: Operation.make("CodeInterpreter.deleteContext", "DELETE", "/process/interpreter/context/{id}", {
    success: Schema.Void,
    fails: [NotFound],
    meanings: { 400: "the default context cannot be deleted", 404: "there is no such context" }
  })
}

export const make: Effect.Effect<CodeInterpreter.Service, never, Toolbox> = Effect.map(Toolbox, (toolbox) => {
  const createContext: CodeInterpreter.Service["createContext"] = ({ cwd } = {}) =>
    Effect.flatMap(directoryOf(operations.createContext.name, cwd), (directory) =>
      toolbox.call(operations.createContext, { body: { cwd: directory } })
    )

  const deleteContext: CodeInterpreter.Service["deleteContext"] = (id) =>
    toolbox.call(operations.deleteContext, { path: { id } })

  const scopedContext: CodeInterpreter.Service["scopedContext"] = (options) =>
    completedCreation(toolbox.pendingReleases, {
      create: Effect.tapError(createContext(options), ({ admitted, message }) =>
        admitted === "no"
          ? Effect.void
          : Effect.logWarning(`A context of the code interpreter may not have been deleted: ${message}`)
      ),
      pending: debtIn(toolbox, "a context of the code interpreter that was being created"),
      resource: ({ id }) => debtIn(toolbox, `context ${id} of the code interpreter`),
      remove: ({ id }) => endQuietly(deleteContext(id))
    })

  /** The daemon reports a context that was deleted during a run in several ways; its list says which it was. */
  const withDeletion = (id: ContextId, error: ExecuteError): Effect.Effect<never, ExecuteError> =>
    (error._tag === "InterpreterCrashed" && error.reason === "workerEnded") ||
    error._tag === "InterpreterInterrupted" ||
    error._tag === "InterpreterTimeout"
      ? toolbox.call(operations.listContexts).pipe(
          withRequestOptions({ timeout: "5 seconds", retry: false }),
          Effect.match({ onFailure: () => true, onSuccess: ({ contexts }) => contexts.some((each) => each.id === id) }),
          Effect.flatMap((exists) => Effect.fail(exists ? error : contextDeleted(error)))
        )
      : Effect.fail(error)

  const inContext = (code: string, options: InterpreterRun.ExecuteOptions) => {
    const { context } = options
    const events = InterpreterRun.stream(toolbox, code, options)
    return context === undefined
      ? events
      : Stream.catchAll(events, (error) => Stream.fromEffect(withDeletion(context, error)))
  }

  const stream: CodeInterpreter.Service["stream"] = (code, { isolated = false, ...options } = {}) => {
    if (!isolated) return inContext(code, options)
    if (options.context !== undefined) {
      return Stream.fail(InterpreterRun.invalid("isolated", "runs in a context of its own; leave out `context`"))
    }
    // Validates the request before a context is created for it.
    return Stream.unwrapScoped(
      Effect.map(Effect.zipRight(InterpreterRun.requestOf(code, options), scopedContext()), ({ id }) =>
        InterpreterRun.stream(toolbox, code, { ...options, context: id })
      )
    )
  }

  return checked<CodeInterpreter.Service>({
    run: (code, { maxOutput = defaultMaxOutput, ...options } = {}) =>
      InterpreterResult.collect(stream(code, options), maxOutput),
    stream,
    createContext,
    scopedContext,
    listContexts: Effect.map(toolbox.call(operations.listContexts), ({ contexts }) => contexts),
    deleteContext
  })
})
