/**
 * Commands in the background, each in a session of its own. The session is deleted, and everything in it killed, when
 * the scope closes.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ApiError, NotFound } from "../../../../errors/ApiError.js"
import type { CommandTimeout, InputRefused, SessionEnded, ShellExited } from "../../../../errors/daytona/process.js"
import type { CommandId, ProcessSessionId } from "../../../../schema/daytona/toolbox/Session.js"
import type { LogRun } from "../../../../stream/LogDemux.js"
import type { CommandRef } from "../sessions/commands.js"
import type { FollowError } from "../sessions/followLog.js"
import type { CommandState } from "../sessions/lifecycle.js"
import { operations } from "../sessions/operations.js"
import type { RunError, SessionRuns } from "../sessions/runs.js"
import { once } from "../shellText.js"
import type { Toolbox } from "../Toolbox.js"
import * as Deliveries from "./deliveries.js"
import { untilNote } from "./endNote.js"
import { outputDeadline, timedOut } from "./limits.js"
import { leftRunning, tracked } from "./termination.js"

/** A command that was started in a session of its own. */
export interface Started extends CommandRef {
  /**
   * The delivery that runs. It differs from this one when the request was retried on its way and the response to the
   * duplicate came back; which one runs is known once it prints something or ends.
   */
  readonly original: Effect.Effect<CommandRef, ApiError | NotFound | SessionEnded>
  /** Called when its exit code is known. */
  readonly onExit?: ((exitCode: number) => void) | undefined
}

export const make = (toolbox: Toolbox.Service, runs: SessionRuns) => {
  const { commands, lifecycle } = runs
  const deliveries = Deliveries.make(runs)

  const originalOf = (operation: string, ref: CommandRef): Started["original"] => {
    const { commandId, sessionId } = ref
    let known: CommandRef | undefined
    const find = Effect.flatMap(
      Effect.orElseSucceed(deliveries.all(operation, sessionId), () => [commandId]),
      (ids) => (ids.length < 2 ? Effect.succeed(ref) : deliveries.original(operation, sessionId, ids))
    )
    return Effect.suspend(() =>
      known === undefined
        ? Effect.tap(find, (found) =>
            Effect.sync(() => {
              known = found
            })
          )
        : Effect.succeed(known)
    )
  }

  /** A command in a session of its own, by one of its deliveries. */
  const of = (operation: string, ref: CommandRef): Started => ({ ...ref, original: originalOf(operation, ref) })

  /** Sends a command to a session of its own. */
  const send = (operation: string, sessionId: ProcessSessionId, command: string): Effect.Effect<Started, RunError> => {
    const body = { command, runAsync: true, suppressInputEcho: true }
    const request = runs.execute({ ...operations.start, name: operation }, sessionId, body)
    return deliveries
      .send(
        operation,
        sessionId,
        Effect.map(request, ({ cmdId }) => [cmdId]),
        Effect.succeed<ReadonlyArray<CommandId>>
      )
      .pipe(
        Effect.flatMap(([commandId]) =>
          commandId === undefined
            ? Effect.fail(runs.failures.sessionEnded(operation, { sessionId }))
            : Effect.succeed(of(operation, { sessionId, commandId }))
        )
      )
  }

  /**
   * Starts a command as `text` says for its session. `stateAtEnd`: whether the text ends what the command has started.
   */
  const start = (
    operation: string,
    text: (sessionId: ProcessSessionId) => string,
    stateAtEnd: Exclude<CommandState, "running">
  ): Effect.Effect<Started, RunError, Scope.Scope> =>
    Effect.suspend(() => {
      let state: CommandState = "running"
      const onExit = () => {
        state = stateAtEnd
      }
      return Effect.flatMap(
        lifecycle.own(() => state),
        (sessionId) =>
          Effect.map(send(operation, sessionId, once(tracked(sessionId, text(sessionId)))), (started) => ({
            ...started,
            onExit
          }))
      )
    })

  /** The output of a command until it has ended, also when something that it started holds its output open. */
  const follow: SessionRuns["commands"]["follow"] = (ref, options = {}) =>
    untilNote(
      leftRunning(ref.sessionId),
      (onExit) => commands.follow(ref, { ...options, onExit }),
      options.onExit ?? (() => undefined)
    )

  const output = (
    operation: string,
    { onExit: noteExit, original }: Started,
    onExit: (exitCode: number) => void
  ): Stream.Stream<LogRun, FollowError> =>
    Stream.unwrap(
      Effect.map(original, (ref) =>
        follow(ref, {
          known: true,
          onExit: (exitCode) => {
            noteExit?.(exitCode)
            onExit(exitCode)
          },
          operation
        })
      )
    )

  /** Fails unless the command is known to have ended; otherwise it never completes. */
  const overdue = (
    operation: string,
    { original }: Started,
    limit: Duration.Duration
  ): Effect.Effect<never, CommandTimeout> =>
    Effect.flatMap(original, (ref) => commands.command(ref)).pipe(
      Effect.timeout(outputDeadline),
      Effect.map(({ exitCode }) => exitCode !== undefined),
      Effect.orElseSucceed(() => false),
      Effect.flatMap((hasEnded) => (hasEnded ? Effect.never : Effect.fail(timedOut(toolbox, operation, limit))))
    )

  /** Sends input to the delivery that runs: the others refuse it. */
  const sendInput = (
    operation: string,
    { commandId, sessionId }: CommandRef,
    text: string
  ): Effect.Effect<void, RunError | InputRefused | ShellExited> => {
    const send = (to: CommandId) => commands.sendInput({ sessionId, commandId: to }, text)
    return Effect.catchTag(send(commandId), "InputRefused", (refused) =>
      Effect.flatMap(
        Effect.orElseSucceed(deliveries.all(operation, sessionId), () => []),
        (ids) =>
          ids
            .filter((id) => id !== commandId)
            .reduce<ReturnType<typeof send>>(
              (sent, other) => Effect.catchTag(sent, "InputRefused", () => send(other)),
              Effect.fail(refused)
            )
      )
    )
  }

  const kill = ({ sessionId }: CommandRef): Effect.Effect<void, ApiError> =>
    Effect.catchTag(lifecycle.remove(sessionId), "NotFound", () => Effect.void)

  return { of, send, start, follow, output, overdue, sendInput, kill }
}

export type BackgroundCommands = ReturnType<typeof make>
