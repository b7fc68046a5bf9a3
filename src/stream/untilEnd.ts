/** Streams whose completion must be proven: what precedes the proof is delivered, and its absence is a failure. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import * as NextChunk from "./nextChunk.js"
import * as Sse from "./Sse.js"

interface UntilEnd<A, B, ReadError, MissingError> {
  readonly read: (inputs: ReadonlyArray<A>, results: Array<B>) => Exit.Exit<void, ReadError> | undefined
  readonly onMissing: () => MissingError | undefined
  /** Run after the last result was consumed. */
  readonly atEnd?: Effect.Effect<void> | undefined
}

/**
 * Reads inputs with `read`, which appends to `results` and returns an exit at the end: a success if it is complete, or
 * a failure. If the input ends before, it fails with `onMissing`; if that returns `undefined`, the end of the input is
 * accepted. The results of one chunk are one chunk.
 */
const readUntilEnd =
  <A, B, ReadError, MissingError>({ atEnd, onMissing, read }: UntilEnd<A, B, ReadError, MissingError>) =>
  <E, R>(inputs: NextChunk.NextChunk<A, E, R>): NextChunk.NextChunk<B, E | ReadError | MissingError, R> => {
    let end: Exit.Exit<void, ReadError> | undefined
    const ended = (exit: Exit.Exit<void, ReadError>) =>
      Effect.as(atEnd === undefined ? exit : Effect.zipRight(atEnd, exit), undefined)
    const next: NextChunk.NextChunk<B, E | ReadError | MissingError, R> = Effect.flatMap(inputs, (input) => {
      if (input === undefined) {
        const error = onMissing()
        return error === undefined ? Effect.succeed(undefined) : Effect.fail(error)
      }
      const results: Array<B> = []
      end = read(Chunk.toReadonlyArray(input), results)
      if (results.length > 0) return Effect.succeed(Chunk.unsafeFromArray(results))
      return end === undefined ? next : ended(end)
    })
    return Effect.suspend(() => (end === undefined ? next : ended(end)))
  }

/** A stream, element by element: ends with the first result that satisfies `isEnd`, fails with the first `Left`. */
export const untilEnd =
  <A, B, ReadError, MissingError>({
    isEnd,
    onMissing,
    read
  }: {
    readonly read: (element: A) => Either.Either<B, ReadError>
    readonly isEnd: (result: B) => boolean
    readonly onMissing: () => MissingError | undefined
  }) =>
  <E, R>(self: Stream.Stream<A, E, R>): Stream.Stream<B, E | ReadError | MissingError, R> =>
    Stream.unwrapScoped(
      Effect.map(NextChunk.fromStream(self), (inputs) =>
        NextChunk.toStream(
          readUntilEnd<A, B, ReadError, MissingError>({
            onMissing,
            read: (elements, results) => {
              for (const element of elements) {
                const result = read(element)
                if (Either.isLeft(result)) return Exit.fail(result.left)
                results.push(result.right)
                if (isEnd(result.right)) return Exit.void
              }
              return undefined
            }
          })(inputs)
        )
      )
    )

export interface Reading<A, ReadError, MissingError> extends Sse.Options {
  /** Appends the results of an event to `results`. Returns an exit if it is the last event or a failure. */
  readonly read: (event: Sse.Event, results: Array<A>) => Exit.Exit<void, ReadError> | undefined
  readonly tooLarge: (error: Sse.EventTooLarge) => ReadError
  /** The failure if the input ends without a last event; `undefined` if it may. */
  readonly onMissing: () => MissingError | undefined
  /** Run after the last result was consumed. */
  readonly atEnd?: Effect.Effect<void>
}

/**
 * Event streams that end with an event: bytes are decoded to results in one step, without a stream of events between.
 * The parser keeps what is incomplete, so each stream needs its own.
 */
export const eventsUntilEnd = <A, ReadError, MissingError>({
  atEnd,
  onMissing,
  read,
  tooLarge,
  ...options
}: Reading<A, ReadError, MissingError>) => {
  const parse = Sse.makeParser(options)
  return readUntilEnd<Uint8Array, A, ReadError, MissingError>({
    atEnd,
    onMissing,
    read: (pieces, results) => {
      for (const piece of pieces) {
        const { events, failure } = parse(piece)
        for (const event of events) {
          const end = read(event, results)
          if (end !== undefined) return end
        }
        if (failure !== undefined) return Exit.fail(tooLarge(failure))
      }
      return undefined
    }
  })
}
