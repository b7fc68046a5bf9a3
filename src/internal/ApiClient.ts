/**
 * Runs operations: keeps deadlines, repeats what may be repeated, and lets operators see it. It knows neither system; a system is what its settings say.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ApiError, StreamInterrupted, Timeout } from "../errors/ApiError.js"
import { RequestOptions, type RequestPolicy } from "../RequestOptions.js"
import { type Connection, type Message, WebSocketClosed } from "../stream/WebSocket.js"
import { WebSockets } from "../stream/WebSockets.js"
import type { LooseInput } from "./buildRequest.js"
import { conclude } from "./connectionRelease.js"
import { decoded, type Received } from "./decodeResponse.js"
import * as failure from "./failure.js"
import type { Input, Operation } from "./Operation.js"
import { makeCalling } from "./pipeline.js"
import { Redactions } from "./redactions.js"
import type { Settings } from "./Settings.js"
import { socketClient } from "./socketClient.js"
import { makeStreams } from "./streaming.js"
import { metricsOf } from "./telemetry.js"
import * as transportCause from "./transportCause.js"

type Arguments<Path extends string, Query, Body> =
  {} extends Input<Path, Query, Body> ? [input?: Input<Path, Query, Body>] : [input: Input<Path, Query, Body>]

export interface ApiClient {
  /** Runs an operation and decodes its answer. */
  readonly call: <Path extends string, Query, Body, Success, Failure>(
    operation: Operation<Path, Query, Body, Success, Failure>,
    ...input: Arguments<Path, Query, Body>
  ) => Effect.Effect<Success, ApiError | Failure>
  /**
   * Opens a response that goes on for a while and reads it with `read`. The connection closes when the consumer is done,
   * whatever the reason; when it breaks, the bytes fail with `StreamInterrupted`. What proves a regular end is for `read`
   * to know.
   */
  readonly stream: <Path extends string, Query, Body, Success, Failure, A, E>(
    operation: Operation<Path, Query, Body, Success, Failure>,
    input: Input<Path, Query, Body>,
    read: (opened: OpenedStream) => Stream.Stream<A, E>
  ) => Stream.Stream<A, ApiError | Failure | E>
  /** Opens a web socket. It closes with the scope; what its end means is for the reader of its messages to know. */
  readonly connect: <Path extends string, Query, Body, Success, Failure>(
    operation: Operation<Path, Query, Body, Success, Failure>,
    input: Input<Path, Query, Body>,
    protocols?: ReadonlyArray<string>
  ) => Effect.Effect<OpenedSocket, ApiError | Failure, Scope.Scope>
}

export { type Credentials, fixedToken } from "./attempt.js"
export type { Settings } from "./Settings.js"

export interface OpenedSocket extends Connection {
  /** For the errors that only a reader of the content can recognise. */
  readonly context: failure.RequestContext
}

export interface OpenedStream {
  readonly status: number
  /** Their names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Stream.Stream<Uint8Array, StreamInterrupted | Timeout>
  /** To be run when what has been read proves the end: gives the body a moment to end too, for then its connection is kept. */
  readonly conclude: Effect.Effect<void>
  /** For the errors that only a reader of the content can recognise. */
  readonly context: failure.RequestContext
}

const noConnection = { code: undefined, summary: "no connection was made", unsent: true }

const displayName = { stromboli: "Stromboli", daytona: "Daytona" } as const

const hexadecimal = (number: number): string => number.toString(16).padStart(8, "0")

