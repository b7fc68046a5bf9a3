/** A server of Node's own on a loopback port: for bodies of unknown length, TLS, and what counts connections. */
import * as Http from "node:http"
import * as Https from "node:https"
import type * as Net from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

export interface HttpServer {
  readonly url: string
  readonly port: number
  /** How many connections are open. */
  readonly open: () => number
  /** How many were open at the same time. */
  readonly mostOpen: () => number
  /** How many there were in all. */
  readonly connections: () => number
}

/** Answers with what it was sent, when it has all of it; the body has one character for each byte. */
export const echo: Http.RequestListener = (request, response) => {
  const parts: Array<Buffer> = []
  request.on("data", (bytes: Buffer) => parts.push(bytes))
  request.on("end", () => {
    const { headers, method, url } = request
    response.setHeader("content-type", "application/json")
    response.end(JSON.stringify({ method, target: url, headers, body: Buffer.concat(parts).toString("latin1") }))
  })
}

/** Starts it and closes it with its connections; `connection` is the event that its connections come with. */
export const listening = <Server extends Net.Server>(
  make: () => Server,
  connection: "connection" | "secureConnection" = "connection"
): Effect.Effect<{ readonly server: Server } & Omit<HttpServer, "url">, never, Scope.Scope> =>
  Effect.gen(function* () {
    const sockets = new Set<Net.Socket>()
    let connections = 0
    let mostOpen = 0
    const server = yield* Effect.acquireRelease(Effect.sync(make), (server) =>
      Effect.async<void>((resume) => {
        server.close(() => resume(Effect.void))
        for (const socket of sockets) socket.destroy()
      })
    )
    server.on(connection, (socket: Net.Socket) => {
      connections += 1
      sockets.add(socket)
      mostOpen = Math.max(mostOpen, sockets.size)
      socket.on("error", () => {})
      socket.on("close", () => sockets.delete(socket))
    })
    const port = yield* Effect.async<number>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
      })
    })
    return { server, port, open: () => sockets.size, mostOpen: () => mostOpen, connections: () => connections }
  })

export const httpServer = (handle: Http.RequestListener): Effect.Effect<HttpServer, never, Scope.Scope> =>
  Effect.map(
    listening(() => Http.createServer(handle)),
    (listens) => ({ ...listens, url: `http://127.0.0.1:${listens.port}` })
  )

export const httpsServer = (
  options: Https.ServerOptions,
  handle: Http.RequestListener
): Effect.Effect<HttpServer, never, Scope.Scope> =>
  Effect.map(
    listening(() => Https.createServer(options, handle), "secureConnection"),
    (listens) => ({ ...listens, url: `https://localhost:${listens.port}` })
  )
