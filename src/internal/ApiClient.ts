/**
 * Runs operations: keeps deadlines, repeats what may be repeated, and lets operators see it. It knows neither system; a system is what its settings say.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ApiError, StreamInterrupted, Timeout } from "../errors/ApiError.js"
import { RequestOptions, type RequestPolicy } from "../RequestOptions.js"
import { type Connection, type Message, WebSocketClosed } from "../stream/WebSocket.js"
import { WebSockets } from "../stream/WebSockets.js"
import { type AttemptSettings, type Http, makeAttempt, type Received, RenewalFailed, redactedIn } from "./attempt.js"
import * as failure from "./failure.js"
import type { Input, Operation } from "./Operation.js"
import { type LooseInput, prepare, type Target } from "./prepare.js"
import { decoded } from "./receive.js"
import { defaultSchedule, repeat } from "./repeat.js"
import { SentSecrets } from "./sentSecrets.js"
import { socketClient } from "./socketClient.js"
import { metricsOf, outcomeOf } from "./telemetry.js"
import * as transportCause from "./transportCause.js"

type Arguments<Path extends string, Query, Body> =
  {} extends Input<Path, Query, Body> ? [input?: Input<Path, Query, Body>] : [input: Input<Path, Query, Body>]

export interface Settings extends Target, AttemptSettings {
  readonly policy: RequestPolicy
  /** For the errors of a client that talks to one sandbox. */
  readonly sandboxId?: string
  readonly sockets?: SocketSettings
}

export interface SocketSettings {
  /** Offered in every handshake, before what an operation offers itself. */
  readonly protocols: ReadonlyArray<string>
  /** What takes the place of the credentials where handshakes carry no headers. */
  readonly query: Effect.Effect<Readonly<Record<string, Redacted.Redacted>>, ApiError>
}

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

export interface OpenedSocket extends Connection {
  /** For the errors that only a reader of the content can recognise. */
  readonly context: failure.RequestContext
}

export interface OpenedStream {
  readonly status: number
  /** Their names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Stream.Stream<Uint8Array, StreamInterrupted | Timeout>
  /** For the errors that only a reader of the content can recognise. */
  readonly context: failure.RequestContext
}

const defaultTimeout = Duration.seconds(30)

const noConnection = { code: undefined, summary: "no connection was made", unsent: true }

const displayName = { stromboli: "Stromboli", daytona: "Daytona" } as const

/** Sixteen hex digits, the form that Stromboli makes itself; every attempt of a call carries the same. */
const newRequestId = Effect.zipWith(
  Random.nextIntBetween(0, 2 ** 32),
  Random.nextIntBetween(0, 2 ** 32),
  (high, low) => high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0")
)

