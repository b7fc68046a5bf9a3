/** Running and starting commands in a session. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type ApiError, type Conflict, type Gone, type NotFound, TransportError } from "../../../../errors/ApiError.js"
import type { SessionEnded, ShellExited } from "../../../../errors/daytona/process.js"
import { raceFirst } from "../../../../internal/finalizerRequest.js"
import type { SessionResult } from "../../../../schema/daytona/toolbox/CommandResult.js"
import type { CommandId, ExecutedInSession, ProcessSessionId } from "../../../../schema/daytona/toolbox/Session.js"
import { decodeRuns } from "../../../../stream/LogDemux.js"
import { defaultMaxOutput, makeBoundedText } from "../boundedText.js"
import * as shellLiveness from "../process/shellLiveness.js"
import { debtIn } from "../scopedCreation.js"
import { type Command, isolated, textOf } from "../shellText.js"
import type { Toolbox } from "../Toolbox.js"
import type { CommandRef } from "./commands.js"
import * as SessionCommands from "./commands.js"
import * as SessionLifecycle from "./lifecycle.js"
import { isHalfWritten, meansEnd, operations, settled } from "./operations.js"

type Printed = Pick<SessionResult, "stdout" | "stderr" | "truncated">

/** What running a command can fail with. */
export type RunError = ApiError | NotFound | Conflict | SessionEnded | ShellExited

export interface RunOptions {
  /**
   * Runs the command in a subshell: it inherits the session's directory and variables, but cannot change them or end
   * the session's shell. Default `false`.
   */
  readonly isolated?: boolean | undefined
  /** What an interruption does; default `"nothing"`: the command keeps running. */
  readonly onInterrupt?: "nothing" | "deleteSession" | undefined
}

export interface StartOptions {
  /** As in `RunOptions`. */
  readonly isolated?: boolean | undefined
  /** Keeps the input of `sendInput` out of the log; default `false`. */
  readonly suppressInputEcho?: boolean | undefined
}

/** Whether the command may have been started although its request failed. */
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

const bounded = ({ stderr, stdout }: Omit<Printed, "truncated">): Printed => ({
  stdout: stdout.slice(0, defaultMaxOutput),
  stderr: stderr.slice(0, defaultMaxOutput),
  truncated: stdout.length > defaultMaxOutput || stderr.length > defaultMaxOutput
})

export const make = (toolbox: Toolbox.Service) => {
  const commands = SessionCommands.make(toolbox)
  const { failures } = commands
  const lifecycle = SessionLifecycle.make(toolbox)

  /** Recognizes a shell that has exited, and a session that was deleted in the meantime. */
  const classify =
    (operation: string, sessionId: ProcessSessionId) =>
    (error: ApiError | NotFound | Conflict | Gone): RunError => {
      if (error._tag !== "Gone" && error._tag !== "BadRequest") return error
      const detail = error.detail ?? ""
      if (/session cancelled|command not found/.test(detail)) return failures.sessionEnded(operation, { sessionId })
      return error._tag === "Gone" || /failed to write command/.test(detail)
        ? failures.shellExited(operation, { sessionId })
        : error
    }

  /** Sends a command. Unless it is asynchronous, it has ended when the response comes. */
  const execute = (
    operation: typeof operations.run | typeof operations.start,
    sessionId: ProcessSessionId,
    body: { readonly command: string; readonly runAsync: boolean; readonly suppressInputEcho?: boolean | undefined }
  ) => Effect.mapError(toolbox.call(operation, { path: { sessionId }, body }), classify(operation.name, sessionId))

  /** Fails when the shell exits first: a synchronous request would stay open for ever. */
  const whileShellLives = <A>(operation: string, sessionId: ProcessSessionId, answer: Effect.Effect<A, RunError>) =>
    raceFirst(
      answer,
      Effect.zipRight(
        shellLiveness.make(toolbox, sessionId).ended,
        Effect.fail(failures.shellExited(operation, { sessionId }))
      )
    )

  /** The commands of a session that is known to exist. */
  const commandsOf = (operation: string, sessionId: ProcessSessionId) =>
    settled(toolbox.call(operations.get, { path: { sessionId } })).pipe(
      Effect.map(({ commands }) => commands),
      Effect.mapError((error) => (meansEnd(error) ? failures.sessionEnded(operation, { sessionId }) : error))
    )

  /** The output of a command, from its stored log, cut off at the limit. */
  const printedFromLog = (ref: CommandRef): Effect.Effect<Printed, ApiError | NotFound> =>
    Effect.suspend(() => {
      const collected = { stdout: makeBoundedText(defaultMaxOutput), stderr: makeBoundedText(defaultMaxOutput) }
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

  /** The output of a command. As JSON, which is one request, unless it is larger than a response may be. */
  const printed = (ref: CommandRef): Effect.Effect<Printed, ApiError | NotFound> =>
    commands.logs(ref).pipe(
      Effect.map(bounded),
      Effect.catchTag("InvalidResponse", () => printedFromLog(ref))
    )

  /** Waits until a command has ended, and fetches its output. */
  const resultOf = (ref: CommandRef, operation: string): Effect.Effect<SessionResult, RunError> =>
    Effect.flatMap(commands.exit(ref, operation), (exitCode) =>
      Effect.map(printed(ref), (output) => ({ ...output, commandId: ref.commandId, exitCode }))
    )

  /** The result in the response to a command; a response without an exit code is waited for. */
  const answered = (sessionId: ProcessSessionId, operation: string) => (answer: typeof ExecutedInSession.Type) => {
    const { cmdId: commandId, exitCode, stderr, stdout } = answer
    return exitCode === undefined
      ? resultOf({ sessionId, commandId }, operation)
      : Effect.succeed({ commandId, exitCode, ...bounded({ stdout, stderr }) })
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
      // If exactly one command has this text, it is the one that was sent.
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
      const result = whileShellLives(name, sessionId, answer)
      return onInterrupt === "nothing"
        ? result
        : result.pipe(
            Effect.onInterrupt(() => lifecycle.end(sessionId)),
            toolbox.pendingReleases.during(debtIn(toolbox, `session ${sessionId}`))
          )
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

  return {
    commands,
    commandsOf,
    execute,
    answered,
    failures,
    lifecycle,
    printed,
    resultOf,
    run,
    start,
    whileShellLives
  }
}

export type SessionRuns = ReturnType<typeof make>
