import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import * as decoder from "../go/decoder.js"
import type { IncomingRequest } from "../IncomingRequest.js"

/** A request together with the holes of its path. */
export interface Call extends IncomingRequest {
  /** The decoded value of a hole in the path; empty if the template has none of that name. */
  readonly parameter: (name: string) => string
}

/** Answers the requests of one route. */
export type Handler = (call: Call) => Effect.Effect<HttpServerResponse.HttpServerResponse, never, Scope.Scope>

/** A JSON body as gin binds it: decoded, then checked for its required fields. The error is gin's text. */
export const bind = <A>(
  shape: decoder.Decoder<A>,
  call: Call,
  required: (value: A) => Readonly<Record<string, string>> = () => ({})
): Effect.Effect<A, string> =>
  Effect.suspend(() =>
    Either.flatMap(decoder.decode(shape, call.body), (value) => {
      const missing = decoder.missing(structName(shape), required(value))
      return missing === undefined ? Either.right(value) : Either.left(missing)
    })
  )

const structName = (shape: decoder.Decoder<unknown>) => shape.goType.slice(shape.goType.lastIndexOf(".") + 1)
