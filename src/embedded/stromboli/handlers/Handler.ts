/** The type of a route's handler, and how it reads a body. */
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import * as decoder from "../go/decoder.js"
import type { IncomingRequest } from "../IncomingRequest.js"

/** A request with its path parameters. */
export interface Call extends IncomingRequest {
  /** The decoded value of a path parameter; empty if the template has no such parameter. */
  readonly parameter: (name: string) => string
}

/** Handles the requests of one route. */
export type Handler = (call: Call) => Effect.Effect<HttpServerResponse.HttpServerResponse, never, Scope.Scope>

/** Reads a JSON body as gin binds it: decodes it, then checks its required fields. Fails with gin's message. */
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
