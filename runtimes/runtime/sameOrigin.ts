/**
 * One origin for a page and both servers. Neither real server nor the embedded ones answer pages of other origins
 * (CORS), so somebody who wants to use them from a page puts a server like this one between.
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http"
import type { AddressInfo, Socket } from "node:net"
import { text } from "node:stream/consumers"
import type { Report, Servers } from "../program/demonstrate.js"

export interface SameOrigin {
  readonly origin: string
  /** What the page posts to `/report`. */
  readonly report: Promise<Report>
  readonly close: () => void
}

const page = '<!doctype html><meta charset="utf-8"><script type="module" src="/program.js"></script>'

/**
 * Daytona knows its own address from the `host` header, which stays as it is: what it refers to is of this origin, too.
 */
export const sameOrigin = async (servers: Servers, program: string): Promise<SameOrigin> => {
  let posted: (report: Report) => void = () => {}
  const report = new Promise<Report>((resolve) => {
    posted = resolve
  })
  const targetOf = (path: string): URL =>
    path.startsWith("/stromboli/")
      ? new URL(path.slice("/stromboli".length), servers.stromboliUrl)
      : new URL(path, servers.daytonaUrl)

  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = incoming.url ?? "/"
    if (path.startsWith("/?")) {
      response.writeHead(200, { "content-type": "text/html" }).end(page)
    } else if (path === "/program.js") {
      response.writeHead(200, { "content-type": "text/javascript" }).end(program)
    } else if (path === "/report") {
      const body = await text(incoming)
      response.writeHead(204).end()
      posted(JSON.parse(body))
    } else {
      const outgoing = forwarded(incoming, targetOf(path)).on("response", (answered) => {
        response.writeHead(answered.statusCode ?? 502, answered.headers)
        response.flushHeaders()
        answered.pipe(response)
      })
      outgoing.on("error", () => response.destroy())
      response.on("close", () => outgoing.destroy())
      incoming.pipe(outgoing)
    }
  }

  const server = createServer((incoming, response) => void answer(incoming, response))
  server.on("upgrade", (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
    const outgoing = forwarded(incoming, targetOf(incoming.url ?? "/"))
    outgoing.on("upgrade", (answered, upstream, first) => {
      socket.write(headOf(answered))
      if (first.length > 0) socket.write(first)
      if (head.length > 0) upstream.write(head)
      socket.pipe(upstream)
      upstream.pipe(socket)
      socket.on("error", () => upstream.destroy())
      upstream.on("error", () => socket.destroy())
    })
    outgoing.on("response", (answered) => {
      socket.write(headOf(answered))
      answered.pipe(socket)
    })
    outgoing.on("error", () => socket.destroy())
    outgoing.end()
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    origin: `http://127.0.0.1:${portOf(server.address())}`,
    report,
    close: () => {
      server.close()
      server.closeAllConnections()
    }
  }
}

const forwarded = (incoming: IncomingMessage, target: URL) =>
  request(target, { method: incoming.method, headers: incoming.headers, setHost: false })

const portOf = (address: AddressInfo | string | null): number =>
  typeof address === "object" && address !== null ? address.port : 0

const headOf = ({ rawHeaders, statusCode, statusMessage }: IncomingMessage): string => {
  const lines = [`HTTP/1.1 ${statusCode} ${statusMessage}`]
  for (let index = 0; index < rawHeaders.length; index += 2) {
    lines.push(`${rawHeaders[index]}: ${rawHeaders[index + 1]}`)
  }
  return `${lines.join("\r\n")}\r\n\r\n`
}
