/** Buffers the unread output of a terminal. */
import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { raceFirst } from "../../../../internal/finalizerRequest.js"
import type { PtyExit } from "../../../../schema/daytona/toolbox/Pty.js"

/** Messages, of at most 32 KiB each. */
const bufferSize = 128

export interface TerminalOutput<A, E> {
  /** Waits while the buffer is full. */
  readonly offer: (outputs: ReadonlyArray<A>) => Effect.Effect<void>
  /** The shell has ended. Output may still arrive. */
  readonly exited: (exit: PtyExit) => Effect.Effect<void>
  /** All output has arrived. */
  readonly ended: (end: Either.Either<PtyExit, E>) => Effect.Effect<void>
  /** The buffered output and what follows. When run again, it continues where it stopped. */
  readonly stream: Stream.Stream<A, E>
  /** Waits for the exit. While nobody reads, it discards the oldest output to make room. */
  readonly exit: Effect.Effect<PtyExit, E>
}

export const make = <A, E>(): Effect.Effect<TerminalOutput<A, E>> =>
  Effect.gen(function* () {
    const unread = yield* Mailbox.make<A, E>(bufferSize)
    const exit = yield* Deferred.make<PtyExit, E>()
    /** Open while a message waits for room and nobody reads. */
    const isStuck = yield* Effect.makeLatch(false)
    let readers = 0
    let waiting = false

    const updateLatch = Effect.suspend(() => (waiting && readers === 0 ? isStuck.open : isStuck.close))
    const setWaiting = (value: boolean) =>
      Effect.suspend(() => {
        waiting = value
        return updateLatch
      })
    const setReaders = (change: 1 | -1) =>
      Effect.suspend(() => {
        readers += change
        return updateLatch
      })

    const isFull = () => Option.exists(unread.unsafeSize(), (size) => size >= bufferSize)

    // One at a time: a consumer that stops inside a chunk loses the rest of it.
    const next = unread.takeN(1)

    const outputs: Channel.Channel<Chunk.Chunk<A>, unknown, E, unknown, void, unknown> = Channel.flatMap(
      Channel.fromEffect(next),
      ([output]) => (Chunk.isEmpty(output) ? Channel.void : Channel.flatMap(Channel.write(output), () => outputs))
    )

    // Closed before taking: one message makes enough room, and the next one that has to wait opens the latch again.
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
      exit: raceFirst(Deferred.await(exit), Effect.forever(discard))
    }
  })
