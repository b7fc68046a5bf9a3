/**
 * Commands with a key: each runs at most once in its sandbox. Everyone who knows the key finds the session of the
 * command, whose shell runs one delivery of it (`once` in `shellText.ts`). When the session is gone, the record in the
 * sandbox (`keyRecord.ts`) keeps the command from running again.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ApiError, InvalidRequest } from "../../../../errors/ApiError.js"
import { CommandKeyConflict, CommandLost, type CommandTimeout } from "../../../../errors/daytona/process.js"
import { idOfKey, nameUuid } from "../../../../internal/idOfKey.js"
import { withRequestOptions } from "../../../../RequestOptions.js"
import type { SessionResult } from "../../../../schema/daytona/toolbox/CommandResult.js"
import { ProcessSessionId, type SessionCommand } from "../../../../schema/daytona/toolbox/Session.js"
import { endIfThere } from "../scopedCreation.js"
import { operations as sessionOperations, settled } from "../sessions/operations.js"
import type { RunError, SessionRuns } from "../sessions/runs.js"
import { once } from "../shellText.js"
import type { Toolbox } from "../Toolbox.js"
import type { BackgroundCommands, Started } from "./backgroundCommand.js"
import * as keyRecord from "./keyRecord.js"
import { outputDeadline, timedOut } from "./limits.js"
import { operations } from "./operations.js"
import { tracked } from "./termination.js"

/** The namespaces of the ids of keys and commands, which must never change. */
const keys = "c1f6a2b0-3d58-4e0a-9b1e-7a64d2f0c835"
const commandTexts = "0e9d7c14-52ab-4b6f-8f3d-6b1a90c7e2d6"

/** What a command can fail with because of its key. */
export type KeyError = CommandKeyConflict | CommandLost

/** A command and its key. */
interface Keyed {
  readonly key: string
  readonly id: string
  readonly digest: string
  readonly sessionId: ProcessSessionId
}

