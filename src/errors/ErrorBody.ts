/** What can be made out of the body of a failed response. Each system has its own way of wording failures. */
export interface ErrorBody {
  /** The server's own words. */
  readonly detail: string | undefined
  /** The answer is the server's own, not one of a proxy before it. */
  readonly fromServer: boolean
  /** The server has no such route at all, or not what the route leads to: the status says nothing about what was asked for. */
  readonly routeMissing: boolean
  /** The server says that it has not begun, and that a later attempt may succeed. */
  readonly notYet: boolean
  /** The status that this failure should have had, where the server is known to lose it. */
  readonly standsFor?: number
  /** What to do about it, where the body tells more than the status. */
  readonly hint?: string
  /** The server's own code for the failure. */
  readonly serverCode?: string
  /** Which part of the server failed. */
  readonly serverSource?: string
}
