/** An MCP server over HTTP (Streamable HTTP), with a session for every client. */
import type * as Tool from "@effect/ai/Tool"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as RcMap from "effect/RcMap"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { InvalidRequest } from "../../errors/ApiError.js"
import * as Arguments from "../../internal/arguments.js"
import { type AccessOptions, accessCheck, isHostName } from "./access.js"
import { type Answer, code, errorAnswer, isRequestOf, type Session } from "./jsonRpc.js"
import { load, type McpOptions } from "./options.js"

/** The options of `layerMcpHttp` and `mcpHttpApp`. */
export interface McpHttpOptions<Tools extends Record<string, Tool.Any>, E, R>
  extends McpOptions<Tools, E, R>,
    AccessOptions {
  /** Default `/mcp`. */
  readonly path?: string | undefined
  /** A session that has had no request for so long ends, and its handlers are released. Default 15 minutes. */
  readonly idleTimeout?: Duration.DurationInput | undefined
  /** How many sessions there may be at a time; further clients are told to come back later. Default 16. */
  readonly maxSessions?: number | undefined
  /** The largest request, in bytes. Default 16 MiB. */
  readonly maxBodySize?: number | undefined
}

const isSecret = (value: unknown): boolean =>
  Redacted.isRedacted(value) && Predicate.isString(Redacted.value(value)) && Redacted.value(value) !== ""

