import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** What a line may be long, in bytes, before the server's scanner gives up. */
const longestLine = 65_535
/** What fits into the pipe of a process that nobody reads any more. */
const pipeCapacity = 65_536

/**
 * Reads lines the way the streaming endpoint does: at a line that is too long it stops, silently, and with nobody reading
 * the process blocks as soon as the pipe is full. Only its time limit ends it then.
 */
export const readLines = <E>(lines: Stream.Stream<string, E>): Stream.Stream<string, E> =>
  Stream.suspend(() => {
    let unread: number | undefined
    const take = (line: string): boolean => {
      // A character is at most three bytes, so most lines need no counting.
      const length = line.length * 3 <= longestLine ? line.length : Buffer.byteLength(line)
      if (unread !== undefined) {
        unread += length + 1
      } else if (length > longestLine) {
        unread = 0
      }
      return unread === undefined
    }
    return Stream.mapChunksEffect(lines, (chunk) =>
      Effect.suspend(() => {
        const taken = Chunk.filter(chunk, take)
        return unread !== undefined && unread > pipeCapacity && Chunk.isEmpty(taken)
          ? Effect.never
          : Effect.succeed(taken)
      })
    )
  })
