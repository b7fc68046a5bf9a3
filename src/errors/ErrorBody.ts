/** What the body of a failed response says. Each system has formats of its own. */
export interface ErrorBody {
  /** The message of the server. */
  readonly detail: string | undefined
  /** The response is from the server itself, not from a proxy in front of it. */
  readonly fromServer: boolean
  /** The server has no such route, or nothing behind it: the status says nothing about the requested resource. */
  readonly routeMissing: boolean
  /** The server says that it has not started, and that a later attempt may succeed. */
  readonly notYet: boolean
  /** The status that this failure should have, where the server is known to send another. */
  readonly standsFor?: number
  /** What to do about it, where the body says more than the status. */
  readonly hint?: string
  /** The server's own code for the failure. */
  readonly serverCode?: string
  /** Which part of the server failed. */
  readonly serverSource?: string
}
