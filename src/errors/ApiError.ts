/** The failures that a request to either system can end with. One class per cause, each with a stable `code`. */
import * as Schema from "effect/Schema"
import { constant, requestFailureFields, System } from "./RequestFailure.js"

/**
 * Refused on our side: nothing was sent. `field` names the culprit, as a path into what the caller passed
 * (`claude.sessionId`, `baseUrl`, `token`).
 */
export class InvalidRequest extends Schema.TaggedError<InvalidRequest>("effect-sandboxes/InvalidRequest")(
  "InvalidRequest",
  {
    code: constant("INVALID_REQUEST"),
    system: System,
    operation: Schema.String,
    method: Schema.optional(Schema.String),
    path: Schema.optional(Schema.String),
    field: Schema.String,
    message: Schema.String,
    attempts: constant(0),
    retryable: constant(false),
    admitted: constant("no")
  }
) {}

/** 400: the server refuses the request as it stands. */
export class BadRequest extends Schema.TaggedError<BadRequest>("effect-sandboxes/BadRequest")("BadRequest", {
  code: constant("BAD_REQUEST"),
  ...requestFailureFields
}) {
  static readonly status = 400
}

/** 401: no credential, or one that the server does not (or no longer) accept. */
export class Unauthorized extends Schema.TaggedError<Unauthorized>("effect-sandboxes/Unauthorized")("Unauthorized", {
  code: constant("UNAUTHORIZED"),
  ...requestFailureFields
}) {
  static readonly status = 401
}

/** 403: the credential is known, but not allowed to do this. */
export class Forbidden extends Schema.TaggedError<Forbidden>("effect-sandboxes/Forbidden")("Forbidden", {
  code: constant("FORBIDDEN"),
  ...requestFailureFields
}) {
  static readonly status = 403
}

/** 404 for a thing: the id or name is unknown, or no longer known. */
export class NotFound extends Schema.TaggedError<NotFound>("effect-sandboxes/NotFound")("NotFound", {
  code: constant("NOT_FOUND"),
  ...requestFailureFields
}) {
  static readonly status = 404
}

/** 409: the state of the thing does not allow this now. */
export class Conflict extends Schema.TaggedError<Conflict>("effect-sandboxes/Conflict")("Conflict", {
  code: constant("CONFLICT"),
  ...requestFailureFields
}) {
  static readonly status = 409
}

/** 410: the thing is known, and over. */
export class Gone extends Schema.TaggedError<Gone>("effect-sandboxes/Gone")("Gone", {
  code: constant("GONE"),
  ...requestFailureFields
}) {
  static readonly status = 410
}

/** 422: the server understands the request and will not carry it out. */
export class Unprocessable extends Schema.TaggedError<Unprocessable>("effect-sandboxes/Unprocessable")(
  "Unprocessable",
  { code: constant("UNPROCESSABLE"), ...requestFailureFields }
) {
  static readonly status = 422
}

/** 429. `retryAfter` is what the server asked for, when it said so. */
export class RateLimited extends Schema.TaggedError<RateLimited>("effect-sandboxes/RateLimited")("RateLimited", {
  code: constant("RATE_LIMITED"),
  ...requestFailureFields
}) {
  static readonly status = 429
}

/** 503: the server, or something it stands on, is not ready. */
export class Unavailable extends Schema.TaggedError<Unavailable>("effect-sandboxes/Unavailable")("Unavailable", {
  code: constant("UNAVAILABLE"),
  ...requestFailureFields
}) {
  static readonly status = 503
}

/** Time ran out: a deadline of ours (`client`), or a 408 or 504 (`server`). */
export class Timeout extends Schema.TaggedError<Timeout>("effect-sandboxes/Timeout")("Timeout", {
  code: constant("TIMEOUT"),
  side: Schema.Literal("client", "server"),
  ...requestFailureFields
}) {}

/** Any 5xx that has no class of its own. */
export class ServerError extends Schema.TaggedError<ServerError>("effect-sandboxes/ServerError")("ServerError", {
  code: constant("INTERNAL"),
  ...requestFailureFields
}) {}

/** A status that this operation does not know. A 404 here means that the server has no such route at all. */
export class UnexpectedStatus extends Schema.TaggedError<UnexpectedStatus>("effect-sandboxes/UnexpectedStatus")(
  "UnexpectedStatus",
  { code: constant("REQUEST_FAILED"), ...requestFailureFields }
) {}

/** No response, or not all of it: refused, reset, DNS, TLS. `causeCode` is the transport's own code (`ECONNRESET`), if it has one. */
export class TransportError extends Schema.TaggedError<TransportError>("effect-sandboxes/TransportError")(
  "TransportError",
  { code: constant("TRANSPORT"), causeCode: Schema.optional(Schema.String), ...requestFailureFields }
) {}

/**
 * A response that cannot be read: a proxy's HTML page, a shape the schema does not know, a body over the limit.
 * `field` is the place in the body, `excerpt` its beginning (at most 500 characters; absent where a body may hold a secret).
 */
export class InvalidResponse extends Schema.TaggedError<InvalidResponse>("effect-sandboxes/InvalidResponse")(
  "InvalidResponse",
  {
    code: constant("INVALID_RESPONSE"),
    field: Schema.optional(Schema.String),
    excerpt: Schema.optional(Schema.String),
    ...requestFailureFields
  }
) {}

/** A stream ended without the event that proves its end. What came before it is real; what would have come after is lost. */
export class StreamInterrupted extends Schema.TaggedError<StreamInterrupted>("effect-sandboxes/StreamInterrupted")(
  "StreamInterrupted",
  { code: constant("STREAM_INTERRUPTED"), causeCode: Schema.optional(Schema.String), ...requestFailureFields }
) {}

/** What any request can meet, as a schema too: errors cross process borders. A method adds the failures that are its own. */
export const ApiError = Schema.Union(
  InvalidRequest,
  BadRequest,
  Unauthorized,
  Forbidden,
  Timeout,
  RateLimited,
  Unavailable,
  ServerError,
  UnexpectedStatus,
  TransportError,
  InvalidResponse
)
export type ApiError = typeof ApiError.Type