/**
 * Sixteen hex digits, the form that Stromboli makes itself; every attempt of a call carries the same. A client begins
 * somewhere at random, and counts.
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
  { context, response, withoutSecrets }: Received,
  longestSilence: Duration.Duration
): OpenedStream => {
  const bytes = Stream.catchAll(response.stream, (error) => {
    if (error.reason === "EmptyBody") return Stream.empty
    const cause = transportCause.describe(error.cause ?? { message: error.reason })
    return Stream.fail(failure.streamInterrupted(context, withoutSecrets(cause.summary), cause))
  })
  return {
    context,
    status: response.status,
    headers: response.headers,
    bytes: Duration.isFinite(longestSilence)
      ? Stream.timeoutFail(bytes, () => failure.silence(context, longestSilence), longestSilence)
      : bytes,
    conclude: conclude(response)
  }
}

export const make = (settings: Settings): Effect.Effect<ApiClient, never, HttpClient.HttpClient> =>
  Effect.map(Effect.all([HttpClient.HttpClient, WebSockets, requestIds]), ([http, opener, newRequestId]) => {
    const streams = makeStreams(http)
    const run = makeCalling(settings, newRequestId)
    const metrics = metricsOf(settings.system)

    const spanOf = ({ name }: { readonly name: string }, { path }: Pick<LooseInput<unknown, unknown>, "path">) =>
      [
        `${displayName[settings.system]}.${name}`,
        { attributes: { system: settings.system, ...path }, captureStackTrace: false }
      ] as const

    // Making a span costs something even where nobody looks at it.
    const traced = <A, E, R>(
      effect: Effect.Effect<A, E, R>,
      operation: { readonly name: string },
      input: Pick<LooseInput<unknown, unknown>, "path">
    ): Effect.Effect<A, E, R> =>
      Effect.withFiberRuntime((fiber) =>
        fiber.getFiberRef(FiberRef.currentTracerEnabled) ? Effect.withSpan(effect, ...spanOf(operation, input)) : effect
      )

    const longestSilence = (options: RequestPolicy) =>
      Duration.decode(options.idleTimeout ?? settings.policy.idleTimeout ?? Duration.infinity)

    return {
      call: <Query, Body, Success, Failure>(
        operation: Operation<string, Query, Body, Success, Failure>,
        input: LooseInput<Query, Body> = {}
      ) => {
        const calling = {
          client: http,
          wantsWhole: true,
          finish: (received: Received) => decoded(operation, received)
        }
        return Effect.withFiberRuntime<Success, ApiError | Failure>((fiber) =>
          fiber.getFiberRef(FiberRef.currentTracerEnabled)
            ? Effect.useSpan(...spanOf(operation, input), (span) => run(operation, input, { ...calling, span }))
            : run(operation, input, calling)
        )
      },

      stream: <Query, Body, Success, Failure, A, E>(
        operation: Operation<string, Query, Body, Success, Failure>,
        input: LooseInput<Query, Body>,
        read: (opened: OpenedStream) => Stream.Stream<A, E>
      ) =>
        streams({
          metrics: metrics(operation.name),
          span: spanOf(operation, input),
          open: (client, span, keep) =>
            Effect.zipWith(
              run(operation, input, {
                client,
                span,
                finish: (received) => {
                  keep(received.response)
                  return Effect.succeed(received)
                },
                // The headers may come as late as the first event does, and a silence is a silence.
                longestWait: longestSilence
              }),
              RequestOptions,
              (received, options) => openedStream(received, longestSilence(options))
            ),
          read
        }),

      connect: <Query, Body, Success, Failure>(
        operation: Operation<string, Query, Body, Success, Failure>,
        input: LooseInput<Query, Body>,
        protocols: ReadonlyArray<string> = []
      ) =>
        Effect.gen(function* () {
          const { sockets } = settings
          const scope = yield* Effect.scope
          const query = opener.sendsHeaders || sockets === undefined ? {} : yield* sockets.query
          let connection = Option.none<Connection>()
          const client = socketClient({
            opener,
            scope,
            protocols: [...(sockets?.protocols ?? []), ...protocols],
            query,
            onOpen: (opened) => {
              connection = Option.some(opened)
            }
          })
          const secrets = [...(yield* Redactions), ...Object.values(query)]
          const finish = ({ context, withoutSecrets }: Received) => {
            const clean = ({ code, reason }: WebSocketClosed) =>
              new WebSocketClosed({ code, reason: withoutSecrets(reason) })
            return Option.match(connection, {
              onNone: () => Effect.fail(failure.noResponse(context, noConnection)),
              onSome: ({ messages, protocol, send }) =>
                Effect.succeed({
                  protocol,
                  messages: Stream.mapError(messages, clean),
                  send: (message: Message) => Effect.mapError(send(message), clean),
                  context
                })
            })
          }
          const opened = yield* run(operation, input, { client, finish }).pipe(
            Effect.provideService(Redactions, secrets)
          )
          yield* Effect.acquireRelease(metrics(operation.name).stream(1), () => metrics(operation.name).stream(-1))
          return opened
        }).pipe((opening) => traced(opening, operation, input))
    }
  })
