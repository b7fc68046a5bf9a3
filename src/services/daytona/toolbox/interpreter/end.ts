/**
 * What the end of an execution means. Only a close code of 1000 after the word that the code is `completed` is a success; everything
 * else is told apart by the close code, its reason, and what was heard before.
 */
import * as Duration from "effect/Duration"
import { BadRequest, NotFound, type StreamInterrupted } from "../../../../errors/ApiError.js"
import {
  InterpreterCrashed,
  InterpreterInterrupted,
  InterpreterTimeout,
  InterpreterUnavailable
} from "../../../../errors/daytona/interpreter.js"
import { type RequestContext, streamInterrupted } from "../../../../internal/failure.js"
import type { SandboxId } from "../../../../schema/daytona/Identifiers.js"
import type { ContextId } from "../../../../schema/daytona/toolbox/Interpreter.js"
import type { WebSocketClosed } from "../../../../stream/WebSocket.js"

/** How an execution can fail that had begun to be one. */
export type ExecutionFailure =
  | BadRequest
  | NotFound
  | StreamInterrupted
  | InterpreterTimeout
  | InterpreterInterrupted
  | InterpreterCrashed
  | InterpreterUnavailable

/** What is known of an execution when its connection ends. */
export interface Execution {
  readonly context: RequestContext
  readonly sandboxId: SandboxId
  readonly contextId: ContextId | undefined
  /** What the daemon was told, or its default; infinite for none. */
  readonly timeout: Duration.Duration
  /** Since the code was sent. */
  readonly elapsed: Duration.Duration
  /** The last word of the daemon about it. */
  readonly control: string | undefined
  readonly sawAnything: boolean
}

/** Clocks differ by so much, and timers are that early. */
const tolerance = Duration.millis(100)

/** None: it is a success. */
export const failureOf = (execution: Execution, { code, reason }: WebSocketClosed): ExecutionFailure | undefined => {
  const { context, contextId, control, sandboxId } = execution
  const fields = {
    system: context.system,
    operation: context.operation,
    sandboxId,
    ...(contextId === undefined ? {} : { contextId })
  }
  const interrupted = (what: string) => streamInterrupted(context, `${what} (close code ${code}${told(reason)})`)
  const refused = { ...context, detail: reason, retryable: false, admitted: "no" } as const
  switch (code) {
    case 1000:
      if (control === "completed") return undefined
      return control === undefined && !execution.sawAnything
        ? new InterpreterCrashed({
            ...fields,
            reason: "workerUnreachable",
            message:
              "The Python process of this context could not be talked to, so the code did not run, or not to its end"
          })
        : interrupted("the daemon did not say that the code has ended")
    case 4008:
      return timeoutOrInterrupt(execution, fields)
    case 1001:
      return new InterpreterCrashed({
        ...fields,
        reason: reason === "context shutdown" ? "contextDeleted" : "workerEnded",
        message: `The code did not run to its end, and the state of its context is lost: ${reason === "" ? "its Python process ended" : reason}`
      })
    case 1002:
      return new BadRequest({
        ...refused,
        message: `The daemon could not read the request for this execution: ${reason}`
      })
    case 1008:
      if (reason.startsWith("context not found"))
        return new NotFound({
          ...refused,
          message: `There is no such context of the code interpreter: ${contextId ?? "the default one"}`
        })
      if (reason === "context is not active")
        return new InterpreterCrashed({
          ...fields,
          reason: "contextDeleted",
          message: "The context is being deleted, so the code did not run"
        })
      return reason === "slow consumer" || reason === ""
        ? interrupted("the output was read more slowly than it was printed, so the daemon gave up; the code goes on")
        : new BadRequest({ ...refused, message: `The daemon refused this execution: ${reason}` })
    case 1011:
      return new InterpreterUnavailable({
        ...fields,
        detail: reason,
        message: `The code did not run${told(reason)}. Does the sandbox have \`python3\`?`
      })
    default:
      return interrupted(
        execution.sawAnything
          ? "the connection was lost; the code may go on"
          : "the connection was lost before anything came. The code may run; or the sandbox has no `python3`, which the daemon has no way to say"
      )
  }
}

const told = (reason: string): string => (reason === "" ? "" : `: ${reason}`)

/**
 * The daemon closes with 4008 for both. Where the time was not up yet, measured from before the daemon could have begun, it is no
 * timeout. Where it was, and where the code did not even say that it heard, it is one.
 */
const timeoutOrInterrupt = (
  { control, elapsed, timeout }: Execution,
  fields: Pick<InterpreterInterrupted, "system" | "operation" | "sandboxId"> & { readonly contextId?: ContextId }
): InterpreterTimeout | InterpreterInterrupted => {
  const isOver = Duration.greaterThanOrEqualTo(Duration.sum(elapsed, tolerance), timeout)
  if (control !== undefined && !isOver) {
    return new InterpreterInterrupted({
      ...fields,
      message: "The code was interrupted before its time was up: it raised `KeyboardInterrupt`, or was sent SIGINT"
    })
  }
  const stateKept = control !== undefined
  return new InterpreterTimeout({
    ...fields,
    timeout,
    stateKept,
    message: `The code did not end within ${Duration.format(timeout)}, and was ${
      stateKept ? "interrupted" : "killed, since it did not heed the interrupt; the state of its context is lost"
    }`
  })
}
