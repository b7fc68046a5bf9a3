/** Lines from text that was cut anywhere. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"

/** A line with more characters is refused: a text that never has a line break must not fill the memory. */
export const longestLine = 128 * 1024 * 1024

export interface LineReader {
  /** The lines that end in the next piece; or nothing more, because one of them is too long. */
  readonly push: (text: string) => Either.Either<ReadonlyArray<string>, void>
  /** The last line, which had no line break. */
  readonly end: () => ReadonlyArray<string>
}

/** Looks at every character once. */
export const make = (limit = longestLine): LineReader => {
  let unfinished: Array<string> = []
  let length = 0
  return {
    push: (text) => {
      const lines = text.split("\n")
      const last = lines.pop() ?? ""
      const [first, ...others] = lines
      if (length + (first ?? last).length > limit) return Either.left(undefined)
      if (first === undefined) {
        unfinished.push(last)
        length += last.length
        return Either.right([])
      }
      if (last.length > limit || others.some((line) => line.length > limit)) return Either.left(undefined)
      const complete = [unfinished.join("") + first, ...others]
      unfinished = [last]
      length = last.length
      return Either.right(complete)
    },
    end: () => {
      const rest = unfinished.join("")
      unfinished = []
      length = 0
      return rest === "" ? [] : [rest]
    }
  }
}

/** The lines of a text, without line breaks. Fails when one is too long. */
export const split =
  <E>(tooLong: () => E) =>
  <E2, R>(text: Stream.Stream<string, E2, R>): Stream.Stream<string, E | E2, R> =>
    Stream.suspend(() => {
      const reader = make()
      return Stream.concat(
        Stream.mapChunksEffect(text, (pieces) =>
          Effect.map(
            Effect.forEach(pieces, (piece) => Either.mapLeft(reader.push(piece), tooLong)),
            (lines) => Chunk.fromIterable(lines.flat())
          )
        ),
        Stream.suspend(() => Stream.fromIterable(reader.end()))
      )
    })
