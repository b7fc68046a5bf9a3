/** Responds with the log of a build. */
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type HttpError, notFound } from "../http/HttpError.js"
import * as responses from "../http/responses.js"
import type { Builds } from "./Builds.js"

/**
 * The log of a build as the runner sends it: lines without framing. `ends` is whether a followed log ends once the
 * image exists.
 */
export const buildLogResponse = (
  builds: Builds,
  ref: string,
  { ends, follow }: { readonly follow: boolean; readonly ends: boolean }
): Effect.Effect<HttpServerResponse.HttpServerResponse, HttpError> =>
  Effect.suspend(() => {
    const log = builds.log(ref)
    if (log === undefined) return notFound(`build logs not found for ref ${ref}`)
    const text = follow ? log.follow : Stream.fromEffect(log.content)
    return Effect.succeed(
      responses.bytes(Stream.encodeText(follow && !ends ? Stream.concat(text, Stream.never) : text))
    )
  })
