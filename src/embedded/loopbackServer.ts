/** Listens on a loopback port. */
import * as Http from "node:http"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { constTrue } from "effect/Function"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import type { ConnectionFault } from "./ConnectionFault.js"
import { rejectCrossSite } from "./crossSite.js"
import { serveUpgrades } from "./sockets/loopbackUpgrades.js"
import { resetOnFault } from "./sockets/resetOnFault.js"

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
  /** Default `127.0.0.1`. Only loopback addresses are accepted: an embedded server must not be exposed. */
  readonly host?: string
}

/** Whether {@link listen} accepts a host. */
export const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|::1)$/.test(host)

// Go limits the request line and headers to 1 MiB; this limit is larger, so that the app can enforce that itself.
const maxHeaderSize = 4 * 1024 * 1024

/**
 * Serves an app on a loopback port until the scope closes, and returns its URL. Closing the scope drops open
 * connections immediately. A {@link ConnectionFault} destroys the socket; a client that disconnects interrupts its
 * handler; nothing is logged. A request for a web socket reaches the app with a `WebSocketUpgrade` in its context.
 * Requests from web pages of other sites are refused.
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
    // Added after the server's own finalizer and therefore run before it; that one waits for every open connection.
    yield* Effect.addFinalizer(() => closeNow(node))
    yield* serveSilently(node, rejectCrossSite(app))
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

// The platform would trace every request with its full URL, which carries prompts, and report aborted clients as
// failures. Its own `serve` would also handle upgrades and always choose the first sub-protocol.
const serveSilently = (node: Http.Server, app: HttpApp.Default<ConnectionFault, Scope.Scope>) =>
  Effect.gen(function* () {
    const handler = yield* NodeHttpServer.makeHandler(resetOnFault(app))
    yield* Effect.acquireRelease(
      Effect.sync(() => node.on("request", handler)),
      () => Effect.sync(() => node.off("request", handler))
    )
    yield* serveUpgrades(node, app)
  }).pipe(
    Effect.locally(HttpMiddleware.currentTracerDisabledWhen, constTrue),
    Effect.withUnhandledErrorLogLevel(Option.none())
  )
