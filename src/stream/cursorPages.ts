/** Lists in pages, each of which has a cursor for the next. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

/** The elements of all pages, fetched as they are read. A page may be empty and not the last one. */
export const cursorPages = <A, E, R>(
  page: (
    cursor: string | undefined
  ) => Effect.Effect<{ readonly items: ReadonlyArray<A>; readonly nextCursor?: string | undefined }, E, R>
): Stream.Stream<A, E, R> =>
  Stream.paginateChunkEffect<string | undefined, A, E, R>(undefined, (cursor) =>
    Effect.map(page(cursor), ({ items, nextCursor }) => [
      Chunk.unsafeFromArray(items),
      // A cursor that leads to itself would be followed forever.
      nextCursor === undefined || nextCursor === cursor ? Option.none() : Option.some(nextCursor)
    ])
  )
