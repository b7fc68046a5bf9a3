/** Input for a command that was started. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type { ApiError, Conflict, Gone, NotFound, ServerError } from "../../../../errors/ApiError.js"
import { InputRefused, type ShellExited } from "../../../../errors/daytona/process.js"
import { inWholeMilliseconds } from "../../../../internal/retry.js"
import { isIntroduction } from "../process/shellLiveness.js"
import type { Toolbox } from "../Toolbox.js"
import type { CommandRef, failuresOf } from "./commandFailures.js"
import { operations, settled } from "./operations.js"

/** Nothing keeps the command waiting, but the shell has not begun it. */
class NotBegun extends Data.TaggedError("NotBegun") {}

/** A shell with nothing else to do begins a command in no time; on a busy machine that is a while. */
const untilBegun = inWholeMilliseconds(Schedule.exponential("50 millis", 1.5).pipe(Schedule.upTo("2 seconds")))

const notStarted = {
  behindOthers: "it has not started, and its session has other commands that have not ended",
  notBegun: "its shell did not begin it within about 2 seconds"
}

export const make = (
  toolbox: Toolbox.Service,
  failures: ReturnType<typeof failuresOf>,
  exitCode: (ref: CommandRef) => Effect.Effect<Option.Option<number>, ApiError | NotFound>
) => {
  const { name } = operations.sendInput

  const refused = (ref: CommandRef, why: string, reason: { readonly exitCode: number } | "notStarted") =>
    new InputRefused({
      ...failures.about(name, ref),
      ...(reason === "notStarted" ? { reason } : { reason: "ended", exitCode: reason.exitCode }),
      retryable: reason === "notStarted",
      message: `Command ${ref.commandId} of session ${ref.sessionId} in sandbox ${toolbox.sandboxId} takes no input: ${why}`
    })

  /** The daemon lists commands in no order, so which of two came first is not to be known. */
  const hasOthers = ({ commandId, sessionId }: CommandRef) =>
    Effect.map(settled(toolbox.call(operations.get, { path: { sessionId } })), ({ commands }) =>
      commands.some((each) => each.id !== commandId && each.exitCode === undefined && !isIntroduction(each))
    )

  const whyNotStarted = (ref: CommandRef): Effect.Effect<never, ApiError | NotFound | InputRefused | NotBegun> =>
    Effect.flatMap(hasOthers(ref), (others) =>
      Effect.fail(others ? refused(ref, notStarted.behindOthers, "notStarted") : new NotBegun())
    )

  // The daemon does not tell why there is no pipe for the input; the exit code does.
  const explained = (ref: CommandRef, error: Conflict | Gone | ServerError) =>
    /session process has exited/.test(error.detail ?? "")
      ? Effect.fail(failures.shellExited(name, ref))
      : Effect.flatMap(
          exitCode(ref),
          Option.match({
            onNone: () => whyNotStarted(ref),
            onSome: (code) => Effect.fail(refused(ref, `it has ended with exit code ${code}`, { exitCode: code }))
          })
        )

  /** Text for its standard input; a newline is added where there is none. */
  return (ref: CommandRef, data: string): Effect.Effect<void, ApiError | NotFound | InputRefused | ShellExited> =>
    // An empty line is a line; the daemon takes it only with its newline.
    toolbox.call(operations.sendInput, { path: { ...ref }, body: { data: data === "" ? "\n" : data } }).pipe(
      Effect.catchTags({
        Conflict: (error) => explained(ref, error),
        Gone: (error) => explained(ref, error),
        ServerError: (error) => (/input pipe/.test(error.detail ?? "") ? explained(ref, error) : Effect.fail(error))
      }),
      Effect.retry({ while: ({ _tag }) => _tag === "NotBegun", schedule: untilBegun }),
      Effect.catchTag("NotBegun", () => Effect.fail(refused(ref, notStarted.notBegun, "notStarted")))
    )
}
