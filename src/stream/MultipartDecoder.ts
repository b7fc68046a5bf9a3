/** Multipart bodies as streams of parts, each with its content as a stream, in constant memory. */
import * as Chunk from "effect/Chunk"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type PartHeaders, parameterized } from "./MultipartHeaders.js"
import * as Tokens from "./MultipartTokens.js"

/**
 * - `truncated`: the bytes ended before the closing boundary.
 * - `malformed`: the bytes are not a multipart body.
 * - `length`: the content of a part does not have its announced length, so where the next part begins is not known.
 * - `passed`: the content of a part was read after the next part was requested.
 */
export class MultipartBroken extends Data.TaggedError("MultipartBroken")<{
  readonly reason: "truncated" | "malformed" | "length" | "passed"
  readonly message: string
}> {}

export interface Part<E = never, R = never> extends PartHeaders {
  /** Can be read once, before the next part is requested. What is not read is skipped. */
  readonly content: Stream.Stream<Uint8Array, E | MultipartBroken, R>
}

/** Room for the longest possible path, twice and percent-encoded. */
const defaultMaxHeaderBytes = 64 * 1024

/** The boundary in a `Content-Type`; `undefined` if it is not multipart. */
export const boundaryOf = (contentType: string): string | undefined => {
  const { parameters, value } = parameterized(contentType)
  return value.startsWith("multipart/") ? parameters.get("boundary") : undefined
}

/**
 * The parts between these boundaries. A part with a `Content-Length` has exactly that length, whatever it contains;
 * others end at the next boundary. Parts must be read one after another. Fails with `MultipartBroken` when the closing
 * boundary is missing.
 */
export const decode =
  (boundary: string, options: { readonly maxHeaderBytes?: number | undefined } = {}) =>
  <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Stream.Stream<Part<E, R>, E | MultipartBroken, R> =>
    Stream.unwrapScoped(
      Effect.map(Stream.toPull(bytes), (pull) => {
        const tokens = Tokens.make(boundary, options.maxHeaderBytes ?? defaultMaxHeaderBytes)
        let queue: ReadonlyArray<Uint8Array> = []
        let taken = 0
        let current = 0
        let open = false

        const refill: Effect.Effect<void, E | MultipartBroken, R> = Effect.suspend(() => {
          const waiting = queue[taken++]
          if (waiting !== undefined) return Effect.sync(() => tokens.push(waiting))
          return Effect.matchEffect(pull, {
            onFailure: (error): Effect.Effect<void, E | MultipartBroken> =>
              Effect.fail(
                Option.getOrElse(
                  error,
                  () => new MultipartBroken({ reason: "truncated", message: "the closing boundary is missing" })
                )
              ),
            onSuccess: (chunk) => {
              queue = Chunk.toReadonlyArray(chunk)
              taken = 0
              return refill
            }
          })
        })

        const next: Effect.Effect<
          Exclude<Tokens.Token, { readonly _tag: "More" | "Malformed" | "WrongLength" }>,
          E | MultipartBroken,
          R
        > = Effect.suspend(() => {
          const token = tokens.next()
          if (token._tag === "More") return Effect.zipRight(refill, next)
          if (token._tag === "WrongLength") {
            const message = "a part does not have the length that its Content-Length announces"
            return Effect.fail(new MultipartBroken({ reason: "length", message }))
          }
          return token._tag === "Malformed"
            ? Effect.fail(new MultipartBroken({ reason: "malformed", message: token.problem }))
            : Effect.succeed(token)
        })

        const contentOf = (part: number): Stream.Stream<Uint8Array, E | MultipartBroken, R> => {
          const read = Effect.suspend(
            (): Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<E | MultipartBroken>, R> => {
              if (part !== current) {
                const message = "a part was read after the next one was requested"
                return Effect.fail(Option.some(new MultipartBroken({ reason: "passed", message })))
              }
              if (!open) return Effect.fail(Option.none())
              return Effect.matchEffect(next, {
                onFailure: (error) => Effect.fail(Option.some(error)),
                onSuccess: (token) => {
                  if (token._tag === "Data") return Effect.succeed(Chunk.of(token.bytes))
                  open = false
                  return Effect.fail(Option.none())
                }
              })
            }
          )
          return Stream.repeatEffectChunkOption(read)
        }

        const nextPart: Effect.Effect<Part<E, R>, Option.Option<E | MultipartBroken>, R> = Effect.matchEffect(next, {
          onFailure: (error) => Effect.fail(Option.some(error)),
          onSuccess: (token): typeof nextPart => {
            if (token._tag === "End") return Effect.fail(Option.none())
            if (token._tag !== "Part") return nextPart
            open = true
            return Effect.succeed({ ...token.part, content: contentOf(++current) })
          }
        })
        return Stream.repeatEffectOption(nextPart)
      })
    )
