import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ConnectionFault } from "../../ConnectionFault.js"
import type { Fields } from "../http/fields.js"
import type { Incoming } from "../http/incoming.js"
import type { Refused } from "../http/Refused.js"
import type { Organization } from "../Settings.js"

/** A request together with who makes it, the holes of its path and its JSON body. */
export interface Call extends Incoming {
  readonly organization: Organization
  /** The decoded value of a hole in the path; empty if the template has none of that name. */
  readonly parameter: (name: string) => string
  /** The members of the body; a request without one has none. */
  readonly fields: Fields
}

/** Answers the requests of one route. */
export type Handler = (
  call: Call
) => Effect.Effect<HttpServerResponse.HttpServerResponse, Refused | ConnectionFault, Scope.Scope>
