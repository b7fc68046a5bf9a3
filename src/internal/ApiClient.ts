/**
 * Runs operations: calls and streams, with deadlines, retries, spans and metrics. It does not know the systems: a
 * system is what its settings say.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import type { HttpClientError } from "@effect/platform/HttpClientError"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { ApiError, StreamInterrupted, Timeout } from "../errors/ApiError.js"
import { RequestOptions, type RequestPolicy } from "../RequestOptions.js"
import * as NextChunk from "../stream/nextChunk.js"
import type { LooseInput } from "./buildRequest.js"
import { decoded, type Received } from "./decodeResponse.js"
import * as failure from "./failure.js"
import type { Arguments, Input, Operation } from "./Operation.js"
import { observed } from "./observed.js"
import * as Pipeline from "./pipeline.js"
import type { Settings, SystemProfile } from "./Settings.js"
import * as SharedClient from "./sharedClient.js"
import { inSpan, type Streaming, streamed } from "./streaming.js"
import type * as Transport from "./transport.js"
import * as transportCause from "./transportCause.js"

export interface ApiClient {
  /** Runs an operation and decodes its response. */
  readonly call: <Path extends string, Query, Body, Success, Failure>(
    operation: Operation<Path, Query, Body, Success, Failure>,
    ...input: Arguments<Path, Query, Body>
  ) => Effect.Effect<Success, ApiError | Failure>
  /**
   * Opens a response and reads it as a stream with `read`. The connection closes when the consumer is done, for
   * whatever reason; when it breaks, the bytes fail with `StreamInterrupted`. `read` decides what proves a regular end.
   */
  readonly stream: <Path extends string, Query, Body, Success, Failure, A, E>(
    operation: Operation<Path, Query, Body, Success, Failure>,
    input: Input<Path, Query, Body>,
    read: (opened: OpenedStream) => Stream.Stream<A, E>
  ) => Stream.Stream<A, ApiError | Failure | E>
  /**
   * The same, asked for chunk by chunk, which costs less. For a `read` that runs no effects but those of `opened`:
   * others would not be below the span.
   */
  readonly readNext: <Path extends string, Query, Body, Success, Failure, A, E>(
    operation: Operation<Path, Query, Body, Success, Failure>,
    input: Input<Path, Query, Body>,
    read: (opened: OpenedStream) => NextChunk.NextChunk<A, E>
  ) => Stream.Stream<A, ApiError | Failure | E>
}

export { type Credentials, fixedToken, type Settings, type SystemProfile } from "./Settings.js"

export interface OpenedStream {
  readonly status: number
  /** Names are in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly next: NextChunk.NextChunk<Uint8Array, StreamInterrupted | Timeout>
  /** The same bytes, as a stream. */
  readonly bytes: Stream.Stream<Uint8Array, StreamInterrupted | Timeout>
  /** To be run when the end is proven: waits a moment for the end of the body too, so that its connection is kept. */
  readonly conclude: Effect.Effect<void>
  /** For errors that only a reader of the content can detect. */
  readonly context: failure.RequestContext
}

const openedStream = (
  { context, response, withoutSecrets }: Received<Transport.StreamedResponse>,
  content: NextChunk.NextChunk<Uint8Array, HttpClientError>,
  longestSilence: Duration.Duration
): OpenedStream => {
  const bytes = Effect.mapError(content, (error) => {
    const cause = transportCause.describe(error.cause ?? { message: error.reason })
    return failure.streamInterrupted(context, withoutSecrets(cause.summary), cause)
  })
  const next: OpenedStream["next"] = Duration.isFinite(longestSilence)
    ? Effect.timeoutFail(bytes, {
        duration: longestSilence,
        onTimeout: () => failure.silence(context, longestSilence)
      })
    : bytes
  return {
    context,
    status: response.status,
    headers: response.headers,
    next,
    bytes: NextChunk.toStream(next),
    conclude: response.conclude
  }
}

/** A class, as all that lives as long as a request. */
class WholeBody<Success, Failure> implements Pipeline.Receiver<Transport.TransportResponse, Success, ApiError> {
  readonly transport: Transport.Transport
  readonly isBuffered = true
  readonly #system: SystemProfile
  readonly #operation: Operation<string, never, never, Success, Failure>

  constructor(
    transport: Transport.Transport,
    system: SystemProfile,
    operation: Operation<string, never, never, Success, Failure>
  ) {
    this.transport = transport
    this.#system = system
    this.#operation = operation
  }

  receive(received: Received): Effect.Effect<Success, ApiError> {
    return decoded(this.#system, this.#operation, received)
  }
}

/** Sends over the `HttpClient` of the context. */
export const make = (settings: Settings): Effect.Effect<ApiClient, never, HttpClient.HttpClient> =>
  Effect.map(SharedClient.make(settings), over)

/** The operations of a client that may have others. */
export const over = (client: SharedClient.SharedClient): ApiClient => {
  const { metrics, settings, transport } = client
  const longestSilence = (options: RequestPolicy) =>
    Duration.decode(options.idleTimeout ?? settings.policy.idleTimeout ?? Duration.infinity)

  const streaming = <Query, Body, Success, Failure, A, E>(
    operation: Operation<string, Query, Body, Success, Failure>,
    input: LooseInput<Query, Body>,
    read: Streaming<OpenedStream, ApiError | Failure, A, E>["read"]
  ) =>
    streamed({
      transport,
      metrics: metrics(operation.name),
      span: (fiber) => SharedClient.spanOf(client, fiber, operation, input),
      open: (transport, fiber, span) => {
        const opened = Pipeline.prepare(client, fiber, operation, input, {
          transport,
          receive: Effect.succeed<Received<Transport.StreamedResponse>>,
          // The headers may be as late as the first event, and a silence is a silence.
          longestWait: longestSilence
        })
        const silence = longestSilence(Context.get(fiber.currentContext, RequestOptions))
        return Effect.flatMap(opened(span), (received) =>
          Effect.map(received.response.content, (content) => openedStream(received, content, silence))
        )
      },
      read
    })

  return {
    call: <Query, Body, Success, Failure>(
      operation: Operation<string, Query, Body, Success, Failure>,
      input: LooseInput<Query, Body> = {}
    ) =>
      Effect.withFiberRuntime<Success, ApiError | Failure>((fiber) =>
        observed({
          fiber,
          metrics: metrics(operation.name),
          span: SharedClient.spanOf(client, fiber, operation, input),
          run: Pipeline.prepare(client, fiber, operation, input, new WholeBody(transport, settings.system, operation))
        })
      ),

    stream: (operation, input, read) => streaming(operation, input, (opened, span) => inSpan(read(opened), span)),

    readNext: (operation, input, read) => streaming(operation, input, (opened) => NextChunk.toChannel(read(opened)))
  }
}
