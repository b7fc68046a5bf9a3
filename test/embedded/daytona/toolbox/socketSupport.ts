/** One area of the toolbox on its own machine; the test controls both ends of its web sockets. */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as daemonRequest from "../../../../src/embedded/daytona/toolbox/daemon/daemonRequest.js"
import * as refused from "../../../../src/embedded/daytona/toolbox/daemon/daemonResponses.js"
import type { Machine } from "../../../../src/embedded/daytona/toolbox/Machine.js"
import { makeRouter, type Route } from "../../../../src/embedded/daytona/toolbox/Route.js"
import {
  type ServerSocket,
  type SocketEnd,
  WebSocketUpgrade
} from "../../../../src/embedded/sockets/WebSocketUpgrade.js"
import { base, toolbox } from "./machineSupport.js"

/** A version that has everything. */
export const version = "0.218.0"

export interface Answer {
  readonly status: number
  readonly contentType: string | null
  readonly bytes: Uint8Array
  readonly text: string
  /** `undefined` when it is not JSON. */
  readonly json: unknown
}

type Message = string | Uint8Array

/** The client's end of a web socket. */
export interface ClientSocket {
  /** The sub-protocol chosen by the server. */
  readonly protocol: string | undefined
  /** The longest message that the server accepts. */
  readonly maxMessage: number | undefined
  /** The next message, or the end of the connection. */
  readonly next: Effect.Effect<Message | SocketEnd>
  /** All messages up to the end of the connection, and the end. */
  readonly rest: Effect.Effect<{ readonly messages: ReadonlyArray<Message>; readonly end: SocketEnd }>
  /** Receives messages until the binary ones, joined as text, match. */
  readonly until: (pattern: RegExp) => Effect.Effect<string>
  readonly send: (message: Message) => Effect.Effect<void>
  readonly leave: Effect.Effect<void>
}

export interface Area {
  readonly machine: Machine
  readonly call: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>
  ) => Effect.Effect<Answer>
  /** Opens a web socket, or returns the response of a server that does not accept it. */
  readonly open: (
    path: string,
    options?: {
      readonly protocols?: ReadonlyArray<string>
      readonly headers?: Readonly<Record<string, string>>
      /** How many messages may be sent before the client has to read. Default any number. */
      readonly window?: number
    }
  ) => Effect.Effect<ClientSocket | Answer, never, Scope.Scope>
}

export const isSocket = (opened: ClientSocket | Answer): opened is ClientSocket => "next" in opened

/** The socket of a server that must accept. */
export const accepted = <R>(opening: Effect.Effect<ClientSocket | Answer, never, R>) =>
  Effect.flatMap(opening, (opened) =>
    isSocket(opened) ? Effect.succeed(opened) : Effect.dieMessage(`not accepted: ${opened.status} ${opened.text}`)
  )

export const isEnd = (message: Message | SocketEnd): message is SocketEnd =>
  typeof message === "object" && "code" in message

export const area = (
  make: (machine: Machine) => Effect.Effect<ReadonlyArray<Route>, never, Scope.Scope>,
  options: Parameters<typeof toolbox>[0] = {}
): Effect.Effect<Area, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { machine } = yield* Effect.orDie(toolbox(options))
    const { generation } = machine
    const router = makeRouter(yield* make(machine), generation)

    const handle = Effect.gen(function* () {
      const request = yield* daemonRequest.read
      const found = router(request.method, request.rawPath)
      if (found === undefined) return HttpServerResponse.text("404 page not found", { status: 404 })
      return yield* Effect.catchTag(
        found.route.handler({ ...request, parameter: (hole) => found.parameters.get(hole) ?? "" }),
        "Refusal",
        (refusal) =>
          Effect.succeed(
            refused.response(refusal, { generation, method: request.method, path: request.rawPath, now: 0 })
          )
      )
    })

    const perform = (method: string, path: string, body: unknown, headers: Readonly<Record<string, string>>) => {
      const text = typeof body === "string" ? body : JSON.stringify(body)
      const request = new Request(`${base}${path}`, { method, headers, ...(body === undefined ? {} : { body: text }) })
      return handle.pipe(
        Effect.provideService(HttpServerRequest.HttpServerRequest, HttpServerRequest.fromWeb(request)),
        Effect.map((response) => HttpServerResponse.toWeb(response)),
        Effect.flatMap((response) => Effect.promise(() => read(response))),
        Effect.scoped,
        Effect.orDie
      )
    }

    return {
      machine,
      call: (method, path, body, headers = { "x-daytona-sdk-version": version }) =>
        perform(method, path, body, headers),
      open: (path, { headers = { "x-daytona-sdk-version": version }, protocols = [], window = 1_000_000 } = {}) =>
        Effect.gen(function* () {
          const opened = yield* Deferred.make<ClientSocket | Answer>()
          const accept: WebSocketUpgrade.Service["accept"] = (choices = {}) =>
            Effect.gen(function* () {
              const { client, server } = yield* pair(window, choices)
              yield* Effect.addFinalizer(() => server.terminate)
              yield* Deferred.succeed(opened, client)
              return server
            })
          const withProtocols =
            protocols.length === 0 ? headers : { ...headers, "sec-websocket-protocol": protocols.join(", ") }
          yield* perform("GET", path, undefined, withProtocols).pipe(
            Effect.provideService(WebSocketUpgrade, { protocols, accept }),
            Effect.flatMap((answer) => Deferred.succeed(opened, answer)),
            Effect.forkScoped
          )
          return yield* Deferred.await(opened)
        })
    }
  })

