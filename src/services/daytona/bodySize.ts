/** Says what it means that a request with a large body was answered as if its route did not exist. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { type ApiError, UnexpectedStatus } from "../../errors/ApiError.js"
import type { Operation } from "../../internal/Operation.js"

/** What servers of v0.190 accept, in bytes of JSON. They answer a longer body with 404 "Cannot POST /api/…". */
export const mostBytes = 102_400

/** Explains that answer. Nothing is refused beforehand, since newer servers may accept more. */
export const explainBodySize =
  <Path extends string, Query, Body, Success, Failure>(
    { encodeBody }: Operation<Path, Query, Body, Success, Failure>,
    body: Body
  ) =>
  <A, E, R>(request: Effect.Effect<A, ApiError | E, R>): Effect.Effect<A, ApiError | E, R> =>
    Effect.mapError(request, (error) => {
      if (!(error instanceof UnexpectedStatus) || error.status !== 404) return error
      const json = encodeBody === undefined ? undefined : Either.getOrUndefined(encodeBody(body))
      const bytes = new TextEncoder().encode(JSON.stringify(json)).length
      if (bytes <= mostBytes) return error
      const { _tag, code, stack, ...fields } = error
      return new UnexpectedStatus({
        ...fields,
        message: `${error.method} ${error.path} (${error.operation}) was answered with 404: its body has ${bytes} bytes, and this server accepts ${mostBytes}. Send less: put large values into a file of the image, or upload them into the sandbox`
      })
    })
