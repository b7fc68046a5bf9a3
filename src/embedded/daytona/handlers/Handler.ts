import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ConnectionFault } from "../../ConnectionFault.js"
import type { BodyFields } from "../http/BodyFields.js"
import type { HttpError } from "../http/HttpError.js"
import type { IncomingRequest } from "../http/IncomingRequest.js"
import type { Organization } from "../Settings.js"

/** A request together with who makes it, the holes of its path and its JSON body. */
export interface Call extends IncomingRequest {
  readonly organization: Organization
  /** The decoded value of a hole in the path; empty if the template has none of that name. */
  readonly parameter: (name: string) => string
  /** The members of the body; a request without one has none. */
  readonly fields: BodyFields
}

/** Answers the requests of one route. */
export type Handler = (
  call: Call
) => Effect.Effect<HttpServerResponse.HttpServerResponse, HttpError | ConnectionFault, Scope.Scope>
