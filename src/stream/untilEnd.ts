/** Streams whose end must be proven: what comes before the proof is delivered, and its absence is a failure. */
import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"

/**
 * Reads each element with `read`; ends with the first result that `isEnd`, fails with the first `Left`. When the input ends
 * before either, it fails with `onMissing`, unless that gives `undefined`: then the input's end is as good as a proof. Works on whole chunks: nothing runs per element but the two functions.
 */
export const untilEnd =
  <A, B, ReadError, MissingError>(options: {
    readonly read: (element: A) => Either.Either<B, ReadError>
    readonly isEnd: (result: B) => boolean
    readonly onMissing: () => MissingError | undefined
  }) =>
  <E, R>(self: Stream.Stream<A, E, R>): Stream.Stream<B, E | ReadError | MissingError, R> => {
    const loop: Channel.Channel<
      Chunk.Chunk<B>,
      Chunk.Chunk<A>,
      E | ReadError | MissingError,
      E,
      unknown,
      unknown
    > = Channel.readWithCause({
      onInput: (input: Chunk.Chunk<A>) => {
        const results: Array<B> = []
        for (const element of input) {
          const result = options.read(element)
          if (Either.isLeft(result)) {
            return Channel.zipRight(Channel.write(Chunk.unsafeFromArray(results)), Channel.fail(result.left))
          }
          results.push(result.right)
          if (options.isEnd(result.right)) return Channel.write(Chunk.unsafeFromArray(results))
        }
        return Channel.zipRight(Channel.write(Chunk.unsafeFromArray(results)), loop)
      },
      onFailure: Channel.failCause,
      onDone: () => {
        const error = options.onMissing()
        return error === undefined ? Channel.void : Channel.fail(error)
      }
    })
    return Stream.pipeThroughChannel(self, loop)
  }
