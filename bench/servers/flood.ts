/** A server that sends as much as its readers take, over event streams and web sockets, and says how much that was. */
import * as Http from "node:http"
import { WebSocketServer } from "ws"
import { listening } from "./listening.js"
import { sandboxAt } from "./sandbox.js"

const MB = 1e6
/** What is offered, in bytes. */
const offered = 800 * MB
const pieceLength = 32 * 1024

const line = `${"x".repeat(97)}\n`
const output = Buffer.from(line.repeat(Math.floor(pieceLength / line.length)))
const log = Buffer.from(`\x01\x01\x01${line}`.repeat(Math.floor(pieceLength / (line.length + 3))))
const events = Buffer.from(`data: ${"x".repeat(90)}\n\n`.repeat(Math.floor(pieceLength / 98)))

/** What one reader took. */
interface Pushed {
  bytes: number
}

/**
 * Sends until everything that is offered was taken, or the connection is gone. What waits in this process does not
 * count.
 */
const flood = async (
  piece: Buffer,
  send: (piece: Buffer, done: (error?: Error | null) => void) => void,
  pushed: Pushed
) => {
  while (pushed.bytes < offered) {
    const error = await new Promise((resolve) => send(piece, resolve))
    if (error instanceof Error) return
    pushed.bytes += piece.length
  }
}

/** Resolves to the address. `GET /pushed` answers with the bytes that the reader who came last has taken. */
export const floodServer = async (): Promise<string> => {
  let latest: Pushed = { bytes: 0 }
  let url = ""
  const server = Http.createServer((request, response) => {
    const path = request.url ?? ""
    if (path.startsWith("/run/stream")) {
      latest = { bytes: 0 }
      response.writeHead(200, { "content-type": "text/event-stream" })
      void flood(events, (bytes, done) => response.write(bytes, done), latest)
      return
    }
    const body = path.startsWith("/sandbox/")
      ? sandboxAt(url)
      : path.startsWith("/pushed")
        ? { pushed: latest.bytes }
        : { id: "command", command: "yes" }
    response.setHeader("content-type", "application/json")
    response.end(JSON.stringify(body))
  })
  const sockets = new WebSocketServer({ server, perMessageDeflate: false })
  sockets.on("connection", (socket, { url: path = "" }) => {
    latest = { bytes: 0 }
    const isTerminal = path.includes("/pty/")
    if (isTerminal) socket.send(JSON.stringify({ type: "control", status: "connected" }))
    void flood(isTerminal ? output : log, (bytes, done) => socket.send(bytes, done), latest)
  })
  url = `http://${await listening(server)}`
  return url
}
