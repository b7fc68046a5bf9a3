/**
 * A source that is asked for its next chunk, `undefined` at the end. Where a stream is read chunk by chunk, with one
 * step after the other, this does it in one channel, while each operator of `Stream` adds one of its own.
 */
import * as Channel from "effect/Channel"
import type * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

/** Asked once at a time, and no more after its end or failure. */
export type NextChunk<A, E = never, R = never> = Effect.Effect<Chunk.Chunk<A> | undefined, E, R>

export const toChannel = <A, E, R>(
  next: NextChunk<A, E, R>
): Channel.Channel<Chunk.Chunk<A>, unknown, E, unknown, void, unknown, R> => {
  const loop: Channel.Channel<Chunk.Chunk<A>, unknown, E, unknown, void, unknown, R> = Channel.flatMap(
    Channel.fromEffect(next),
    (chunk) => (chunk === undefined ? Channel.void : Channel.flatMap(Channel.write(chunk), () => loop))
  )
  return loop
}

export const toStream = <A, E, R>(next: NextChunk<A, E, R>): Stream.Stream<A, E, R> =>
  Stream.fromChannel(toChannel(next))

export const fromStream = <A, E, R>(
  stream: Stream.Stream<A, E, R>
): Effect.Effect<NextChunk<A, E, R>, never, R | Scope.Scope> =>
  Effect.map(Stream.toPull(stream), (pull) =>
    Effect.catchAll(pull, Option.match({ onNone: () => Effect.succeed(undefined), onSome: Effect.fail }))
  )