const read = async (response: Response): Promise<Answer> => {
  const bytes = new Uint8Array(await response.arrayBuffer())
  const text = new TextDecoder().decode(bytes)
  const contentType = response.headers.get("content-type")
  const json: unknown = contentType?.startsWith("application/json") ? JSON.parse(text) : undefined
  return { status: response.status, contentType, bytes, text, json }
}

const pair = (
  window: number,
  choices: { readonly protocol?: string | undefined; readonly maxMessage?: number | undefined }
) =>
  Effect.gen(function* () {
    const toClient = yield* Queue.bounded<Message | SocketEnd>(window)
    const toServer = yield* Queue.unbounded<Option.Option<Message>>()
    const closed = yield* Deferred.make<SocketEnd>()
    const end = (how: SocketEnd) =>
      Effect.whenEffect(
        Effect.zipRight(
          Queue.offer(toServer, Option.none()),
          // A client that does not read sees the end once it does.
          Effect.forkDaemon(Queue.offer(toClient, how))
        ),
        Deferred.succeed(closed, how)
      )
    const receive: ServerSocket["receive"] = Effect.tap(Queue.take(toServer), (message) =>
      Option.isNone(message) ? Queue.offer(toServer, message) : Effect.void
    )
    const server: ServerSocket = {
      receive,
      send: (message) =>
        Effect.flatMap(Deferred.isDone(closed), (over) => (over ? Effect.void : Queue.offer(toClient, message))),
      close: (code, reason = "") =>
        Effect.asVoid(end(Buffer.byteLength(reason) > 123 ? { code: 1006, reason: "" } : { code, reason })),
      terminate: Effect.asVoid(end({ code: 1006, reason: "" })),
      closed: Deferred.await(closed)
    }
    const next = Queue.take(toClient)
    const rest = Effect.gen(function* () {
      const messages: Array<Message> = []
      for (;;) {
        const message = yield* next
        if (isEnd(message)) return { messages, end: message }
        messages.push(message)
      }
    })
    const client: ClientSocket = {
      protocol: choices.protocol,
      maxMessage: choices.maxMessage,
      next,
      rest,
      until: (pattern) =>
        Effect.gen(function* () {
          let text = ""
          let unseen = 0
          while (!pattern.test(text.slice(unseen))) {
            // The matching text is short.
            unseen = Math.max(0, text.length - 1000)
            const message = yield* next
            if (isEnd(message)) {
              return yield* Effect.dieMessage(`ended with ${message.code} after ${JSON.stringify(text)}`)
            }
            if (typeof message !== "string") text += Buffer.from(message).toString()
          }
          return text
        }),
      send: (message) => Queue.offer(toServer, Option.some(message)),
      leave: Effect.asVoid(end({ code: 1000, reason: "" }))
    }
    return { client, server }
  })

/** Waits until a condition holds. */
export const eventually = <A, E, R>(
  look: Effect.Effect<A, E, R>,
  holds: (value: A) => boolean
): Effect.Effect<A, E, R> =>
  Effect.flatMap(look, (value) =>
    holds(value) ? Effect.succeed(value) : Effect.delay(eventually(look, holds), "10 millis")
  )
