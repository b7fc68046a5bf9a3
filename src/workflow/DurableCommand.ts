/** A command in a sandbox as part of a workflow. */
import { type WorkflowEngine, WorkflowInstance } from "@effect/workflow/WorkflowEngine"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { ApiError, Conflict, NotFound } from "../errors/ApiError.js"
import { SandboxFailed, SandboxWaitTimeout } from "../errors/daytona/controlPlane.js"
import {
  CommandKeyConflict,
  CommandLost,
  CommandTimeout,
  SessionEnded,
  ShellExited
} from "../errors/daytona/process.js"
import * as Arguments from "../internal/arguments.js"
import { inMethodSpan } from "../internal/methodSpans.js"
import type { SandboxHandle } from "../schema/daytona/Handles.js"
import { ExecuteResult } from "../schema/daytona/toolbox/CommandResult.js"
import type { DurationWithUnit } from "../schema/refused.js"
import { Sandboxes } from "../services/daytona/sandboxes/Sandboxes.js"
import type { Process } from "../services/daytona/toolbox/process/Process.js"
import { textOf } from "../services/daytona/toolbox/shellText.js"
import { DurableStore } from "./DurableStore.js"
import { StepMismatch } from "./failures.js"
import { keyIn, nameShape } from "./names.js"
import { patiently } from "./patience.js"
import * as Pauses from "./pauses.js"

/** A command, and the sandbox to run it in. */
export interface Options extends Process.ExecuteOptions {
  /** Names the command in its workflow, in which it is unique. It must stay the same while workflows are open. */
  readonly name: string
  /** The sandbox to run it in: see `DurableSandbox.make`. */
  readonly sandbox: SandboxHandle
  /** A script for the shell, or a program and its arguments. */
  readonly command: string | ReadonlyArray<string>
  /** How often to look whether it has ended, after the 20 seconds for which each look waits. */
  readonly polls?: Pauses.Polls | undefined
  /** How long to try while the server cannot be reached; default 1 hour. */
  readonly deadline?: DurationWithUnit | undefined
  /** How many characters of each output are stored; default 65,536. The rest stays in the sandbox. */
  readonly mostStored?: number | undefined
}

/** What a durable command fails with, for the `error` of a workflow. */
export const CommandError = Schema.Union(
  ApiError,
  Conflict,
  NotFound,
  CommandKeyConflict,
  CommandLost,
  CommandTimeout,
  SandboxFailed,
  SandboxWaitTimeout,
  SessionEnded,
  ShellExited,
  StepMismatch
)
export type CommandError = typeof CommandError.Type

/** How long a round waits for the end of the command. */
const look = "20 seconds"

const { effect } = Arguments.methodsOf("daytona", "DurableCommand")

/**
 * Runs a command in a sandbox once, however often the process is killed, and waits for its end. A command that takes
 * long is waited for in rounds, so that nothing but a row in the database is left meanwhile. The end of its output is
 * stored with the workflow; `truncated` says whether there was more.
 *
 * Interrupting the workflow ends the wait at the end of a round; the command ends with its sandbox, or at `timeout`.
 *
 * Fails with `CommandLost` when it has run, or may have, but the sandbox was stopped meanwhile; with `CommandTimeout`;
 * and otherwise as `Process.execute` with a key. A server that cannot be reached is asked again until `deadline`.
 */
export const execute: (
  options: Options
) => Effect.Effect<ExecuteResult, CommandError, Sandboxes | DurableStore | WorkflowInstance | WorkflowEngine> = effect(
  "execute",
  {
    options: Arguments.unnamed(
      Arguments.struct({
        name: nameShape,
        sandbox: Arguments.struct({ id: Arguments.text }),
        command: Arguments.textOr(Arguments.arrayOf(Arguments.text)),
        timeout: Arguments.optional(Arguments.duration),
        polls: Pauses.shape,
        deadline: Arguments.optional(Arguments.duration),
        mostStored: Arguments.optional(Arguments.count)
      })
    )
  },
  (options: Options) => inMethodSpan("Daytona.DurableCommand.execute")(executed(options))
)

const executed = ({
  command,
  deadline = "1 hour",
  mostStored = 65_536,
  name,
  polls = {},
  sandbox,
  ...options
}: Options) =>
  Effect.gen(function* () {
    yield* textOf("DurableCommand.execute", command)
    const sandboxes = yield* Sandboxes
    const store = yield* DurableStore
    const { executionId } = yield* WorkflowInstance
    const key = keyIn(store, executionId, name)
    return yield* patiently({
      name,
      success: ExecuteResult,
      failure: CommandError,
      polls,
      deadline: Duration.decode(deadline),
      attempt: sandboxes.connect(sandbox).pipe(
        Effect.flatMap(({ process }) => Effect.timeoutOption(process.execute(command, { ...options, key }), look)),
        Effect.map(Option.map(shortened(mostStored)))
      )
    })
  })

/** The end of the output says how it ended. */
const shortened =
  (most: number) =>
  ({ exitCode, stderr, stdout, truncated }: ExecuteResult): ExecuteResult => ({
    exitCode,
    stdout: endOf(stdout, most),
    stderr: endOf(stderr, most),
    truncated: truncated || stdout.length > most || stderr.length > most
  })

const endOf = (text: string, most: number): string => (text.length > most ? text.slice(text.length - most) : text)
