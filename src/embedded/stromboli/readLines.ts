/** The line reader of the streaming endpoint, with its limits. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** The longest line that the server's scanner accepts, in bytes. */
const longestLine = 65_535
/** The capacity of the pipe of a process that is no longer read, in bytes. */
const pipeCapacity = 65_536

/**
 * Reads lines like the streaming endpoint: at a line that is too long it stops silently, and the process, which is no
 * longer read, blocks once the pipe is full. Only its timeout ends it then.
 */
export const readLines = <E>(lines: Stream.Stream<string, E>): Stream.Stream<string, E> =>
  Stream.suspend(() => {
    let unread: number | undefined
    const take = (line: string): boolean => {
      // A character is at most three bytes, so most lines need no counting.
      const length = line.length * 3 <= longestLine ? line.length : Buffer.byteLength(line)
      if (unread !== undefined) unread += length + 1
      else if (length > longestLine) unread = 0
      return unread === undefined
    }
    return Stream.mapChunksEffect(lines, (chunk) =>
      Effect.suspend(() => {
        const taken = Chunk.map(Chunk.filter(chunk, take), withoutReturn)
        return unread !== undefined && unread > pipeCapacity && Chunk.isEmpty(taken)
          ? Effect.never
          : Effect.succeed(taken)
      })
    )
  })

/** Go takes a carriage return at the end of a line for a part of the line's end. */
const withoutReturn = (line: string): string => (line.endsWith("\r") ? line.slice(0, -1) : line)
