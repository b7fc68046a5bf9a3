/**
 * Runs operations: calls, streams and web sockets, with deadlines, retries, spans and metrics. It does not know the
 * systems: a system is what its settings say.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import type { HttpClientError } from "@effect/platform/HttpClientError"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ApiError, StreamInterrupted, Timeout } from "../errors/ApiError.js"
import { RequestOptions, type RequestPolicy } from "../RequestOptions.js"
import * as NextChunk from "../stream/nextChunk.js"
import { type Connection, type Message, WebSocketClosed } from "../stream/WebSocket.js"
import { WebSockets } from "../stream/WebSockets.js"
import type { LooseInput } from "./buildRequest.js"
import { decoded, notConnected, type Received } from "./decodeResponse.js"
import * as failure from "./failure.js"
import { memoized } from "./memoized.js"
import type { Arguments, Input, Operation } from "./Operation.js"
import { type CallingFiber, hasSpans, observed } from "./observed.js"
import * as Pipeline from "./pipeline.js"
import { Redactions } from "./redaction.js"
import type { Settings, SystemProfile } from "./Settings.js"
import { type HandshakeResponse, socketTransport } from "./socketTransport.js"
import { inSpan, type Streaming, streamed } from "./streaming.js"
import { metricsOf } from "./telemetry.js"
import * as Transport from "./transport.js"
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
  /** Opens a web socket, which closes with the scope. The reader of its messages decides what its end means. */
  readonly connect: <Path extends string, Query, Body, Success, Failure>(
    operation: Operation<Path, Query, Body, Success, Failure>,
    input: Input<Path, Query, Body>,
    protocols?: ReadonlyArray<string>
  ) => Effect.Effect<OpenedSocket, ApiError | Failure, Scope.Scope>
}

export { type Credentials, fixedToken, type Settings, type SystemProfile } from "./Settings.js"

export interface OpenedSocket extends Connection {
  /** For errors that only a reader of the content can detect. */
  readonly context: failure.RequestContext
}

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

const hexadecimal = (number: number): string => number.toString(16).padStart(8, "0")

/**
 * Sixteen hex digits, the form that Stromboli uses itself; all attempts of a call have the same. A client starts at a
 * random number and counts.
 */
const requestIds = Effect.zipWith(
  Random.nextIntBetween(0, 2 ** 32),
  Random.nextIntBetween(0, 2 ** 32),
  (high, start) => {
    let low = start
    return () => {
      low = (low + 1) >>> 0
      return hexadecimal(high) + hexadecimal(low)
    }
  }
)

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

/** The end of a connection may repeat what was sent, as any response may. */
const openedSocket = (received: Received<HandshakeResponse>): Effect.Effect<OpenedSocket, ApiError> => {
  const { context, response, withoutSecrets } = received
  const clean = ({ code, reason }: WebSocketClosed) => new WebSocketClosed({ code, reason: withoutSecrets(reason) })
  return Option.match(response.connection, {
    onNone: () => notConnected(received),
    onSome: ({ messages, protocol, send }) =>
      Effect.succeed({
        protocol,
        messages: Stream.mapError(messages, clean),
        send: (message: Message) => Effect.mapError(send(message), clean),
        context
      })
  })
}

/** What a span says of its operation from the start: ids, and never a prompt, a command or a secret. */
const attributesOf = (
  { sandboxId, system }: Settings,
  operation: string,
  input: LooseInput<unknown, unknown>
): Record<string, unknown> => {
  const attributes: Record<string, unknown> = { "effect_sandboxes.system": system.name }
  const sandbox = input.sandboxId ?? sandboxId
  if (sandbox !== undefined) attributes["daytona.sandbox.id"] = sandbox
  for (const hole in input.path) attributes[attributeOf(system.name)(operation)(hole)] = input.path[hole]
  return attributes
}

const snakeCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/^_/, "")

/** `id` of `Jobs.get` is `stromboli.job.id`, `sessionId` is `daytona.session.id`. */
const attributeOf = memoized((system: string) =>
  memoized((operation: string) =>
    memoized((hole: string) => {
      const [service = ""] = operation.split(".", 1)
      const name = hole === "id" ? `${service.replace(/s$/, "")}Id` : hole.replace(/OrName$/, "")
      return `${system}.${snakeCase(name).replace(/_id$/, ".id")}`
    })
  )
)

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

/** Sends over the `HttpClient` of the context, which is asked here, once, what it can do. */
export const make = (settings: Settings): Effect.Effect<ApiClient, never, HttpClient.HttpClient> =>
  Effect.map(Effect.all([HttpClient.HttpClient, WebSockets, requestIds]), ([http, opener, newRequestId]) => {
    const { system, transformClient = identity } = settings
    const sent = Pipeline.sentHeaders(settings.headers)
    const transport = Transport.make(transformClient(http), sent.redactedNames)
    const metrics = metricsOf(system.name)
    const client = { settings, sent, metrics, newRequestId }

    const spanOf = (fiber: CallingFiber, { name }: { readonly name: string }, input: LooseInput<unknown, unknown>) =>
      hasSpans(fiber)
        ? ([
            `${system.displayName}.${name}`,
            { attributes: attributesOf(settings, name, input), captureStackTrace: false, kind: "client" }
          ] as const)
        : undefined

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
        span: (fiber) => spanOf(fiber, operation, input),
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
            span: spanOf(fiber, operation, input),
            run: Pipeline.prepare(client, fiber, operation, input, new WholeBody(transport, system, operation))
          })
        ),

      stream: (operation, input, read) => streaming(operation, input, (opened, span) => inSpan(read(opened), span)),

      readNext: (operation, input, read) => streaming(operation, input, (opened) => NextChunk.toChannel(read(opened))),

      connect: <Query, Body, Success, Failure>(
        operation: Operation<string, Query, Body, Success, Failure>,
        input: LooseInput<Query, Body>,
        protocols: ReadonlyArray<string> = []
      ) =>
        Effect.gen(function* () {
          const { sockets } = settings
          const scope = yield* Effect.scope
          const opened = yield* Effect.withFiberRuntime<OpenedSocket, ApiError | Failure>((fiber) =>
            observed({
              fiber,
              metrics: metrics(operation.name),
              span: spanOf(fiber, operation, input),
              run: (span) =>
                Effect.gen(function* () {
                  const query =
                    opener.sendsHeaders || sockets === undefined ? {} : yield* Transport.inSpan(sockets.query, span)
                  const handshake = socketTransport({
                    opener,
                    scope,
                    protocols: [...(sockets?.protocols ?? []), ...protocols],
                    query,
                    redactedNames: sent.redactedNames
                  })
                  const secrets = [...(yield* Redactions), ...Object.values(query)]
                  const receiver = { transport: handshake, receive: openedSocket }
                  return yield* Effect.withFiberRuntime<OpenedSocket, ApiError | Failure>((fiber) =>
                    Pipeline.prepare(client, fiber, operation, input, receiver)(span)
                  ).pipe(Effect.provideService(Redactions, secrets))
                })
            })
          )
          yield* Effect.withFiberRuntime<void, never, Scope.Scope>((fiber) => {
            const close = metrics(operation.name).open(fiber)
            return Effect.addFinalizer(() => Effect.sync(close))
          }).pipe(Effect.uninterruptible)
          return opened
        })
    }
  })
