import { Buffer } from "node:buffer"
import * as Http from "node:http"
import * as Net from "node:net"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import { type WebSocket, WebSocketServer } from "ws"
import { ConnectionFault } from "../ConnectionFault.js"
import { resetOnFault } from "./resetOnFault.js"
import {
  defaultMaxMessage,
  parseSubProtocols,
  type ServerSocket,
  type Upgrade,
  type WebSocketUpgrade,
  withUpgrade
} from "./WebSocketUpgrade.js"
import { wsServerSocket } from "./wsServerSocket.js"

type App = HttpApp.Default<ConnectionFault, Scope.Scope>

/** One request to upgrade. Node leaves its socket to us, with what came behind the request. */
interface Exchange {
  readonly request: Http.IncomingMessage
  readonly response: Http.ServerResponse
  readonly socket: Net.Socket
  /** Stops reading and hands over what has been read. */
  readonly handOver: () => Buffer
}

/** What a client that does not wait for its handshake may send ahead, in bytes. */
const maxAhead = 64 * 1024

/**
 * Has the app answer requests to upgrade, until the scope closes: that breaks off every one of their connections and
 * interrupts the handlers. An app that does not accept is answered for in plain HTTP, and the connection closes.
 */
export const serveUpgrades = (node: Http.Server, app: App): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const fork = Runtime.runFork(yield* Effect.runtime<never>())
    const open = new Set<Exchange>()
    const onUpgrade = (request: Http.IncomingMessage, socket: unknown, head: Buffer) => {
      if (!(socket instanceof Net.Socket)) return
      const exchange = begin(request, socket, head)
      open.add(exchange)
      socket.once("close", () => open.delete(exchange))
      const isForSocket = request.headers.upgrade?.toLowerCase() === "websocket"
      const answer = isForSocket ? withUpgrade(app, upgradeOf(exchange)) : app
      fork(Effect.map(NodeHttpServer.makeHandler(resetOnFault(answer)), (handle) => handle(request, exchange.response)))
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => node.on("upgrade", onUpgrade)),
      () =>
        Effect.sync(() => {
          node.off("upgrade", onUpgrade)
          for (const { response, socket } of open) {
            socket.destroy()
            // The response no longer hears of its socket when that has become a web socket; this is what interrupts handlers.
            response.emit("close")
          }
        })
    )
  })

const begin = (request: Http.IncomingMessage, socket: Net.Socket, head: Buffer): Exchange => {
  const response = new Http.ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket)
  const ahead = [head]
  let length = head.length
  // Only a socket that is being read tells that the other end is gone.
  const onData = (part: Buffer) => {
    ahead.push(part)
    length += part.length
    if (length > maxAhead) socket.pause()
  }
  const onEnd = () => socket.destroy()
  const onFinish = () => socket.end()
  // The server would do that for a response of its own.
  const onDrain = () => response.emit("drain")
  response.on("finish", onFinish)
  socket.on("error", () => socket.destroy())
  socket.on("data", onData)
  socket.on("end", onEnd)
  socket.on("drain", onDrain)
  return {
    request,
    response,
    socket,
    handOver: () => {
      socket.pause()
      socket.off("data", onData)
      socket.off("end", onEnd)
      socket.off("drain", onDrain)
      response.off("finish", onFinish)
      response.detachSocket(socket)
      return Buffer.concat(ahead)
    }
  }
}

const upgradeOf = (exchange: Exchange): Upgrade => {
  let accepted: ServerSocket | undefined
  const handshake = (options: AcceptOptions): Effect.Effect<ServerSocket, ConnectionFault> =>
    Effect.suspend(() => {
      if (accepted !== undefined) return new ConnectionFault({ kind: "reset" })
      accepted = completeHandshake(exchange, options)
      return accepted === undefined ? new ConnectionFault({ kind: "reset" }) : Effect.succeed(accepted)
    })
  return {
    protocols: parseSubProtocols(exchange.request.headers["sec-websocket-protocol"]),
    accept: (options = {}) =>
      Effect.acquireRelease(handshake(options), (socket, exit) =>
        Exit.isSuccess(exit) ? socket.close(1000) : socket.terminate
      ),
    hasAccepted: () => accepted !== undefined,
    terminate: Effect.suspend(() => accepted?.terminate ?? Effect.void)
  }
}

type AcceptOptions = NonNullable<Parameters<WebSocketUpgrade.Service["accept"]>[0]>

/** Nothing when the handshake is none, which `ws` answers with 400, or when there is nobody left to shake hands with. */
const completeHandshake = (exchange: Exchange, options: AcceptOptions): ServerSocket | undefined => {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: options.maxMessage ?? defaultMaxMessage,
    handleProtocols: () => options.protocol ?? false
  })
  let opened: WebSocket | undefined
  server.handleUpgrade(exchange.request, exchange.socket, exchange.handOver(), (socket) => {
    opened = socket
  })
  const socket = opened === undefined ? undefined : wsServerSocket(opened)
  // A handler that got no socket is done with the connection when that is closed.
  if (socket === undefined) exchange.socket.once("close", () => exchange.response.emit("close"))
  // Only now, with everybody listening: the first message may be there already.
  exchange.socket.resume()
  return socket
}
