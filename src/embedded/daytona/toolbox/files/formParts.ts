/** Parses multipart forms as a stream. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import * as multipasta from "multipasta"
import type { ConnectionFault } from "../../../ConnectionFault.js"

/** The headers of a part. */
export interface PartHead {
  readonly name: string
  readonly fileName: string | undefined
}

/** What happens while a form is parsed: a part begins, continues or ends, or the form is malformed. */
export type FormEvent =
  | { readonly _tag: "Begin"; readonly head: PartHead }
  | { readonly _tag: "Bytes"; readonly bytes: Uint8Array }
  | { readonly _tag: "End" }
  | { readonly _tag: "Malformed"; readonly message: string }

/**
 * Parses a form as it arrives, without buffering whole parts. `Malformed` is the last event, but the body is read to
 * its end all the same: see {@link forEachToEnd}.
 */
export const read = (
  headers: Readonly<Record<string, string>>,
  body: Stream.Stream<Uint8Array, ConnectionFault>
): Stream.Stream<FormEvent, ConnectionFault> =>
  Stream.suspend(() => {
    let events: Array<FormEvent> = []
    const parser = multipasta.make({
      headers: { ...headers },
      // Parts without a file name are streamed, too.
      isFile: () => true,
      maxParts: Number.POSITIVE_INFINITY,
      maxPartSize: Number.POSITIVE_INFINITY,
      maxTotalSize: Number.POSITIVE_INFINITY,
      onField: () => undefined,
      onFile: ({ filename, name }) => {
        events.push({ _tag: "Begin", head: { name, fileName: filename } })
        return (bytes) => void events.push(bytes === null ? { _tag: "End" } : { _tag: "Bytes", bytes })
      },
      onError: (error) => void events.push({ _tag: "Malformed", message: error._tag }),
      onDone: () => undefined
    })
    let isMalformed = false
    const taken = () => {
      const result = events
      events = []
      const malformed = result.findIndex(({ _tag }) => _tag === "Malformed")
      isMalformed ||= malformed !== -1
      return malformed === -1 ? result : result.slice(0, malformed + 1)
    }
    const feed = (bytes: Uint8Array) => {
      if (isMalformed) return []
      try {
        parser.write(bytes)
      } catch (problem) {
        // A name with an invalid encoding.
        events.push({ _tag: "Malformed", message: String(problem) })
      }
      return taken()
    }
    let held = new Uint8Array(0)
    const parsed = Stream.mapConcat(body, (part) => {
      const bytes = Buffer.concat([held, part])
      const end = bytes.length - dashesAtEnd(bytes)
      held = bytes.slice(end)
      return feed(bytes.subarray(0, end))
    })
    const end = Stream.suspend(() => {
      const last = feed(held)
      if (isMalformed) return Stream.fromIterable(last)
      parser.end()
      return Stream.fromIterable([...last, ...taken()])
    })
    return Stream.concat(Stream.fromIterable(taken()), Stream.concat(parsed, end))
  })

/**
 * Runs `take` for each element until it fails, reads the rest, and fails only then. A body that is left early is
 * destroyed together with its connection, so that the client would get a reset connection instead of the refusal.
 */
export const forEachToEnd = <A, E, R>(
  stream: Stream.Stream<A, ConnectionFault>,
  take: (element: A) => Effect.Effect<void, E, R>
): Effect.Effect<void, E | ConnectionFault, R> =>
  Effect.suspend(() => {
    let outcome: Either.Either<void, E> = Either.void
    return Stream.runForEach(stream, (element) =>
      Either.isLeft(outcome)
        ? Effect.void
        : Effect.map(Effect.either(take(element)), (result) => {
            outcome = result
          })
    ).pipe(Effect.zipRight(Effect.suspend(() => outcome)))
  })

const dash = 0x2d

// The parser misreads the two dashes at the end of a form when they arrive in separate chunks.
const dashesAtEnd = (bytes: Uint8Array): number => (bytes.at(-1) !== dash ? 0 : bytes.at(-2) !== dash ? 1 : 2)
