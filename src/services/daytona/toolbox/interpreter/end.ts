/**
 * What the end of an execution means. Close code 1000 is a success after the message that the code is `completed`, and
 * after an exception, where the daemon may close before it has read that message. In any other case the close code, its
 * reason and the messages before it tell the failures apart.
 */
import * as Duration from "effect/Duration"
import { BadRequest, NotFound, type StreamInterrupted } from "../../../../errors/ApiError.js"
import {
  InterpreterCrashed,
  InterpreterInterrupted,
  InterpreterOutputLost,
  InterpreterTimeout,
  InterpreterUnavailable
} from "../../../../errors/daytona/interpreter.js"
import { type RequestContext, streamInterrupted } from "../../../../internal/failure.js"
import type { SandboxId } from "../../../../schema/daytona/Identifiers.js"
import type { ContextId } from "../../../../schema/daytona/toolbox/Interpreter.js"
import type { WebSocketClosed } from "../../../../stream/WebSocket.js"

/** How an execution can fail once its connection is open. */
export type ExecutionFailure =
  | BadRequest
  | NotFound
  | StreamInterrupted
  | InterpreterTimeout
  | InterpreterInterrupted
  | InterpreterCrashed
  | InterpreterOutputLost
  | InterpreterUnavailable

/** What is known of an execution when its connection ends. */
export interface Execution {
  readonly context: RequestContext
  readonly sandboxId: SandboxId
  readonly contextId: ContextId | undefined
  /** The time limit that the daemon applies; infinite for none. */
  readonly timeout: Duration.Duration
  /** Since the code was sent. */
  readonly elapsed: Duration.Duration
  /** The last control message of the daemon. */
  readonly control: string | undefined
  readonly receivedAnything: boolean
  /** The code has raised an exception, which is the last that it does. */
  readonly hasRaised: boolean
  /** How many messages have arrived without a pause. */
  readonly burst: number
}

/** How many messages the daemon queues for a client. */
const longestQueue = 1024

/** How far clocks differ, and timers fire early. */
const tolerance = Duration.millis(100)

/** `undefined` for a success. */
export const failureOf = (execution: Execution, { code, reason }: WebSocketClosed): ExecutionFailure | undefined => {
  const { burst, context, contextId, control, sandboxId } = execution
  const fields = {
    system: context.system,
    operation: context.operation,
    sandboxId,
    ...(contextId === undefined ? {} : { contextId })
  }
  const interrupted = (what: string) => streamInterrupted(context, `${what} (close code ${code}${withReason(reason)})`)
  const outputLost = () =>
    new InterpreterOutputLost({
      ...fields,
      message: `The code printed faster than its output could be delivered, so the daemon dropped the connection (close code ${code}${withReason(reason)}): the rest of the output is lost, and the code keeps running. Collect lines and print them by one call, write them to a file and download it, or run the program by \`Process.execute\``
    })
  const refused = { ...context, detail: reason, retryable: false, admitted: "no" } as const
  switch (code) {
    case 1000:
      if (control === "completed" || (control === undefined && execution.hasRaised)) return undefined
      return control === undefined && !execution.receivedAnything
        ? new InterpreterCrashed({
            ...fields,
            reason: "workerUnreachable",
            message:
              "The daemon ended this run without a word. In most cases the Python process of the context had just ended, and the code did not run; in rare ones the code has run, and its last message was lost"
          })
        : interrupted("the daemon did not report that the code ended")
    case 4008:
      return timeoutOrInterrupt(execution, fields)
    case 1001:
      return new InterpreterCrashed({
        ...fields,
        reason: reason === "context shutdown" ? "contextDeleted" : "workerEnded",
        message: `The code did not run to completion, and the state of its context is lost: ${reason === "" ? "its Python process ended" : reason}. Use another context: ${heldUp(execution.timeout)}`
      })
    case 1002:
      return new BadRequest({
        ...refused,
        message: `The daemon could not read the request for this execution: ${reason}`
      })
    case 1008:
      if (reason.startsWith("context not found")) {
        return new NotFound({
          ...refused,
          message: `The code interpreter has no such context: ${contextId ?? "the default one"}`
        })
      }
      if (reason === "context is not active") {
        return new InterpreterCrashed({
          ...fields,
          reason: "contextDeleted",
          message: "The context is being deleted, so the code did not run"
        })
      }
      return reason === "slow consumer" || reason === ""
        ? outputLost()
        : new BadRequest({ ...refused, message: `The daemon refused this execution: ${reason}` })
    case 1011:
      return new InterpreterUnavailable({
        ...fields,
        detail: reason,
        message: `The code did not run${withReason(reason)}. Does the sandbox have \`python3\`?`
      })
    default:
      // The daemon mostly just drops a client whose queue is full.
      if (code === 1006 && burst >= longestQueue) return outputLost()
      return interrupted(
        execution.receivedAnything
          ? "the connection was lost; the code may still be running"
          : "the connection was lost before the first message. The code may be running, or the sandbox has no `python3`, which the daemon cannot report"
      )
  }
}

/** What the crash of a run means for the runs after it. */
const heldUp = (timeout: Duration.Duration): string =>
  Duration.isFinite(timeout)
    ? `until ${Duration.format(timeout)} (the time limit of this run) and two seconds have passed, a run in this one fails, and delays the next in turn`
    : "this one runs nothing any more, because this run had no time limit"

const withReason = (reason: string): string => (reason === "" ? "" : `: ${reason}`)

/**
 * The daemon closes with 4008 for both. It is an interrupt if the code reacted before its time was up, measured from
 * before the daemon could have begun; otherwise it is a timeout.
 */
const timeoutOrInterrupt = (
  { control, elapsed, timeout }: Execution,
  fields: Pick<InterpreterInterrupted, "system" | "operation" | "sandboxId"> & { readonly contextId?: ContextId }
): InterpreterTimeout | InterpreterInterrupted => {
  const isOver = Duration.greaterThanOrEqualTo(Duration.sum(elapsed, tolerance), timeout)
  if (control !== undefined && !isOver) {
    return new InterpreterInterrupted({
      ...fields,
      message: "The code was interrupted before its time was up: it raised `KeyboardInterrupt` or received SIGINT"
    })
  }
  const stateKept = control !== undefined
  return new InterpreterTimeout({
    ...fields,
    timeout,
    stateKept,
    message: `The code timed out after ${Duration.format(timeout)}, and was ${
      stateKept ? "interrupted" : "killed, since it ignored the interrupt; the state of its context is lost"
    }`
  })
}

/** The failure of a run whose context was deleted, however the daemon reported it. */
export const contextDeleted = ({
  contextId,
  operation,
  sandboxId,
  system
}: InterpreterCrashed | InterpreterInterrupted | InterpreterTimeout): InterpreterCrashed =>
  new InterpreterCrashed({
    system,
    operation,
    sandboxId,
    contextId,
    reason: "contextDeleted",
    message: "The context was deleted while the code ran, so the code did not run to completion"
  })
