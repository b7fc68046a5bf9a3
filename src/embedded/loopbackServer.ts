import * as Http from "node:http"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import type * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { constTrue } from "effect/Function"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ConnectionFault } from "./ConnectionFault.js"

/** The port could not be opened: it is taken, not permitted, or the host is not a loopback address. */
export class ListenError extends Data.TaggedError("ListenError")<{
  readonly reason: "PortInUse" | "NotLoopback" | "Other"
  readonly host: string
  readonly port: number
  readonly message: string
}> {}

/** Where to listen. */
export interface ListenOptions {
  /** Default 0: any free port. */
  readonly port?: number
  /** Default `127.0.0.1`. Only loopback addresses are accepted: an embedded server is nothing to expose. */
  readonly host?: string
}

/** Whether a host is one that {@link listen} accepts. */
export const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|::1)$/.test(host)

// Go's limit is 1 MiB for the request line and headers together; ours must be larger, so that the app is asked and can refuse.
const maxHeaderSize = 4 * 1024 * 1024

/**
 * Serves an app on a loopback port until the scope closes, and returns its URL. Closing the scope drops open connections at
 * once. A {@link ConnectionFault} destroys the socket; a client that goes away interrupts its handler; nothing is logged.
 */
export const listen = (
  app: HttpApp.Default<ConnectionFault, Scope.Scope>,
  options: ListenOptions = {}
): Effect.Effect<string, ListenError, Scope.Scope> =>
  Effect.gen(function* () {
    const host = options.host ?? "127.0.0.1"
    const port = options.port ?? 0
    if (!isLoopback(host)) {
      return yield* new ListenError({ reason: "NotLoopback", host, port, message: `${host} is not a loopback address` })
    }
    const node = Http.createServer({ maxHeaderSize, requestTimeout: 0, headersTimeout: 10_000, keepAliveTimeout: 0 })
    const server = yield* NodeHttpServer.make(() => node, { host, port }).pipe(
      Effect.mapError((error) => listenError(error.cause, host, port))
    )
    // Added after the server's own finalizer and so run before it, which would wait for every open connection.
    yield* Effect.addFinalizer(() => closeNow(node))
    yield* serveSilently(server, overSocket(app))
    const bound = server.address._tag === "TcpAddress" ? server.address.port : port
    return `http://${host.includes(":") ? `[${host}]` : host}:${bound}`
  })

const listenError = (cause: unknown, host: string, port: number): ListenError => {
  const code = Predicate.hasProperty(cause, "code") ? cause.code : undefined
  return code === "EADDRINUSE"
    ? new ListenError({ reason: "PortInUse", host, port, message: `port ${port} on ${host} is already in use` })
    : new ListenError({ reason: "Other", host, port, message: `cannot listen on ${host}:${port}: ${String(cause)}` })
}

const closeNow = (node: Http.Server) =>
  Effect.async<void>((resume) => {
    node.close(() => resume(Effect.void))
    node.closeAllConnections()
  })

// The platform would trace every request with its full URL, which carries prompts, and report aborted clients as failures.
const serveSilently = (server: HttpServer.HttpServer, app: HttpApp.Default<never, Scope.Scope>) =>
  server
    .serve(app)
    .pipe(
      Effect.locally(HttpMiddleware.currentTracerDisabledWhen, constTrue),
      Effect.withUnhandledErrorLogLevel(Option.none())
    )

const overSocket = (app: HttpApp.Default<ConnectionFault, Scope.Scope>): HttpApp.Default<never, Scope.Scope> =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
    const drop = dropConnection(NodeHttpServerRequest.toServerResponse(request))
    return app.pipe(
      Effect.map((response) =>
        response.body._tag === "Stream"
          ? HttpServerResponse.setBody(
              response,
              HttpBody.stream(
                Stream.catchAllCause(response.body.stream, () => Stream.fromEffect(drop)),
                response.body.contentType,
                response.body.contentLength
              )
            )
          : response
      ),
      Effect.catchTag("ConnectionFault", () => drop),
      // The platform runs apps uninterruptibly and leaves it to them what a client that goes away may interrupt: everything.
      Effect.interruptible
    )
  })

/**
 * Sends what was written so far and then resets the connection. It never returns: the closed socket interrupts the handler.
 * The platform would end a failed body like a complete one, which is the one thing a fault must not look like.
 */
const dropConnection = (response: Http.ServerResponse): Effect.Effect<never> =>
  Effect.zipRight(
    Effect.async<void>((resume) => {
      if (!response.headersSent || response.socket === null) {
        return resume(Effect.void)
      }
      response.write(new Uint8Array(0), () => resume(Effect.void))
    }),
    Effect.zipRight(
      Effect.sync(() => response.socket?.resetAndDestroy()),
      Effect.never
    )
  )
