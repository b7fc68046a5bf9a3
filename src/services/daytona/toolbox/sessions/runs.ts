/** Commands in sessions that others use as well. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type ApiError, type Conflict, type Gone, type NotFound, TransportError } from "../../../../errors/ApiError.js"
import type { SessionEnded, ShellExited } from "../../../../errors/daytona/process.js"
import type { CommandId, ExecutedInSession, ProcessSessionId } from "../../../../schema/daytona/toolbox/Session.js"
import { decodeRuns } from "../../../../stream/LogDemux.js"
import { collectText, defaultMaxOutput } from "../process/collectedText.js"
import * as shellLiveness from "../process/shellLiveness.js"
import { type Command, isolated, textOf } from "../shellText.js"
import type { Toolbox } from "../Toolbox.js"
import { type CommandRef, failuresOf } from "./commandFailures.js"
import * as SessionCommands from "./commands.js"
import * as SessionLifecycle from "./lifecycle.js"
import { isHalfWritten, meansEnd, operations, settled } from "./operations.js"

/** How a command ended, and what it printed, as text. What was not UTF-8 is U+FFFD; NUL bytes are missing; a newline ends it in any case. */
export interface SessionResult {
  readonly commandId: CommandId
  /** 128 and more: ended by a signal. */
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
  /** Whether `stdout` or `stderr` is only the beginning of what was printed: more than 16 Mi characters are not kept. */
  readonly truncated: boolean
}

type Printed = Pick<SessionResult, "stdout" | "stderr" | "truncated">

/** What running something in a session can fail with. */
export type RunError = ApiError | NotFound | Conflict | SessionEnded | ShellExited

export interface RunOptions {
  /**
   * Runs the command in a shell of its own below the session's: it begins with the session's directory and variables, changes
   * neither, and cannot end the session's shell. Default `false`.
   */
  readonly isolated?: boolean | undefined
  /** What happens to the session when the wait is interrupted; default `"nothing"`: the command goes on. */
  readonly onInterrupt?: "nothing" | "deleteSession" | undefined
}

export interface StartOptions {
  /** As for `run`. */
  readonly isolated?: boolean | undefined
  /** Keeps what the command is given by `sendInput` out of its log; default `false`. */
  readonly suppressInputEcho?: boolean | undefined
}

/** Whether the command of a request that failed may have been started all the same. */
export const mayRun = (error: RunError): boolean => {
  if ("detail" in error && isHalfWritten(error)) return true
  if (error.admitted === "no") return false
  return (
    error._tag === "TransportError" ||
    error._tag === "Timeout" ||
    error._tag === "Unavailable" ||
    error._tag === "InvalidResponse" ||
    (error._tag === "ServerError" && error.status === 502)
  )
}

