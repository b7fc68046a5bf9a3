/** Commands that stand alone: each has a session of its own, which ends with it and takes with it whatever it started. */
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ApiError } from "../../../errors/ApiError.js"
import type { CommandTimeout } from "../../../errors/DaytonaProcess.js"
import type { CommandId, ProcessSessionId } from "../../../schema/daytona/toolbox/Session.js"
import type { LogRun } from "../../../stream/LogDemux.js"
import type { FollowError } from "./followLog.js"
import { timedOut } from "./ProcessLimits.js"
import type { CommandRef } from "./SessionCommands.js"
import { operations } from "./SessionOperations.js"
import type { RunError, SessionResult } from "./SessionRuns.js"
import * as SessionRuns from "./SessionRuns.js"
import { duplicateNotice, once } from "./shellText.js"
import type { Toolbox } from "./Toolbox.js"

/** How often a command is sent that provably did not arrive. */
const maxSends = 3

/** How long a command that is to be killed holds up the question what it has printed. */
const patienceForOutput = Duration.seconds(5)

const noticeBytes = new TextEncoder().encode(duplicateNotice)

const isNotice = ({ bytes, channel }: LogRun): boolean =>
  channel === "stderr" &&
  bytes.length === noticeBytes.length &&
  bytes.every((byte, index) => byte === noticeBytes[index])

export const make = (toolbox: Toolbox.Service) => {
  const runs = SessionRuns.make(toolbox)
  const { commands, lifecycle } = runs

  /**
   * Sends a command that the shell runs only once, and makes sure that it was started: `take` says what to do with a command that is
   * there although its answer was lost. All commands of these sessions are the same one.
   */
  const sendOnce = <A>(
    operation: string,
    sessionId: ProcessSessionId,
    send: Effect.Effect<A, RunError>,
    take: (ids: ReadonlyArray<CommandId>) => Effect.Effect<A, RunError>,
    sendsLeft: number = maxSends
  ): Effect.Effect<A, RunError> =>
    Effect.catchAll(send, (error) =>
      SessionRuns.mayRun(error)
        ? Effect.flatMap(runs.commandsOf(operation, sessionId), (all) => {
            if (all.length > 0) return take(all.map(({ id }) => id))
            return sendsLeft > 1 ? sendOnce(operation, sessionId, send, take, sendsLeft - 1) : Effect.fail(error)
          })
        : Effect.fail(error)
    )

  /** The result of the first of these commands that is no duplicate of another one. */
  const original = (
    operation: string,
    sessionId: ProcessSessionId,
    ids: ReadonlyArray<CommandId>
  ): Effect.Effect<SessionResult, RunError> => {
    const [commandId, ...others] = ids
    return commandId === undefined
      ? Effect.fail(runs.failures.sessionEnded(operation, { sessionId }))
      : Effect.flatMap(runs.resultOf({ sessionId, commandId }, operation), (result) =>
          result.stderr === duplicateNotice ? original(operation, sessionId, others) : Effect.succeed(result)
        )
  }

  const all = (operation: string, sessionId: ProcessSessionId) =>
    Effect.map(runs.commandsOf(operation, sessionId), (found) => found.map(({ id }) => id))

  const run = (operation: string, sessionId: ProcessSessionId, text: string): Effect.Effect<SessionResult, RunError> =>
    sendOnce(
      operation,
      sessionId,
      Effect.flatMap(
        runs.execute({ ...operations.run, name: operation }, sessionId, { command: once(text), runAsync: false }),
        runs.answered(sessionId, operation)
      ),
      (ids) => original(operation, sessionId, ids)
    ).pipe(
      Effect.flatMap((result) =>
        result.stderr === duplicateNotice
          ? Effect.flatMap(all(operation, sessionId), (ids) => original(operation, sessionId, ids))
          : Effect.succeed(result)
      )
    )

  const printedSoFar = (operation: string, sessionId: ProcessSessionId) =>
    all(operation, sessionId).pipe(
      Effect.flatMap(([commandId]) =>
        commandId === undefined
          ? Effect.succeed(undefined)
          : Effect.map(runs.printed({ sessionId, commandId }), ({ stderr, stdout }) => ({ stderr, stdout }))
      ),
      Effect.timeout(patienceForOutput),
      Effect.orElseSucceed(() => undefined)
    )

  /** Runs a command to its end. The session is gone when this completes, however it does. */
  const execute = (
    operation: string,
    text: string,
    limit: Duration.Duration
  ): Effect.Effect<SessionResult, RunError | CommandTimeout> =>
    Effect.scoped(
      Effect.flatMap(lifecycle.own, (sessionId) => {
        const result = run(operation, sessionId, text)
        return Duration.isFinite(limit)
          ? Effect.flatMap(
              Effect.timeoutOption(result, limit),
              Option.match({
                onNone: () =>
                  Effect.flatMap(printedSoFar(operation, sessionId), (output) =>
                    Effect.fail(timedOut(toolbox, operation, limit, output))
                  ),
                onSome: Effect.succeed
              })
            )
          : result
      })
    )

  /** Starts a command in a session that is deleted with the scope. */
  const start = (operation: string, text: string): Effect.Effect<CommandRef, RunError, Scope.Scope> =>
    Effect.flatMap(lifecycle.own, (sessionId) =>
      sendOnce(
        operation,
        sessionId,
        Effect.map(
          runs.execute({ ...operations.start, name: operation }, sessionId, {
            command: once(text),
            runAsync: true,
            suppressInputEcho: true
          }),
          ({ cmdId }) => [cmdId]
        ),
        Effect.succeed<ReadonlyArray<CommandId>>
      ).pipe(
        Effect.flatMap(([commandId]) =>
          commandId === undefined
            ? Effect.fail(runs.failures.sessionEnded(operation, { sessionId }))
            : Effect.succeed({ sessionId, commandId })
        )
      )
    )

  /** What a command prints that was started so. */
  const output = (
    operation: string,
    ref: CommandRef,
    onExit?: (exitCode: number) => void
  ): Stream.Stream<LogRun, FollowError> =>
    Stream.suspend(() => {
      const options = { known: true, onExit, operation }
      let isDuplicate = false
      const printed = Stream.mapChunks(
        commands.follow(ref, options),
        Chunk.filter((each: LogRun) => {
          if (!isNotice(each)) return true
          isDuplicate = true
          return false
        })
      )
      // A request that was repeated on its way gave us the id of the command that did nothing.
      const ofOriginal = Stream.unwrap(
        Effect.map(all(operation, ref.sessionId), (ids) => {
          const commandId = ids.find((id) => id !== ref.commandId)
          return commandId === undefined ? Stream.empty : commands.follow({ ...ref, commandId }, options)
        })
      )
      return Stream.concat(
        printed,
        Stream.suspend(() => (isDuplicate ? ofOriginal : Stream.empty))
      )
    })

  const kill = (ref: CommandRef): Effect.Effect<void, ApiError> =>
    Effect.catchTag(
      toolbox.call(operations.delete, { path: { sessionId: ref.sessionId } }),
      "NotFound",
      () => Effect.void
    )

  return { commands, execute, kill, output, start }
}
