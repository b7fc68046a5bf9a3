/** Parses multipart forms as a stream. */
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

/** Parses a form as it arrives, without buffering whole parts. `Malformed` is the last event. */
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
    const taken = () => {
      const result = events
      events = []
      return result
    }
    const feed = (bytes: Uint8Array) => {
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
      parser.end()
      return Stream.fromIterable([...last, ...taken()])
    })
    return Stream.concat(Stream.fromIterable(taken()), Stream.concat(parsed, end)).pipe(
      Stream.takeUntil(({ _tag }) => _tag === "Malformed")
    )
  })

const dash = 0x2d

// The parser misreads the two dashes at the end of a form when they arrive in separate chunks.
const dashesAtEnd = (bytes: Uint8Array): number => (bytes.at(-1) !== dash ? 0 : bytes.at(-2) !== dash ? 1 : 2)
