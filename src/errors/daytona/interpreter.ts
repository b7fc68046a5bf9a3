/** Failures of the code interpreter. An exception raised by the code is not a failure: it is a value. */
import * as Schema from "effect/Schema"
import { SandboxId } from "../../schema/daytona/Identifiers.js"
import { ContextId } from "../../schema/daytona/toolbox/Interpreter.js"
import { constant, System } from "../RequestFailure.js"
import { TaggedError } from "../TaggedError.js"

const commonFields = {
  system: System,
  /** The operation, for example `CodeInterpreter.execute`. */
  operation: Schema.String,
  sandboxId: SandboxId,
  /** Absent for the default context. */
  contextId: Schema.optional(ContextId),
  message: Schema.String,
  retryable: constant(false)
}

const ofRunFields = {
  ...commonFields,
  /** The output until then; only from `run`. */
  stdout: Schema.optional(Schema.String),
  stderr: Schema.optional(Schema.String),
  admitted: constant("yes")
}

/**
 * Code exceeded its timeout. It was interrupted with `KeyboardInterrupt`, and its context keeps its state; if it was
 * still running two seconds later, it was killed, and its context starts again, empty.
 *
 * A `KeyboardInterrupt` that the code raised itself is indistinguishable once the timeout has passed since the code was
 * sent, waiting for earlier runs of its context included.
 */
export class InterpreterTimeout extends TaggedError<InterpreterTimeout>("effect-sandboxes/InterpreterTimeout")(
  "InterpreterTimeout",
  {
    code: constant("INTERPRETER_TIMEOUT"),
    ...ofRunFields,
    /** The timeout of the run. */
    timeout: Schema.DurationFromMillis,
    /** Whether the context keeps its state. */
    stateKept: Schema.Boolean
  }
) {}

/** Code was interrupted before its timeout: it raised `KeyboardInterrupt` itself, or was sent SIGINT. */
export class InterpreterInterrupted extends TaggedError<InterpreterInterrupted>(
  "effect-sandboxes/InterpreterInterrupted"
)("InterpreterInterrupted", { code: constant("INTERPRETER_INTERRUPTED"), ...ofRunFields }) {}

/**
 * The Python process of a context is gone, and its state is lost.
 *
 * - `workerEnded`: it ended during the run, by `os._exit`, a crash or lack of memory. With older daemons, runs in the
 *   same context fail until nobody has tried for as long as the timeout of this run; a new context works at once.
 * - `contextDeleted`: the context was deleted during the run.
 * - `workerUnreachable`: the daemon said nothing of the run. Most likely it had ended before the run started; it may
 *   also have run the code, and its last message was lost.
 */
export class InterpreterCrashed extends TaggedError<InterpreterCrashed>("effect-sandboxes/InterpreterCrashed")(
  "InterpreterCrashed",
  {
    code: constant("INTERPRETER_CRASHED"),
    ...ofRunFields,
    reason: Schema.Literal("workerEnded", "contextDeleted", "workerUnreachable")
  }
) {}

/**
 * Code printed faster than its output could be delivered, and the daemon dropped the connection: the rest of the output
 * is lost. The code keeps running. The daemon queues 1,024 messages, and every line that is printed by itself is one.
 *
 * Nothing is lost when lines are collected and printed by one call (of less than 1 MiB), when they are written to a
 * file and downloaded, or when the program is run by `Process.execute`.
 */
export class InterpreterOutputLost extends TaggedError<InterpreterOutputLost>("effect-sandboxes/InterpreterOutputLost")(
  "InterpreterOutputLost",
  { code: constant("INTERPRETER_OUTPUT_LOST"), ...ofRunFields }
) {}

/** No Python process could be started; `python3` may be missing in the sandbox. Nothing was run. */
export class InterpreterUnavailable extends TaggedError<InterpreterUnavailable>(
  "effect-sandboxes/InterpreterUnavailable"
)("InterpreterUnavailable", {
  code: constant("INTERPRETER_UNAVAILABLE"),
  ...commonFields,
  /** The reason, as the daemon words it. */
  detail: Schema.String,
  admitted: constant("no")
}) {}
