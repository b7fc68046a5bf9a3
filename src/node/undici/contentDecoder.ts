/** Decodes the bodies of responses with a `Content-Encoding`, at the pace of their reader. */
import type { Transform } from "node:stream"
import * as zlib from "node:zlib"
import { ContentEncodingError } from "../../internal/transportCause.js"

/** What the transport can decode. zstd is missing in Node 20. */
export const acceptedEncodings = "gzip, deflate, br"

/** The first byte tells the two formats that are called `deflate` apart. */
const inflate = (first: number): Transform => ((first & 0x0f) === 8 ? zlib.createInflate() : zlib.createInflateRaw())

const decoders: Readonly<Record<string, (first: number) => Transform>> = {
  gzip: () => zlib.createGunzip(),
  "x-gzip": () => zlib.createGunzip(),
  deflate: inflate,
  br: () => zlib.createBrotliDecompress()
}

export interface ContentDecoder {
  /** `false`: no more until `onDrained`. */
  readonly write: (bytes: Uint8Array) => boolean
  /** The last byte was written. */
  readonly end: () => void
  readonly pause: () => void
  readonly resume: () => void
  readonly destroy: () => void
}

export interface Decoded {
  readonly onBytes: (bytes: Uint8Array) => void
  readonly onDrained: () => void
  readonly onEnd: () => void
  readonly onError: (cause: Error) => void
}

/** `undefined`: the body is not encoded. */
export const contentDecoder = (
  header: string | ReadonlyArray<string> | undefined,
  { onBytes, onDrained, onEnd, onError }: Decoded
): ContentDecoder | undefined => {
  const encoding = [header ?? ""].flat().join(",").trim().toLowerCase()
  if (encoding === "" || encoding === "identity") return undefined
  const make = Object.hasOwn(decoders, encoding) ? decoders[encoding] : undefined
  let stream: Transform | undefined
  const started = (first: number): Transform | undefined => {
    if (stream !== undefined) return stream
    stream = make?.(first)
    stream?.on("data", onBytes)
    stream?.on("drain", onDrained)
    stream?.on("end", onEnd)
    stream?.on("error", ({ message }) =>
      onError(new ContentEncodingError(`the body is not valid ${encoding}: ${message}`))
    )
    return stream
  }
  return {
    write: (bytes) => {
      const [first] = bytes
      if (first === undefined) return true
      const decoder = started(first)
      if (decoder !== undefined) return decoder.write(bytes)
      const shown = JSON.stringify(encoding.slice(0, 100))
      onError(new ContentEncodingError(`the server encoded the body as ${shown}, which was not asked for`))
      return true
    },
    // A body without bytes, as that of a `HEAD`, is not encoded at all.
    end: () => (stream === undefined ? onEnd() : stream.end()),
    pause: () => stream?.pause(),
    resume: () => stream?.resume(),
    destroy: () => stream?.destroy()
  }
}
