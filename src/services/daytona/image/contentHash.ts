/**
 * Hashes local files without holding them in memory. WebCrypto cannot hash incrementally, so the digest of a file is
 * the SHA-256 of the SHA-256 digests of its 4 MiB blocks.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

const blockSize = 4 * 1024 * 1024

const encoder = new TextEncoder()

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")

const sha256 = (bytes: Uint8Array<ArrayBuffer>): Effect.Effect<string> =>
  Effect.map(
    Effect.promise(() => crypto.subtle.digest("SHA-256", bytes)),
    (digest) => hex(new Uint8Array(digest))
  )

/** Splits bytes into blocks of a fixed size; the last one may be shorter. */
const blocks = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Stream.Stream<Uint8Array<ArrayBuffer>, E, R> =>
  Stream.suspend(() => {
    let block = new Uint8Array(blockSize)
    let filled = 0
    const full = Stream.mapConcat(bytes, (piece) => {
      const complete: Array<Uint8Array<ArrayBuffer>> = []
      for (let at = 0; at < piece.length; ) {
        const part = piece.subarray(at, at + blockSize - filled)
        block.set(part, filled)
        filled += part.length
        at += part.length
        if (filled === blockSize) {
          complete.push(block)
          block = new Uint8Array(blockSize)
          filled = 0
        }
      }
      return complete
    })
    return Stream.concat(
      full,
      Stream.suspend(() => (filled === 0 ? Stream.empty : Stream.make(block.subarray(0, filled))))
    )
  })

/** The size and digest of a file. */
export interface Digest {
  readonly size: number
  readonly digest: string
}

/** Hashes the content of a file, which is read once. */
export const ofContent = <E>(content: Stream.Stream<Uint8Array, E>): Effect.Effect<Digest, E> =>
  blocks(content).pipe(
    Stream.mapEffect((block) => Effect.map(sha256(block), (digest) => ({ digest, size: block.length }))),
    Stream.runFold({ size: 0, digests: "" }, (all, { digest, size }) => ({
      size: all.size + size,
      digests: `${all.digests}${digest}\n`
    })),
    Effect.flatMap(({ size, digests }) =>
      Effect.map(sha256(encoder.encode(digests)), (digest): Digest => ({ size, digest }))
    )
  )

/**
 * The hash of a sorted list of files. It depends on their names, contents and permissions only, not on times or owners.
 * Each file is encoded as a line of JSON, so that different lists never have the same encoding.
 */
export const ofFiles = (
  files: ReadonlyArray<Digest & { readonly name: string; readonly mode: number }>
): Effect.Effect<string> =>
  sha256(
    encoder.encode(
      [
        "effect-sandboxes context 1",
        ...files.map((file) => JSON.stringify([file.name, file.mode, file.size, file.digest]))
      ].join("\n")
    )
  )
