/** How requests are sent: options of a layer, and those that can be overridden for a part of a program. */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import type * as Redacted from "effect/Redacted"
import type * as Schedule from "effect/Schedule"
import type { ApiError, Conflict } from "./errors/ApiError.js"

/** Deadlines, retries and limits. Whatever is absent keeps its default. */
export interface RequestPolicy {
  /**
   * The deadline of one attempt, from sending the request to the last byte of the response (of a stream: to its
   * headers). Default 30 seconds, except for some operations (`Execution.run` none, `Images.pull` 10 minutes,
   * `Sandboxes.create` 60 seconds). `Duration.infinity`: none.
   */
  readonly timeout?: Duration.DurationInput | undefined
  /** The longest silence of a stream; after it, the stream fails with `Timeout`. Default: none, since agents think. */
  readonly idleTimeout?: Duration.DurationInput | undefined
  /**
   * The deadline of the whole call, including retries and waits. Default: none. When it passes, the call fails with the
   * error of its last attempt; at once, if the server asks for a wait that would end later.
   */
  readonly deadline?: Duration.DurationInput | undefined
  /**
   * The schedule of retries. Default: two, after up to 0.5 and 1 seconds (exponential, full jitter, at most 8 seconds).
   * A longer wait that the server asks for is honoured up to 60 seconds, whatever the schedule. `false`: no retries.
   * The schedule does not decide what may be retried: a request that starts work is sent again only when it provably
   * did not arrive.
   */
  readonly retry?: Schedule.Schedule<unknown, ApiError | Conflict> | false | undefined
  /**
   * The longest body that a response may have, in bytes after decompression; a longer one is `InvalidResponse`, and its
   * rest is not read. It bounds the memory that a server can take. Default 64 MiB. `Infinity`: no limit. Streams and
   * downloads have none, since they are not kept.
   */
  readonly maxResponseSize?: number | undefined
}

/** What the layers of both systems take. */
export interface ClientOptions extends RequestPolicy {
  /** Additional headers, for a proxy for example. Redacted values are kept out of spans, logs and errors. */
  readonly headers?: Readonly<Record<string, string | Redacted.Redacted>> | undefined
  /** Precedes the name of this package in `User-Agent`. */
  readonly userAgent?: string | undefined
  /**
   * How long the layer waits, when it closes, for what is still to be released: open scopes that hold a sandbox, an
   * agent, a session or a terminal, creations that are in progress or were interrupted, cancellations. Default 10
   * seconds. What is left then, the layer releases itself, for as long again at most; what is left even so is logged,
   * with its id. It closes at once if nothing is left.
   *
   * So a scope must not outlive its layer: `Effect.provide` belongs around `Effect.scoped`. With `0`, the layer neither
   * waits nor releases anything. `Duration.infinity`: waits until all scopes have closed.
   */
  readonly shutdownTimeout?: Duration.DurationInput | undefined
  /**
   * Changes the `HttpClient` that all requests and streams of the layer are sent with. It sees each attempt as it is
   * sent, with its credentials; what it logs or passes on is not redacted. A change of requests
   * (`HttpClient.mapRequest`, `mapRequestEffect`, `tapRequest`) keeps the speed of `NodeTransport`; any other change is
   * as correct, and sent at the cost of another `HttpClient`. Web sockets are not opened by an `HttpClient`, and are
   * not changed.
   *
   * @example
   * ```ts
   * import * as HttpClient from "@effect/platform/HttpClient"
   * import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
   * import { Stromboli } from "effect-sandboxes/stromboli"
   *
   * const StromboliLive = Stromboli.layer({
   *   baseUrl: "http://localhost:8585",
   *   transformClient: HttpClient.mapRequest(HttpClientRequest.setHeader("x-tenant", "blue"))
   * })
   * ```
   */
  readonly transformClient?: ((client: HttpClient.HttpClient) => HttpClient.HttpClient) | undefined
}

/** The policy for a part of a program. It overrides that of the layer, field by field. */
export class RequestOptions extends Context.Reference<RequestOptions>()("effect-sandboxes/RequestOptions", {
  defaultValue: (): RequestPolicy => ({})
}) {}

/**
 * Runs an effect with another policy for all of its requests.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Jobs, withRequestOptions } from "effect-sandboxes/stromboli"
 *
 * const program = Effect.flatMap(Jobs, (jobs) => jobs.list).pipe(
 *   withRequestOptions({ timeout: "2 seconds", retry: false })
 * )
 * ```
 */
export const withRequestOptions: {
  (policy: RequestPolicy): <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(effect: Effect.Effect<A, E, R>, policy: RequestPolicy): Effect.Effect<A, E, R>
} = dual(
  2,
  <A, E, R>(effect: Effect.Effect<A, E, R>, policy: RequestPolicy): Effect.Effect<A, E, R> =>
    Effect.flatMap(RequestOptions, (outer) => Effect.provideService(effect, RequestOptions, { ...outer, ...policy }))
)
