/** A terminal that reattaches whenever its connection is lost. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import type * as Stream from "effect/Stream"
import type { ApiError } from "../../../../errors/ApiError.js"
import type { PtyDetached, PtyEnded, PtyEndedUnseen, PtyNotStarted } from "../../../../errors/daytona/pty.js"
import { inWholeMilliseconds } from "../../../../internal/retry.js"
import type { PtyExit } from "../../../../schema/daytona/toolbox/Pty.js"
import type { TerminalEvent } from "../../../../schema/daytona/toolbox/TerminalEvent.js"
import type { Toolbox } from "../Toolbox.js"
import * as PtyAttachment from "./attachment.js"
import { shown, type TerminalControls } from "./terminal.js"
import * as TerminalOutput from "./terminalOutput.js"

/** How a persistent terminal can fail. */
export type PersistentTerminalError = ApiError | PtyDetached | PtyEndedUnseen | PtyNotStarted

/** A terminal that outlives its connections. */
export interface PersistentTerminal extends TerminalControls {
  /**
   * The output, with a `Reattached` wherever something may be missing. Otherwise like `output` of a `Terminal`.
   *
   * Fails with `PtyEndedUnseen` when the shell ended while the connection was lost, and with the last failure when the
   * schedule ends.
   */
  readonly output: Stream.Stream<TerminalEvent, PersistentTerminalError>
  /**
   * Like `send` of a `Terminal`; while the connection is lost, it waits for the next one. Input whose connection is
   * lost is never sent again, because part of it may have arrived: `send` fails with `PtyDetached`.
   */
  readonly send: (input: string | Uint8Array) => Effect.Effect<void, PersistentTerminalError | PtyEnded>
  /** Sends every input, like `send`. */
  readonly input: Sink.Sink<void, string | Uint8Array, never, PersistentTerminalError | PtyEnded>
  /** Like `exit` of a `Terminal`; fails like `output`. */
  readonly exit: Effect.Effect<PtyExit, PersistentTerminalError>
}

/** When to reattach. */
export interface ReattachOptions {
  /**
   * When to try to reattach; starts over with every connection. Default: after 0.25 seconds, then at intervals that
   * double, up to 5 seconds, 30 times.
   */
  readonly schedule?: Schedule.Schedule<unknown> | undefined
}

const defaultSchedule = Schedule.exponential("250 millis").pipe(
  Schedule.union(Schedule.spaced("5 seconds")),
  Schedule.intersect(Schedule.recurs(30))
)

export const attachPersistently = (
  toolbox: Toolbox.Service,
  controls: TerminalControls,
  { schedule = defaultSchedule }: ReattachOptions
): Effect.Effect<PersistentTerminal, PtyAttachment.AttachError, Scope.Scope> =>
  Effect.gen(function* () {
    const failures = PtyAttachment.failuresOf(toolbox, controls.id)
    const output = yield* TerminalOutput.make<TerminalEvent, PersistentTerminalError>()
    const first = yield* Deferred.make<void, PtyAttachment.AttachError>()
    const driver = yield* Schedule.driver(inWholeMilliseconds(schedule))
    let current = yield* Deferred.make<PtyAttachment.Attachment, PersistentTerminalError | PtyEnded>()

    /** One connection, until it ends. */
    const connection = (before: PtyDetached | undefined) =>
      Effect.gen(function* () {
        const ended = yield* Deferred.make<PtyExit, PtyDetached>()
        const mark = yield* Effect.once(
          before === undefined ? Effect.void : output.offer([{ _tag: "Reattached", cause: before }])
        )
        const attachment = yield* PtyAttachment.attach(toolbox, controls.id, {
          output: (parts) =>
            Effect.zipRight(mark, output.offer(parts.map((bytes) => ({ _tag: "Output" as const, bytes })))),
          exited: output.exited,
          ended: (end) => Deferred.complete(ended, end)
        })
        yield* driver.reset
        yield* Deferred.succeed(first, undefined)
        yield* Deferred.succeed(current, attachment)
        // Last, because it waits while nobody reads.
        yield* mark
        return yield* Effect.either(Deferred.await(ended)).pipe(
          Effect.ensuring(
            Effect.map(Deferred.make<PtyAttachment.Attachment, PersistentTerminalError | PtyEnded>(), (next) => {
              current = next
            })
          )
        )
      }).pipe(Effect.scoped)

    /** Waits for the next attempt, or fails when the schedule has ended. */
    const pause = <E>(error: E) => Effect.mapError(driver.next(undefined), () => error)

    const reattach = (cause: PtyDetached): Effect.Effect<PtyExit, PersistentTerminalError> =>
      Effect.gen(function* () {
        let lost = cause
        let last: PersistentTerminalError = cause
        while (true) {
          yield* pause(last)
          const end = yield* connection(lost).pipe(
            Effect.catchTag("NotFound", () => Effect.fail(failures.endedUnseen())),
            Effect.either
          )
          if (Either.isLeft(end)) {
            last = end.left
            if (!last.retryable) return yield* last
          } else {
            if (Either.isRight(end.right)) return end.right.right
            lost = end.right.left
            last = lost
          }
        }
      })

    const finish = (end: Either.Either<PtyExit, PersistentTerminalError>) =>
      Effect.zipRight(
        Deferred.fail(current, Either.match(end, { onLeft: (error) => error, onRight: failures.ended })),
        output.ended(end)
      )

    yield* connection(undefined).pipe(
      Effect.tapError((error) => Deferred.fail(first, error)),
      // Never observed: the caller gets the error from `first`.
      Effect.catchTag("NotFound", () => Effect.fail(failures.endedUnseen())),
      Effect.flatMap(Either.match({ onLeft: reattach, onRight: Effect.succeed })),
      Effect.either,
      Effect.onExit((exit) => finish(Exit.isSuccess(exit) ? exit.value : Either.left(failures.detached(undefined)))),
      Effect.forkScoped
    )
    yield* Deferred.await(first)

    const send: PersistentTerminal["send"] = (input) =>
      Effect.flatMap(
        Effect.suspend(() => Deferred.await(current)),
        (attachment) => attachment.send(input)
      )
    return shown({ ...controls, output: output.stream, send, input: Sink.forEach(send), exit: output.exit })
  })
