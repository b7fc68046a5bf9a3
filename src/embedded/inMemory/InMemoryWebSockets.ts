/** The web sockets of an embedded server, without a network. */
import { Buffer } from "node:buffer"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import {
  type Connection,
  type Handshake,
  isWrongProtocol,
  maxRefusalBody,
  refusedHandshake,
  WebSocketFailed,
  type WebSocketOpener,
  wrongProtocol
} from "../../stream/WebSocket.js"
import { WebSockets } from "../../stream/WebSockets.js"
import { ConnectionFault, toSocketError } from "../ConnectionFault.js"
import { defaultMaxMessage, parseSubProtocols, type Upgrade, withUpgrade } from "../sockets/WebSocketUpgrade.js"
import * as Exchange from "./Exchange.js"
import * as InMemorySocketPair from "./InMemorySocketPair.js"

type App = HttpApp.Default<ConnectionFault, Scope.Scope>

export interface Options {
  /** Default true. When false it behaves like a browser: handshakes have no headers, and a refusal has no details. */
  readonly sendsHeaders?: boolean | undefined
}

/**
 * How long a handler may take to notice that its client has closed, in milliseconds of the real clock: a `TestClock`
 * does not advance while a scope closes.
 */
const noticeGrace = 1_000

/**
 * Web sockets that `app` accepts, in this process and without a network.
 *
 * They behave like npm `ws` on Node: a refusal has a status and a body, a {@link ConnectionFault} becomes the error of
 * a socket, a receiver that does not read makes the sender wait, and the handshake fails if the server chooses none of
 * the offered sub-protocols. Everything runs in the caller's runtime.
 *
 * A client that closes waits for the handler to end, and interrupts it after a second.
 */
export const make = (app: App, { sendsHeaders = true }: Options = {}): WebSocketOpener => ({
  sendsHeaders,
  open: (handshake) => {
    const opened = open(app, handshake, sendsHeaders ? handshake.headers : {})
    return sendsHeaders ? opened : Effect.mapError(opened, () => new WebSocketFailed({ cause: new Error("refused") }))
  }
})

/** {@link make} as a layer, for services that are built with it. */
export const layer = (app: App, options?: Options): Layer.Layer<never> =>
  Layer.sync(WebSockets, () => make(app, options))

const open = (
  app: App,
  handshake: Handshake,
  headers: Readonly<Record<string, string>>
): Effect.Effect<Connection, WebSocketFailed, Scope.Scope> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const request = yield* toRequest(handshake, headers)
      const accepted = yield* Deferred.make<InMemorySocketPair.SocketPair>()
      const upgrade = upgradeOf(handshake.protocols, accepted)
      const exchange = yield* Exchange.start(
        withUpgrade(app, upgrade),
        HttpServerRequest.fromWeb(request).modify({ remoteAddress: "127.0.0.1" })
      )
      const pair = yield* restore(outcome(exchange, accepted, new URL(request.url))).pipe(
        Effect.tap((pair) => checkProtocol(handshake.protocols, pair)),
        Effect.onError(() => Effect.zipRight(upgrade.terminate, exchange.disconnect))
      )
      yield* Effect.addFinalizer(() =>
        Effect.zipRight(
          Effect.sync(() => pair.leave(1000)),
          Effect.zipRight(endOf(exchange.fiber), exchange.disconnect)
        )
      )
      return pair.client
    })
  )

const toRequest = (handshake: Handshake, headers: Readonly<Record<string, string>>) =>
  Effect.try({
    try: () =>
      new Request(handshake.url.replace(/^ws/, "http"), {
        headers: {
          ...headers,
          connection: "Upgrade",
          upgrade: "websocket",
          "sec-websocket-version": "13",
          "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
          ...(handshake.protocols.length === 0 ? {} : { "sec-websocket-protocol": handshake.protocols.join(",") })
        }
      }),
    // The platform's error quotes the URL, whose query may contain a credential.
    catch: () => new WebSocketFailed({ cause: new Error("Not a URL that a web socket can be opened at") })
  })

const upgradeOf = (
  protocols: ReadonlyArray<string>,
  accepted: Deferred.Deferred<InMemorySocketPair.SocketPair>
): Upgrade => {
  let pair: InMemorySocketPair.SocketPair | undefined
  return {
    protocols: parseSubProtocols(protocols.join(",")),
    accept: ({ maxMessage = defaultMaxMessage, protocol = "" } = {}) =>
      Effect.acquireRelease(
        Effect.suspend(() => {
          if (pair !== undefined) return new ConnectionFault({ kind: "reset" })
          pair = InMemorySocketPair.make({ protocol, maxMessage })
          return Effect.as(Deferred.succeed(accepted, pair), pair.server)
        }),
        (server, exit) => (Exit.isSuccess(exit) ? server.close(1000) : server.terminate)
      ),
    hasAccepted: () => pair !== undefined,
    terminate: Effect.suspend(() => pair?.server.terminate ?? Effect.void)
  }
}

/** The accepted connection, or the app's response or failure. */
const outcome = (
  exchange: Exchange.Exchange,
  accepted: Deferred.Deferred<InMemorySocketPair.SocketPair>,
  url: URL
): Effect.Effect<InMemorySocketPair.SocketPair, WebSocketFailed> =>
  Effect.raceFirst(
    Deferred.await(accepted),
    Deferred.await(exchange.head).pipe(
      Effect.mapError((fault) => new WebSocketFailed({ cause: toSocketError(fault, url) })),
      Effect.matchEffect({
        onFailure: (failed) => orAccepted(accepted, Effect.succeed(failed)),
        onSuccess: (head) => orAccepted(accepted, refusal(exchange, head))
      })
    )
  )

/** A fast handler may already have accepted and ended. */
const orAccepted = (
  accepted: Deferred.Deferred<InMemorySocketPair.SocketPair>,
  failed: Effect.Effect<WebSocketFailed>
): Effect.Effect<InMemorySocketPair.SocketPair, WebSocketFailed> =>
  Effect.flatMap(
    Deferred.poll(accepted),
    Option.getOrElse(() => Effect.flatMap(failed, Effect.fail))
  )

const refusal = (exchange: Exchange.Exchange, { body, headers, status }: Exchange.Head) =>
  Effect.map(Option.match(body, { onNone: () => beginningOf(exchange.pull), onSome: Effect.succeed }), (bytes) =>
    refusedHandshake({ status, headers, body: bytes })
  )

/** The beginning of a body, even if the rest fails. */
const beginningOf = (pull: Exchange.Pull): Effect.Effect<Uint8Array> => {
  const parts: Array<Uint8Array> = []
  let missing = maxRefusalBody
  const more: Effect.Effect<Uint8Array> = Effect.matchEffect(pull, {
    onFailure: () => Effect.sync(() => Buffer.concat(parts)),
    onSuccess: (chunk) => {
      for (const part of chunk) {
        parts.push(part)
        missing -= part.length
      }
      return missing > 0 ? more : Effect.sync(() => Buffer.concat(parts))
    }
  })
  return more
}

const checkProtocol = (protocols: ReadonlyArray<string>, { client }: InMemorySocketPair.SocketPair) => {
  const chosen = client.protocol === "" ? undefined : client.protocol
  return isWrongProtocol(protocols, chosen) ? Effect.fail(wrongProtocol(chosen)) : Effect.void
}

const endOf = (fiber: Fiber.RuntimeFiber<void>): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    const finish = () => {
      clearTimeout(timer)
      fiber.removeObserver(finish)
      resume(Effect.void)
    }
    const timer = setTimeout(finish, noticeGrace)
    fiber.addObserver(finish)
  })