export const make = (toolbox: Toolbox.Service) => {
  const failures = failuresOf(toolbox)
  const commands = SessionCommands.make(toolbox)
  const lifecycle = SessionLifecycle.make(toolbox)

  /** What the daemon says of a shell that does not read any more, and of a session that is deleted meanwhile. */
  const recognised =
    (operation: string, sessionId: ProcessSessionId) =>
    (error: ApiError | NotFound | Conflict | Gone): RunError => {
      if (error._tag !== "Gone" && error._tag !== "BadRequest") return error
      const detail = error.detail ?? ""
      if (/session cancelled|command not found/.test(detail)) return failures.sessionEnded(operation, { sessionId })
      return error._tag === "Gone" || /failed to write command/.test(detail)
        ? failures.shellExited(operation, { sessionId })
        : error
    }

  /** Sends a command. One that is not asynchronous has ended when the answer comes. */
  const execute = (
    operation: typeof operations.run | typeof operations.start,
    sessionId: ProcessSessionId,
    body: { readonly command: string; readonly runAsync: boolean; readonly suppressInputEcho?: boolean | undefined }
  ) => Effect.mapError(toolbox.call(operation, { path: { sessionId }, body }), recognised(operation.name, sessionId))

  /** The commands of a session that somebody is waiting for. */
  const commandsOf = (operation: string, sessionId: ProcessSessionId) =>
    settled(toolbox.call(operations.get, { path: { sessionId } })).pipe(
      Effect.map(({ commands }) => commands),
      Effect.mapError((error) => (meansEnd(error) ? failures.sessionEnded(operation, { sessionId }) : error))
    )

  /** What a command has printed, from the log as it is stored, as far as it is kept. */
  const printedMuch = (ref: CommandRef): Effect.Effect<Printed, ApiError | NotFound> =>
    Effect.suspend(() => {
      const collected = { stdout: collectText(defaultMaxOutput), stderr: collectText(defaultMaxOutput) }
      const { stderr, stdout } = collected
      return decodeRuns(commands.stored(ref)).pipe(
        Stream.takeUntil(() => stdout.isTruncated() && stderr.isTruncated()),
        Stream.runForEachChunk((chunk) =>
          Effect.sync(() => {
            for (const { channel, text } of chunk) collected[channel].add(text)
          })
        ),
        Effect.map(() => ({
          stdout: stdout.text(),
          stderr: stderr.text(),
          truncated: stdout.isTruncated() || stderr.isTruncated()
        }))
      )
    }).pipe(
      Effect.retry({ while: ({ _tag }) => _tag === "StreamInterrupted", times: 2 }),
      Effect.catchTag("StreamInterrupted", ({ _tag: _, code: __, message, ...fields }) =>
        Effect.fail(new TransportError({ ...fields, message, retryable: true }))
      )
    )

  /** The same; the log as JSON, unless that is more than an answer may be. */
  const printed = (ref: CommandRef): Effect.Effect<Printed, ApiError | NotFound> =>
    commands.logs(ref).pipe(
      Effect.map(({ stderr, stdout }) => ({ stdout, stderr, truncated: false })),
      Effect.catchTag("InvalidResponse", () => printedMuch(ref))
    )

  /** Waits for a command that was started, and fetches what it printed. */
  const resultOf = (ref: CommandRef, operation: string): Effect.Effect<SessionResult, RunError> =>
    Effect.flatMap(commands.exit(ref, operation), (exitCode) =>
      Effect.map(printed(ref), (output) => ({ ...output, commandId: ref.commandId, exitCode }))
    )

  /** The answer to a command, waited for where it does not say how the command ended. */
  const answered = (sessionId: ProcessSessionId, operation: string) => (answer: typeof ExecutedInSession.Type) => {
    const { cmdId: commandId, exitCode, stderr, stdout } = answer
    return exitCode === undefined
      ? resultOf({ sessionId, commandId }, operation)
      : Effect.succeed({ commandId, exitCode, stdout, stderr, truncated: false })
  }

  const textFor = (operation: string, command: Command, alone: boolean | undefined) =>
    alone === true ? isolated(operation, command) : textOf(operation, command)

  const run = (
    sessionId: ProcessSessionId,
    command: Command,
    { isolated: alone, onInterrupt = "nothing" }: RunOptions = {}
  ): Effect.Effect<SessionResult, RunError> => {
    const { name } = operations.run
    return Effect.flatMap(textFor(name, command, alone), (text) => {
      // One with this text, and no other, is the one that was sent.
      const found = (error: RunError) =>
        Effect.flatMap(commandsOf(name, sessionId), (all) => {
          const [streamOf, ...others] = all.filter((each) => each.command === text)
          return streamOf === undefined || others.length > 0
            ? Effect.fail(error)
            : resultOf({ sessionId, commandId: streamOf.id }, name)
        })
      const answer = execute(operations.run, sessionId, { command: text, runAsync: false }).pipe(
        Effect.flatMap(answered(sessionId, name)),
        Effect.catchAll((error) => (mayRun(error) ? found(error) : Effect.fail(error)))
      )
      const shellGone = Effect.zipRight(
        shellLiveness.make(toolbox, sessionId).ended,
        Effect.fail(failures.shellExited(name, { sessionId }))
      )
      const result = Effect.raceFirst(answer, shellGone)
      return onInterrupt === "nothing" ? result : Effect.onInterrupt(result, () => lifecycle.end(sessionId))
    })
  }

  const start = (
    sessionId: ProcessSessionId,
    command: Command,
    { isolated: alone, suppressInputEcho }: StartOptions = {}
  ): Effect.Effect<CommandId, RunError> =>
    Effect.flatMap(textFor(operations.start.name, command, alone), (text) =>
      Effect.map(
        execute(operations.start, sessionId, { command: text, runAsync: true, suppressInputEcho }),
        ({ cmdId }) => cmdId
      )
    )

  return { commands, commandsOf, execute, answered, failures, lifecycle, printed, resultOf, run, start }
}
