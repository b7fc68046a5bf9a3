/**
 * One operation of an API as a value: what is sent, what can be returned, and how it may be retried. Clients run it,
 * and tests compare it with the published specs.
 */
import type * as Duration from "effect/Duration"
import type * as Either from "effect/Either"
import type * as ParseResult from "effect/ParseResult"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type { RequestFailureFields } from "../errors/RequestFailure.js"
import { caught } from "../schema/caught.js"
import { decoderOf } from "../schema/wireStruct.js"

export type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE"

/** What one HTTP status stands for. */
export type StatusFailure<Failure> = ClassOfStatus<Failure> | FailureFromBody<Failure>

/** A failure class. */
interface ClassOfStatus<Failure> {
  new (fields: RequestFailureFields): Failure
  readonly status: number
  readonly fromBody?: never
}

/** A failure with more fields than others, which are read from the body. `undefined`: it is another failure. */
interface FailureFromBody<Failure> {
  readonly status: number
  readonly fromBody: (fields: RequestFailureFields, body: string) => Failure | undefined
}

export interface Operation<Path extends string, Query, Body, Success, Failure> {
  readonly name: string
  readonly method: Method
  readonly path: Path
  readonly fails: ReadonlyArray<StatusFailure<Failure>>
  /** `always`: safe to send twice. `unsent`: starts work, so it is sent again only when it provably did not arrive. */
  readonly retry: "always" | "unsent"
  /** The deadline of one attempt, where the default does not fit. */
  readonly timeout: Duration.DurationInput | undefined
  /** The body of the request or of the response holds a secret: errors quote neither. */
  readonly secretBody: boolean
  /** The query holds what no span may show. Spans of HTTP clients show URLs, so they are switched off. */
  readonly secretUrl: boolean
  /** The content type of a success, such as `text/event-stream`. Any other comes from a server in between. */
  readonly accept: string | undefined
  /** Starts no work on the server, however often it is received: a log-in, for example. */
  readonly startsNothing: boolean
  /** The meaning of a status, where the server does not explain it. */
  readonly meanings: Readonly<Record<number, string>>
  readonly encodeQuery: ((query: Query) => Either.Either<object, ParseResult.ParseError>) | undefined
  readonly encodeBody: ((body: Body) => Either.Either<unknown, ParseResult.ParseError>) | undefined
  readonly decodeSuccess: (body: unknown) => Either.Either<Success, ParseResult.ParseError>
  /** The success is `Schema.Void`: the body is not read. */
  readonly ignoresBody: boolean
  readonly schemas: {
    readonly query: Schema.Schema.All | undefined
    readonly body: Schema.Schema.All | undefined
    readonly success: Schema.Schema.All
  }
}

/** Any operation, where only its data matters. */
export type Any = Operation<string, never, never, unknown, unknown>

type HoleNames<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | HoleNames<Rest>
  : never

/** A redacted parameter is only in the URL: errors show the template of the path, and spans no URL. */
export type PathParameter = string | Redacted.Redacted

/** A body that is not JSON. A stream can be sent once; browsers send none, or only over HTTP/2. */
export interface Content {
  readonly contentType: string
  /** The length of a stream in bytes, where it is known. Without it the body is sent in chunks. */
  readonly length?: number | undefined
  readonly bytes: Uint8Array | Stream.Stream<Uint8Array, unknown>
}

/** The input that any operation accepts. */
export interface Extras {
  /** For the errors of requests about a sandbox. */
  readonly sandboxId?: string | undefined
  /** What the request is about, where its path does not name it: a file, for example. For errors. */
  readonly subject?: string | undefined
  /** Added to those of the client; they replace headers of the same name, except credentials. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly content?: Content | undefined
}

/** `path` is present if the template has holes, `query` and `body` if the operation has one. */
export type Input<Path extends string, Query, Body> = ([HoleNames<Path>] extends [never]
  ? {}
  : { readonly path: { readonly [Name in HoleNames<Path>]: PathParameter } }) &
  ([Query] extends [never] ? {} : { readonly query: Query }) &
  ([Body] extends [never] ? {} : { readonly body: Body }) &
  Extras

/** The same as arguments: it may be left out where it holds nothing that is required. */
export type Arguments<Path extends string, Query, Body> =
  {} extends Input<Path, Query, Body> ? [input?: Input<Path, Query, Body>] : [input: Input<Path, Query, Body>]

/** Building a codec costs fifty times its use: it is built once, and only for operations that a program uses. */
const built = <S extends Schema.Schema.All, In, Out>(
  build: (schema: S) => (input: In) => Either.Either<Out, ParseResult.ParseError>,
  schema: S
): ((input: In) => Either.Either<Out, ParseResult.ParseError>) => {
  let codec: ((input: In) => Either.Either<Out, ParseResult.ParseError>) | undefined
  return (input) => {
    codec ??= build(schema)
    return caught(schema, codec, input)
  }
}

export const make = <
  const Path extends string,
  Success,
  SuccessEncoded,
  Query = never,
  QueryEncoded extends object = never,
  Body = never,
  BodyEncoded = never,
  const Failures extends ReadonlyArray<unknown> = []
>(
  name: string,
  method: Method,
  path: Path,
  spec: {
    readonly query?: Schema.Schema<Query, QueryEncoded>
    readonly body?: Schema.Schema<Body, BodyEncoded>
    readonly success: Schema.Schema<Success, SuccessEncoded>
    readonly fails?: { readonly [Index in keyof Failures]: StatusFailure<Failures[Index]> }
    readonly retry?: "always" | "unsent"
    readonly timeout?: Duration.DurationInput
    readonly secretBody?: boolean
    readonly secretUrl?: boolean
    readonly accept?: string
    readonly startsNothing?: boolean
    readonly meanings?: Readonly<Record<number, string>>
  }
): Operation<Path, Query, Body, Success, Failures[number]> => ({
  name,
  method,
  path,
  fails: spec.fails ?? [],
  retry: spec.retry ?? (method === "POST" || method === "PATCH" ? "unsent" : "always"),
  timeout: spec.timeout,
  secretBody: spec.secretBody ?? false,
  secretUrl: spec.secretUrl ?? false,
  accept: spec.accept,
  startsNothing: spec.startsNothing ?? false,
  meanings: spec.meanings ?? {},
  encodeQuery: spec.query && built(Schema.encodeEither, spec.query),
  encodeBody: spec.body && built(Schema.encodeEither, spec.body),
  decodeSuccess: built(decoderOf, spec.success),
  ignoresBody: Object.is(spec.success, Schema.Void),
  schemas: { query: spec.query, body: spec.body, success: spec.success }
})
