/** What every error of a request tells, whatever went wrong. */
import * as Schema from "effect/Schema"

/** Which of the two systems was asked. */
export const System = Schema.Literal("stromboli", "daytona")
export type System = typeof System.Type

/**
 * Did the server start the work that the request asked for?
 *
 * - `no`: provably not; repeating it, even a paid run, does nothing twice.
 * - `yes`: it did, although the answer was lost or unreadable.
 * - `unknown`: it may have.
 */
export const Admitted = Schema.Literal("no", "yes", "unknown")
export type Admitted = typeof Admitted.Type

/** A field that is the same for every error of a class, so that it travels along when the error crosses a process border. */
export const constant = <const Value extends string | number | boolean>(value: Value) =>
  Schema.Literal(value).pipe(
    Schema.propertySignature,
    Schema.withConstructorDefault(() => value)
  )

/** The fields that all errors of requests share. */
export const requestFailureFields = {
  system: System,
  /** The operation as the SDK names it, for example `Jobs.get`. */
  operation: Schema.String,
  method: Schema.String,
  /** The path with its holes filled in, without the query. */
  path: Schema.String,
  /** The HTTP status, when there was a response. */
  status: Schema.optional(Schema.Number),
  /** What was tried, on what, what came back, and what to do about it. */
  message: Schema.String,
  /** The server's own words, when it had any. At most 2,000 characters. */
  detail: Schema.optional(Schema.String),
  /** The server's own code for the failure, where it has one, such as `FILE_NOT_FOUND`. */
  serverCode: Schema.optional(Schema.String),
  /** Which part of the server failed, where it says so: `DAYTONA_API`, `DAYTONA_PROXY` or `DAYTONA_DAEMON`. */
  serverSource: Schema.optional(Schema.String),
  /** What the request was about, where its path does not say so: a file, for example. */
  subject: Schema.optional(Schema.String),
  /** The sandbox that the request was about, where its id was known. */
  sandboxId: Schema.optional(Schema.String),
  /** `X-Request-ID` of the response, to find the request in the server's log. */
  requestId: Schema.optional(Schema.String),
  /** How long the server asked us to wait before the next attempt. */
  retryAfter: Schema.optional(Schema.DurationFromMillis),
  /** How often the request was sent; `0` means that nothing was. */
  attempts: Schema.Number,
  /** Whether the same request may succeed later, unchanged. Says nothing about safety: see `admitted`. */
  retryable: Schema.Boolean,
  admitted: Admitted
}

/** What the constructor of a request's error takes. */
export type RequestFailureFields = Schema.Struct.Constructor<typeof requestFailureFields>
