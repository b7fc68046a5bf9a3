/** What a program prints: its lines, and the end of its complaints. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { LogChunk } from "../../schema/daytona/toolbox/CommandResult.js"
import { concatBytes } from "../../stream/bytes.js"
import * as Lines from "../../stream/Lines.js"
import { makeUtf8Decoder } from "../../stream/Utf8.js"

interface Tail {
  readonly push: (bytes: Uint8Array) => void
  readonly text: () => string
}

const longestTail = 1024

/** Keeps the last KiB. */
const makeTail = (): Tail => {
  let kept = new Uint8Array(0)
  return {
    push: (bytes) => {
      kept = concatBytes([kept, bytes.subarray(-longestTail)]).slice(-longestTail)
    },
    // A character that was cut off has lost its first byte.
    text: () => new TextDecoder().decode(kept.subarray(kept.findIndex((byte) => (byte & 0xc0) !== 0x80)))
  }
}

export interface Output<E> {
  /** The next lines, at least one. Fails with nothing at the end, which stays the end. */
  readonly next: Effect.Effect<ReadonlyArray<string>, Option.Option<E>>
  readonly hasEnded: () => boolean
  /** The end of what was printed on standard error so far, at most a KiB. */
  readonly stderr: () => string
}

/** Reads an output once. After a failure that `isEnd` accepts, it has ended. `tooLong`: what a line may not be. */
export const read = <E, E2>(
  chunks: Stream.Stream<LogChunk, E>,
  isEnd: () => boolean,
  tooLong: () => E2
): Effect.Effect<Output<E | E2>, never, Scope.Scope> =>
  Effect.map(Stream.toPull(chunks), (pull) => {
    const decode = makeUtf8Decoder()
    const reader = Lines.make()
    const tail = makeTail()
    let hasEnded = false
    const linesOf = ({ _tag, bytes }: LogChunk): Either.Either<ReadonlyArray<string>, Option.Option<E2>> => {
      if (_tag === "Stdout") return Either.mapLeft(reader.push(decode(bytes)), () => Option.some(tooLong()))
      tail.push(bytes)
      return Either.right([])
    }
    const more: Effect.Effect<ReadonlyArray<string>, Option.Option<E | E2>> = Effect.suspend(() =>
      hasEnded ? Effect.fail(Option.none()) : pull
    ).pipe(
      Effect.flatMap((pieces) => Effect.map(Effect.forEach(pieces, linesOf), (lines) => lines.flat())),
      Effect.catchAll((end: Option.Option<E | E2>) => {
        if (hasEnded || (Option.isSome(end) && !isEnd())) return Effect.fail(end)
        hasEnded = true
        return Effect.succeed(reader.end())
      })
    )
    const next: Output<E | E2>["next"] = Effect.flatMap(more, (lines) => {
      if (lines.length > 0) return Effect.succeed(lines)
      return hasEnded ? Effect.fail(Option.none()) : next
    })
    return { next, hasEnded: () => hasEnded, stderr: tail.text }
  })

/** The end of what a whole output says on standard error. */
export const endOfStderr = <E>(chunks: Stream.Stream<LogChunk, E>): Effect.Effect<string, E> =>
  Effect.suspend(() => {
    const tail = makeTail()
    return Effect.map(
      Stream.runForEach(chunks, ({ _tag, bytes }) =>
        Effect.sync(() => {
          if (_tag === "Stderr") tail.push(bytes)
        })
      ),
      tail.text
    )
  })