export const make = (settings: Settings): Effect.Effect<ApiClient, never, HttpClient.HttpClient> =>
  Effect.zipWith(HttpClient.HttpClient, WebSockets, (http, opener) => {
    const scopedHttp = HttpClient.withScope(http)
    const attempt = makeAttempt(settings)
    const metrics = metricsOf(settings.system)

    /**
     * All attempts of one call; `finish` is what still belongs to an attempt once its headers are here. A log-in before it
     * has repeats and deadlines of its own, and none of ours on top.
     */
    const run = <Query, Body, Success, Failure, R, A>(
      operation: Operation<string, Query, Body, Success, Failure>,
      input: LooseInput<Query, Body>,
      client: Http<R>,
      finish: (received: Received) => Effect.Effect<A, ApiError | Failure>,
      longestWait: (options: RequestPolicy) => Duration.Duration = () => Duration.infinity
    ): Effect.Effect<A, ApiError | Failure, R> =>
      Effect.flatMap(Effect.all([RequestOptions, SentSecrets, newRequestId]), ([options, secrets, requestId]) => {
        const prepared = prepare(settings, operation, input)
        if (Either.isLeft(prepared)) return Effect.fail(prepared.left)
        const { request, path, secretUrl } = prepared.right
        const { policy, system } = settings
        const perAttempt = Duration.min(
          Duration.decode(options.timeout ?? operation.timeout ?? policy.timeout ?? defaultTimeout),
          longestWait(options)
        )
        const deadline = options.deadline ?? policy.deadline
        const sent = operation.secretBody ? [...secrets, ...redactedIn(input.body)] : secrets
        let attempts = 0
        const { sandboxId = settings.sandboxId, subject } = input
        const context = () => ({
          system,
          operation: operation.name,
          method: operation.method,
          path,
          requestId,
          attempts,
          startsNothing: operation.startsNothing,
          ...(sandboxId === undefined ? {} : { sandboxId }),
          ...(subject === undefined ? {} : { subject })
        })
        const limited = <B, E, R2>(effect: Effect.Effect<B, E, R2>) =>
          Duration.isFinite(perAttempt)
            ? Effect.timeoutFail(effect, {
                duration: perAttempt,
                onTimeout: () => failure.deadlineExceeded(context(), perAttempt)
              })
            : effect
        const single = (token: Option.Option<Redacted.Redacted>) =>
          Effect.suspend(() => {
            attempts++
            const given = { client, request, context: context(), secretUrl, accept: operation.accept, sent }
            const answered = Effect.flatMap(attempt(operation, given, token), finish)
            return limited(answered)
          })
        const repeated = (token: Option.Option<Redacted.Redacted>) =>
          repeat(single(token), {
            repeat: operation.repeat,
            schedule: options.retry ?? policy.retry ?? defaultSchedule,
            deadline: deadline === undefined ? undefined : Duration.decode(deadline),
            onRepeat: (error) =>
              Effect.zipRight(
                metrics(operation.name).retry(error._tag),
                Effect.logDebug(`${operation.name}: attempt ${attempts} failed with ${error._tag}; trying again`)
              ),
            onDeadline: (limit) => failure.deadlineExceeded(context(), limit)
          })
        const { current, mayWait } = settings.credentials
        const token = mayWait ? limited(current) : current
        return token.pipe(
          Effect.flatMap(repeated),
          Effect.mapError((error) => (error instanceof RenewalFailed ? error.cause : error)),
          Effect.tapBoth({
            onSuccess: () => metrics(operation.name).outcome("ok"),
            onFailure: (error) => metrics(operation.name).outcome(outcomeOf(error))
          }),
          Effect.ensuring(Effect.suspend(() => Effect.annotateCurrentSpan({ attempts, requestId })))
        )
      })

    const spanOf = (operation: { readonly name: string }, parameters: Readonly<Record<string, unknown>> | undefined) =>
      [
        `${displayName[settings.system]}.${operation.name}`,
        { attributes: { system: settings.system, ...parameters }, captureStackTrace: false }
      ] as const

    // Making a span costs something even where nobody looks at it.
    const traced = <A, E, R>(
      effect: Effect.Effect<A, E, R>,
      ...[name, options]: ReturnType<typeof spanOf>
    ): Effect.Effect<A, E, R> =>
      Effect.flatMap(FiberRef.get(FiberRef.currentTracerEnabled), (enabled) =>
        enabled ? Effect.withSpan(effect, name, options) : effect
      )

    const longestSilence = (options: RequestPolicy) =>
      Duration.decode(options.idleTimeout ?? settings.policy.idleTimeout ?? Duration.infinity)

    return {
      call: <Query, Body, Success, Failure>(
        operation: Operation<string, Query, Body, Success, Failure>,
        input: LooseInput<Query, Body> = {}
      ) =>
        traced(
          run(operation, input, http, ({ context, response, withoutSecrets }) =>
            decoded(operation, context, response, withoutSecrets)
          ),
          ...spanOf(operation, input.path)
        ),

      stream: <Query, Body, Success, Failure, A, E>(
        operation: Operation<string, Query, Body, Success, Failure>,
        input: LooseInput<Query, Body>,
        read: (opened: OpenedStream) => Stream.Stream<A, E>
      ) =>
        // The headers may come as late as the first event does, and a silence is a silence.
        run(operation, input, scopedHttp, Effect.succeed, longestSilence).pipe(
          Effect.tap(() =>
            Effect.acquireRelease(metrics(operation.name).stream(1), () => metrics(operation.name).stream(-1))
          ),
          Effect.zipWith(RequestOptions, ({ context, response, withoutSecrets }, options) => {
            const bytes = Stream.catchAll(response.stream, (error) => {
              if (error.reason === "EmptyBody") return Stream.empty
              const cause = transportCause.describe(error.cause ?? { message: error.reason })
              return Stream.fail(failure.streamInterrupted(context, withoutSecrets(cause.summary), cause))
            })
            const limit = longestSilence(options)
            const { headers, status } = response
            return read({
              context,
              status,
              headers,
              bytes: Duration.isFinite(limit)
                ? Stream.timeoutFail(bytes, () => failure.silence(context, limit), limit)
                : bytes
            })
          }),
          Stream.unwrapScoped,
          Stream.withSpan(...spanOf(operation, input.path))
        ),

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
          const secrets = [...(yield* SentSecrets), ...Object.values(query)]
          const opened = yield* run(operation, input, client, ({ context, withoutSecrets }) => {
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
          }).pipe(Effect.provideService(SentSecrets, secrets))
          yield* Effect.acquireRelease(metrics(operation.name).stream(1), () => metrics(operation.name).stream(-1))
          return opened
        }).pipe((opening) => traced(opening, ...spanOf(operation, input.path)))
    }
  })
