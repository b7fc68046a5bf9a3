import * as Data from "effect/Data"

/**
 * What an embedded server fails with when the client is to see a broken connection instead of a response.
 *
 * An app that fails with it, or a response body that does, looks to the client as a socket would: `refused` as if nobody
 * listened, `reset` as if the peer went away. The transport under the app does the translation, so the same app behaves
 * alike in memory and on a port.
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
