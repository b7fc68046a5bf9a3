/** How a handshake fails that a server has answered; for transports that can tell. */
import { WebSocketFailed } from "./WebSocket.js"

/** What is kept of the body of a refusal, in bytes. */
export const maxBody = 64 * 1024

/** The server answered with a response instead of a connection. */
export const answered = (response: {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}): WebSocketFailed =>
  new WebSocketFailed({
    status: response.status,
    contentType: response.headers["content-type"],
    headers: response.headers,
    body: new TextDecoder().decode(response.body.subarray(0, maxBody)),
    cause: new Error(`The server answered with status ${response.status}`)
  })

/** The server accepted, but chose a sub-protocol that it was not offered, or none of those that it was. */
export const wrongProtocol = (chosen: string | undefined): WebSocketFailed =>
  new WebSocketFailed({
    cause: new Error(
      chosen === undefined
        ? "The server chose none of the sub-protocols that it was offered"
        : "The server chose a sub-protocol that it was not offered"
    )
  })

/** Whether that is what the server did. A server that is offered none has to choose none. */
export const isWrongProtocol = (offered: ReadonlyArray<string>, chosen: string | undefined): boolean =>
  chosen === undefined ? offered.length > 0 : !offered.includes(chosen)
