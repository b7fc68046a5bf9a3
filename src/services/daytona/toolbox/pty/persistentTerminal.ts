/** A terminal that is attached to again whenever its connection is lost. */
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
import type { Toolbox } from "../Toolbox.js"
import * as PtyAttachment from "./attachment.js"
import type { TerminalControls } from "./terminal.js"
import * as TerminalOutput from "./terminalOutput.js"

/** What comes out of a terminal whose connection may be lost and made again. */
export type TerminalEvent =
  | { readonly _tag: "Output"; readonly bytes: Uint8Array }
  /** The connection was lost, and is there again. What was printed between may be missing here: nobody kept it. */
  | { readonly _tag: "Reattached"; readonly cause: PtyDetached }

/** What ends a terminal that is attached to again and again, other than the end of its shell. */
export type PersistentError = ApiError | PtyDetached | PtyEndedUnseen | PtyNotStarted

/** A terminal that outlives its connections. */
export interface PersistentTerminal extends TerminalControls {
  /**
   * What is printed, and a mark wherever something may be missing. As `output` of a `Terminal` otherwise.
   *
   * Fails with `PtyEndedUnseen` when the shell ended while the connection was lost, and with the last failure when the schedule
   * of the attempts ends.
   */
  readonly output: Stream.Stream<TerminalEvent, PersistentError>
  /**
   * As `send` of a `Terminal`; while the connection is lost, it waits for the next one. Input that a connection was lost with is
   * never sent again, since part of it may have arrived: that fails with `PtyDetached`.
   */
  readonly send: (input: string | Uint8Array) => Effect.Effect<void, PersistentError | PtyEnded>
  /** Types everything that it is given, as `send` does. */
  readonly input: Sink.Sink<void, string | Uint8Array, never, PersistentError | PtyEnded>
  /** As `exit` of a `Terminal`; fails as `output` does. */
  readonly exit: Effect.Effect<PtyExit, PersistentError>
}

/** How stubbornly a lost connection is made again. */
export interface PersistentOptions {
  /**
   * When to try to attach again; begins anew with every connection. Default: after 0.25 seconds, then twice as long again each time,
   * at most every 5 seconds, 30 times.
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
  { schedule = defaultSchedule }: PersistentOptions
): Effect.Effect<PersistentTerminal, PtyAttachment.AttachError, Scope.Scope> =>
  Effect.gen(function* () {
    const failures = PtyAttachment.failuresOf(toolbox, controls.id)
    const output = yield* TerminalOutput.make<TerminalEvent, PersistentError>()
    const first = yield* Deferred.make<void, PtyAttachment.AttachError>()
    const driver = yield* Schedule.driver(inWholeMilliseconds(schedule))
    let current = yield* Deferred.make<PtyAttachment.Attachment, PersistentError | PtyEnded>()

    /** One connection, from its beginning to its end. */
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
        // Last, since it waits where nobody reads.
        yield* mark
        return yield* Effect.either(Deferred.await(ended)).pipe(
          Effect.ensuring(
            Effect.map(Deferred.make<PtyAttachment.Attachment, PersistentError | PtyEnded>(), (next) => {
              current = next
            })
          )
        )
      }).pipe(Effect.scoped)

    /** Waits for the next attempt, or fails when there is to be none. */
    const pause = <E>(error: E) => Effect.mapError(driver.next(undefined), () => error)

    const again = (cause: PtyDetached): Effect.Effect<PtyExit, PersistentError> =>
      Effect.gen(function* () {
        let lost = cause
        let last: PersistentError = cause
        while (true) {
          yield* pause(last)
          const end = yield* connection(lost).pipe(
            Effect.catchTag("NotFound", () => Effect.fail(failures.endedUnseen())),
            Effect.either
          )
          if (Either.isLeft(end)) {
            last = end.left
            if (!last.retryable) return yield* Effect.fail(last)
          } else {
            if (Either.isRight(end.right)) return end.right.right
            lost = end.right.left
            last = lost
          }
        }
      })

    const finish = (end: Either.Either<PtyExit, PersistentError>) =>
      Effect.zipRight(
        Deferred.fail(current, Either.match(end, { onLeft: (error) => error, onRight: failures.ended })),
        output.ended(end)
      )

    yield* connection(undefined).pipe(
      Effect.tapError((error) => Deferred.fail(first, error)),
      // Nobody has the terminal yet.
      Effect.catchTag("NotFound", () => Effect.fail(failures.endedUnseen())),
      Effect.flatMap(Either.match({ onLeft: again, onRight: Effect.succeed })),
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
    return { ...controls, output: output.stream, send, input: Sink.forEach(send), exit: output.exit }
  })
