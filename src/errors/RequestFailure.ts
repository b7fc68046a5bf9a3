/** The fields that all errors of requests share. */
import * as Schema from "effect/Schema"

/** The system that a request was for. Another system is another entry here. */
export const System = Schema.Literal("stromboli", "daytona", "claude-code")
export type System = typeof System.Type

/**
 * Whether the server started the work that was requested.
 *
 * - `no`: provably not. Sending the request again, even that of a paid run, does nothing twice.
 * - `yes`: it did, although the response was lost or unreadable.
 * - `unknown`: it may have.
 */
export const Admitted = Schema.Literal("no", "yes", "unknown")
export type Admitted = typeof Admitted.Type

/** A field with one value for all errors of a class, encoded so that it crosses process boundaries. */
export const constant = <const Value extends string | number | boolean>(value: Value) =>
  Schema.Literal(value).pipe(
    Schema.propertySignature,
    Schema.withConstructorDefault(() => value)
  )

/** The fields, as part of a schema. */
export const requestFailureFields = {
  system: System,
  /** The operation, named as in this package: `Jobs.get`. */
  operation: Schema.String,
  method: Schema.String,
  /** The path, without the query. */
  path: Schema.String,
  /** The HTTP status, if there was a response. */
  status: Schema.optional(Schema.Number),
  /** The request, what was returned, and what to do about it. */
  message: Schema.String,
  /** The message of the server, if any. At most 2,000 characters. */
  detail: Schema.optional(Schema.String),
  /** The error code of the server, if any: `FILE_NOT_FOUND`. */
  serverCode: Schema.optional(Schema.String),
  /** The part of the server that failed, if it is known: `DAYTONA_API`, `DAYTONA_PROXY` or `DAYTONA_DAEMON`. */
  serverSource: Schema.optional(Schema.String),
  /** What the request was about, where its path does not name it: a file, for example. */
  subject: Schema.optional(Schema.String),
  /** The sandbox that the request was about, if its id was known. */
  sandboxId: Schema.optional(Schema.String),
  /** `X-Request-ID` of the request, to find it in the log of the server. */
  requestId: Schema.optional(Schema.String),
  /** The wait that the server asks for before the next attempt. */
  retryAfter: Schema.optional(Schema.DurationFromMillis),
  /** How often the request was sent; `0`: never. */
  attempts: Schema.Number,
  /** Whether the same request may succeed later. Whether sending it again is safe: see `admitted`. */
  retryable: Schema.Boolean,
  admitted: Admitted
}

/** What the constructors of these errors take. */
export type RequestFailureFields = Schema.Struct.Constructor<typeof requestFailureFields>
