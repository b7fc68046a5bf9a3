/** The errors that any request can fail with: one class per cause, each with a stable `code`. */
import * as Schema from "effect/Schema"
import { constant, requestFailureFields, System } from "./RequestFailure.js"
import { TaggedError } from "./TaggedError.js"

/**
 * The input is invalid, and nothing was sent. `field` is the path of the invalid value in what the caller passed
 * (`claude.sessionId`, `baseUrl`, `token`).
 */
export class InvalidRequest extends TaggedError<InvalidRequest>("effect-sandboxes/InvalidRequest")("InvalidRequest", {
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
}) {}

/** 400: the server rejects the request as invalid. */
export class BadRequest extends TaggedError<BadRequest>("effect-sandboxes/BadRequest")("BadRequest", {
  code: constant("BAD_REQUEST"),
  ...requestFailureFields
}) {
  static readonly status = 400
}

/** 401: the credentials are missing, or the server does not (or no longer) accept them. */
export class Unauthorized extends TaggedError<Unauthorized>("effect-sandboxes/Unauthorized")("Unauthorized", {
  code: constant("UNAUTHORIZED"),
  ...requestFailureFields
}) {
  static readonly status = 401
}

/** 403: the credentials are valid, but do not permit this. */
export class Forbidden extends TaggedError<Forbidden>("effect-sandboxes/Forbidden")("Forbidden", {
  code: constant("FORBIDDEN"),
  ...requestFailureFields
}) {
  static readonly status = 403
}

/** 404 of a resource: the id or name is unknown, or no longer known. A missing route is `UnexpectedStatus`. */
export class NotFound extends TaggedError<NotFound>("effect-sandboxes/NotFound")("NotFound", {
  code: constant("NOT_FOUND"),
  ...requestFailureFields
}) {
  static readonly status = 404
}

/** 409: the current state of the resource does not allow this. */
export class Conflict extends TaggedError<Conflict>("effect-sandboxes/Conflict")("Conflict", {
  code: constant("CONFLICT"),
  ...requestFailureFields
}) {
  static readonly status = 409
}

/** 410: the resource existed and is gone. */
export class Gone extends TaggedError<Gone>("effect-sandboxes/Gone")("Gone", {
  code: constant("GONE"),
  ...requestFailureFields
}) {
  static readonly status = 410
}

/** 422: the server understands the request, but cannot process it. */
export class Unprocessable extends TaggedError<Unprocessable>("effect-sandboxes/Unprocessable")("Unprocessable", {
  code: constant("UNPROCESSABLE"),
  ...requestFailureFields
}) {
  static readonly status = 422
}

/** 429: too many requests. `retryAfter` is the wait that the server asks for, if it does. */
export class RateLimited extends TaggedError<RateLimited>("effect-sandboxes/RateLimited")("RateLimited", {
  code: constant("RATE_LIMITED"),
  ...requestFailureFields
}) {
  static readonly status = 429
}

/**
 * 503: the server, or something that it depends on, is not ready. Without a status: the sandbox of `Sandbox.layerLazy`
 * could not be created, and `cause` is that failure.
 */
export class Unavailable extends TaggedError<Unavailable>("effect-sandboxes/Unavailable")("Unavailable", {
  code: constant("UNAVAILABLE"),
  cause: Schema.optional(Schema.Defect),
  ...requestFailureFields
}) {
  static readonly status = 503
}

/** A deadline passed: one of this package (`client`), or one of the server, which sent 408 or 504 (`server`). */
export class Timeout extends TaggedError<Timeout>("effect-sandboxes/Timeout")("Timeout", {
  code: constant("TIMEOUT"),
  side: Schema.Literal("client", "server"),
  ...requestFailureFields
}) {}

/** Any 5xx without a class of its own. */
export class ServerError extends TaggedError<ServerError>("effect-sandboxes/ServerError")("ServerError", {
  code: constant("INTERNAL"),
  ...requestFailureFields
}) {}

/** A status that the operation does not declare. With 404, the server has no such route. */
export class UnexpectedStatus extends TaggedError<UnexpectedStatus>("effect-sandboxes/UnexpectedStatus")(
  "UnexpectedStatus",
  { code: constant("REQUEST_FAILED"), ...requestFailureFields }
) {}

/**
 * No response, or not all of it: refused, reset, DNS, TLS. `causeCode` is the code of the transport (`ECONNRESET`), if
 * any.
 */
export class TransportError extends TaggedError<TransportError>("effect-sandboxes/TransportError")("TransportError", {
  code: constant("TRANSPORT"),
  causeCode: Schema.optional(Schema.String),
  ...requestFailureFields
}) {}

/**
 * A response that cannot be read: an HTML page of a proxy, a body that does not match the schema, a body over the
 * limit. `field` is the path of the invalid value in the body, `excerpt` the beginning of the body (at most 500
 * characters; absent where it may hold a secret).
 */
export class InvalidResponse extends TaggedError<InvalidResponse>("effect-sandboxes/InvalidResponse")(
  "InvalidResponse",
  {
    code: constant("INVALID_RESPONSE"),
    field: Schema.optional(Schema.String),
    excerpt: Schema.optional(Schema.String),
    ...requestFailureFields
  }
) {}

/** A stream ended without the event that proves completion. What was received before is complete; the rest is lost. */
export class StreamInterrupted extends TaggedError<StreamInterrupted>("effect-sandboxes/StreamInterrupted")(
  "StreamInterrupted",
  { code: constant("STREAM_INTERRUPTED"), causeCode: Schema.optional(Schema.String), ...requestFailureFields }
) {}

/**
 * What any request can fail with, also as a schema, since errors cross process boundaries. Methods add failures of
 * their own.
 */
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
