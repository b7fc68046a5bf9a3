/** Failures of the code interpreter. That the code raises an exception is none: it is a value. */
import * as Schema from "effect/Schema"
import { SandboxId } from "../../schema/daytona/Identifiers.js"
import { ContextId } from "../../schema/daytona/toolbox/Interpreter.js"
import { constant, System } from "../RequestFailure.js"

const commonFields = {
  system: System,
  /** The operation as the SDK names it, for example `CodeInterpreter.execute`. */
  operation: Schema.String,
  sandboxId: SandboxId,
  /** Absent for the context that every sandbox has. */
  contextId: Schema.optional(ContextId),
  message: Schema.String,
  retryable: constant(false)
}

const ofRunFields = {
  ...commonFields,
  /** What was printed until then, with `run`. */
  stdout: Schema.optional(Schema.String),
  stderr: Schema.optional(Schema.String),
  admitted: constant("yes")
}

/**
 * Code did not end in the time that it was given. It was interrupted with `KeyboardInterrupt`, and its context keeps its state; code
 * that did not heed that within two seconds was killed, and its context begins anew, empty.
 *
 * A `KeyboardInterrupt` that the code raised itself looks the same where so much time had passed since it was sent, which
 * includes the wait for earlier runs of its context.
 */
export class InterpreterTimeout extends Schema.TaggedError<InterpreterTimeout>("effect-sandboxes/InterpreterTimeout")(
  "InterpreterTimeout",
  {
    code: constant("INTERPRETER_TIMEOUT"),
    ...ofRunFields,
    /** The time that it was given. */
    timeout: Schema.DurationFromMillis,
    /** Whether the context keeps its state. */
    stateKept: Schema.Boolean
  }
) {}

/** Code was interrupted, and not since its time was up: it raised `KeyboardInterrupt` itself, or was sent SIGINT. */
export class InterpreterInterrupted extends Schema.TaggedError<InterpreterInterrupted>(
  "effect-sandboxes/InterpreterInterrupted"
)("InterpreterInterrupted", { code: constant("INTERPRETER_INTERRUPTED"), ...ofRunFields }) {}

/**
 * The Python process of a context ended during a run, and its state is lost.
 *
 * - `workerEnded`: by `os._exit`, a crash, or lack of memory. The context starts another process, but older daemons let it wait
 *   until the timeout of this run is over.
 * - `contextDeleted`: somebody deleted the context.
 * - `workerUnreachable`: it had ended before the run began.
 */
export class InterpreterCrashed extends Schema.TaggedError<InterpreterCrashed>("effect-sandboxes/InterpreterCrashed")(
  "InterpreterCrashed",
  {
    code: constant("INTERPRETER_CRASHED"),
    ...ofRunFields,
    reason: Schema.Literal("workerEnded", "contextDeleted", "workerUnreachable")
  }
) {}

/** There is no Python process to run code in: `python3` may be missing in the sandbox. Nothing was run. */
export class InterpreterUnavailable extends Schema.TaggedError<InterpreterUnavailable>(
  "effect-sandboxes/InterpreterUnavailable"
)("InterpreterUnavailable", {
  code: constant("INTERPRETER_UNAVAILABLE"),
  ...commonFields,
  /** The daemon's own words. */
  detail: Schema.String,
  admitted: constant("no")
}) {}
