/** What can be made out of the body of a failed response. Each system has its own way of wording failures. */
export interface ErrorBody {
  /** The server's own words. */
  readonly detail: string | undefined
  /** The answer is the server's own, not one of a proxy before it. */
  readonly fromServer: boolean
  /** The server has no such route at all. */
  readonly routeMissing: boolean
  /** The server says that it has not begun, and that a later attempt may succeed. */
  readonly notYet: boolean
  /** The server's own code for the failure. */
  readonly serverCode?: string
  /** Which part of the server failed. */
  readonly serverSource?: string
}
