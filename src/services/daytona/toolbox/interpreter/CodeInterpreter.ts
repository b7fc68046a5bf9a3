/** Python in a sandbox that keeps its state: what one run defines, the next one finds. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type ApiError, NotFound } from "../../../../errors/ApiError.js"
import { finalizerRequest, runInDaemon } from "../../../../internal/finalizerRequest.js"
import * as Operation from "../../../../internal/Operation.js"
import {
  type ContextId,
  ContextList,
  CreateContext,
  InterpreterContext
} from "../../../../schema/daytona/toolbox/Interpreter.js"
import { defaultMaxOutput } from "../process/collectedText.js"
import { directoryOf } from "../shellText.js"
import { Toolbox } from "../Toolbox.js"
import { collect, type InterpreterResult } from "./result.js"
import * as interpreterRun from "./run.js"

export type { InterpreterResult } from "./result.js"
export type { ExecuteError, InterpreterEvent } from "./run.js"

/**
 * Python in a sandbox that keeps its state: what one run defines, the next one finds.
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
   * The sandbox must have `python3`. Code runs in a context: a Python process with variables, imports and functions of its own. Every
   * sandbox has one to begin with. A context runs one thing at a time, in the order they come; contexts run beside each other.
   *
   * What the daemon does not do: it shows no value of a last expression, only what is printed; `sys.exit` ends a run as if it were
   * complete, and its code is lost; what subprocesses print is lost; `input()` does not work; and one line of more than 1 MiB
   * silences the rest of a run until its time is up.
   */
  interface Service {
    /**
     * Runs code, and returns what it printed. An exception in the code is a value: `error`.
     *
     * **Interruption and deadlines (`Effect.timeout`) end the wait and not the code**: the daemon cannot be told to stop a run other
     * than by deleting its context. With `isolated`, which does that, the code is killed.
     *
     * Fails with `InvalidRequest` for blank code, with `InterpreterTimeout` when the time is up, with `InterpreterInterrupted`
     * when the code raises `KeyboardInterrupt`, with `InterpreterCrashed` when its process ends (`os._exit`, out of memory), with
     * `NotFound` when there is no such context, with `InterpreterUnavailable` when there is no Python, and with
     * `StreamInterrupted` when the connection is lost. `GET /process/interpreter/execute`, a web socket
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
    readonly run: (code: string, options?: RunOptions) => Effect.Effect<InterpreterResult, interpreterRun.ExecuteError>
    /**
     * As `run`, as it happens. Text arrives line by line, or when the code flushes its output. The stream ends when the code has
     * ended; a reader that is too slow makes the daemon give up (`StreamInterrupted`), and the code goes on.
     */
    readonly stream: (
      code: string,
      options?: ExecuteOptions
    ) => Stream.Stream<interpreterRun.InterpreterEvent, interpreterRun.ExecuteError>
    /**
     * Makes a context, and starts its process. It stays until it is deleted, or the sandbox stops. Fails with `ServerError` when the
     * process cannot be started: `cwd` is no directory, or there is no `python3`. `POST /process/interpreter/context`
     */
    readonly createContext: (options?: ContextOptions) => Effect.Effect<InterpreterContext, ApiError>
    /**
     * As `createContext`; the context is deleted when the scope closes, and what runs in it killed. The daemon chooses the id, so
     * the scope waits until it is known: for the answer of the daemon, but not past the deadline of the request.
     */
    readonly scopedContext: (options?: ContextOptions) => Effect.Effect<InterpreterContext, ApiError, Scope.Scope>
    /** All contexts but the one that every sandbox has, in no particular order. `GET /process/interpreter/context` */
    readonly listContexts: Effect.Effect<ReadonlyArray<InterpreterContext>, ApiError>
    /**
     * Deletes a context, and kills what runs in it. Fails with `NotFound`. `DELETE /process/interpreter/context/{id}`
     */
    readonly deleteContext: (id: ContextId) => Effect.Effect<void, ApiError | NotFound>
  }

  /** How a run is made. */
  interface ExecuteOptions extends interpreterRun.ExecuteOptions {
    /**
     * Runs the code in a context of its own, which is deleted afterwards: also when the run is interrupted, or its stream is left
     * early, and then the code is killed. Not together with `context`. Default `false`.
     */
    readonly isolated?: boolean | undefined
  }

  /** How a run is made, and how much of what it prints is kept. */
  interface RunOptions extends ExecuteOptions {
    /** How much is kept of what is printed, in characters of each stream; `truncated` tells. Default 16 Mi. */
    readonly maxOutput?: number | undefined
  }

  /** How a context begins. */
  interface ContextOptions {
    /** Where its code begins; relative to the working directory of the daemon, which is the default. */
    readonly cwd?: string | undefined
  }
}

export const operations = {
  execute: interpreterRun.execute,
  createContext: Operation.make("CodeInterpreter.createContext", "POST", "/process/interpreter/context", {
    body: CreateContext,
    success: InterpreterContext,
    meanings: {
      500: "The Python process could not be started: `cwd` is no directory, or the sandbox has no `python3`"
    }
  }),
  listContexts: Operation.make("CodeInterpreter.listContexts", "GET", "/process/interpreter/context", {
    success: ContextList
  }),
  deleteContext: Operation.make("CodeInterpreter.deleteContext", "DELETE", "/process/interpreter/context/{id}", {
    success: Schema.Void,
    fails: [NotFound],
    meanings: { 400: "The context that every sandbox has cannot be deleted", 404: "There is no such context" }
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
    Effect.acquireRelease(
      Effect.tapError(runInDaemon(createContext(options)), ({ admitted, message }) =>
        admitted === "no"
          ? Effect.void
          : Effect.logWarning(`A context of the code interpreter may have been left behind: ${message}`)
      ),
      ({ id }) =>
        deleteContext(id).pipe(
          Effect.catchTag("NotFound", () => Effect.void),
          finalizerRequest,
          Effect.ignoreLogged
        )
    )

  const stream: CodeInterpreter.Service["stream"] = (code, { isolated = false, ...options } = {}) => {
    if (!isolated) return interpreterRun.stream(toolbox, code, options)
    if (options.context !== undefined) {
      return Stream.fail(interpreterRun.invalid("isolated", "means a context of its own; leave out `context`"))
    }
    // What cannot be run gets no context made for it.
    return Stream.unwrapScoped(
      Effect.map(Effect.zipRight(interpreterRun.requestOf(code, options), scopedContext()), ({ id }) =>
        interpreterRun.stream(toolbox, code, { ...options, context: id })
      )
    )
  }

  return CodeInterpreter.of({
    run: (code, { maxOutput = defaultMaxOutput, ...options } = {}) => collect(stream(code, options), maxOutput),
    stream,
    createContext,
    scopedContext,
    listContexts: Effect.map(toolbox.call(operations.listContexts), ({ contexts }) => contexts),
    deleteContext
  })
})
