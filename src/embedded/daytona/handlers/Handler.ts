/** The type of a route's handler. */
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ConnectionFault } from "../../ConnectionFault.js"
import type { BodyFields } from "../http/BodyFields.js"
import type { HttpError } from "../http/HttpError.js"
import type { IncomingRequest } from "../http/IncomingRequest.js"
import type { Organization } from "../Settings.js"

/** An authenticated request with its path parameters and JSON body. */
export interface Call extends IncomingRequest {
  readonly organization: Organization
  /** The decoded value of a path parameter; empty if the template has no such parameter. */
  readonly parameter: (name: string) => string
  /** The members of the body; none if there is no body. */
  readonly fields: BodyFields
}

/** Handles the requests of one route. */
export type Handler = (
  call: Call
) => Effect.Effect<HttpServerResponse.HttpServerResponse, HttpError | ConnectionFault, Scope.Scope>
