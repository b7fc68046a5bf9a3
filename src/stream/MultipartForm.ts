/** Forms with files (`multipart/form-data`, RFC 7578), encoded as one stream of bytes. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

export interface Field {
  readonly _tag: "Field"
  readonly name: string
  readonly value: string
}

export interface File<E = never, R = never> {
  readonly _tag: "File"
  readonly name: string
  readonly filename: string
  /** In bytes, where it is known. The content is not checked against it. */
  readonly length?: number | undefined
  readonly content: Stream.Stream<Uint8Array, E, R>
}

export interface Form<E = never, R = never> {
  readonly contentType: string
  /** In bytes; `undefined` if the length of a file is not known. */
  readonly length: number | undefined
  readonly bytes: Stream.Stream<Uint8Array, E, R>
}

const encoder = new TextEncoder()

/** Escapes control characters and quotes as browsers do. Other text is sent as UTF-8. */
const escaped = (text: string): string => {
  let result = ""
  for (const character of text) {
    const code = character.charCodeAt(0)
    result +=
      code < 0x20 || code === 0x22 || code === 0x7f ? `%${code.toString(16).toUpperCase().padStart(2, "0")}` : character
  }
  return result
}

/** 128 random bits, so that no content can be made to contain it. */
const newBoundary = Effect.sync(
  () =>
    `----effect-sandboxes-${Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("")}`
)

const head = (boundary: string, part: Field | File<unknown, unknown>): Uint8Array => {
  const named = `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(part.name)}"`
  return encoder.encode(
    part._tag === "Field"
      ? `${named}\r\n\r\n${part.value}\r\n`
      : `${named}; filename="${escaped(part.filename)}"\r\nContent-Type: application/octet-stream\r\n\r\n`
  )
}

const lineBreak = encoder.encode("\r\n")

/** A form of these parts, in this order, with a boundary of its own. */
export const encode = <E, R>(parts: Iterable<Field | File<E, R>>): Effect.Effect<Form<E, R>> =>
  Effect.map(newBoundary, (boundary) => {
    const end = encoder.encode(`--${boundary}--\r\n`)
    const streams: Array<Stream.Stream<Uint8Array, E, R>> = []
    let length: number | undefined = end.length
    const grow = (by: number | undefined) => {
      length = length === undefined || by === undefined ? undefined : length + by
    }
    for (const part of parts) {
      const bytes = head(boundary, part)
      grow(bytes.length)
      streams.push(Stream.make(bytes))
      if (part._tag === "Field") continue
      grow(part.length)
      grow(lineBreak.length)
      streams.push(part.content, Stream.make(lineBreak))
    }
    streams.push(Stream.make(end))
    return {
      contentType: `multipart/form-data; boundary=${boundary}`,
      length,
      bytes: Stream.concatAll(Chunk.unsafeFromArray(streams))
    }
  })
