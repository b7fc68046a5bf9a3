/** Commands that stand alone: each has a session of its own, which ends with it and takes with it whatever it started. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ApiError, NotFound } from "../../../../errors/ApiError.js"
import type { CommandTimeout, InputRefused, SessionEnded, ShellExited } from "../../../../errors/daytona/process.js"
import { pollUntil } from "../../../../internal/poll.js"
import type { CommandId, ProcessSessionId } from "../../../../schema/daytona/toolbox/Session.js"
import type { LogRun } from "../../../../stream/LogDemux.js"
import type { CommandRef } from "../sessions/commandFailures.js"
import type { FollowError } from "../sessions/followLog.js"
import { meansEnd, operations } from "../sessions/operations.js"
import type { RunError, SessionResult } from "../sessions/runs.js"
import * as SessionRuns from "../sessions/runs.js"
import { duplicateNotice, once } from "../shellText.js"
import type { Toolbox } from "../Toolbox.js"
import { timedOut } from "./limits.js"

/** How often a command is sent that provably did not arrive. */
const maxSends = 3

/** How long a command that is to be killed holds up the question what it has printed. */
const patienceForOutput = Duration.seconds(5)

/** When to look again which delivery of a command it is that runs. */
const looks = Schedule.exponential("100 millis", 1.5).pipe(Schedule.union(Schedule.spaced("2 seconds")))

/** A command that was started in a session of its own. */
export interface Started extends CommandRef {
  /**
   * The command that runs. It is another one where a request was repeated on its way and the answer to the delivery that does
   * nothing came back; then it is known when something is printed, or when it ends.
   */
  readonly original: Effect.Effect<CommandRef, ApiError | NotFound | SessionEnded>
}

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

  /** The shell takes the deliveries of a command one after the other, and only the first one prints anything but the notice. */
  const originalOf = (operation: string, sessionId: ProcessSessionId, ids: ReadonlyArray<CommandId>) => {
    const ended = () => runs.failures.sessionEnded(operation, { sessionId })
    const runsAs = (commandId: CommandId) =>
      Effect.zipWith(
        commands.command({ sessionId, commandId }),
        runs.printed({ sessionId, commandId }),
        ({ exitCode }, { stderr, stdout }) =>
          stderr !== duplicateNotice && (exitCode !== undefined || stdout !== "" || stderr !== "")
            ? Option.some({ sessionId, commandId })
            : Option.none()
      )
    const ask = Effect.forEach(ids, runsAs).pipe(
      Effect.map(Option.firstSomeOf),
      Effect.mapError((error) => (meansEnd(error) ? ended() : error))
    )
    return pollUntil(ask, { timeout: Duration.infinity, schedule: looks, onEnd: ended })
  }

  /** Starts a command in a session that is deleted with the scope. */
  const start = (operation: string, text: string): Effect.Effect<Started, RunError, Scope.Scope> =>
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
        Effect.flatMap(([commandId]) => {
          if (commandId === undefined) return Effect.fail(runs.failures.sessionEnded(operation, { sessionId }))
          const ref = { sessionId, commandId }
          let known: CommandRef | undefined
          const look = Effect.flatMap(
            Effect.orElseSucceed(all(operation, sessionId), () => [commandId]),
            (ids) => (ids.length < 2 ? Effect.succeed(ref) : originalOf(operation, sessionId, ids))
          )
          const original = Effect.suspend(() =>
            known === undefined
              ? Effect.tap(look, (found) =>
                  Effect.sync(() => {
                    known = found
                  })
                )
              : Effect.succeed(known)
          )
          return Effect.succeed({ ...ref, original })
        })
      )
    )

  /** What a command prints that was started so. */
  const output = (
    operation: string,
    { original }: Started,
    onExit?: (exitCode: number) => void
  ): Stream.Stream<LogRun, FollowError> =>
    Stream.unwrap(Effect.map(original, (ref) => commands.follow(ref, { known: true, onExit, operation })))

  const exit = (operation: string, { original }: Started): Effect.Effect<number, RunError> =>
    Effect.flatMap(original, (ref) => commands.exit(ref, operation))

  /** Fails when a command has not ended, or nobody can tell; does not complete when it has. */
  const overdue = (
    operation: string,
    { original }: Started,
    limit: Duration.Duration
  ): Effect.Effect<never, CommandTimeout> =>
    Effect.flatMap(original, (ref) => commands.command(ref)).pipe(
      Effect.timeout(patienceForOutput),
      Effect.map(({ exitCode }) => exitCode !== undefined),
      Effect.orElseSucceed(() => false),
      Effect.flatMap((hasEnded) => (hasEnded ? Effect.never : Effect.fail(timedOut(toolbox, operation, limit))))
    )

  /** Of several deliveries of a command, the one that runs takes input. */
  const sendInput = (
    operation: string,
    { commandId, sessionId }: CommandRef,
    text: string
  ): Effect.Effect<void, RunError | InputRefused | ShellExited> => {
    const send = (to: CommandId) => commands.sendInput({ sessionId, commandId: to }, text)
    return Effect.catchTag(send(commandId), "InputRefused", (refused) =>
      Effect.flatMap(
        Effect.orElseSucceed(all(operation, sessionId), () => []),
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

  const kill = (ref: CommandRef): Effect.Effect<void, ApiError> =>
    Effect.catchTag(
      toolbox.call(operations.delete, { path: { sessionId: ref.sessionId } }),
      "NotFound",
      () => Effect.void
    )

  return { execute, exit, kill, output, overdue, sendInput, start }
}
