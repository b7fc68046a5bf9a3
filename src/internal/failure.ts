/** The errors that callers see, and their messages. */
import * as Duration from "effect/Duration"
import type { ParseError } from "effect/ParseResult"
import {
  BadRequest,
  Forbidden,
  InvalidRequest,
  InvalidResponse,
  RateLimited,
  ServerError,
  StreamInterrupted,
  Timeout,
  TransportError,
  Unauthorized,
  Unavailable,
  UnexpectedStatus
} from "../errors/ApiError.js"
import type { ErrorBody } from "../errors/ErrorBody.js"
import type { Admitted, RequestFailureFields, System } from "../errors/RequestFailure.js"
import { firstIssue } from "../schema/firstIssue.js"
import type { StatusFailure } from "./Operation.js"
import type { TransportCause } from "./transportCause.js"

/** What an error says about its request. */
export interface RequestContext {
  readonly system: System
  readonly operation: string
  readonly method: string
  readonly path: string
  readonly attempts: number
  readonly requestId: string
  readonly startsNothing: boolean
  readonly sandboxId?: string
  readonly subject?: string
}

const excerptLength = 500
const detailLength = 2000

const cut = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length)}…` : text)

/** The first issue of a parse error: where, and what was expected. Never the value itself, which may be a secret. */
export const describeParseError = (error: ParseError): { readonly field: string; readonly expected: string } => {
  const issue = firstIssue(error.issue)
  const [expected = "is invalid"] = (issue?.message ?? "is invalid").split(", actual ")
  // "Expected a number" becomes "must be a number", which follows the name of a field.
  return {
    field: cut((issue?.path ?? []).map(String).join("."), 300),
    expected: cut(expected.replace(/\s+/g, " ").replace(/^Expected /, "must be "), 300)
  }
}

export const invalidRequest = (
  at: { readonly system: System; readonly operation: string; readonly method?: string; readonly path?: string },
  field: string,
  problem: string
): InvalidRequest =>
  new InvalidRequest({
    ...at,
    field,
    // The options of a layer are not a request.
    message: `${at.operation}${at.method === undefined ? "" : " was not sent"}: \`${field}\` ${problem}`
  })

const requestOf = ({ method, path, operation, subject }: RequestContext): string =>
  `${method} ${path} (${operation}${subject === undefined ? "" : ` of ${cut(subject, 300)}`})`

const after = (attempts: number): string => (attempts === 1 ? "" : ` after ${attempts} attempts`)

const advice: Readonly<Record<number, string>> = {
  401: "Provide a token that this server accepts, or log in again.",
  429: "Send fewer requests at a time, or wait for `retryAfter`.",
  421: "The server did not process it: it is not responsible for this address. Check the proxy in between. `fetch` may have sent it twice.",
  503: "The server, or something that it depends on, is not ready: check its health."
}

/** A response with a status other than 2xx. */
export interface FailedResponse extends ErrorBody {
  readonly status: number
  readonly location: string | undefined
  readonly retryAfter: Duration.Duration | undefined
  readonly body: string
}

/** A request that starts no work cannot have been admitted. */
const admittedBy = ({ startsNothing }: RequestContext, admitted: Admitted): Admitted =>
  startsNothing ? "no" : admitted

const statusAdmitted = ({ fromServer, notYet, standsFor, ...response }: FailedResponse): Admitted => {
  const status = standsFor ?? response.status
  if (notYet) return "no"
  if (status < 500) return status === 408 ? "unknown" : "no"
  return status === 503 && fromServer ? "no" : "unknown"
}

const statusHint = (
  addressOption: string,
  { status, hint, location, routeMissing }: FailedResponse
): string | undefined => {
  if (hint !== undefined) return hint
  // Browsers report a redirect that they did not follow as status 0.
  if (status === 0 || (status >= 300 && status < 400)) {
    return `It redirects to ${location ?? "another address"}; redirects are not followed, so that credentials are sent to no other server. Set \`${addressOption}\` to the address of the server.`
  }
  if (routeMissing) {
    return `The server has no such route: check \`${addressOption}\`, and whether this version of the server supports the operation.`
  }
  return advice[status]
}