export const make = (toolbox: Toolbox.Service, runs: SessionRuns, background: BackgroundCommands) => {
  const { sandboxId } = toolbox

  const idOf = (operation: string, key: string) => idOfKey({ system: "daytona", operation }, keys, key)
  const sessionOf = (id: string) => ProcessSessionId.make(`effect-sandboxes-key-${id}`)

  const keyed = (operation: string, key: string, text: string): Effect.Effect<Keyed, InvalidRequest> =>
    Effect.zipWith(idOf(operation, key), digestOf(operation, text), (id, digest) => ({
      key,
      id,
      digest,
      sessionId: sessionOf(id)
    }))

  /** Runs a script that may run twice. */
  const script = (operation: string, command: string) =>
    toolbox
      .call({ ...operations.executeMerged, name: operation, retry: "always" }, { body: { command, timeout: 10 } })
      .pipe(
        withRequestOptions({ timeout: "15 seconds" }),
        Effect.map(({ result }) => result)
      )

  const about = (operation: string, { key, sessionId }: Keyed) => ({
    system: "daytona" as const,
    operation,
    sandboxId,
    sessionId,
    key
  })
  const conflict = (operation: string, command: Keyed) =>
    new CommandKeyConflict({
      ...about(operation, command),
      message: `${operation}: another command has the key ${JSON.stringify(command.key)} in sandbox ${sandboxId}. Nothing was run. Use another key for another command, directory, environment or input`
    })

  /** A command that did not run because of its key. */
  const refusal = (operation: string, command: Keyed, record: keyRecord.KeyRecord | "notRecorded"): KeyError => {
    if (record !== "notRecorded" && record.digest !== "" && record.digest !== command.digest) {
      return conflict(operation, command)
    }
    const lost = lossOf(record)
    const advice =
      lost.reason === "notRecorded"
        ? "Make sure that the home directory can be written to"
        : "See what it has done; `Process.forget` makes the key free, so that it can run again"
    return new CommandLost({
      ...about(operation, command),
      ...lost,
      message: `${operation}: the command with the key ${JSON.stringify(command.key)} in sandbox ${sandboxId} ${explanations[lost.reason]}. ${advice}`
    })
  }

  /** The deliveries of the command; none if its session is new, or does not exist. */
  const deliveriesIn = (operation: string, { sessionId }: Keyed) =>
    settled(toolbox.call({ ...sessionOperations.get, name: operation }, { path: { sessionId } })).pipe(
      Effect.map(({ commands }) => commands),
      Effect.catchTag("NotFound", () => Effect.succeed<ReadonlyArray<SessionCommand>>([]))
    )

  const recordOf = (operation: string, { id }: Keyed) =>
    Effect.map(script(operation, keyRecord.readScript(id)), keyRecord.parse)

  /** Fails when the key was used, and its session is gone. */
  const checkUnused = (operation: string, command: Keyed) =>
    Effect.flatMap(recordOf(operation, command), (record) =>
      record === undefined
        ? Effect.succeed<ReadonlyArray<SessionCommand>>([])
        : Effect.flatMap(deliveriesIn(operation, command), (deliveries) =>
            // It may have been started since its session was looked for.
            deliveries.length > 0 ? Effect.succeed(deliveries) : Effect.fail(refusal(operation, command, record))
          )
    )

  /**
   * Fails when what runs is another command. Of several deliveries, that is known once one prints something or ends.
   */
  const checkSame = (
    operation: string,
    command: Keyed,
    started: Started,
    deliveries: ReadonlyArray<SessionCommand>
  ) => {
    const isOther = ({ command: text }: SessionCommand) => keyRecord.digestIn(text) !== command.digest
    if (!deliveries.some(isOther)) return Effect.succeed(started)
    return Effect.flatMap(started.original, ({ commandId }) =>
      deliveries.some((each) => each.id === commandId && isOther(each))
        ? Effect.fail(conflict(operation, command))
        : Effect.succeed(started)
    )
  }

  /** Starts the command unless that was done before. `text`: as it runs in its session. */
  const obtain = (
    operation: string,
    command: Keyed,
    text: (sessionId: ProcessSessionId) => string
  ): Effect.Effect<Started, RunError | KeyError> =>
    Effect.gen(function* () {
      const { digest, id, sessionId } = command
      const existing = yield* deliveriesIn(operation, command)
      const [first] = existing.length > 0 ? existing : yield* checkUnused(operation, command)
      if (first === undefined) {
        yield* runs.lifecycle.createUniquely(sessionId)
        const guarded = once(tracked(sessionId, keyRecord.recorded(id, digest, text(sessionId))))
        yield* background.send(operation, sessionId, keyRecord.labelled(digest, guarded))
      }
      // Others may have sent it at the same time.
      const deliveries = yield* runs.commandsOf(operation, sessionId)
      const commandId = deliveries[0]?.id
      if (commandId === undefined) return yield* runs.failures.sessionEnded(operation, { sessionId })
      return yield* checkSame(operation, command, background.of(operation, { sessionId, commandId }), deliveries)
    })

  /** Explains by the record why a session is gone. */
  const explained =
    (operation: string, command: Keyed) =>
    <E extends { readonly _tag: string }>(error: E): Effect.Effect<never, E | KeyError> => {
      // Nothing that it may have started is to outlive its shell.
      if (error._tag === "ShellExited") {
        return Effect.zipRight(runs.lifecycle.end(command.sessionId), Effect.fail(error))
      }
      if (error._tag !== "SessionEnded") return Effect.fail(error)
      return Effect.flatMap(
        Effect.orElseSucceed(recordOf(operation, command), () => undefined),
        (record): Effect.Effect<never, E | KeyError> =>
          Effect.fail(record === undefined ? error : refusal(operation, command, record))
      )
    }

  const resultOf = (operation: string, command: Keyed, started: Started) =>
    Effect.gen(function* () {
      const ref = yield* started.original
      const result = yield* runs.resultOf(ref, operation)
      const record = keyRecord.refusalIn(result)
      if (record === undefined) return result
      yield* runs.lifecycle.end(command.sessionId)
      return yield* refusal(operation, command, record)
    })

  /** Completes with whether it had ended before. */
  const kill = (operation: string, id: string): Effect.Effect<boolean, ApiError> =>
    Effect.flatMap(script(operation, keyRecord.killScript(id)), (printed) =>
      typeof keyRecord.parse(printed)?.end === "number"
        ? Effect.succeed(true)
        : Effect.as(endIfThere(runs.lifecycle.remove(sessionOf(id))), false)
    )

  const printedSoFar = ({ original }: Started) =>
    original.pipe(
      Effect.flatMap(runs.printed),
      Effect.map(({ stderr, stdout }) => ({ stderr, stdout })),
      Effect.timeout(outputDeadline),
      Effect.orElseSucceed(() => undefined)
    )

  return {
    /** Runs a command to completion, or waits for the one that has the key. */
    execute: (
      operation: string,
      key: string,
      text: string,
      inSession: (sessionId: ProcessSessionId) => string,
      limit: Duration.Duration
    ): Effect.Effect<SessionResult, RunError | CommandTimeout | KeyError> =>
      Effect.gen(function* () {
        const command = yield* keyed(operation, key, text)
        let started: Started | undefined
        const result = obtain(operation, command, inSession).pipe(
          Effect.tap((found) =>
            Effect.sync(() => {
              started = found
            })
          ),
          Effect.flatMap((found) => resultOf(operation, command, found)),
          Effect.catchAll(explained(operation, command))
        )
        if (!Duration.isFinite(limit)) return yield* result
        const inTime = yield* Effect.timeoutOption(result, limit)
        if (Option.isSome(inTime)) return inTime.value
        const output = started === undefined ? undefined : yield* printedSoFar(started)
        const hadEnded = yield* kill(operation, command.id)
        if (hadEnded && started !== undefined) return yield* resultOf(operation, command, started)
        return yield* timedOut(toolbox, operation, limit, output)
      }),
    /** Starts a command, or finds the one that has the key. */
    start: (
      operation: string,
      key: string,
      text: string,
      inSession: (sessionId: ProcessSessionId) => string
    ): Effect.Effect<Started, RunError | KeyError> =>
      Effect.flatMap(keyed(operation, key, text), (command) =>
        Effect.catchAll(obtain(operation, command, inSession), explained(operation, command))
      ),
    kill: (operation: string, key: string): Effect.Effect<void, ApiError> =>
      Effect.flatMap(idOf(operation, key), (id) => Effect.asVoid(kill(operation, id))),
    forget: (operation: string, key: string): Effect.Effect<void, ApiError> =>
      Effect.flatMap(idOf(operation, key), (id) =>
        Effect.zipRight(
          endIfThere(runs.lifecycle.remove(sessionOf(id))),
          // Last, so that the key is not free while its command may still run.
          Effect.asVoid(script(operation, keyRecord.removeScript(id)))
        )
      )
  }
}

/** The digest of a command with its directory, environment and input. */
const digestOf = (operation: string, text: string) => nameUuid({ system: "daytona", operation }, commandTexts, text)

const explanations = {
  ended: "has run and ended, but its session is gone, and its output with it",
  killed: "was killed before it ended",
  interrupted: "may have run, whole or in part: its session is gone, perhaps because the sandbox was stopped meanwhile",
  notRecorded: "was not run, because its key cannot be recorded in the home directory"
} as const

const lossOf = (record: keyRecord.KeyRecord | "notRecorded") => {
  if (record === "notRecorded") return { reason: "notRecorded", admitted: "no" } as const
  if (record.end === "killed") return { reason: "killed", admitted: "yes" } as const
  return record.end === undefined
    ? ({ reason: "interrupted", admitted: "unknown" } as const)
    : ({ reason: "ended", admitted: "yes", exitCode: record.end } as const)
}