const refusal = Arguments.refusalOf("daytona", "SandboxToolkit", "mcpHttpApp", {
  options: Arguments.unnamed(
    Arguments.struct({
      token: Arguments.kind(
        isSecret,
        "must be `Redacted` text that is not empty, because it is all that keeps others out"
      ),
      allowedHosts: Arguments.optional(
        Arguments.arrayOf(Arguments.kind(isHostName, "must be a host name without a port, such as `mcp.example`"))
      ),
      path: Arguments.optional(Arguments.kind((value) => /^\/[^?#\s]*$/.test(String(value)), "must begin with `/`")),
      idleTimeout: Arguments.optional(Arguments.duration),
      maxSessions: Arguments.optional(Arguments.positive),
      maxBodySize: Arguments.optional(Arguments.positive)
    })
  )
})

const sessionHeader = "mcp-session-id"

const json = (answer: Answer, status = 200, headers: Readonly<Record<string, string>> = {}) =>
  HttpServerResponse.text(JSON.stringify(answer), { status, headers, contentType: "application/json" })

const refused = (status: number, message: string, headers?: Readonly<Record<string, string>>) =>
  json(errorAnswer(null, code.request, message), status, headers)

/** Proxies and clients close a connection that is silent for long; many wait for headers for minutes only. */
const keepAlive = Stream.as(Stream.tick("15 seconds"), ": working\n\n")

/** The answer to a call as a stream of events, which begins at once. */
const eventStream = (answer: Effect.Effect<Option.Option<Answer>>) =>
  HttpServerResponse.stream(
    Stream.fromEffect(
      Effect.map(
        answer,
        Option.match({
          onNone: () => "",
          onSome: (sent) => `event: message\ndata: ${JSON.stringify(sent)}\n\n`
        })
      )
    ).pipe(Stream.merge(keepAlive, { haltStrategy: "left" }), Stream.encodeText),
    { contentType: "text/event-stream", headers: { "cache-control": "no-cache" } }
  )

/** The body, unless it is longer than `limit` bytes. Not every runtime limits it by itself. */
const textWithin = (request: HttpServerRequest.HttpServerRequest, limit: number): Effect.Effect<string | undefined> =>
  Effect.suspend(() => {
    let size = 0
    return request.stream.pipe(
      Stream.takeWhile((bytes) => {
        size += bytes.length
        return size <= limit
      }),
      Stream.decodeText(),
      Stream.mkString,
      Effect.map((text) => (size > limit ? undefined : text)),
      // There is no body, or nobody is there any more: what is not whole is not JSON.
      Effect.orElseSucceed(() => "")
    )
  })

const whole = (answer: Effect.Effect<Option.Option<Answer>>) =>
  Effect.map(
    answer,
    Option.match({ onNone: () => HttpServerResponse.empty({ status: 202 }), onSome: (sent) => json(sent) })
  )

/** A session that has ended, or never was. */
class UnknownSession extends Data.TaggedError("UnknownSession")<{}> {}

interface Open {
  readonly session: Session
  /** The version of the protocol that was agreed upon. */
  version: unknown
}

const reasonOf = (error: unknown): string =>
  Predicate.hasProperty(error, "message") && Predicate.isString(error.message) ? `: ${error.message}` : ""

/**
 * The application behind `layerMcpHttp`, for one's own router or runtime. It ends its sessions with the scope. Fails
 * with `InvalidRequest` when an option is invalid, or `@effect/rpc` cannot be loaded.
 */
export const mcpHttpApp = <Tools extends Record<string, Tool.Any>, E, R>(
  options: McpHttpOptions<Tools, E, R>
): Effect.Effect<HttpApp.Default<never, Scope.Scope>, InvalidRequest, R | Scope.Scope> =>
  Effect.gen(function* () {
    const invalid = refusal([options])
    if (invalid !== undefined) return yield* invalid
    const beginSession = yield* load("mcpHttpApp")
    const { idleTimeout = "15 minutes", maxBodySize = 16 * 1024 * 1024, maxSessions = 16, path = "/mcp" } = options
    const check = accessCheck(options)
    const scope = yield* Effect.scope

    const issued = new Set<string>()
    const sessions = yield* RcMap.make({
      lookup: (id: string): Effect.Effect<Open, E | UnknownSession, R | Scope.Scope> =>
        issued.delete(id)
          ? Effect.map(
              Effect.interruptible(beginSession(options)),
              (session): Open => ({ session, version: undefined })
            )
          : Effect.fail(new UnknownSession()),
      idleTimeToLive: idleTimeout,
      capacity: maxSessions
    })
    // Before the map itself does, which ends one after the other.
    yield* Effect.addFinalizer(() =>
      Effect.flatMap(
        RcMap.keys(sessions),
        Effect.forEach((id) => RcMap.invalidate(sessions, id), { concurrency: "unbounded", discard: true })
      )
    )

    const initialize = (message: unknown) =>
      Effect.gen(function* () {
        const id = crypto.randomUUID()
        issued.add(id)
        const opened = yield* RcMap.get(sessions, id).pipe(
          Effect.catchAllDefect((defect) =>
            Effect.zipRight(
              Effect.logError("the tools of an MCP server could not be prepared", defect),
              Effect.fail(null)
            )
          ),
          Effect.either,
          // The place of the session is not kept for nobody.
          Effect.onInterrupt(() => RcMap.invalidate(sessions, id))
        )
        issued.delete(id)
        if (Either.isLeft(opened)) {
          yield* RcMap.invalidate(sessions, id)
          const { left: why } = opened
          return Cause.isExceededCapacityException(why)
            ? refused(503, `there are ${maxSessions} sessions already: come back later`, { "retry-after": "60" })
            : refused(503, `the tools could not be prepared${reasonOf(why)}`)
        }
        const answer = Option.getOrUndefined(yield* opened.right.session.handle(message))
        if (answer?.result === undefined) {
          yield* RcMap.invalidate(sessions, id)
          return answer === undefined ? HttpServerResponse.empty({ status: 202 }) : json(answer)
        }
        if (Predicate.hasProperty(answer.result, "protocolVersion")) {
          opened.right.version = answer.result.protocolVersion
        }
        return json(answer, 200, { [sessionHeader]: id })
      })

    const post = (request: HttpServerRequest.HttpServerRequest) =>
      Effect.gen(function* () {
        const tooLarge = refused(413, `the request is larger than ${maxBodySize} bytes`)
        if (Number(request.headers["content-length"] ?? 0) > maxBodySize) return tooLarge
        const body = yield* textWithin(request, maxBodySize)
        if (body === undefined) return tooLarge
        const parsed = Either.try((): unknown => JSON.parse(body))
        if (Either.isLeft(parsed)) return json(errorAnswer(null, code.parse, "the body is not JSON"), 400)
        const message = parsed.right
        const id = request.headers[sessionHeader]
        if (id === undefined) {
          return isRequestOf(message, "initialize")
            ? yield* initialize(message)
            : refused(400, "a session begins with `initialize`; later messages name it in Mcp-Session-Id")
        }
        const opened = (yield* RcMap.has(sessions, id)) ? yield* Effect.option(RcMap.get(sessions, id)) : Option.none()
        if (Option.isNone(opened)) return refused(404, "this session has ended: begin another with `initialize`")
        const { session, version } = opened.value
        const { accept = "", "mcp-protocol-version": spoken = version } = request.headers
        if (spoken !== version) return refused(400, `this session speaks version ${version} of the protocol`)
        const answer = session.handle(message)
        return isRequestOf(message, "tools/call") && accept.includes("text/event-stream")
          ? eventStream(answer)
          : yield* whole(answer)
      })

    const end = (id: string | undefined) =>
      Effect.gen(function* () {
        if (id === undefined || !(yield* RcMap.has(sessions, id))) return refused(404, "there is no such session")
        // The client is not kept waiting until the handlers are released.
        yield* RcMap.invalidate(sessions, id).pipe(Effect.uninterruptible, Effect.forkIn(scope))
        return HttpServerResponse.empty({ status: 204 })
      })

    // The app is the result: it runs for each request.
    // @effect-diagnostics-next-line returnEffectInGen:off
    return Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
      const { headers, method, url } = request
      const denied = check(headers)
      if (denied !== undefined) {
        const { message, status } = denied
        return Effect.succeed(refused(status, message, status === 401 ? { "www-authenticate": "Bearer" } : {}))
      }
      if (url.split("?")[0] !== path) return Effect.succeed(refused(404, `the MCP server is at ${path}`))
      if (method === "POST") return post(request)
      if (method === "DELETE") return end(headers[sessionHeader])
      return Effect.succeed(refused(405, "the server sends nothing by itself: use POST", { allow: "POST, DELETE" }))
    })
  })

/**
 * Serves tools to any number of clients over HTTP (Streamable HTTP), on the `HttpServer` of the application. Every
 * client has a session with handlers of its own, and so, over `Sandbox.layerLazy`, a sandbox of its own. The session
 * ends, and its sandbox is deleted, when the client says so, when it has sent nothing for `idleTimeout`, and with the
 * layer. A call is interrupted when its client cancels it or closes the connection.
 *
 * Requests need the `token`, and must be for one of `allowedHosts`; use TLS in front of it where they come from other
 * machines. Fails with `InvalidRequest` when an option is invalid, or `@effect/rpc` cannot be loaded.
 *
 * @example
 * ```ts
 * import { Toolkit } from "@effect/ai"
 * import { NodeHttpServer } from "@effect/platform-node"
 * import { Layer, Redacted } from "effect"
 * import { SandboxToolkit } from "effect-sandboxes/ai"
 * import { Sandbox } from "effect-sandboxes/daytona"
 * import { createServer } from "node:http"
 *
 * const server = SandboxToolkit.layerMcpHttp({
 *   toolkit: Toolkit.merge(SandboxToolkit.commands, SandboxToolkit.files),
 *   handlers: Layer.provide(SandboxToolkit.layer(), Sandbox.layerLazy({ image: "python:3.12" })),
 *   token: Redacted.make("a long random text")
 * }).pipe(Layer.provide(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 8080 })))
 * ```
 */
export const layerMcpHttp = <Tools extends Record<string, Tool.Any>, E, R>(
  options: McpHttpOptions<Tools, E, R>
): Layer.Layer<never, InvalidRequest, R | HttpServer.HttpServer> =>
  Layer.unwrapScoped(Effect.map(mcpHttpApp(options), (app) => HttpServer.serve(app)))
