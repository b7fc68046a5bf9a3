/** The content of files: as callers pass it, and collected in memory up to a limit. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { concatBytes } from "../../../../stream/bytes.js"

/** Text is written as UTF-8. A stream is consumed once, with backpressure. */
export type FileContent<E = never, R = never> = string | Uint8Array | Stream.Stream<Uint8Array, E, R>

export const isStream = <E, R>(content: FileContent<E, R>): content is Stream.Stream<Uint8Array, E, R> =>
  typeof content !== "string" && !(content instanceof Uint8Array)

/** Whether a value that no type vouches for is a stream, of whatever. */
export const isStreamOfAny = (value: unknown): boolean => Predicate.hasProperty(value, Stream.StreamTypeId)

const encoder = new TextEncoder()

const sliceLength = 1024 * 1024

/** Bytes in memory as a stream that can be run any number of times. */
const sliced = (bytes: Uint8Array): Stream.Stream<Uint8Array> =>
  Stream.unfold(0, (offset) =>
    offset < bytes.length
      ? Option.some([bytes.subarray(offset, offset + sliceLength), offset + sliceLength] as const)
      : Option.none()
  )

/** A content as a stream, and its length if known. */
export const streamOf = <E, R>(content: FileContent<E, R>, length: number | undefined) => {
  if (isStream(content)) return { bytes: content, length }
  const bytes = typeof content === "string" ? encoder.encode(content) : content
  return { bytes: sliced(bytes), length: bytes.length }
}

/** 64 MiB. */
export const defaultMaxBytes = 64 * 1024 * 1024

/** All bytes of a stream; fails when there are more than `maxBytes`. */
export const collected = <E, R, E2>(
  bytes: Stream.Stream<Uint8Array, E, R>,
  limit: { readonly maxBytes: number; readonly tooLarge: () => E2 }
): Effect.Effect<Uint8Array, E | E2, R> =>
  Effect.suspend(() => {
    const parts: Array<Uint8Array> = []
    let size = 0
    return bytes.pipe(
      Stream.runForEachChunk((chunk) => {
        for (const part of chunk) {
          size += part.length
          parts.push(part)
        }
        return size > limit.maxBytes ? Effect.fail(limit.tooLarge()) : Effect.void
      }),
      Effect.map(() => concatBytes(parts))
    )
  })
