/** How an embedded server makes a connection fail, and the socket error that the client then sees. */
import * as Data from "effect/Data"

/**
 * The failure of an embedded server that breaks the connection instead of responding.
 *
 * An app or a response body that fails with it looks to the client like a broken socket: `refused` as if nothing
 * listened on the port, `reset` as if the peer had gone away. The transport below the app translates it, so the same
 * app behaves the same in memory and on a port.
 */
export class ConnectionFault extends Data.TaggedError("ConnectionFault")<{
  readonly kind: "refused" | "reset"
}> {}

/** An error as Node's sockets report it. */
export interface SocketError extends Error {
  readonly code: string
  readonly syscall: string
  readonly errno: number
  readonly address?: string
  readonly port?: number
}

/** The error that a Node client would report for this fault when it talks to `url`. */
export const toSocketError = (fault: ConnectionFault, url: URL): SocketError => {
  if (fault.kind === "reset") {
    return Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET", syscall: "read", errno: -104 })
  }
  const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port)
  return Object.assign(new Error(`connect ECONNREFUSED ${url.hostname}:${port}`), {
    code: "ECONNREFUSED",
    syscall: "connect",
    errno: -111,
    address: url.hostname,
    port
  })
}
