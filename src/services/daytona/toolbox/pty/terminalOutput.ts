/** Output of a terminal that has come in and that nobody has read yet. */
import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { PtyExit } from "../../../../schema/daytona/toolbox/Pty.js"

/** So much waits for a reader, in messages of at most 32 KiB. */
export const mostUnread = 128

export interface TerminalOutput<A, E> {
  /** Waits while too much is unread. */
  readonly offer: (outputs: ReadonlyArray<A>) => Effect.Effect<void>
  /** It is known how the shell ended. Output may still come. */
  readonly exited: (exit: PtyExit) => Effect.Effect<void>
  /** There is no more output. */
  readonly ended: (end: Either.Either<PtyExit, E>) => Effect.Effect<void>
  /** What is unread and what comes. When it is run again it goes on where it was. */
  readonly stream: Stream.Stream<A, E>
  /** Waits for the exit. Where nobody reads, it makes room for what comes: the oldest output goes. */
  readonly exit: Effect.Effect<PtyExit, E>
}

export const make = <A, E>(): Effect.Effect<TerminalOutput<A, E>> =>
  Effect.gen(function* () {
    const unread = yield* Mailbox.make<A, E>(mostUnread)
    const exit = yield* Deferred.make<PtyExit, E>()
    /** Open while a message waits for room that nobody will make. */
    const isStuck = yield* Effect.makeLatch(false)
    let readers = 0
    let waiting = false

    const look = Effect.suspend(() => (waiting && readers === 0 ? isStuck.open : isStuck.close))
    const setWaiting = (value: boolean) =>
      Effect.suspend(() => {
        waiting = value
        return look
      })
    const setReaders = (change: 1 | -1) =>
      Effect.suspend(() => {
        readers += change
        return look
      })

    const isFull = () => Option.exists(unread.unsafeSize(), (size) => size >= mostUnread)

    // A chunk each: a reader that stops in the middle of a chunk loses the rest of it.
    const next = unread.takeN(1)

    const outputs: Channel.Channel<Chunk.Chunk<A>, unknown, E, unknown, void, unknown> = Channel.flatMap(
      Channel.fromEffect(next),
      ([output]) => (Chunk.isEmpty(output) ? Channel.void : Channel.flatMap(Channel.write(output), () => outputs))
    )

    // Closed before anything is taken: one message makes room enough, and the next one that waits opens it again.
    const discard = isStuck.await.pipe(Effect.zipRight(isStuck.close), Effect.zipRight(Effect.ignore(next)))

    const whenRoom = (output: A): Effect.Effect<unknown> =>
      setWaiting(true).pipe(Effect.zipRight(unread.offer(output)), Effect.ensuring(setWaiting(false)))

    return {
      offer: (outputs) =>
        Effect.suspend(() => {
          let offered = 0
          for (const output of outputs) {
            if (isFull()) break
            unread.unsafeOffer(output)
            offered++
          }
          if (offered === outputs.length) return Effect.void
          return Effect.forEach(
            outputs.slice(offered),
            (output) => Effect.suspend(() => (isFull() ? whenRoom(output) : unread.offer(output))),
            { discard: true }
          )
        }),
      exited: (how) => Deferred.succeed(exit, how),
      ended: (how) =>
        Effect.zipRight(
          Deferred.complete(exit, how),
          Either.match(how, { onLeft: (error) => unread.fail(error), onRight: () => unread.end })
        ),
      stream: Stream.acquireRelease(setReaders(1), () => setReaders(-1)).pipe(
        Stream.flatMap(() => Stream.fromChannel(outputs))
      ),
      exit: Effect.raceFirst(Deferred.await(exit), Effect.forever(discard))
    }
  })