/** The error for a status: one that the operation declares, or else one that any operation can fail with. */
export const fromStatus = <Failure>(
  context: RequestContext,
  response: FailedResponse,
  declared: ReadonlyArray<StatusFailure<Failure>>,
  /** The option that holds the address of the server. */
  addressOption: string
) => {
  const { detail, retryAfter, serverCode, serverSource } = response
  const status = response.standsFor ?? response.status
  const hint = statusHint(addressOption, response)
  const fields: RequestFailureFields = {
    ...context,
    status: response.status,
    ...(detail === undefined ? {} : { detail: cut(detail, detailLength) }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(serverCode === undefined ? {} : { serverCode }),
    ...(serverSource === undefined ? {} : { serverSource }),
    message: `${requestOf(context)} failed with status ${response.status}${after(context.attempts)}: ${cut(detail ?? "no details", excerptLength)}${hint === undefined ? "" : `. ${hint}`}`,
    retryable:
      response.notYet || status === 408 || status === 429 || status === 502 || status === 503 || status === 504,
    admitted: admittedBy(context, statusAdmitted(response))
  }
  if (!response.routeMissing) {
    const Declared = declared.find((failure) => failure.status === status)
    const failure =
      Declared?.fromBody === undefined ? Declared && new Declared(fields) : Declared.fromBody(fields, response.body)
    if (failure !== undefined) return failure
  }
  switch (status) {
    case 400:
      return new BadRequest(fields)
    case 401:
      return new Unauthorized(fields)
    case 403:
      return new Forbidden(fields)
    case 408:
    case 504:
      return new Timeout({ ...fields, side: "server" })
    case 429:
      return new RateLimited(fields)
    case 503:
      return new Unavailable(fields)
    default:
      return status >= 500 ? new ServerError(fields) : new UnexpectedStatus(fields)
  }
}

/** A stream was silent for longer than `idleTimeout`. */
export const silence = (context: RequestContext, limit: Duration.Duration): Timeout =>
  new Timeout({
    ...context,
    side: "client",
    message: `${requestOf(context)}: nothing was received for ${Duration.format(limit)}, so the stream was closed. What was received before is complete.`,
    retryable: true,
    admitted: "yes"
  })

/** No response at all. */
export const noResponse = (context: RequestContext, cause: TransportCause): TransportError =>
  new TransportError({
    ...context,
    ...(cause.code === undefined ? {} : { causeCode: cause.code }),
    message: `${requestOf(context)} got no response${after(context.attempts)}: ${cut(cause.summary, excerptLength)}. ${
      cause.unsent
        ? "The connection was never established, so nothing was sent."
        : "The connection broke before a response arrived, so the server may have acted on the request."
    }`,
    retryable: true,
    admitted: admittedBy(context, cause.unsent ? "no" : "unknown")
  })

/** The connection broke within the body of a response, or the body cannot be decoded. */
export const brokenBody = (
  context: RequestContext,
  status: number,
  cause: TransportCause
): TransportError | InvalidResponse => {
  const admitted = status < 300 ? "yes" : "unknown"
  if (cause.unreadable) return unreadable(context, status, { what: cut(cause.summary, excerptLength), admitted })
  return new TransportError({
    ...context,
    status,
    ...(cause.code === undefined ? {} : { causeCode: cause.code }),
    message: `${requestOf(context)} returned status ${status}, but the connection broke before all of the body was received${after(context.attempts)}: ${cut(cause.summary, excerptLength)}`,
    retryable: true,
    admitted: admittedBy(context, admitted)
  })
}

export const deadlineExceeded = (context: RequestContext, limit: Duration.Duration): Timeout =>
  new Timeout({
    ...context,
    side: "client",
    message: `${requestOf(context)} timed out after ${Duration.format(limit)}${after(context.attempts)}: no complete response within the deadline. The server may still be working on it.`,
    retryable: true,
    admitted: admittedBy(context, context.attempts === 0 ? "no" : "unknown")
  })

/** A success whose body cannot be read. */
export const unreadable = (
  context: RequestContext,
  status: number,
  problem: { readonly what: string; readonly field?: string; readonly body?: string; readonly admitted: Admitted }
): InvalidResponse =>
  new InvalidResponse({
    ...context,
    status,
    ...(problem.field === undefined ? {} : { field: problem.field }),
    ...(problem.body === undefined ? {} : { excerpt: cut(problem.body, excerptLength) }),
    message: `${requestOf(context)} returned status ${status}, but ${problem.what}`,
    retryable: false,
    admitted: admittedBy(context, problem.admitted)
  })

export const streamInterrupted = (context: RequestContext, what: string, cause?: TransportCause): StreamInterrupted =>
  new StreamInterrupted({
    ...context,
    ...(cause?.code === undefined ? {} : { causeCode: cause.code }),
    message: `${requestOf(context)}: the stream ended unexpectedly: ${what}. What was received before is complete; the rest is lost.`,
    retryable: false,
    admitted: "yes"
  })
