/** Transfers of a declared length: any other number of bytes is an error. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** `Content-Length`, unless the body is compressed: then a reader gets another number of bytes. */
export const declaredLength = (headers: Readonly<Record<string, string | undefined>>): number | undefined => {
  const encoding = headers["content-encoding"]?.trim() ?? ""
  const length = headers["content-length"]?.trim() ?? ""
  return /^\d+$/.test(length) && (encoding === "" || encoding === "identity") ? Number(length) : undefined
}

/** Passes the bytes on. Fails at the first byte beyond `length`, or at an end before it. */
export const exactLength =
  <LengthError>(length: number, onWrong: (received: number) => LengthError) =>
  <E, R>(self: Stream.Stream<Uint8Array, E, R>): Stream.Stream<Uint8Array, E | LengthError, R> =>
    Stream.suspend(() => {
      let received = 0
      const counted = Stream.mapChunksEffect(self, (chunk) => {
        for (const bytes of chunk) received += bytes.length
        return received > length ? Effect.fail(onWrong(received)) : Effect.succeed(chunk)
      })
      const end = Stream.suspend(() => (received === length ? Stream.empty : Stream.fail(onWrong(received))))
      return Stream.concat(counted, end)
    })
