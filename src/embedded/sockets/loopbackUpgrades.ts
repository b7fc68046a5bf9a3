/** Web sockets on a loopback port. */
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

/** A request to upgrade. Node hands over its socket, with the bytes that followed the request. */
interface Exchange {
  readonly request: Http.IncomingMessage
  readonly response: Http.ServerResponse
  readonly socket: Net.Socket
  /** Stops reading and returns what has been read. */
  readonly handOver: () => Buffer
}

/** How much a client may send before the handshake completes, in bytes. */
const maxAhead = 64 * 1024

/**
 * Lets the app handle requests to upgrade until the scope closes, which drops all of their connections and interrupts
 * the handlers. If the app does not accept, its response is sent as plain HTTP and the connection closes.
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
            // Once its socket is a web socket, the response is no longer notified; this interrupts the handler.
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
  // The end of the other side is only noticed while the socket is being read.
  const onData = (part: Buffer) => {
    ahead.push(part)
    length += part.length
    if (length > maxAhead) socket.pause()
  }
  const onEnd = () => socket.destroy()
  const onFinish = () => socket.end()
  // The server does this for its own responses.
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

/** `undefined` if the handshake is invalid, to which `ws` responds 400, or the client has disconnected. */
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
  // A handler without a socket ends when the connection closes.
  if (socket === undefined) exchange.socket.once("close", () => exchange.response.emit("close"))
  // Resumed only after all listeners are attached: the first message may already be there.
  exchange.socket.resume()
  return socket
}
