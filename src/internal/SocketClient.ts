/** Runs operations as `ApiClient` does, and opens web sockets, for a system that has some. */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ApiError } from "../errors/ApiError.js"
import { type Connection, type Message, WebSocketClosed, type WebSocketOpener } from "../stream/WebSocket.js"
import { WebSockets } from "../stream/WebSockets.js"
import * as ApiClient from "./ApiClient.js"
import type { LooseInput } from "./buildRequest.js"
import { notConnected, type Received } from "./decodeResponse.js"
import type * as failure from "./failure.js"
import type { Input, Operation } from "./Operation.js"
import { observed } from "./observed.js"
import * as Pipeline from "./pipeline.js"
import { Redactions } from "./redaction.js"
import type { Settings } from "./Settings.js"
import * as SharedClient from "./sharedClient.js"
import { type HandshakeResponse, socketTransport } from "./socketTransport.js"
import * as Transport from "./transport.js"

export interface SocketClient extends ApiClient.ApiClient {
  /** Opens a web socket, which closes with the scope. The reader of its messages decides what its end means. */
  readonly connect: <Path extends string, Query, Body, Success, Failure>(
    operation: Operation<Path, Query, Body, Success, Failure>,
    input: Input<Path, Query, Body>,
    protocols?: ReadonlyArray<string>
  ) => Effect.Effect<OpenedSocket, ApiError | Failure, Scope.Scope>
}

export interface OpenedSocket extends Connection {
  /** For errors that only a reader of the content can detect. */
  readonly context: failure.RequestContext
}

export interface SocketSettings {
  /** Offered in every handshake, before those of the operation. */
  readonly protocols: ReadonlyArray<string>
  /** Replaces the credentials where handshakes cannot carry headers. */
  readonly query: Effect.Effect<Readonly<Record<string, Redacted.Redacted>>, ApiError>
}

/** Sends over the `HttpClient` of the context. `sockets`: what handshakes need besides headers. */
export const make = (
  settings: Settings,
  sockets?: SocketSettings
): Effect.Effect<SocketClient, never, HttpClient.HttpClient> =>
  Effect.zipWith(SharedClient.make(settings), WebSockets, (client, opener) => ({
    ...ApiClient.over(client),
    connect: connecting(client, opener, sockets)
  }))

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

const connecting =
  (
    client: SharedClient.SharedClient,
    opener: WebSocketOpener,
    sockets: SocketSettings | undefined
  ): SocketClient["connect"] =>
  <Query, Body, Success, Failure>(
    operation: Operation<string, Query, Body, Success, Failure>,
    input: LooseInput<Query, Body>,
    protocols: ReadonlyArray<string> = []
  ) =>
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      const opened = yield* Effect.withFiberRuntime<OpenedSocket, ApiError | Failure>((fiber) =>
        observed({
          fiber,
          metrics: client.metrics(operation.name),
          span: SharedClient.spanOf(client, fiber, operation, input),
          run: (span) =>
            Effect.gen(function* () {
              const query =
                opener.sendsHeaders || sockets === undefined ? {} : yield* Transport.inSpan(sockets.query, span)
              const handshake = socketTransport({
                opener,
                scope,
                protocols: [...(sockets?.protocols ?? []), ...protocols],
                query,
                redactedNames: client.sent.redactedNames
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
        const close = client.metrics(operation.name).open(fiber)
        return Effect.addFinalizer(() => Effect.sync(close))
      }).pipe(Effect.uninterruptible)
      return opened
    })
