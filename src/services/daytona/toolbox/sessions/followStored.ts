/** A log as the daemon has stored it. */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type { StreamInterrupted, Timeout } from "../../../../errors/ApiError.js"
import type { OpenedStream } from "../../../../internal/ApiClient.js"

const replaced = "\uFFFD"

const outputOf = (json: string): string | undefined => {
  try {
    const body: unknown = JSON.parse(json)
    return Predicate.hasProperty(body, "output") && typeof body.output === "string" ? body.output : undefined
  } catch {
    return undefined
  }
}

/**
 * The bytes of a stored log. Should a daemon not know the form that we ask for, it answers with JSON, in which bytes that are no
 * UTF-8 are lost; from such an answer nothing is taken behind `offset`.
 */
export const storedBytes = (
  { bytes, headers }: OpenedStream,
  offset: number
): Stream.Stream<Uint8Array, StreamInterrupted | Timeout> => {
  if (!(headers["content-type"] ?? "").includes("json")) return bytes
  return Stream.unwrap(
    Effect.map(Stream.mkString(Stream.decodeText(bytes)), (json) => {
      const output = outputOf(json)
      const usable = output !== undefined && (offset === 0 || !output.includes(replaced))
      return usable ? Stream.succeed(new TextEncoder().encode(output)) : Stream.empty
    })
  )
}
